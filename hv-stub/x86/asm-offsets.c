/* SPDX-License-Identifier: MIT */
/* Structure offsets for the assembly sources: compiled to text, the @@ lines become #defines. */
#include "hv.h"
#include "cpu.h"
#include "gdt.h"
#include "pte.h"
#include "pv.h"

#define VALUE(name, value)         __asm__ volatile("\n#@@" #name " %0" ::"i"(value))
#define OFFSET(name, type, member) VALUE(name, offsetof(struct type, member))
#define SLOT(name, member)         VALUE(UREGS_##name, offsetof(struct cpu_user_regs, member))

/* Of type words only what is above the count. */
#define TYPE_AND_FLAGS(t, flags) ((unsigned)(((uint64_t)(t) << FRAME_TYPE_SHIFT | (flags)) >> 52))
_Static_assert(FRAME_TYPE_COUNT == (1ull << 52) - 1 && sizeof(struct frame) == 64, "as in fast.S");

static inline __attribute__((always_inline)) void frame_offsets(void)
{
    OFFSET(FRAME_REFS, frame, refs);
    OFFSET(FRAME_TYPE, frame, type);
    OFFSET(FRAME_OWNER, frame, owner);
    OFFSET(FRAME_FILLED, frame, filled);
    VALUE(TYPE_PINNED, TYPE_AND_FLAGS(0, FRAME_TYPE_PINNED));
    VALUE(TYPE_L1, TYPE_AND_FLAGS(FT_L1, FRAME_TYPE_VALID));
    VALUE(TYPE_WRITABLE, TYPE_AND_FLAGS(FT_WRITABLE, FRAME_TYPE_VALID));
    VALUE(MMU_COMMANDS, 7);
    VALUE(DOMID_OWN, DOMID_SELF);
    VALUE(DIRECT_MAP, (uint64_t)HV_DIRECT_BASE);
    VALUE(ENTRY_P, PTE_P);
    VALUE(ENTRY_RW, PTE_RW);
    VALUE(ENTRY_US, PTE_US);
    VALUE(ENTRY_G, PTE_G);
    VALUE(ENTRY_KERNEL_BIT, __builtin_ctzll(PTE_KERNEL));
    VALUE(ENTRY_REFUSED, PT_L1_REFUSED);
    VALUE(ENTRY_NOT_SAME, ~PT_SAME_PAGE);
}

/* For pv/fast.S. */
static inline __attribute__((always_inline)) void pv_offsets(void)
{
    OFFSET(VCPU_DOMAIN, vcpu, domain);
    OFFSET(VCPU_NOT_SHORT, vcpu, not_short);
    OFFSET(VCPU_KERNEL_MODE, vcpu, arch.pv.kernel_mode);
    OFFSET(VCPU_KERNEL_SP, vcpu, arch.pv.kernel_sp);
    OFFSET(VCPU_ROOT_KERNEL, vcpu, arch.pv.root_kernel);
    OFFSET(VCPU_ROOT_USER, vcpu, arch.pv.root_user);
    OFFSET(VCPU_GS_KERNEL, vcpu, arch.pv.gs_base_kernel);
    OFFSET(VCPU_GS_USER, vcpu, arch.pv.gs_base_user);
    OFFSET(VCPU_SYSCALL_EIP, vcpu, arch.pv.syscall_eip);
    OFFSET(VCPU_SYSCALL_MASKS, vcpu, arch.pv.syscall_masks_events);
    OFFSET(VCPU_TRAP_PF, vcpu, arch.pv.trap[VEC_PF]);
    OFFSET(VCPU_CR2, vcpu, arch.pv.cr2);
    OFFSET(TRAP_FLAGS, trap_info, flags);
    OFFSET(TRAP_CS, trap_info, cs);
    OFFSET(TRAP_ADDRESS, trap_info, address);
    OFFSET(INFO_CR2, vcpu_info, arch.cr2);
    OFFSET(DOMAIN_LOCK_NEXT, domain, lock.next);
    OFFSET(DOMAIN_LOCK_OWNER, domain, lock.owner);
    frame_offsets();
    VALUE(TRAP_MASKS, 4); /* TI_GET_IF() */
    VALUE(PFEC_USER, PFEC_U);
    VALUE(PFEC_RESERVED, PFEC_RSVD);
    VALUE(VGCF_SYSCALL, VGCF_in_syscall);
    VALUE(RFLAGS_IF, EFLAGS_IF);
    VALUE(RFLAGS_OF_GUEST, EFLAGS_RETURN);
    VALUE(RFLAGS_ALWAYS, EFLAGS_IF | EFLAGS_FIXED);
    VALUE(HANDLER_RFLAGS, (int)~EFLAGS_NOT_IN_HANDLER);
    VALUE(GUEST_FIRST, HYPERVISOR_VIRT_END);
}

