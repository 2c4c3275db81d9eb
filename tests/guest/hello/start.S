/* SPDX-License-Identifier: MIT */
/*
 * Start of the smallest PV guest: the ELF notes the domain builder reads, the hypercall page it
 * fills, and an entry point. See <xen/elfnote.h> for the notes, <xen/xen.h> "Start-of-day memory
 * layout" for what holds on entry.
 */
#define __ASSEMBLY__
#include <xen/elfnote.h>

#define VIRT_BASE 0xffffffff80000000

/* An ELF note of owner "Xen": `kind` is the directive for the value, .quad or .asciz. */
.macro xen_note type, kind, value:vararg
    .pushsection .note.Xen, "a", @note
    .balign 4
    .long 4, 2f - 1f, \type
    .asciz "Xen"
1:  \kind \value
2:  .balign 4
    .popsection
.endm

    xen_note XEN_ELFNOTE_GUEST_OS,       .asciz, "pvkit-hello"
    xen_note XEN_ELFNOTE_XEN_VERSION,    .asciz, "xen-3.0"
    xen_note XEN_ELFNOTE_LOADER,         .asciz, "generic"
    xen_note XEN_ELFNOTE_FEATURES,       .asciz, "!writable_page_tables|pae_pgdir_above_4gb"
    xen_note XEN_ELFNOTE_VIRT_BASE,      .quad, VIRT_BASE
    xen_note XEN_ELFNOTE_PADDR_OFFSET,   .quad, 0
    xen_note XEN_ELFNOTE_ENTRY,          .quad, _start
    xen_note XEN_ELFNOTE_HYPERCALL_PAGE, .quad, hypercall_page

    .section .text.start, "ax"
    .globl _start
_start:
    cld
    lea stack_top(%rip), %rsp
    xor %ebp, %ebp
    mov %rsi, %rdi              /* the domain builder passes start_info in rsi */
    call hello_main
1:  jmp 1b

    .text
    .balign 4096
    .globl hypercall_page
hypercall_page:
    .skip 4096

    .bss
    .balign 4096
    .skip 8192
stack_top:

    .section .note.GNU-stack, "", @progbits
