/* SPDX-License-Identifier: MIT */
/*
 * PV entry. The hypervisor builds the processor's frame on the kernel stack and puts rcx and r11
 * below it, because it uses `sysret` to get here. Events are masked by then: the trap table and
 * the callbacks ask for it.
 */
#include <pvkit/x86/raw.h>
#include "../stubs.inc"

.macro GATE_ENTRY
    pop %rcx
    pop %r11
.endm

/* The upper half of the cs slot holds the saved event mask; rflags.IF tells the same. */
.macro SAVE_FRAME
    SAVE_REGS
    movl $0, (REGS_FRAME + 28)(%rsp)
    mov %rsp, %rdi
    cld
.endm

/* Leave by the iret hypercall; the error-code slot becomes its flags. */
.macro LEAVE_FRAME flags
    RESTORE_REGS
    add $8, %rsp
    movq $\flags, (%rsp)
    PVK_IRET
.endm

    EXCEPTION_GATES
    GATES_END

trap_common:
    SAVE_FRAME
    call trap_dispatch
leave:
    LEAVE_FRAME 0

    .globl task_first_return
task_first_return:
    jmp leave

    .globl xen_event_entry
xen_event_entry:
    GATE_ENTRY
    push $0
    push $0
    SAVE_FRAME
    call xen_event
    jmp leave

    /* rcx and r11 are lost to `syscall` anyway: VGCF_in_syscall lets Xen return with `sysret`. */
    .globl xen_syscall_entry
xen_syscall_entry:
    GATE_ENTRY
    push $0
    push $33                    /* TRAP_SYSCALL */
    SAVE_FRAME
    call syscall_dispatch
    LEAVE_FRAME 256             /* VGCF_in_syscall */

    /* A return to the guest failed; below the frame: rcx, r11, ds, es, fs, gs. */
    .globl xen_failsafe_entry
xen_failsafe_entry:
    GATE_ENTRY
    add $32, %rsp
    push $0
    push $32                    /* TRAP_FAILSAFE */
    jmp trap_common

    .section .note.GNU-stack, "", @progbits