void asm_offsets(void);
void asm_offsets(void)
{
    OFFSET(PC_SCRATCH_RSP, percpu, scratch_rsp);
    OFFSET(PC_SCRATCH_RAX, percpu, scratch_rax);
    OFFSET(PC_FRAME_TOP, percpu, frame_top);
    OFFSET(PC_FRAME, percpu, frame);
    OFFSET(PC_CURRENT, percpu, current);
    OFFSET(PC_UPCALL, percpu, upcall);
    OFFSET(PC_WORK, percpu, work);
    OFFSET(PC_HC_LIMIT, percpu, hc_limit);
    OFFSET(PC_IDLE_STACK_TOP, percpu, idle_stack_top);
    OFFSET(PC_CR3, percpu, cr3);
    OFFSET(PC_TLB_TIME, percpu, tlb_time);
    OFFSET(VCPU_HC_CLOCK, vcpu, hc_clock);
    OFFSET(VCPU_EXIT_COUNT, vcpu, exit_count);
    OFFSET(VCPU_HC_TRACE, vcpu, hc_trace);
    OFFSET(VCPU_HC_COUNT, vcpu, hc_count);
    VALUE(HC_TICK_BYTES, HC_TICK);
    VALUE(EXIT_PF, VEC_PF);
    VALUE(EXIT_SYSCALL, HV_EXIT_SYSCALL);
    VALUE(HC_NR, HV_NR_HYPERCALLS);
    VALUE(HC_DIRECT, PV_HC_DIRECT);
    VALUE(HC_IRET, __HYPERVISOR_iret);
    VALUE(HC_MMU_UPDATE, __HYPERVISOR_mmu_update);
    pv_offsets();
    SLOT(R15, r15);
    SLOT(R14, r14);
    SLOT(R13, r13);
    SLOT(R12, r12);
    SLOT(RBP, rbp);
    SLOT(RBX, rbx);
    SLOT(R11, r11);
    SLOT(R10, r10);
    SLOT(R9, r9);
    SLOT(R8, r8);
    SLOT(RAX, rax);
    SLOT(RCX, rcx);
    SLOT(RDX, rdx);
    SLOT(RSI, rsi);
    SLOT(RDI, rdi);
    SLOT(ERROR, error_code);
    SLOT(VECTOR, entry_vector);
    SLOT(RIP, rip);
    SLOT(CS, cs);
    SLOT(RFLAGS, rflags);
    SLOT(RSP, rsp);
    SLOT(SS, ss);
    VALUE(HV_CS_SEL, HV_CS);
    VALUE(GUEST_CS64, FLAT_RING3_CS64);
    VALUE(GUEST_CS32, FLAT_RING3_CS32);
    VALUE(GUEST_SS, FLAT_RING3_SS64);
    VALUE(IST_STACK_BYTES, IST_STACK_SIZE);
    VALUE(VECTOR_HYPERCALL, VEC_HYPERCALL);
    VALUE(WORK_FULL_BIT, WORK_FULL);
}
