/* SPDX-License-Identifier: MIT */
/*
 * The hypercall page, with contents that serve until (and unless) a hypervisor overwrites it:
 * each slot loads its number and goes to the instruction chosen at run time. See
 * <pvkit/x86/raw.h> for who fills the page in which kind of guest.
 *
 * An object of its own, so that a kernel that defines hypercall_page itself does not get this one.
 */
#include <pvkit/x86/raw.h>

#define XEN_ERRNO(name, value) .set XEN_##name, value
#include <xen/errno.h>

/* Values of pvk_hypercall_insn: enum pvk_hypercall_insn in <pvkit/discover.h>. */
#define INSN_VMCALL 1

    .text
    .balign PVK_PAGE_SIZE
    .globl  hypercall_page
    .type   hypercall_page, @object
hypercall_page:
    .set    number, 0
    .rept   PVK_HYPERCALL_SLOTS
    .balign 1 << PVK_HYPERCALL_SLOT_SHIFT, 0xcc
    mov     $number, %eax
    jmp     pvk_hypercall_nopage
    .set    number, number + 1
    .endr
    .balign PVK_PAGE_SIZE, 0xcc
    .size   hypercall_page, . - hypercall_page

/*
 * eax = number, arguments in their registers. vmcall is Intel's, vmmcall AMD's; the wrong one
 * raises #UD, so the choice is made once, by pvk_hypercall_use().
 */
    .globl  pvk_hypercall_nopage
    .type   pvk_hypercall_nopage, @function
pvk_hypercall_nopage:
    cmpl    $INSN_VMCALL, pvk_hypercall_insn(%rip)
    jb      1f
    ja      2f
    vmcall
    ret
1:  mov     $-XEN_ENOSYS, %rax
    ret
2:  vmmcall
    ret
    .size   pvk_hypercall_nopage, . - pvk_hypercall_nopage

    .data
    .balign 4
    .globl  pvk_hypercall_insn
    .type   pvk_hypercall_insn, @object
    .size   pvk_hypercall_insn, 4
pvk_hypercall_insn:
    .long   0

    .section .note.GNU-stack, "", @progbits
