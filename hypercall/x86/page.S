/* SPDX-License-Identifier: MIT */
/*
 * The hypercall page, with contents that serve until (and unless) a hypervisor overwrites it:
 * each slot loads its number and goes to the instruction chosen at run time. See
 * <pvkit/x86/raw.h> for who fills the page in which kind of guest.
 *
 * An object of its own, so that a kernel that defines hypercall_page itself does not get this one.
 */
#include <pvkit/x86/raw.h>

    .text
    .balign PVK_PAGE_SIZE
    .globl  hypercall_page
    .type   hypercall_page, @function
hypercall_page:
    .set    .Lnumber, 0
    .rept   PVK_HYPERCALL_SLOTS
    .balign 1 << PVK_HYPERCALL_SLOT_SHIFT, 0xcc
    mov     $.Lnumber, %eax
    jmp     pvk_hypercall_nopage
    .set    .Lnumber, .Lnumber + 1
    .endr
    .balign PVK_PAGE_SIZE, 0xcc
    .size   hypercall_page, . - hypercall_page

    .section .note.GNU-stack, "", @progbits
