/* SPDX-License-Identifier: MIT */
/* Exceptions before the real tables are loaded: all of them are our own bugs. */

        .text
        .globl early_trap_stubs
        .balign 16
early_trap_stubs:
        vec = 0
        .rept 32
        .balign 16
        .if (vec != 8) && ((vec < 10) || (vec > 14)) && (vec != 17) && (vec != 21)
        push    $0
        .endif
        push    $vec
        jmp     early_trap_common
        vec = vec + 1
        .endr

early_trap_common:
        mov     %rsp, %rdi
        and     $-16, %rsp
        call    early_trap
        ud2

        .section .note.GNU-stack, "", @progbits
