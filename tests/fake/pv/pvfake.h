/* SPDX-License-Identifier: MIT */
/*
 * A machine on the host for tests of direct paging: RAM is an array, page tables in it are looked
 * at by software, and every CPU has a TLB that forgets nothing unless told to. What a guest passes
 * by address lies in fake_arg, the only memory it has mapped.
 */
#ifndef PVFAKE_H
#define PVFAKE_H

#include "hv.h"
#include "pte.h"

#define FAKE_FRAMES    256
#define FAKE_CPUS      4
#define FAKE_ARG_BYTES 65536

extern uint8_t fake_arg[FAKE_ARG_BYTES];

/* Make hypercall_preempt() say yes every n-th time it is asked; 0: never. */
extern unsigned fake_preempt_every;
/* Set by hypercall_continue(). fake_call() issues the call again until it is not. */
extern bool fake_continued;
extern uint64_t fake_args[4];
/* Called between a call and its continuation: what the guest does then. False: it forgets about the
 * call, which then answers 1. */
extern bool (*fake_between)(void);
/* Called whenever arguments are read: what other CPUs do meanwhile. */
extern void (*fake_on_read)(void);
/* Print the rules that hv_refuse() tells. */
extern bool fake_verbose;
/* Complete flushes and flushes of one page so far, on all CPUs together. */
extern unsigned fake_flushes, fake_page_flushes;

void fake_reset(void);
/* A domain of n frames, all of them mapped one to one from address 0 writable, but for its page
 * tables: frame number i of the domain is d_mfn(d, i). Tables are the first ones: L4, L3, L2, L1 …
 * Its vcpu 0 has that root and is left current on CPU 0. */
struct domain *fake_domain(domid_t id, unsigned n, unsigned vcpus);
mfn_t d_mfn(const struct domain *d, unsigned i);
/* Continue as v on this CPU, as after a context switch. */
void fake_run(struct vcpu *v, uint32_t cpu);

/* The same without a switch: v runs on some CPU already, look at what happens there. */
void fake_resume(struct vcpu *v);
/* Off its CPU for good, its roots and descriptor pages dropped, as when a domain ends. */
void fake_leave(struct vcpu *v);

/* The hypercalls as a guest sees them: restarted when they ask for it. */
long g_update_va(uint64_t va, uint64_t val, uint64_t flags);
long g_mmu_update(const struct mmu_update *u, unsigned n, unsigned *done, uint32_t foreign);
long g_mmu_one(uint64_t ptr, uint64_t val);
long g_mmuext(const struct mmuext_op *op, unsigned n, unsigned *done, uint32_t foreign);
long g_ext(unsigned cmd, uint64_t mfn);
/* list is in fake_arg */
long g_grant(unsigned cmd, void *list, unsigned n);
/* arg is in fake_arg */
long g_memory_op(uint64_t cmd, void *arg);

/* The current CPU reads or writes at va, through its TLB, which remembers the translation. NULL: it
 * faults. The pointer is to the whole word. */
uint64_t *fake_access(uint64_t va, bool write);
/* How many translations that CPUs remember would break the rules? Says which. */
unsigned fake_tlb_violations(void);

#endif
