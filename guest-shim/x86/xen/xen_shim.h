/* SPDX-License-Identifier: MIT */
/* Between the files of the PV variant. */
#ifndef SHIM_XEN_SHIM_H
#define SHIM_XEN_SHIM_H

#include "pv_ops.h"
#include <pvkit/evtchn.h>
#include <pvkit/hypercall.h>
#include <pvkit/p2m.h>
#include <pvkit/start.h>

#define XEN_MAX_CPUS XEN_LEGACY_MAX_VCPUS

/* A virtual processor; the kernel's GS base points to its own. */
struct xen_cpu {
    struct vcpu_info *info; /* first: read through %gs:0 */
    uint64_t id;            /* %gs:8 */
};
extern struct xen_cpu xen_cpus[XEN_MAX_CPUS];

static inline struct vcpu_info *this_vcpu_info(void)
{
    struct vcpu_info *info;

    asm volatile("mov %%gs:0, %0" : "=r"(info));
    return info;
}

static inline unsigned this_cpu_id(void)
{
    uint64_t id;

    asm volatile("mov %%gs:8, %0" : "=r"(id));
    return id;
}

/* Start of day: filled by xen_start(). */
extern struct pvk_start xen_boot;
extern struct shared_info *xen_shared;
extern struct pvk_p2m xen_p2m;
extern struct pvk_evtchn xen_events;

/* Entered by head.S. */
void xen_start(const struct start_info *info) __attribute__((noreturn));

/* start_map.c: map all RAM at DIRECT_BASE and give what is free to the page allocator. */
void xen_map_memory(void);

/* C side of the event callback. */
void xen_event(struct regs *regs);

/* Entry points in entry.S. */
void xen_event_entry(void);
void xen_failsafe_entry(void);
void xen_syscall_entry(void);

static inline pvk_mfn_t pfn_to_mfn(pfn_t pfn)
{
    return pvk_pfn_to_mfn(&xen_p2m, pvk_pfn(pfn.n));
}

/* Machine address of an object in the direct map or the kernel image. */
static inline uint64_t virt_to_maddr(const void *p)
{
    return pvk_mfn_to_maddr(pfn_to_mfn(virt_to_pfn(p))) | ((uint64_t)p & ~PAGE_MASK);
}

/* The entries of pv_ops. */
void xen_init(void);
void xen_load_traps(const struct trap_gate *gates, unsigned count);
int xen_write_gdt(unsigned index, uint64_t descriptor);
int xen_write_ldt(uint64_t *table, unsigned index, uint64_t descriptor);
int xen_load_ldt(uint64_t *table, unsigned entries);
void xen_load_kernel_stack(uint64_t sp);
void xen_begin_switch(void);
void xen_end_switch(void);
void xen_set_fs_base(uint64_t base);
void xen_cpuid(uint32_t leaf, uint32_t subleaf, struct cpuid_regs *out);
bool xen_read_msr(uint32_t msr, uint64_t *value);
bool xen_write_msr(uint32_t msr, uint64_t value);
uint64_t xen_read_cr0(void);
uint64_t xen_read_cr4(void);
bool xen_write_cr4(uint64_t value);
void xen_set_ts(bool on);
bool xen_set_debugreg(unsigned n, uint64_t value);
uint64_t xen_get_debugreg(unsigned n);
int xen_set_iopl(unsigned level);
int xen_allow_ports(unsigned first, unsigned count);
void xen_yield(void);
void xen_shutdown(enum shutdown_reason reason) __attribute__((noreturn));

pte_t xen_make_pte(pfn_t pfn, uint64_t flags);
pfn_t xen_pte_pfn(pte_t pte);
int xen_set_pte(pte_t *slot, pte_t value);
unsigned xen_set_ptes(const struct pte_update *updates, unsigned count);
int xen_set_pte_at(uint64_t va, pte_t *slot, pte_t value);
int xen_make_table(pfn_t pfn, unsigned level);
void xen_unmake_table(pfn_t pfn, unsigned level);
int xen_set_top(struct aspace *as, unsigned index, pte_t value);
int xen_init_aspace(struct aspace *as);
void xen_exit_aspace(struct aspace *as);
void xen_activate(const struct aspace *as);
void xen_flush_one(uint64_t va);
void xen_flush_all(void);
uint64_t xen_fault_address(void);

void xen_irq_init(void);
void xen_irq_unmask(enum irq irq);
void xen_irq_mask(enum irq irq);
bool xen_irq_pending(enum irq irq);
bool xen_irq_raise(void);
void xen_irq_disable(void);
void xen_irq_enable(void);
bool xen_irq_enabled(void);
void xen_irq_halt(void);

void xen_time_init(void);
uint64_t xen_time_now(void);
void xen_time_set_oneshot(uint64_t ns);
void xen_time_stop(void);
uint64_t xen_time_wallclock(void);

void xen_console_init(void);
void xen_console_write(const char *text, size_t len);
size_t xen_console_read(char *text, size_t len);

/* The context-switch batch (cpu.c): queue into it if a switch is under way, else NULL. */
struct pvk_batch *xen_switch_batch(void);

#endif
