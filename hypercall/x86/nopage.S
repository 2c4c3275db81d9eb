/* SPDX-License-Identifier: MIT */
/*
 * Where the library's own hypercall page contents go: eax = number, arguments in their registers.
 * vmcall is Intel's, vmmcall AMD's; the wrong one raises #UD, so the choice is made once, by
 * pvk_hypercall_use(). Apart from page.S, so that discovery works with any hypercall_page.
 */
#include <pvkit/xen.h>

#define XEN_ERRNO(name, value) .set XEN_##name, value
#include <xen/errno.h>

/* PVK_INSN_VMCALL of enum pvk_hypercall_insn in <pvkit/discover.h>; NONE is 0, VMMCALL above. */
#define INSN_VMCALL 1

    .text
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
