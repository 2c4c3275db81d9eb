/* SPDX-License-Identifier: MIT */
/* Kernel stacks change here, and only here. */

    .text
    /* void context_switch(uint64_t *from, uint64_t to) */
    .globl context_switch
context_switch:
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, (%rdi)
    mov %rsi, %rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    ret

    .section .note.GNU-stack, "", @progbits
