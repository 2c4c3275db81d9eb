/* SPDX-License-Identifier: MIT */
/*
 * PV vcpus: what the files of x86/pv/, the entry code and the page-table code share. Everything
 * here concerns the current vcpu of this CPU unless it says otherwise, and runs with interrupts
 * off.
 */
#ifndef X86_PV_H
#define X86_PV_H

#include "cpu.h"
#include "hv_types.h"

struct domain;
struct vcpu;

/* CR4 bits a PV guest may choose: TSD, DE, FSGSBASE, OSXSAVE. */
#define PV_CR4_REAL ((1ul << 2) | (1ul << 3) | CR4_FSGSBASE | CR4_OSXSAVE)
/* What CR4 has while it runs: OSXSAVE always, as on Xen, for those that only look at CPUID. */
uint64_t pv_cr4_real(uint64_t cr4);

/* Exception vectors (Intel SDM vol. 3, 6.3.1). */
enum x86_vector {
    VEC_DE = 0,
    VEC_DB = 1,
    VEC_NMI = 2,
    VEC_BP = 3,
    VEC_OF = 4,
    VEC_UD = 6,
    VEC_NM = 7,
    VEC_DF = 8,
    VEC_NP = 11,
    VEC_SS = 12,
    VEC_GP = 13,
    VEC_PF = 14,
    VEC_MC = 18,
};

#define PFEC_P    (1u << 0)
#define PFEC_W    (1u << 1)
#define PFEC_U    (1u << 2)
#define PFEC_RSVD (1u << 3)
#define PFEC_I    (1u << 4)

#define EFLAGS_CF    (1ul << 0)
#define EFLAGS_TF    (1ul << 8)
#define EFLAGS_IF    (1ul << 9)
#define EFLAGS_DF    (1ul << 10)
#define EFLAGS_IOPL  (3ul << 12)
#define EFLAGS_NT    (1ul << 14)
#define EFLAGS_RF    (1ul << 16)
#define EFLAGS_VM    (1ul << 17)
#define EFLAGS_AC    (1ul << 18)
#define EFLAGS_VIF   (1ul << 19)
#define EFLAGS_VIP   (1ul << 20)
#define EFLAGS_FIXED (1ul << 1)
/* What is clear when a handler starts. */
#define EFLAGS_NOT_IN_HANDLER (EFLAGS_AC | EFLAGS_VM | EFLAGS_RF | EFLAGS_NT | EFLAGS_TF)
/* What a guest may set: CF PF AF ZF SF TF DF OF NT RF AC ID. */
#define EFLAGS_RETURN 0x254dd5ul

/* Bits 63..47 all equal: the only addresses a processor with four-level tables takes. */
static inline bool is_canonical(uint64_t va)
{
    return (uint64_t)((int64_t)(va << 16) >> 16) == va;
}

/* Canonical, and not in the slots that are the hypervisor's: what a guest may point at. */
static inline bool guest_va_ok(uint64_t va)
{
    return va < (1ull << 47) || va >= HYPERVISOR_VIRT_END;
}

/* ---- pv/mode.c: guest kernel and guest user */
/* percpu.hc_limit while the guest kernel runs: hypercalls with smaller numbers are dispatched at
 * once, this one has a short way (fast.S). */
#define PV_HC_DIRECT __HYPERVISOR_iret
static inline bool pv_has_root(mfn_t root)
{
    return root.v != 0 && root.v != INVALID_MFN.v;
}
bool pv_has_user_root(const struct vcpu *v);
/* Change between them: page-table root and GS base. Into user mode only with a user root. */
void pv_toggle_mode(struct vcpu *v);
/* Load the root of the present mode into CR3 (after root_kernel or root_user was replaced, or to
 * flush the TLB). v is current. */
void pv_load_root(struct vcpu *v);
/* The guest's active GS base: in KERNEL_GS_BASE while the hypervisor runs. */
static inline uint64_t pv_gs_base(void)
{
    return rdmsr(MSR_KERNEL_GS_BASE);
}
static inline void pv_set_gs_base(uint64_t base)
{
    wrmsr(MSR_KERNEL_GS_BASE, base);
}

/* ---- pv/bounce.c: make the guest continue in one of its handlers */
/* Through the trap table. The address of a page fault goes to pv_inject_pf(). */
void pv_inject(struct vcpu *v, uint8_t vector, uint32_t error_code);
void pv_inject_pf(struct vcpu *v, uint64_t cr2, uint32_t error_code);
/* INT n: no error code, whatever the vector. */
void pv_inject_soft(struct vcpu *v, uint8_t vector);
/* Event callback: the caller found an upcall pending and not masked. */
void pv_inject_event(struct vcpu *v);
void pv_inject_failsafe(struct vcpu *v);
void pv_inject_nmi(struct vcpu *v);
/* Guest user mode did a system call; `compat` when from 32-bit code. */
void pv_inject_syscall(struct vcpu *v, bool compat);
void pv_inject_sysenter(struct vcpu *v);
/* fast.S found the stack of the guest kernel not to be writable: the domain ends. */
void pv_no_kernel_stack(const struct cpu_user_regs *r);

