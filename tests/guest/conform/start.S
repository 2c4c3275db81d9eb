/* SPDX-License-Identifier: MIT */
/* Entry with the fewest notes a PV kernel can have, traps, and the way to guest user mode. */
#define __ASSEMBLY__
#include <pvkit/elfnote.h>
#include <xen/xen.h>

#define IRET_STUB (hypercall_page + __HYPERVISOR_iret * 32)

    PVK_ELFNOTE_STRING(XEN_ELFNOTE_GUEST_OS, "pvkit-conform")
    PVK_ELFNOTE_STRING(XEN_ELFNOTE_XEN_VERSION, "xen-3.0")
    PVK_ELFNOTE_STRING(XEN_ELFNOTE_LOADER, "generic")
    PVK_ELFNOTE_STRING(XEN_ELFNOTE_FEATURES, "!writable_page_tables|pae_pgdir_above_4gb")
    PVK_ELFNOTE_STRING(XEN_ELFNOTE_PAE_MODE, "yes")
    PVK_ELFNOTE_NUMBER(XEN_ELFNOTE_HYPERCALL_PAGE, hypercall_page)

.macro save reg
    mov %\reg, boot_regs + 8 * at(%rip)
    .set at, at + 1
.endm

    .section .text.start, "ax"
    .globl _start
_start:
    .set at, 0
    .irp reg, rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp, r8, r9, r10, r11, r12, r13, r14, r15
    save \reg
    .endr
    pushfq
    popq boot_regs + 8 * 16(%rip)
    .set at, 17
    .irp reg, cs, ss, ds, es, fs, gs
    save \reg
    .endr
    lea kernel_stack_top(%rip), %rsp
    mov boot_regs + 8 * 4(%rip), %rdi
    xor %ebp, %ebp
    call conform_main
1:  jmp 1b

    .text
/* uint64_t attempt(uint64_t (*fn)(void *), void *arg) */
    .globl attempt
attempt:
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    push %r15
    mov %rsp, resume_sp(%rip)
    mov %rdi, %r10
    mov %rsi, %rdi
    xor %eax, %eax
    call *%r10
1:  pop %r15
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    cld
    ret

/* Every trap: what it was is written down, and the attempt is over. */
trap_common:
    mov %rdx, seen_rdx(%rip)
    mov %eax, %edi
    mov %rsp, %rsi
    and $-16, %rsp
    cld
    call trap_record
    mov resume_sp(%rip), %rsp
    jmp 1b

.macro stub n
    .balign 16
    push %rax
    pushfq
    mov $\n, %eax
    jmp trap_common
.endm

    .globl trap_stubs, callback_stubs
    .balign 16
trap_stubs:
    .set n, 0
    .rept 256
    stub n
    .set n, n + 1
    .endr
callback_stubs:
    .rept 8
    stub n
    .set n, n + 1
    .endr

/* uint64_t enter_user(const struct user *): fn, argument, cs, rflags. Comes back as a trap. */
    .globl enter_user, user_return, user_return_32
enter_user:
    lea user_stack_top - 16(%rip), %rax
    movq $user_return, (%rax)
    pushq $FLAT_USER_SS
    push %rax
    pushq 24(%rdi)
    pushq 16(%rdi)
    pushq (%rdi)
    pushq 32(%rdi)
    mov 8(%rdi), %rdi
    xor %edx, %edx
    xor %eax, %eax
    jmp IRET_STUB
user_return:
    ud2

    .bss
    .balign 8
    .globl boot_regs, seen_rdx
boot_regs:
    .skip 23 * 8
resume_sp:
    .skip 8
seen_rdx:
    .skip 8
    .globl kernel_stack_top, user_stack_top, trap_stack_top
    .balign 4096
    .skip 16384
kernel_stack_top:
    .skip 8192
trap_stack_top:
    .skip 8192
user_stack_top:

    .section .note.GNU-stack, "", @progbits
