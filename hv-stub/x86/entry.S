/* SPDX-License-Identifier: MIT */
/*
 * Every way into the hypervisor and every way back.
 *
 * From the guest the hypervisor arrives on the vcpu's own stack with interrupts off and builds a whole
 * struct cpu_user_regs at its top; C gets a pointer to it. Nothing else lives on that stack once the
 * guest runs again, so "switch to another vcpu" is: load its frame's address, go to exit_to_guest.
 *
 * GS: while the guest runs KERNEL_GS_BASE holds the percpu area; the first instruction of an entry from
 * CPL 3 exchanges the two, the last one before IRETQ or SYSRETQ exchanges them back. In between
 * KERNEL_GS_BASE is the guest's. Entries from CPL 0 are of three kinds: exceptions on a stretch where the
 * guest's base is in force already (guest_gs_start to guest_gs_end), ordinary ones, and those on an
 * interrupt stack, which may come at any instruction and therefore trust neither GS nor RSP.
 *
 * Frames start at 8 modulo 16, because the processor aligns RSP when it pushes; C code here never needs
 * more than 8-byte stack alignment (no vector registers).
 */
#include "asm-offsets.h"

#define MSR_GS_BASE 0xc0000101

        .macro push_gprs
        push    %rdi
        push    %rsi
        push    %rdx
        push    %rcx
        push    %rax
        push    %r8
        push    %r9
        push    %r10
        push    %r11
        push    %rbx
        push    %rbp
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        .endm

        /* Leaves RSP at the instruction pointer of the interrupt frame. */
        .macro pop_gprs
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbp
        pop     %rbx
        pop     %r11
        pop     %r10
        pop     %r9
        pop     %r8
        pop     %rax
        pop     %rcx
        pop     %rdx
        pop     %rsi
        pop     %rdi
        add     $8, %rsp
        .endm

        /* The frame of a SYSCALL, without RCX and R11. */
        .macro save_syscall
        mov     %gs:PC_FRAME_TOP, %rsp
        push    $GUEST_SS
        push    %gs:PC_SCRATCH_RSP
        push    %r11
        push    $GUEST_CS64
        push    %rcx
        sub     $UREGS_RIP, %rsp
        mov     %rdi, UREGS_RDI(%rsp)
        mov     %rsi, UREGS_RSI(%rsp)
        mov     %rdx, UREGS_RDX(%rsp)
        mov     %rax, UREGS_RAX(%rsp)
        mov     %r8, UREGS_R8(%rsp)
        mov     %r9, UREGS_R9(%rsp)
        mov     %r10, UREGS_R10(%rsp)
        mov     %rbx, UREGS_RBX(%rsp)
        mov     %rbp, UREGS_RBP(%rsp)
        mov     %r12, UREGS_R12(%rsp)
        mov     %r13, UREGS_R13(%rsp)
        mov     %r14, UREGS_R14(%rsp)
        mov     %r15, UREGS_R15(%rsp)
        .endm

        .macro entry name
        .balign 16
        .globl \name
        .type \name, @function
\name:
        .endm

        .text

/*
 * SYSCALL from 64-bit code: hypercalls of guest kernels, system calls of guest users. RCX is the guest's
 * RIP, R11 its RFLAGS; IF, TF, DF, NT and AC are clear (FMASK). The frame's RCX and R11 are only filled in
 * where somebody could see them. A frame under a hypercall keeps entry_vector VECTOR_HYPERCALL, which
 * the way out leaves there.
 */
entry syscall_entry
        swapgs
        mov     %rsp, %gs:PC_SCRATCH_RSP
        cmp     %gs:PC_HC_LIMIT, %rax
        jae     syscall_beyond
        cmp     $HC_MMU_UPDATE, %eax
        je      pv_mmu_update_short
        .globl  syscall_dispatch
syscall_dispatch:
        save_syscall

        /* Count, and remember number and first argument for a crash report. */
        mov     %gs:PC_CURRENT, %r11
        movzbl  VCPU_HC_CLOCK(%r11), %ecx
        addq    $HC_TICK_BYTES, VCPU_HC_CLOCK(%r11)
        mov     %rax, VCPU_HC_TRACE(%r11, %rcx)
        mov     %rdi, VCPU_HC_TRACE + 8(%r11, %rcx)
        incq    VCPU_HC_COUNT(%r11, %rax, 8)
        mov     %r10, %rcx
        lea     hypercall_fns(%rip), %r11
        call    *(%r11, %rax, 8)

        cmpl    $0, %gs:PC_WORK
        jne     hypercall_exit_slow
        mov     %gs:PC_UPCALL, %rdx
        cmpw    $1, (%rdx)      /* pending and not masked */
        je      hypercall_exit_slow
        /* SYSRETQ to a non-canonical address would fault here, not in the guest. After a SYSCALL only
         * the first such address is possible; whoever changes RIP otherwise raises WORK_FULL. */
        mov     UREGS_RIP(%rsp), %rcx
        cmp     canonical_end(%rip), %rcx
        je      hypercall_exit_slow
        mov     UREGS_RFLAGS(%rsp), %r11
        mov     UREGS_RDI(%rsp), %rdi
        mov     UREGS_RSI(%rsp), %rsi
        mov     UREGS_RDX(%rsp), %rdx
        mov     UREGS_R8(%rsp), %r8
        mov     UREGS_R9(%rsp), %r9
        mov     UREGS_R10(%rsp), %r10
        mov     UREGS_RSP(%rsp), %rsp
        swapgs
        sysretq

