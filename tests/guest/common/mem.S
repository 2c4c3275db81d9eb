/* SPDX-License-Identifier: MIT */
/* What compilers make of loops. */
        .text
        .globl memset, memcpy
memset:
        mov     %rdi, %r8
        mov     %esi, %eax
        mov     %rdx, %rcx
        rep stosb
        mov     %r8, %rax
        ret
memcpy:
        mov     %rdi, %rax
        mov     %rdx, %rcx
        rep movsb
        ret

        .section .note.GNU-stack, "", @progbits
