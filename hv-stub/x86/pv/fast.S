/* SPDX-License-Identifier: MIT */
/*
 * The short ways between a PV guest's user and its kernel: system call, page fault, iret. They do what
 * pv_inject_syscall(), pv_page_fault() and hc_iret() do, which remain for everything out of the ordinary:
 * each of these first asks whether there is any such thing, and goes the long way then as if it had not
 * been here. A program's every system call takes two of them.
 *
 * Registers that are needed for something else wait in their slots of the vcpu's frame, at RSP; the
 * others are never saved. RBX is the vcpu.
 */
#include "asm-offsets.h"

#define MSR_KERNEL_GS_BASE 0xc0000102

        .macro to_frame
        mov     %gs:PC_CURRENT, %rsp
        mov     VCPU_REGS(%rsp), %rsp
        .endm

        /* Work is waiting, or the guest sees its IOPL in flags. Takes RAX. */
        .macro if_unusual label
        cmpl    $0, %gs:PC_WORK
        jne     \label
        mov     VCPU_DOMAIN(%rbx), %rax
        testb   $ASSIST_IOPL, DOMAIN_VM_ASSIST(%rax)
        jne     \label
        .endm

        /* … or the guest kernel would be told of something first, or is to find areas updated. */
        .macro if_unusual_for_kernel label
        if_unusual \label
        mov     %gs:PC_UPCALL, %rax
        cmpw    $0, (%rax)      /* pending, masked */
        jne     \label
        cmpb    $0, VCPU_AREAS_PENDING(%rbx)
        jne     \label
        .endm

        /* Not all of the 72 bytes from \reg on are the guest's: guest_range_ok(). Takes RAX. */
        .macro if_not_guests reg label
        mov     \reg, %rax
        sub     guest_first(%rip), %rax
        cmp     guest_last(%rip), %rax
        ja      \label
        .endm

        /* RDX: a frame of so many bytes on the stack of the guest's kernel. Takes RAX. */
        .macro kernel_frame bytes label
        mov     VCPU_KERNEL_SP(%rbx), %rdx
        and     $-16, %rdx
        sub     $\bytes, %rdx
        if_not_guests %rdx, \label
        .endm

        /* pv_toggle_mode(). Takes RAX, RCX, RDX. */
        .macro change_mode old_gs new_gs new_root is_kernel limit
        mov     $MSR_KERNEL_GS_BASE, %ecx
        rdmsr
        mov     %eax, \old_gs(%rbx)
        mov     %edx, \old_gs + 4(%rbx)
        mov     \new_gs(%rbx), %eax
        mov     \new_gs + 4(%rbx), %edx
        wrmsr
        movb    $\is_kernel, VCPU_KERNEL_MODE(%rbx)
        movq    $\limit, %gs:PC_HC_LIMIT
        mov     \new_root(%rbx), %rax
        shl     $12, %rax
        mov     %rax, %gs:PC_CR3
        mov     tlb_clock(%rip), %rcx
        mov     %rcx, %gs:PC_TLB_TIME
        mov     %rax, %cr3
        .endm

        /* An access to guest memory: if it faults, go on at the label. */
        .macro guest label insn:vararg
99:     \insn
        .pushsection .fixup_table, "a"
        .long   99b - ., \label - .
        .popsection
        .endm

        .macro to_guest
        mov     UREGS_RAX(%rsp), %rax
        mov     UREGS_RDX(%rsp), %rdx
        mov     UREGS_RBX(%rsp), %rbx
        add     $UREGS_RIP, %rsp
        jmp     guest_exit
        .endm

        .text

/*
 * SYSCALL of a guest user. RCX is its RIP, R11 its RFLAGS, and so the guest kernel finds them. There are
 * no events masked and no IOPL, so what the guest kernel sees as flags is what they are.
 */
        .globl pv_syscall_short
pv_syscall_short:
        to_frame
        mov     %rax, UREGS_RAX(%rsp)
        mov     %rdx, UREGS_RDX(%rsp)
        mov     %rbx, UREGS_RBX(%rsp)
        mov     %gs:PC_CURRENT, %rbx
        if_unusual_for_kernel syscall_the_long_way
        cmpq    $0, VCPU_SYSCALL_EIP(%rbx)
        je      syscall_the_long_way
        kernel_frame 56, syscall_the_long_way
        mov     %rdx, UREGS_RDI(%rsp)
        mov     %rcx, UREGS_RCX(%rsp)
        change_mode VCPU_GS_USER, VCPU_GS_KERNEL, VCPU_ROOT_KERNEL, 1, HC_DIRECT
        mov     UREGS_RDI(%rsp), %rdx
        mov     UREGS_RCX(%rsp), %rcx
        mov     %gs:PC_SCRATCH_RSP, %rax
        guest syscall_no_stack, mov %rcx, (%rdx)
        guest syscall_no_stack, mov %r11, 8(%rdx)
        guest syscall_no_stack, mov %rcx, 16(%rdx)
        guest syscall_no_stack, movq $GUEST_CS64, 24(%rdx)
        guest syscall_no_stack, mov %r11, 32(%rdx)
        guest syscall_no_stack, mov %rax, 40(%rdx)
        guest syscall_no_stack, movq $GUEST_SS, 48(%rdx)
        mov     %rdx, UREGS_RSP(%rsp)
        movzbl  VCPU_SYSCALL_MASKS(%rbx), %eax
        mov     %gs:PC_UPCALL, %rdx
        mov     %al, 1(%rdx)
        incq    VCPU_EXIT_COUNT + EXIT_SYSCALL * 8(%rbx)
        mov     %r11, %rax
        and     $HANDLER_RFLAGS, %eax
        mov     %rax, UREGS_RFLAGS(%rsp)
        mov     VCPU_SYSCALL_EIP(%rbx), %rax
        mov     %rax, UREGS_RIP(%rsp)
        movq    $GUEST_CS64, UREGS_CS(%rsp)
        movq    $GUEST_SS, UREGS_SS(%rsp)
        to_guest

