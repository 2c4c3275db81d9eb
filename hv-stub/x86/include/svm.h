/* SPDX-License-Identifier: MIT */
/*
 * What the rest of x86/ needs of the SVM container (x86/svm/). An FV vcpu is created by
 * fv_domain_build(); arch_domain_create() and arch_vcpu_create() give it a stack, a register frame
 * and an FPU area like any other vcpu. All calls are made with interrupts off.
 */
#ifndef X86_SVM_H
#define X86_SVM_H

#include "hv_types.h"

struct domain;
struct vcpu;

/* Enable SVM on this CPU, if it has it with nested paging. Once per CPU, after cpu_init_tables().
 */
void svm_init_cpu(void);
/* Has every CPU done so? */
bool svm_usable(void);

/*
 * The exit path has chosen v, an FV vcpu that is current on this CPU: run it until percpu.work is
 * nonzero. Called on v's own stack with work == 0; returns (interrupts off, host segment bases, TR
 * and system-call MSRs in place) to the exit path, which serves the work, schedules, and comes back
 * here or goes elsewhere.
 */
void svm_enter(struct vcpu *v);

/* v starts or stops running on this CPU (another vcpu ran before, or will run next). These switch
 * the FPU (v->arch.fpu), debug registers and the address space tag. Whoever ran before must have
 * saved its own FPU state; CR0.TS is clear on return from svm_switch_in(). */
void svm_switch_in(struct vcpu *v);
void svm_switch_out(struct vcpu *v);

/* Bodies of the arch_ functions of the same names for an FV vcpu: v must be current. */
size_t svm_guest_read(struct vcpu *v, void *dst, gva_t src, size_t n);
size_t svm_guest_write(struct vcpu *v, gva_t dst, const void *src, size_t n);
uint64_t svm_guest_rip(const struct vcpu *v);
void svm_vcpu_dump(struct vcpu *v);

/* Body of arch_vcpu_set_result(). */
void svm_set_result(struct vcpu *v, uint64_t result);

/* The frame behind a guest-physical page of d; INVALID_MFN if it is no RAM. */
mfn_t svm_gfn_to_mfn(struct domain *d, gfn_t gfn);

/* Free the container of a dead FV domain (nested page table, control blocks). */
void svm_domain_release(struct domain *d);
/* … and what of it stayed for late lookers, which are gone by now. */
void svm_domain_free(struct domain *d);

/* There may be console input for d (console_guest_read()): move what fits into its serial port.
 * Any CPU. What does not fit is fetched when the guest has read. */
void svm_console_input(struct domain *d);

/* ---- npt.c */
/* Show one of our pages at a guest-physical address without RAM. False: there is RAM, or no memory
 * for tables. */
bool svm_physmap_set(struct domain *d, gfn_t g, mfn_t m);
mfn_t svm_physmap_clear(struct domain *d, gfn_t g);
/* ---- loader.c */
/* All vcpus of d drop their translations before they run on. */
void svm_flush_domain(struct domain *d);
struct mem_range;
unsigned int svm_memory_map(const struct domain *d, struct mem_range *map);

/* ---- xen.c: bodies of the arch_ functions */
void svm_upcall_set(struct domain *d, uint64_t via);
void svm_upcall_vector(struct vcpu *v, uint8_t vector);
void svm_upcall_raised(struct vcpu *v);

#endif
