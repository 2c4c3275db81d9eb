/* SPDX-License-Identifier: MIT */
/* Multiboot header and entry; exception and interrupt stubs. */
        .section .multiboot, "a"
        .balign 4
        .long   0x1badb002, 3, -(0x1badb002 + 3)

        .text
        .globl  start
start:
        mov     $stack_top, %esp
        push    %ebx
        push    %eax
        lgdt    gdt_pointer
        ljmp    $0x08, $1f
1:      mov     $0x10, %ecx
        mov     %ecx, %ds
        mov     %ecx, %es
        mov     %ecx, %ss
        mov     %ecx, %fs
        mov     %ecx, %gs
        call    main
2:      cli
        hlt
        jmp     2b

/* Vectors 0..47: an error code is pushed where the processor does not. */
        .macro  stub n
        .balign 16
        .if     (\n != 8) && ((\n < 10) || (\n > 14)) && (\n != 17)
        push    $0
        .endif
        push    $\n
        jmp     common
        .endm

        .balign 16
        .globl  stubs
stubs:
        .altmacro
        .set    i, 0
        .rept   48
        stub    %i
        .set    i, i + 1
        .endr
        .noaltmacro

common:
        pusha
        cld
        push    %es
        mov     $0x10, %ecx
        mov     %ecx, %es
        lea     4(%esp), %eax
        push    %eax
        call    trap
        add     $4, %esp
        pop     %es
        popa
        add     $8, %esp
        iret

        .data
        .balign 8
        .globl  gdt
gdt:    .quad   0
        .quad   0x00cf9b000000ffff      /* 0x08: code */
        .quad   0x00cf93000000ffff      /* 0x10: data */
        .quad   0x0000930000000000      /* 0x18: data, filled in by a test */
gdt_end:
gdt_pointer:
        .word   gdt_end - gdt - 1
        .long   gdt

        .bss
        .balign 16
        .skip   16384
stack_top:

        .section .note.GNU-stack, "", @progbits
