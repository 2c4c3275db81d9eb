/* SPDX-License-Identifier: MIT */
/*
 * First instructions. Every loader leaves us in 32-bit protected mode, paging off, interrupts off, flat
 * segments: Multiboot 1 and 2 with a magic in %eax and their information in %ebx, PVH (Xen public
 * header arch-x86/hvm/start_info.h) with its start_info in %ebx. We map the first 4 GiB one to one, at
 * the direct map and, for the image, at its link address, and go on in C at the link address.
 */
#include "boot_asm.h"

        .section .multiboot1, "a"
        .balign 4
#define MB1_FLAGS 0x3 /* modules on page boundaries, memory information */
        .long MB1_MAGIC, MB1_FLAGS, -(MB1_MAGIC + MB1_FLAGS)

        .section .multiboot2, "a"
        .balign 8
mb2_header:
        .long MB2_MAGIC, 0, mb2_header_end - mb2_header
        .long -(MB2_MAGIC + 0 + (mb2_header_end - mb2_header))
        .short 3, 0             /* entry address: the ELF header's is a truncated virtual one */
        .long 12, PHYS(boot_entry)
        .balign 8
        .short 6, 0             /* modules on page boundaries */
        .long 8
        .short 0, 0
        .long 8
mb2_header_end:

        .section .note.Xen, "a", @note
        .balign 4
        .long 4, 8, 18          /* XEN_ELFNOTE_PHYS32_ENTRY */
        .asciz "Xen"
        .quad PHYS(pvh_entry)

        .section .text.boot, "ax"
        .code32
        .globl boot_entry
pvh_entry:
        mov     $PVH_MAGIC, %eax
boot_entry:
        cli
        cld
        mov     $PHYS(boot_stack_top), %esp
        push    $0
        popf
        mov     %eax, %edi      /* boot_start(magic, info) */
        mov     %ebx, %esi

        /* Four tables of 512 entries of 2 MiB: 4 GiB. */
        mov     $PHYS(boot_l2), %edx
        mov     $0x83, %eax     /* present, writable, large */
        mov     $2048, %ecx
1:      mov     %eax, (%edx)
        add     $0x200000, %eax
        add     $8, %edx
        loop    1b

        mov     $(PHYS(boot_l2) + 3), %eax
        mov     %eax, PHYS(boot_l3_image) + 8 * IMAGE_L3_SLOT
        mov     $PHYS(boot_l3), %edx
        mov     $4, %ecx
2:      mov     %eax, (%edx)
        add     $4096, %eax
        add     $8, %edx
        loop    2b

        movl    $(PHYS(boot_l3) + 3), PHYS(boot_l4)
        movl    $(PHYS(boot_l3) + 3), PHYS(boot_l4) + 8 * DIRECT_L4_SLOT
        movl    $(PHYS(boot_l3_image) + 3), PHYS(boot_l4) + 8 * IMAGE_L4_SLOT

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
        lgdt    PHYS(boot_gdt_ptr32)
        ljmp    $BOOT_CS, $PHYS(3f)

        .code64
3:      movabs  $4f, %rax
        jmp     *%rax
4:      lgdt    boot_gdt_ptr(%rip)
        xor     %eax, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %fs
        mov     %eax, %gs
        mov     %eax, %ss
        lea     boot_stack_top(%rip), %rsp
        xor     %ebp, %ebp
        call    boot_start
        ud2

        .section .rodata
        .balign 8
        .globl boot_gdt_ptr
boot_gdt:
        .quad 0
        .quad 0x00af9a000000ffff /* 64-bit code */
        .quad 0x00cf92000000ffff /* data: for the trampoline's 32-bit stretch */
boot_gdt_end:
boot_gdt_ptr32:
        .short boot_gdt_end - boot_gdt - 1
        .long PHYS(boot_gdt)
boot_gdt_ptr:
        .short boot_gdt_end - boot_gdt - 1
        .quad boot_gdt

        .bss
        .balign 4096
        .globl boot_l4, boot_stack_top
boot_l4:        .skip 4096
boot_l3:        .skip 4096
boot_l3_image:  .skip 4096
boot_l2:        .skip 4 * 4096
boot_stack:     .skip IDLE_STACK_BYTES
boot_stack_top:

        .section .note.GNU-stack, "", @progbits
