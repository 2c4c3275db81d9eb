/* SPDX-License-Identifier: MIT */
/*
 * The short ways between a PV guest's user and its kernel: system call, page fault, iret; and a new entry
 * in a page table. They do what pv_inject_syscall(), pv_page_fault(), hc_iret() and hc_mmu_update() do, which
 * remain for everything out of the ordinary: each of these first asks whether there is any such thing, and
 * goes the long way then as if it had not been here. A program's every system call takes two of them.
 *
 * Registers that are needed for something else wait in their slots of the vcpu's frame, at RSP; the
 * others are never saved. RBX is the vcpu.
 */
#include "asm-offsets.h"

#define MSR_KERNEL_GS_BASE 0xc0000102

        .macro to_frame
        mov     %gs:PC_FRAME, %rsp
        .endm

        /* Work is waiting, or the vcpu is in a state that asks for more. */
        .macro if_unusual label
        cmpl    $0, %gs:PC_WORK
        jne     \label
        cmpl    $0, VCPU_NOT_SHORT(%rbx)
        jne     \label
        .endm

        /* … or the guest kernel would be told of something first. Takes RAX. */
        .macro if_unusual_for_kernel label
        if_unusual \label
        mov     %gs:PC_UPCALL, %rax
        cmpw    $0, (%rax)      /* pending, masked */
        jne     \label
        .endm

        /* Some bytes from \reg on may be ours. Between the guest's addresses from ours upwards and those
         * from 0 on is no gap; what is not canonical faults, and below ours there is nothing else. */
        .macro if_not_guests reg label
        cmp     guest_first(%rip), \reg
        jl      \label
        .endm

        /* RDX: a frame of so many bytes on the stack of the guest's kernel. */
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
        and     $HANDLER_RFLAGS, %r11d
        mov     VCPU_SYSCALL_EIP(%rbx), %rcx    /* canonical, or it was refused */
        mov     UREGS_RAX(%rsp), %rax
        mov     UREGS_RDX(%rsp), %rdx
        mov     UREGS_RBX(%rsp), %rbx
        mov     UREGS_RSP(%rsp), %rsp
        swapgs
        sysretq

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
        mov     VCPU_ROOT_USER(%rbx), %rax
        test    %rax, %rax      /* pv_has_root(): neither 0 nor ~0 */
        jle     iret_the_long_way
        mov     %gs:PC_SCRATCH_RSP, %rdx
        if_not_guests %rdx, iret_the_long_way
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
        guest iret_the_long_way, mov 16(%rdx), %rax
        mov     %rax, UREGS_RCX(%rsp)
        guest iret_the_long_way, mov 32(%rdx), %rax
        mov     %rax, UREGS_RIP(%rsp)
        guest iret_the_long_way, mov 56(%rdx), %rax
        mov     %rax, UREGS_RSP(%rsp)
        guest iret_the_long_way, movzwl 64(%rdx), %eax
        or      $3, %eax
        mov     %rax, UREGS_SS(%rsp)
        guest iret_the_long_way, testl $VGCF_SYSCALL, 24(%rdx)
        jne     iret_as_sysret
        guest iret_the_long_way, mov 8(%rdx), %r11
iret_sure:
        mov     %gs:PC_UPCALL, %rax
        movb    $0, 1(%rax)
        cmpw    $0, (%rax)      /* the whole word: this read waits for the store before it */
        jne     iret_the_long_way
        movzbl  VCPU_HC_CLOCK(%rbx), %eax
        addq    $HC_TICK_BYTES, VCPU_HC_CLOCK(%rbx)
        movq    $HC_IRET, VCPU_HC_TRACE(%rbx, %rax)
        mov     %rdi, VCPU_HC_TRACE + 8(%rbx, %rax)
        incq    VCPU_HC_COUNT + 8 * HC_IRET(%rbx)
        change_mode VCPU_GS_KERNEL, VCPU_GS_USER, VCPU_ROOT_USER, 0, 0
        mov     UREGS_RCX(%rsp), %rcx
        to_guest

/* The frame asks for what SYSRET does: these are registers and segments then. */
iret_as_sysret:
        mov     UREGS_RIP(%rsp), %rax
        mov     %rax, UREGS_RCX(%rsp)
        mov     UREGS_RFLAGS(%rsp), %r11
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
        test    %rax, %rax
        js      fault_the_long_way
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

/*
 * One MMU_NORMAL_PT_UPDATE of an L1 entry that was empty or goes on mapping the same page: pt_set_l1() for
 * what kernels do most of all. RDX, RSI and R10 are known where this goes on, so that they need not be kept.
 * Whatever would have to be told on the way out comes with an interrupt, for these have been off.
 */
        .globl pv_mmu_update_short
