/* SPDX-License-Identifier: MIT */
/*
 * Native start of day. The loader finds the PVH note and enters here in 32-bit protected mode
 * without paging, ebx = physical address of struct hvm_start_info
 * (<xen/arch-x86/hvm/start_info.h>).
 */
#define __ASSEMBLY__
#include <xen/elfnote.h>

#define BASE      0xffffffff80000000
#define PHYS(sym) ((sym) - BASE)

    .section .note.Xen, "a", @note
    .balign 4
    .long 4, 8, XEN_ELFNOTE_PHYS32_ENTRY
    .asciz "Xen"
    .quad PHYS(start32)

    .section .text.start, "ax"
    .code32
    .globl start32
start32:
    cld
    cli
    mov $PHYS(boot_stack_top), %esp
    mov %ebx, %ebp

    /* One directory of 2 MiB pages maps the first GiB three times: as is, directly, as image. */
    mov $PHYS(boot_pd), %edi
    mov $0x83, %eax             /* present, writable, large */
1:  mov %eax, (%edi)
    add $0x200000, %eax
    add $8, %edi
    cmp $PHYS(boot_pd) + 4096, %edi
    jb 1b
    movl $PHYS(boot_pd) + 3, PHYS(boot_pdpt_direct)
    movl $PHYS(boot_pd) + 3, PHYS(boot_pdpt_kernel) + 510 * 8
    movl $PHYS(boot_pdpt_direct) + 3, PHYS(boot_top)
    movl $PHYS(boot_pdpt_direct) + 3, PHYS(boot_top) + 272 * 8
    movl $PHYS(boot_pdpt_kernel) + 3, PHYS(boot_top) + 511 * 8

    mov $0x6a0, %eax            /* CR4: PAE, PGE, OSFXSR, OSXMMEXCPT */
    mov %eax, %cr4
    mov $PHYS(boot_top), %eax
    mov %eax, %cr3
    mov $0xc0000080, %ecx       /* EFER: SCE, LME, NXE */
    rdmsr
    or $0x901, %eax
    wrmsr
    mov $0x80010033, %eax       /* CR0: PG, WP, NE, ET, MP, PE */
    mov %eax, %cr0
    lgdt PHYS(boot_gdt_pointer)
    ljmp $8, $PHYS(start64)

    .code64
start64:
    mov $high, %rax
    jmp *%rax
high:
    mov $0x10, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    xor %eax, %eax
    mov %eax, %fs
    mov %eax, %gs
    mov $boot_stack_top, %rsp
    mov %ebp, %edi
    xor %ebp, %ebp
    movq $0, boot_top(%rip)     /* the identity map has served */
    mov %cr3, %rax
    mov %rax, %cr3
    call native_start
1:  hlt
    jmp 1b

    .section .rodata
    .balign 8
boot_gdt:
    .quad 0, 0x00af9b000000ffff, 0x00cf93000000ffff
boot_gdt_pointer:
    .word . - boot_gdt - 1
    .quad PHYS(boot_gdt)

    .bss
    .balign 4096
    .globl boot_top
boot_top:
    .skip 4096
boot_pdpt_direct:
    .skip 4096
boot_pdpt_kernel:
    .skip 4096
boot_pd:
    .skip 4096
    .skip 16384
boot_stack_top:

    .section .note.GNU-stack, "", @progbits
