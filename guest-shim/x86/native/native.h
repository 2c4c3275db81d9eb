/* SPDX-License-Identifier: MIT */
/* Between the files of the native variant. */
#ifndef SHIM_NATIVE_H
#define SHIM_NATIVE_H

#include "pv_ops.h"

/* Called by head.S with the physical address of struct hvm_start_info. */
void native_start(uint64_t start_info) __attribute__((noreturn));

/* C side of the interrupt stubs. */
void native_irq(struct regs *regs);
void native_xen_event(struct regs *regs);

/* Stack that `syscall` switches to (entry.S). */
extern uint64_t native_kernel_sp;
void syscall_entry(void);
extern pte_t boot_top[];

/* The entries of pv_ops. */
void native_init(void);
void native_load_traps(const struct trap_gate *gates, unsigned count);
int native_write_gdt(unsigned index, uint64_t descriptor);
int native_write_ldt(uint64_t *table, unsigned index, uint64_t descriptor);
int native_load_ldt(uint64_t *table, unsigned entries);
void native_load_kernel_stack(uint64_t sp);
void native_begin_switch(void);
void native_end_switch(void);
void native_set_fs_base(uint64_t base);
void native_cpuid(uint32_t leaf, uint32_t subleaf, struct cpuid_regs *out);
bool native_read_msr(uint32_t msr, uint64_t *value);
bool native_write_msr(uint32_t msr, uint64_t value);
uint64_t native_read_cr0(void);
uint64_t native_read_cr4(void);
bool native_write_cr4(uint64_t value);
void native_set_ts(bool on);
bool native_set_debugreg(unsigned n, uint64_t value);
uint64_t native_get_debugreg(unsigned n);
int native_set_iopl(unsigned level);
int native_allow_ports(unsigned first, unsigned count);
void native_yield(void);
void native_shutdown(enum shutdown_reason reason) __attribute__((noreturn));

pte_t native_make_pte(pfn_t pfn, uint64_t flags);
pfn_t native_pte_pfn(pte_t pte);
int native_set_pte(pte_t *slot, pte_t value);
unsigned native_set_ptes(const struct pte_update *updates, unsigned count);
int native_set_pte_at(uint64_t va, pte_t *slot, pte_t value);
int native_make_table(pfn_t pfn, unsigned level);
void native_unmake_table(pfn_t pfn, unsigned level);
int native_set_top(struct aspace *as, unsigned index, pte_t value);
int native_init_aspace(struct aspace *as);
void native_exit_aspace(struct aspace *as);
void native_activate(const struct aspace *as);
void native_flush_one(uint64_t va);
void native_flush_all(void);
uint64_t native_fault_address(void);

void native_irq_init(void);
void native_irq_unmask(enum irq irq);
void native_irq_mask(enum irq irq);
bool native_irq_pending(enum irq irq);
bool native_irq_raise(void);
void native_irq_disable(void);
void native_irq_enable(void);
bool native_irq_enabled(void);
void native_irq_halt(void);

/* The 8254 has interrupted: is the one-shot due? Goes on waiting if not. */
bool native_time_due(void);

void native_time_init(void);
uint64_t native_time_now(void);
void native_time_set_oneshot(uint64_t ns);
void native_time_stop(void);
uint64_t native_time_wallclock(void);

#endif