syscall_the_long_way:
        mov     UREGS_RAX(%rsp), %rax
        mov     UREGS_RDX(%rsp), %rdx
        mov     UREGS_RBX(%rsp), %rbx
        jmp     syscall_long

/* As the bounce in C: the domain ends, and is shown where its user was. */
syscall_no_stack:
        mov     UREGS_RCX(%rsp), %rcx
        mov     %rcx, UREGS_RIP(%rsp)
        mov     %r11, UREGS_RFLAGS(%rsp)
        mov     %gs:PC_SCRATCH_RSP, %rax
        mov     %rax, UREGS_RSP(%rsp)
        movq    $GUEST_CS64, UREGS_CS(%rsp)
        movq    $GUEST_SS, UREGS_SS(%rsp)
no_stack:
        mov     UREGS_RAX(%rsp), %rax
        mov     UREGS_RCX(%rsp), %rcx
        mov     UREGS_RDX(%rsp), %rdx
        mov     UREGS_RBX(%rsp), %rbx
        add     $UREGS_ERROR, %rsp
        jmp     no_kernel_stack

/* HYPERVISOR_iret to a guest user, with events unmasked. RAX, RCX and R11 are in the frame that RSP was
 * at, the other registers are the user's already. */
        .globl pv_iret_short
pv_iret_short:
        to_frame
        mov     %rdx, UREGS_RDX(%rsp)
        mov     %rbx, UREGS_RBX(%rsp)
        mov     %gs:PC_CURRENT, %rbx
        if_unusual iret_the_long_way
        cmpb    $0, VCPU_NMI_MASKED(%rbx)
        jne     iret_the_long_way
        mov     VCPU_ROOT_USER(%rbx), %rax
        dec     %rax            /* pv_has_root(): neither 0 nor ~0 */
        cmp     $-3, %rax
        ja      iret_the_long_way
        mov     %gs:PC_SCRATCH_RSP, %rdx
        if_not_guests %rdx, iret_the_long_way
        guest iret_the_long_way, mov 24(%rdx), %rax
        mov     %rax, UREGS_RDI(%rsp)
        guest iret_the_long_way, movzwl 40(%rdx), %eax
        mov     %rax, UREGS_CS(%rsp)
        not     %eax
        test    $3, %al
        jne     iret_the_long_way
        guest iret_the_long_way, mov 48(%rdx), %rax
        test    $RFLAGS_IF, %eax
        je      iret_the_long_way
        and     $RFLAGS_OF_GUEST, %eax
        or      $RFLAGS_ALWAYS, %eax
        mov     %rax, UREGS_RFLAGS(%rsp)
        guest iret_the_long_way, mov (%rdx), %rax
        mov     %rax, UREGS_RAX(%rsp)
        guest iret_the_long_way, mov 8(%rdx), %rax
        mov     %rax, UREGS_R11(%rsp)
        guest iret_the_long_way, mov 16(%rdx), %rax
        mov     %rax, UREGS_RCX(%rsp)
        guest iret_the_long_way, mov 32(%rdx), %rax
        mov     %rax, UREGS_RIP(%rsp)
        guest iret_the_long_way, mov 56(%rdx), %rax
        mov     %rax, UREGS_RSP(%rsp)
        guest iret_the_long_way, movzwl 64(%rdx), %eax
        or      $3, %eax
        mov     %rax, UREGS_SS(%rsp)
        mov     %gs:PC_UPCALL, %rax
        movb    $0, 1(%rax)
        cmpw    $0, (%rax)      /* the whole word: this read waits for the store before it */
        jne     iret_the_long_way
        testl   $VGCF_SYSCALL, UREGS_RDI(%rsp)
        jne     iret_as_sysret
iret_sure:
        mov     VCPU_HC_TOTAL(%rbx), %eax
        incq    VCPU_HC_TOTAL(%rbx)
        and     $HC_TRACE_MASK, %eax
        shl     $4, %eax
        movq    $HC_IRET, VCPU_HC_TRACE(%rbx, %rax)
        mov     %rdi, VCPU_HC_TRACE + 8(%rbx, %rax)
        incq    VCPU_HC_COUNT + 8 * HC_IRET(%rbx)
        change_mode VCPU_GS_KERNEL, VCPU_GS_USER, VCPU_ROOT_USER, 0, 0
        mov     UREGS_RCX(%rsp), %rcx
        mov     UREGS_R11(%rsp), %r11
        to_guest

