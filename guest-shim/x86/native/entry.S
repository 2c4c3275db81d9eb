/* SPDX-License-Identifier: MIT */
/* Native entry: the processor's own frames, `syscall` with a stack switch by hand. */
#include "../stubs.inc"

.macro GATE_ENTRY
.endm

    EXCEPTION_GATES
    .irp line, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    GATE (40 + \line), target=irq_common
    .endr
    GATE 56, target=xen_common
    GATES_END

trap_common:
    SAVE_REGS
    mov %rsp, %rdi
    cld
    call trap_dispatch
    jmp leave

xen_common:
    SAVE_REGS
    mov %rsp, %rdi
    cld
    call native_xen_event
    jmp leave

irq_common:
    SAVE_REGS
    mov %rsp, %rdi
    cld
    call native_irq
leave:
    RESTORE_REGS
    add $16, %rsp               /* vector and error code */
    iretq

    .globl task_first_return
task_first_return:
    jmp leave

    /*
     * `syscall` leaves rip in rcx, rflags in r11, and the user's stack pointer in place. There is
     * one processor, so a global does for the stack switch.
     */
    .globl syscall_entry
    .balign 16
syscall_entry:
    mov %rsp, user_sp(%rip)
    mov native_kernel_sp(%rip), %rsp
    push $0x23                  /* struct regs from the top: ss, rsp, rflags, cs, rip */
    push user_sp(%rip)
    push %r11
    push $0x2b
    push %rcx
    push $0
    push $33                    /* TRAP_SYSCALL */
    SAVE_REGS
    mov %rsp, %rdi
    call syscall_dispatch
    RESTORE_REGS
    add $16, %rsp
    mov (%rsp), %rcx
    mov 16(%rsp), %r11
    mov 24(%rsp), %rsp
    sysretq

    .bss
    .balign 8
user_sp:
    .skip 8

    .section .note.GNU-stack, "", @progbits
