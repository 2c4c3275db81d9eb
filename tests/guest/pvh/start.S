/* SPDX-License-Identifier: MIT */
/* PVH entry: 4 GiB mapped as they are, 64-bit mode. And where second processors begin. */
#define __ASSEMBLY__
#include <pvkit/elfnote.h>

        PVK_ELFNOTE_STRING(XEN_ELFNOTE_GUEST_OS, "pvkit-pvh")
        PVK_ELFNOTE_NUMBER(XEN_ELFNOTE_PHYS32_ENTRY, pvh_start)

        .text
        .code32
        .globl pvh_start
pvh_start:
        cld
        mov     $tables, %eax
        mov     %eax, %cr3
        mov     %cr4, %eax
        or      $0x20, %eax             /* PAE */
        mov     %eax, %cr4
        mov     $0xc0000080, %ecx       /* EFER: long mode */
        rdmsr
        or      $0x100, %eax
        wrmsr
        mov     %cr0, %eax
        or      $0x80000000, %eax
        mov     %eax, %cr0
        lgdt    gdt_pointer
        ljmp    $0x08, $1f
        .code64
1:      mov     $0x10, %ecx
        mov     %ecx, %ds
        mov     %ecx, %es
        mov     %ecx, %ss
        mov     $stack_top, %rsp
        call    pvh_main
2:      hlt
        jmp     2b

/* VCPU_HVM_MODE_64B: the stack is there, the argument in rdi. */
        .globl ap64_start
ap64_start:
        call    ap64_main
3:      hlt
        jmp     3b

/* VCPU_HVM_MODE_32B: shows what it was given, and whether long mode is on. */
        .code32
        .globl ap32_start
ap32_start:
        mov     %eax, ap32_eax
        mov     %esp, ap32_esp
        mov     $0xc0000080, %ecx
        rdmsr
        mov     %eax, ap32_efer
        mov     %cr0, %eax
        mov     %eax, ap32_cr0
        movl    $1, ap32_seen
4:      hlt
        jmp     4b

        .data
        .balign 4096
        .globl tables
tables: .quad   directories + 7
        .skip   4096 - 8
directories:
        .set    i, 0
        .rept   4
        .quad   large + 4096 * i + 7
        .set    i, i + 1
        .endr
        .skip   4096 - 32
large:  .set    i, 0
        .rept   2048
        .quad   0x200000 * i + 0x83
        .set    i, i + 1
        .endr
        .balign 8
gdt:    .quad   0
        .quad   0x00af9b000000ffff
        .quad   0x00cf93000000ffff
gdt_pointer:
        .word   23
        .long   gdt

        .bss
        .balign 16
        .skip   16384
stack_top:

        .section .note.GNU-stack, "", @progbits