/* The frame asks for what SYSRET does: these are registers and segments then. */
iret_as_sysret:
        mov     UREGS_RIP(%rsp), %rax
        mov     %rax, UREGS_RCX(%rsp)
        mov     UREGS_RFLAGS(%rsp), %rax
        mov     %rax, UREGS_R11(%rsp)
        movq    $GUEST_SS, UREGS_SS(%rsp)
        cmpw    $GUEST_CS32, UREGS_CS(%rsp)
        je      iret_sure
        movq    $GUEST_CS64, UREGS_CS(%rsp)
        jmp     iret_sure

iret_the_long_way:
        mov     $HC_IRET, %eax
        mov     UREGS_RDX(%rsp), %rdx
        mov     UREGS_RBX(%rsp), %rbx
        jmp     syscall_dispatch

/* A page fault, error code and vector on the stack. Those of guest users are their kernel's, with two
 * exceptions: a reserved bit, and addresses that are not in the lower half. */
        .globl page_fault_entry
page_fault_entry:
        testb   $3, 16(%rsp)
        jz      exception_in_hv
        swapgs
        cmpq    $0, %gs:PC_HC_LIMIT
        jne     exception_save
        sub     $UREGS_ERROR, %rsp
        mov     %rax, UREGS_RAX(%rsp)
        mov     %rcx, UREGS_RCX(%rsp)
        mov     %rdx, UREGS_RDX(%rsp)
        mov     %rbx, UREGS_RBX(%rsp)
        mov     %gs:PC_CURRENT, %rbx
        if_unusual_for_kernel fault_the_long_way
        testb   $PFEC_RESERVED, UREGS_ERROR(%rsp)
        jne     fault_the_long_way
        cmpq    $0, VCPU_TRAP_PF + TRAP_ADDRESS(%rbx)
        je      fault_the_long_way
        kernel_frame 64, fault_the_long_way
        mov     %cr2, %rax
        mov     %rax, %rcx
        shr     $47, %rcx
        jne     fault_the_long_way
        mov     %rax, VCPU_CR2(%rbx)
        mov     %gs:PC_UPCALL, %rcx
        mov     %rax, INFO_CR2(%rcx)
        mov     %rdx, UREGS_RDI(%rsp)
        change_mode VCPU_GS_USER, VCPU_GS_KERNEL, VCPU_ROOT_KERNEL, 1, HC_DIRECT
        mov     UREGS_RDI(%rsp), %rdx
        mov     UREGS_RCX(%rsp), %rcx
        guest no_stack, mov %rcx, (%rdx)
        guest no_stack, mov %r11, 8(%rdx)
        mov     UREGS_ERROR(%rsp), %eax
        or      $PFEC_USER, %eax
        guest no_stack, mov %rax, 16(%rdx)
        mov     UREGS_RIP(%rsp), %rax
        guest no_stack, mov %rax, 24(%rdx)
        movzwl  UREGS_CS(%rsp), %eax
        guest no_stack, mov %rax, 32(%rdx)
        mov     UREGS_RSP(%rsp), %rax
        guest no_stack, mov %rax, 48(%rdx)
        movzwl  UREGS_SS(%rsp), %eax
        guest no_stack, mov %rax, 56(%rdx)
        mov     UREGS_RFLAGS(%rsp), %rax
        guest no_stack, mov %rax, 40(%rdx)
        and     $HANDLER_RFLAGS, %eax
        mov     %rax, UREGS_RFLAGS(%rsp)
        mov     %rdx, UREGS_RSP(%rsp)
        movl    $VECTOR_HYPERCALL, UREGS_VECTOR(%rsp)
        mov     %gs:PC_UPCALL, %rdx
        testb   $TRAP_MASKS, VCPU_TRAP_PF + TRAP_FLAGS(%rbx)
        setne   1(%rdx)
        incq    VCPU_EXIT_COUNT + EXIT_PF * 8(%rbx)
        mov     VCPU_TRAP_PF + TRAP_ADDRESS(%rbx), %rax
        mov     %rax, UREGS_RIP(%rsp)
        movzwl  VCPU_TRAP_PF + TRAP_CS(%rbx), %eax
        mov     %rax, UREGS_CS(%rsp)
        movq    $GUEST_SS, UREGS_SS(%rsp)
        to_guest

fault_the_long_way:
        mov     UREGS_RAX(%rsp), %rax
        mov     UREGS_RCX(%rsp), %rcx
        mov     UREGS_RDX(%rsp), %rdx
        mov     UREGS_RBX(%rsp), %rbx
        add     $UREGS_ERROR, %rsp
        jmp     exception_save

        .section .rodata
        .balign 8
guest_first:
        .quad   GUEST_FIRST
guest_last:
        .quad   GUEST_LENGTH - 72

        .section .note.GNU-stack, "", @progbits