hypercall_exit_slow:
        mov     %rax, UREGS_RAX(%rsp)
        testl   $WORK_FULL_BIT, %gs:PC_WORK
        jnz     1f
        call    fill_syscall_regs
        jmp     exit_to_guest
1:      lock andl $~WORK_FULL_BIT, %gs:PC_WORK
        jmp     exit_to_guest

        /* In guest user mode the limit is 0; in the kernel it is that number for which there is a short way. */
syscall_beyond:
        cmpq    $0, %gs:PC_HC_LIMIT
        je      pv_syscall_short
        cmp     $HC_IRET, %rax
        je      pv_iret_short
        cmp     $HC_NR, %rax
        jb      syscall_dispatch

        /* A guest user's system call, or a hypercall number out of range. */
        .globl  syscall_long
syscall_long:
        save_syscall
        call    fill_syscall_regs
        movq    $0, UREGS_ERROR(%rsp)
        movl    $VECTOR_HYPERCALL, UREGS_VECTOR(%rsp)
        mov     %rsp, %rdi
        call    pv_syscall_other
        jmp     exit_to_guest

/* What SYSCALL left in RCX and R11. */
fill_syscall_regs:
        mov     UREGS_RIP + 8(%rsp), %rcx
        mov     %rcx, UREGS_RCX + 8(%rsp)
        mov     UREGS_RFLAGS + 8(%rsp), %rcx
        mov     %rcx, UREGS_R11 + 8(%rsp)
        ret

/* SYSCALL from 32-bit code of a guest user (AMD processors). */
entry syscall32_entry
        swapgs
        mov     %rsp, %gs:PC_SCRATCH_RSP
        mov     %gs:PC_FRAME_TOP, %rsp
        push    $GUEST_SS
        push    %gs:PC_SCRATCH_RSP
        push    %r11
        push    $GUEST_CS32
        push    %rcx
        pushq   $0
        movl    $VECTOR_HYPERCALL, 4(%rsp)
        push_gprs
        mov     %rsp, %rdi
        call    pv_syscall32
        jmp     exit_to_guest

/*
 * Exceptions on the vcpu's stack. The stubs below leave error code and vector in one word.
 */
        .balign 16
exception_entry:
        testb   $3, 16(%rsp)
        jz      exception_in_hv
        swapgs
        .globl  exception_save, exception_in_hv
exception_save:
        push_gprs
exception_from_guest:
        cld
        mov     %gs:PC_CURRENT, %rax
        mov     UREGS_VECTOR(%rsp), %edx
        incq    VCPU_EXIT_COUNT(%rax, %rdx, 8)
        mov     %rsp, %rdi
        lea     guest_exception_fns(%rip), %rcx
        call    *(%rcx, %rdx, 8)

/*
 * Back to the guest whose frame RSP points at, by way of the work that is waiting. Also where a newly
 * chosen vcpu starts.
 */
entry exit_to_guest
        cmpl    $0, %gs:PC_WORK
        jne     exit_slow
        mov     %gs:PC_UPCALL, %rax
        cmpw    $1, (%rax)
        je      exit_slow
exit_restore:
        movl    $VECTOR_HYPERCALL, UREGS_VECTOR(%rsp)
        pop_gprs
        .globl  guest_exit, guest_iret, gs_load_insn
guest_exit:                     /* RSP at the instruction pointer of a frame, all else the guest's */
        swapgs
guest_gs_start:
guest_iret:
        iretq
gs_load_insn:
        mov     %edi, %gs
guest_gs_end:
        swapgs
        xor     %eax, %eax
        ret
exit_slow:
        call    exit_work       /* returns with nothing left to do */
        jmp     exit_restore

/* int gs_selector_load(uint16_t sel): sel into the guest's %gs, its base into KERNEL_GS_BASE. Nonzero,
 * and nothing changed, when the processor refuses it. */
entry gs_selector_load
        swapgs
        jmp     gs_load_insn
gs_load_refused:                /* the fault went through exception_in_hv: GS is ours again */
        mov     $1, %eax
        ret
        .pushsection .fixup_table, "a"
        .long   gs_load_insn - ., gs_load_refused - .
        .popsection

/* An exception at CPL 0. hv_exception() returns to continue at the frame's RIP, with GS as we need it. */
exception_in_hv:
        push_gprs
        cld
        lea     guest_gs_start(%rip), %rcx
        mov     UREGS_RIP(%rsp), %rax
        sub     %rcx, %rax
        cmp     $(guest_gs_end - guest_gs_start), %rax
        jae     1f
        swapgs
