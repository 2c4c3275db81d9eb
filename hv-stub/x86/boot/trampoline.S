/* SPDX-License-Identifier: MIT */
/*
 * Where a start-up IPI makes a CPU begin: real mode, at a page below 1 MiB that this code is copied
 * to. It borrows the boot map (one to one below 4 GiB) to get to 64-bit code at the link address.
 */
#include "boot_asm.h"

#define HERE(sym) ((sym) - trampoline_start + TRAMPOLINE_PA)

        .section .rodata
        .globl trampoline_start, trampoline_end
        .balign 16
        .code16
trampoline_start:
        cli
        xor     %ax, %ax
        mov     %ax, %ds
        lgdtl   HERE(tramp_gdt_ptr)
        mov     $0x33, %eax     /* NE ET MP PE: paging still off */
        mov     %eax, %cr0
        ljmpl   $0x18, $HERE(tramp32)

        .code32
tramp32:
        mov     $BOOT_DS, %eax
        mov     %eax, %ds
        mov     %eax, %ss
        mov     $CR4_BOOT, %eax
        mov     %eax, %cr4
        mov     $PHYS(boot_l4), %eax
        mov     %eax, %cr3
        mov     $0xc0000080, %ecx
        mov     $EFER_BOOT, %eax
        xor     %edx, %edx
        wrmsr
        mov     $CR0_BOOT, %eax
        mov     %eax, %cr0
        ljmp    $BOOT_CS, $HERE(tramp64)

        .code64
tramp64:
        movabs  $ap_entry, %rax
        jmp     *%rax

        .balign 8
tramp_gdt:
        .quad 0
        .quad 0x00af9a000000ffff /* BOOT_CS: 64-bit code */
        .quad 0x00cf92000000ffff /* BOOT_DS */
        .quad 0x00cf9a000000ffff /* 32-bit code */
tramp_gdt_ptr:
        .short . - tramp_gdt - 1
        .long HERE(tramp_gdt)
trampoline_end:

        .text
ap_entry:
        mov     trampoline_cr3(%rip), %rax
        mov     %rax, %cr3      /* the boot map lacks what is above 4 GiB: stacks, maybe */
        lgdt    boot_gdt_ptr(%rip)
        xor     %eax, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %fs
        mov     %eax, %gs
        mov     %eax, %ss
        mov     trampoline_stack(%rip), %rsp
        mov     trampoline_cpu(%rip), %edi
        push    $0
        popf
        xor     %ebp, %ebp
        call    ap_start
        ud2

        .section .note.GNU-stack, "", @progbits
