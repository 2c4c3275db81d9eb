/* SPDX-License-Identifier: MIT */
/*
 * PV start of day: the domain builder has mapped the image at its linked address, set up start_info
 * and enters in 64-bit mode with rsi = start_info (<xen/xen.h>, "Start-of-day memory layout").
 */
#include <pvkit/elfnote.h>

PVK_ELFNOTES_PV("pvkit-shim", _start, 0xffffffff80000000, 0)

    .section .text.start, "ax"
    .globl _start
_start:
    cld
    mov $boot_stack_top, %rsp
    xor %ebp, %ebp
    mov %rsi, %rdi
    call xen_start
    ud2

    .bss
    .balign 4096
    .skip 16384
boot_stack_top:

    .section .note.GNU-stack, "", @progbits