/* ---- pv/callback.c */
/* Is the handler of this software interrupt open to the guest's present mode? */
bool pv_softint_allowed(const struct vcpu *v, uint8_t vector);

/* ---- pv/descriptor.c */
/* Would every entry of this page of 512 be harmless in a GDT or LDT? Called by
 * arch_frame_validate() for FT_DESC; the frame is not writable by the guest then. Entries are put
 * into the form in which they are safe (privilege level 3, …); nothing is changed when the answer
 * is no. */
bool desc_page_valid(uint64_t *page);
/* One entry. */
bool desc_fixup(uint64_t *desc);
/* Take frames (mfns) as the GDT of v, which is current or not running. */
int pv_set_gdt(struct vcpu *v, const uint64_t *mfns, uint32_t ents);
void pv_drop_gdt(struct vcpu *v);
/* Descriptor area in slot 260 of v: 16 GDT pages, then 16 LDT pages. */
uint64_t pv_gdt_va(const struct vcpu *v);
/* A page of zeroes, where the guest has no GDT page. */
extern mfn_t desc_empty_page;
uint64_t *pv_desc_ptes(const struct vcpu *v);

/* ---- pv/ldt.c */
/* MMUEXT_SET_LDT: 0 or -XEN_EINVAL. */
long pv_set_ldt(struct vcpu *v, uint64_t base, uint64_t ents);
/* Forget LDT pages faulted in so far; they are looked up again on use. Needed whenever the frame
 * behind a mapped LDT page must lose its type: on a change of page-table root, and when a mapping
 * of an FT_DESC frame goes away. Domain lock held; v may run on any CPU. True if there were any. */
bool pv_ldt_invalidate(struct vcpu *v);
/* A page fault at va in the LDT area of v: map the guest's page there. False: the fault stands,
 * *cr2 is the address the guest knows it by. */
bool pv_ldt_fault(struct vcpu *v, uint64_t va, uint64_t *cr2);

/* ---- pv/fault.c */
void pv_page_fault(struct cpu_user_regs *regs);
/* Look up va in the tables with this root as the processor would: the last-level entry (0 if none),
 * its level in *level, the AND of all levels' RW/US bits and the OR of their NX bits in the result.
 */
uint64_t pv_walk(mfn_t root, uint64_t va, unsigned *level);

/* ---- page tables (pt_*.c) */
/* What MMUEXT_NEW_BASEPTR does: replace root_kernel and load it. 0 or -errno; -HV_ERESTART: other
 * work waits, call again. */
long pv_new_root(struct vcpu *v, mfn_t root);
/* A write fault on a present page: an update of a page table that must be emulated? True if done.
 */
bool pv_ptwr_fault(struct vcpu *v, uint64_t va, struct cpu_user_regs *regs);

/* ---- pv/segment.c */
/* The selectors in the processor into v->arch.pv. */
void pv_selectors_read(struct vcpu *v);
void pv_segments_save(struct vcpu *v);
/* Selectors and bases of v into the processor. False: one selector was refused and is null now; the
 * guest must be told through its failsafe callback. */
bool pv_segments_load(struct vcpu *v);

/* ---- pv/debugreg.c */
long pv_debugreg_write(struct vcpu *v, unsigned reg, uint64_t val);
bool pv_debugreg_read(const struct vcpu *v, unsigned reg, uint64_t *val);
void pv_debugregs_load(struct vcpu *v);
void pv_debugregs_unload(struct vcpu *v);
void pv_debug_trap(struct cpu_user_regs *regs);

/* ---- pv/fpu.c */
void pv_fpu_save(struct vcpu *v);
void pv_fpu_load(struct vcpu *v);
void pv_fpu_init(void *image);
/* Make an image from outside safe to load. */
void pv_fpu_sanitise(void *image);
void pv_set_ts(struct vcpu *v, bool set);

/* ---- pv/emulate.c */
void pv_cpuid_init(void);
/* Of the processor, as guests see it. */
bool cpu_is_amd(void);
bool cpu_has_rdtscp(void);
bool cpu_has_fsgsbase(void);
void pv_general_protection(struct cpu_user_regs *regs);
void pv_invalid_opcode(struct cpu_user_regs *regs);

#endif
