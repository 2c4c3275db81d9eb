/* SPDX-License-Identifier: MIT */
/* Entry, notes and trap stubs of the attacking guest. */
#define __ASSEMBLY__
#include <pvkit/elfnote.h>

    PVK_ELFNOTE_STRING(XEN_ELFNOTE_GUEST_OS, "pvkit-hostile")
    PVK_ELFNOTE_STRING(XEN_ELFNOTE_XEN_VERSION, "xen-3.0")
    PVK_ELFNOTE_STRING(XEN_ELFNOTE_LOADER, "generic")
    PVK_ELFNOTE_NUMBER(XEN_ELFNOTE_VIRT_BASE, 0xffffffff80000000)
    PVK_ELFNOTE_NUMBER(XEN_ELFNOTE_PADDR_OFFSET, 0)
    PVK_ELFNOTE_NUMBER(XEN_ELFNOTE_ENTRY, _start)
    PVK_ELFNOTE_NUMBER(XEN_ELFNOTE_HYPERCALL_PAGE, hypercall_page)

    .section .text.start, "ax"
    .globl _start
_start:
    cld
    lea stack_top(%rip), %rsp
    xor %ebp, %ebp
    mov %rsi, %rdi
    call hostile_main
1:  jmp 1b

    .text
/* long attempt(long (*fn)(void)) */
    .globl attempt
attempt:
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, resume_rsp(%rip)
    call *%rdi
1:  pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    ret

/* Every trap lands here with its number in rax: forget the frame, finish attempt(). */
trap_common:
    mov resume_rsp(%rip), %rsp
    add $0x1000, %rax
    jmp 1b

    .globl event_entry, failsafe_entry, syscall_entry
event_entry:
failsafe_entry:
    mov $0x100, %eax
    jmp trap_common
syscall_entry:
    mov $0x101, %eax
    jmp trap_common

    .globl trap_stubs
    .balign 16
trap_stubs:
    .set n, 0
    .rept 32
    .balign 16
    mov $n, %eax
    jmp trap_common
    .set n, n + 1
    .endr

    .bss
    .balign 8
resume_rsp:
    .skip 8
    .balign 4096
    .skip 16384
stack_top:

    .section .note.GNU-stack, "", @progbits