1:      mov     %rsp, %rdi
        call    hv_exception
        pop_gprs
        iretq

/*
 * Entries on an interrupt stack. A debug trap from the guest moves to the vcpu's stack and is an ordinary
 * exception from there on. All else puts the percpu pointer found on the stack into GS, and the value
 * that was there back afterwards: neither CS nor the base itself can tell whose it was.
 */
entry debug_entry
        pushq   $0
        movl    $1, 4(%rsp)
        testb   $3, 16(%rsp)
        jz      ist_common
        swapgs
        mov     %rax, %gs:PC_SCRATCH_RAX
        mov     %rsp, %rax
        mov     %gs:PC_FRAME_TOP, %rsp
        push    40(%rax)
        push    32(%rax)
        push    24(%rax)
        push    16(%rax)
        push    8(%rax)
        push    (%rax)
        mov     %gs:PC_SCRATCH_RAX, %rax
        push_gprs
        jmp     exception_from_guest

entry nmi_entry
        pushq   $0
        movl    $2, 4(%rsp)
        jmp     ist_common

entry double_fault_entry
        movl    $8, 4(%rsp)
        jmp     ist_common

entry machine_check_entry
        pushq   $0
        movl    $18, 4(%rsp)

ist_common:
        push_gprs
        cld
        mov     $MSR_GS_BASE, %ecx
        rdmsr
        shl     $32, %rdx
        mov     %eax, %ebx
        or      %rdx, %rbx
        /* The frame lies right under the pointer: the processor pushed 40 or 48 bytes, we the rest. */
        mov     UREGS_SS + 8(%rsp), %rax
        mov     %rax, %rdx
        shr     $32, %rdx
        wrmsr
        mov     %rsp, %rdi
        call    ist_exception
        mov     $MSR_GS_BASE, %ecx
        mov     %ebx, %eax
        mov     %rbx, %rdx
        shr     $32, %rdx
        wrmsr
        pop_gprs
        iretq

/* A short way found no stack for its frame; RSP is below error code and vector. */
        .globl  no_kernel_stack
no_kernel_stack:
        push_gprs
        cld
        mov     %rsp, %rdi
        call    pv_no_kernel_stack
        jmp     exit_to_guest

/* INT 0x80, the one software interrupt whose gate is open to the guest. */
        .globl int80_entry
int80_entry:
        pushq   $0
        movl    $0x80, 4(%rsp)
        swapgs
        push_gprs
        cld
        mov     %rsp, %rdi
        call    pv_int80
        jmp     exit_to_guest

/* Interrupts, from the guest or from idle and arch_irq_window(). The vector is on the stack, sign-extended
 * from a byte, where an error code would be. */
        .macro take_vector
        push_gprs
        cld
        movzbl  UREGS_ERROR(%rsp), %edi
        mov     %edi, UREGS_VECTOR(%rsp)
        .endm

        .balign 16
interrupt_entry:
        testb   $3, 16(%rsp)
        jz      1f
        swapgs
        take_vector
        call    interrupt_dispatch
        jmp     exit_to_guest
1:      take_vector
        call    interrupt_dispatch
        pop_gprs
        iretq

/* void resume_frame(struct cpu_user_regs *): abandon this stack and go on as exit_to_guest. */
entry resume_frame
        mov     %rdi, %rsp
        jmp     exit_to_guest

/* void run_on_stack(uint64_t sp, void (*fn)(struct vcpu *), struct vcpu *arg): abandon this stack. fn must
 * not return. */
entry run_on_stack
        mov     %rdi, %rsp
        and     $-16, %rsp
        mov     %rdx, %rdi
        xor     %ebp, %ebp
        call    *%rsi
        ud2

/* Exceptions leave error code and vector in one word. */
        .balign 16
        .globl exception_stubs, interrupt_stubs
exception_stubs:
        vec = 0
        .rept 32
        .balign 16
        .if (vec != 8) && ((vec < 10) || (vec > 14)) && (vec != 17) && (vec != 21) && (vec != 29) && (vec != 30)
        pushq   $0
        .endif
        movl    $vec, 4(%rsp)
        .if vec == 14
        jmp     page_fault_entry
        .else
        jmp     exception_entry
        .endif
        vec = vec + 1
        .endr

/* Of interrupts there are many stubs, but all the same: two instructions of two bytes each, and after
 * every 32 of them the jump that theirs reaches. */
        .balign 16
interrupt_stubs:
        .rept 7
        .rept 32
        .byte   0x6a, vec & 0xff        # push
        .byte   0xeb, 124 - (vec & 31) * 4      # jmp to the end of the 32
        vec = vec + 1
        .endr
        jmp     interrupt_entry
        .balign 8
        .endr

        .section .rodata
        .balign 8
        .globl  canonical_end
canonical_end:
        .quad   0x0000800000000000

        .section .note.GNU-stack, "", @progbits