pv_mmu_update_short:
        cmp     $1, %rsi
        jne     syscall_dispatch
        test    %rdx, %rdx
        jne     syscall_dispatch
        cmp     $DOMID_OWN, %r10
        jne     syscall_dispatch
        if_not_guests %rdi, syscall_dispatch
        cmpl    $0, %gs:PC_WORK
        jne     syscall_dispatch
        mov     %gs:PC_UPCALL, %rsp
        cmpw    $1, (%rsp)
        je      syscall_dispatch
        cmp     canonical_end(%rip), %rcx
        je      syscall_dispatch
        to_frame
        mov     %rcx, UREGS_RIP(%rsp)
        mov     %r11, UREGS_RFLAGS(%rsp)
        guest update_the_long_way, mov (%rdi), %r10     /* machine address of the entry */
        guest update_the_long_way, mov 8(%rdi), %rdx    /* the new entry */
        test    $MMU_COMMANDS, %r10b
        jne     update_the_long_way
        mov     %gs:PC_CURRENT, %r11
        mov     VCPU_DOMAIN(%r11), %r11
        mov     DOMAIN_LOCK_OWNER(%r11), %eax
        lea     1(%rax), %ecx
        lock cmpxchg %ecx, DOMAIN_LOCK_NEXT(%r11)
        jne     update_the_long_way

        /* Is it in an L1 table of the domain that is in use? One that is VALID without a use is DEAD. */
        mov     %r10, %rcx
        shr     $12, %rcx
        cmp     frame_count(%rip), %rcx
        jae     update_undone
        shl     $6, %rcx
        add     frame_table(%rip), %rcx
        mov     FRAME_TYPE(%rcx), %rax
        shr     $52, %rax
        and     $~TYPE_PINNED, %eax
        cmp     $TYPE_L1, %eax
        jne     update_undone
        cmp     %r11, FRAME_OWNER(%rcx)
        jne     update_undone
        mov     %r10d, %eax
        shr     $7, %eax
        and     $31, %eax
        bts     %eax, FRAME_FILLED(%rcx)
        add     direct_map(%rip), %r10

        test    $ENTRY_P, %dl
        je      update_undone
        test    %rdx, entry_refused(%rip)
        jne     update_undone
        mov     (%r10), %rax
        test    $ENTRY_P, %al
        jne     update_same_page

        /* A reference to the page; if it is to be written, a use as FT_WRITABLE. */
        mov     %rdx, %rcx
        shl     $12, %rcx
        shr     $24, %rcx
        cmp     frame_count(%rip), %rcx
        jae     update_undone
        shl     $6, %rcx
        add     frame_table(%rip), %rcx
        mov     FRAME_REFS(%rcx), %rax
        test    %rax, %rax
        je      update_undone
        lea     1(%rax), %rsi
        lock cmpxchg %rsi, FRAME_REFS(%rcx)
        jne     update_undone
        cmp     %r11, FRAME_OWNER(%rcx)
        jne     update_stray
        test    $ENTRY_RW, %dl
        je      update_sure
        mov     FRAME_TYPE(%rcx), %rax
        mov     %rax, %rsi
        shr     $52, %rsi
        cmp     $TYPE_WRITABLE, %esi
        jne     update_stray
        lea     1(%rax), %rsi
        lock cmpxchg %rsi, FRAME_TYPE(%rcx)
        jne     update_stray

update_sure:    /* pt_l1_adjust() */
        test    $ENTRY_US, %dl
        je      update_kernels
        bt      $ENTRY_KERNEL_BIT, %rdx
        jc      1f
        or      $ENTRY_G, %rdx
1:      mov     %rdx, (%r10)
        incl    DOMAIN_LOCK_OWNER(%r11)
        mov     %gs:PC_CURRENT, %rcx
        movzbl  VCPU_HC_CLOCK(%rcx), %eax
        addq    $HC_TICK_BYTES, VCPU_HC_CLOCK(%rcx)
        movq    $HC_MMU_UPDATE, VCPU_HC_TRACE(%rcx, %rax)
        mov     %rdi, VCPU_HC_TRACE + 8(%rcx, %rax)
        incq    VCPU_HC_COUNT + 8 * HC_MMU_UPDATE(%rcx)
        xor     %eax, %eax
        xor     %edx, %edx
        mov     $1, %esi
        mov     $DOMID_OWN, %r10d
        mov     UREGS_RIP(%rsp), %rcx
        mov     UREGS_RFLAGS(%rsp), %r11
        mov     %gs:PC_SCRATCH_RSP, %rsp
        swapgs
        sysretq

update_same_page:
        xor     %rdx, %rax
        test    %rax, entry_not_same(%rip)
        je      update_sure
        jmp     update_undone
update_kernels:
        or      $ENTRY_US, %rdx
        bts     $ENTRY_KERNEL_BIT, %rdx
        jmp     1b


update_stray:   /* frame_put() */
        lock decq FRAME_REFS(%rcx)
        jne     update_undone
        push    %rdi
        push    %r8
        push    %r9
        push    %r11
        mov     %rcx, %rdi
        call    frame_free
        pop     %r11
        pop     %r9
        pop     %r8
        pop     %rdi
update_undone:
        incl    DOMAIN_LOCK_OWNER(%r11)
update_the_long_way:
        mov     $HC_MMU_UPDATE, %eax
        xor     %edx, %edx
        mov     $1, %esi
        mov     $DOMID_OWN, %r10d
        mov     UREGS_RIP(%rsp), %rcx
        mov     UREGS_RFLAGS(%rsp), %r11
        jmp     syscall_dispatch

        .section .rodata
        .balign 8
guest_first:
        .quad   GUEST_FIRST
direct_map:
        .quad   DIRECT_MAP
entry_refused:
        .quad   ENTRY_REFUSED
entry_not_same:
        .quad   ENTRY_NOT_SAME

        .section .note.GNU-stack, "", @progbits
