/* SPDX-License-Identifier: MIT */
/* Per-CPU data, reached through GS while the hypervisor runs (the guest's base sits in
 * KERNEL_GS_BASE then). asm-offsets.c exports the offsets the entry code uses. */
#ifndef X86_PERCPU_H
#define X86_PERCPU_H

#include "hv_types.h"

struct vcpu;

struct tss64 {
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t reserved1;
    uint64_t ist[7];
    uint64_t reserved2;
    uint16_t reserved3;
    uint16_t iomap_base;
} __attribute__((packed));

struct percpu {
    struct percpu *self;         /* offset 0 */
    uint64_t scratch_rsp;        /* guest rsp for the first instructions after syscall */
    uint64_t frame_top;          /* rsp to load on entry: end of current->regs up to ss */
    struct cpu_user_regs *frame; /* current->regs, which ends there */
    struct vcpu *current;        /* NULL: idle */
    void *upcall;  /* current->info: evtchn_upcall_pending, _mask are its first two bytes */
    uint32_t work; /* WORK_* bits; remote CPUs set them with a locked or */
    uint32_t cpu;  /* dense id */
    uint64_t
        hc_limit; /* hypercall numbers below this are dispatched at once: 0 in guest user mode */
    uint64_t scratch_rax; /* while a debug trap moves to the vcpu's stack */
    void *idle_stack_top;
    uint32_t apic_id;
    bool online;
    uint64_t cr3; /* what is loaded */
    uint64_t cr4; /* of the hypervisor; a PV vcpu may add to it */
    uint64_t cr4_loaded;
    uint64_t xcr0;         /* what is loaded; 1 where there is no XSAVE */
    bool debugregs_live;   /* DR0-3 and DR7 hold the values of current */
    struct desc_page *gdt; /* this CPU's own, in force while no PV vcpu runs */

    uint64_t tlb_time; /* flush clock at the last complete flush, see tlb.c */
    struct tss64 tss;
    uint64_t svm_hsave_pa, svm_host_vmcb_pa;
};

extern struct percpu percpu_area[];

static inline struct percpu *this_percpu(void)
{
    struct percpu *p;

    __asm__("mov %%gs:0, %0" : "=r"(p));
    return p;
}

#endif
