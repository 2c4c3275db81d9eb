/* SPDX-License-Identifier: MIT */
/*
 * The inner loop of the container: enter the guest, hand each exit to svm_exit(), enter again until
 * that asks to leave.
 *
 * The global interrupt flag stays clear throughout, so nothing interrupts us. RFLAGS.IF is set only
 * around VMRUN: with V_INTR_MASKING the processor takes the IF that it finds there to decide whether
 * a physical interrupt ends the guest's turn. Segment bases, TR and the system-call MSRs are the
 * guest's while we are in here, except for GS, which the C code needs.
 */
#include "vmrun_offsets.h"

    .text

/* void svm_run_loop(struct svm_vcpu *sv): GIF clear, guest state loaded by VMLOAD. */
    .globl svm_run_loop
    .type svm_run_loop, @function
svm_run_loop:
    push %rbp
    push %rbx
    push %r12
    push %r13
    push %r14
    push %r15
    push %rdi               /* sv: at (%rsp) from here on, and the stack is aligned for calls */

1:  mov (%rsp), %rdi
    mov SV_GUEST_GS(%rdi), %rax
    wrgsbase %rax
    mov SV_VMCB_PA(%rdi), %rax
    mov SV_REGS(%rdi), %rdi
    sti                     /* not just before VMRUN: in QEMU 7.2 its shadow would fall on the guest */
    mov UREGS_R15(%rdi), %r15
    mov UREGS_R14(%rdi), %r14
    mov UREGS_R13(%rdi), %r13
    mov UREGS_R12(%rdi), %r12
    mov UREGS_RBP(%rdi), %rbp
    mov UREGS_RBX(%rdi), %rbx
    mov UREGS_R11(%rdi), %r11
    mov UREGS_R10(%rdi), %r10
    mov UREGS_R9(%rdi), %r9
    mov UREGS_R8(%rdi), %r8
    mov UREGS_RCX(%rdi), %rcx
    mov UREGS_RDX(%rdi), %rdx
    mov UREGS_RSI(%rdi), %rsi
    mov UREGS_RDI(%rdi), %rdi
    vmrun %rax
    cli
    push %rdi
    mov 8(%rsp), %rdi
    mov SV_REGS(%rdi), %rax
    mov %r15, UREGS_R15(%rax)
    mov %r14, UREGS_R14(%rax)
    mov %r13, UREGS_R13(%rax)
    mov %r12, UREGS_R12(%rax)
    mov %rbp, UREGS_RBP(%rax)
    mov %rbx, UREGS_RBX(%rax)
    mov %r11, UREGS_R11(%rax)
    mov %r10, UREGS_R10(%rax)
    mov %r9, UREGS_R9(%rax)
    mov %r8, UREGS_R8(%rax)
    mov %rcx, UREGS_RCX(%rax)
    mov %rdx, UREGS_RDX(%rax)
    mov %rsi, UREGS_RSI(%rax)
    popq UREGS_RDI(%rax)
    rdgsbase %rax
    mov %rax, SV_GUEST_GS(%rdi)
    mov SV_HOST_GS(%rdi), %rax
    wrgsbase %rax
    cld
    call svm_exit
    test %al, %al
    jz 1b

    pop %rdi
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbx
    pop %rbp
    ret
    .size svm_run_loop, . - svm_run_loop

    .section .note.GNU-stack, "", @progbits
