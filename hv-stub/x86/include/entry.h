/* SPDX-License-Identifier: MIT */
/* Between entry.S and the C code of the entry and exit paths. All run with interrupts off. */
#ifndef X86_ENTRY_H
#define X86_ENTRY_H

#include "hv_types.h"

struct vcpu;

/* ---- entry.S */
extern const char exception_stubs[]; /* 32 of 16 bytes */
/* Of the vectors from 32 on: 4 bytes each, and 8 after every 32. */
extern const char interrupt_stubs[];
extern const char int80_entry[];
extern const char debug_entry[], nmi_entry[], double_fault_entry[], machine_check_entry[];
extern const char syscall_entry[], syscall32_entry[];
extern const char guest_iret[], gs_load_insn[];
/* The guest's %gs and its base (KERNEL_GS_BASE). Nonzero, nothing changed: the processor refused
 * sel. */
int gs_selector_load(uint16_t sel);
/* Leave the present stack for good: go on in the guest with this frame. */
void resume_frame(struct cpu_user_regs *regs) __attribute__((noreturn));
/* The same, for C: fn(arg) with the stack at sp. */
void run_on_stack(uint64_t sp, void (*fn)(struct vcpu *), struct vcpu *arg)
    __attribute__((noreturn));

/* ---- traps.c: called by entry.S */
typedef void (*guest_exception_fn)(struct cpu_user_regs *regs);
extern const guest_exception_fn guest_exception_fns[32];
void hv_exception(struct cpu_user_regs *regs);
void ist_exception(struct cpu_user_regs *regs);
void interrupt_dispatch(uint32_t vector);
void pv_int80(struct cpu_user_regs *regs);
void pv_syscall_other(struct cpu_user_regs *regs);
void pv_syscall32(struct cpu_user_regs *regs);

/* ---- exit.c */
/* Serve this CPU's work bits and deliver what waits for the current PV vcpu, until nothing is left.
 * May go to another vcpu instead of returning. */
void exit_work(void);

/* ---- switch.c */
/* On the CPU's own stack: put away current, if any, and run next. */
void switch_to_vcpu(struct vcpu *next) __attribute__((noreturn));
/* CR4 of this CPU: the hypervisor's bits and these. */
void cr4_load(uint64_t more);
/* Put away current; the CPU is idle afterwards. */
void switch_to_idle(void);

/* ---- dump.c */
void regs_dump(const struct cpu_user_regs *r);

#endif
