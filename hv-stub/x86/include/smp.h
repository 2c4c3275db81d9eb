/* SPDX-License-Identifier: MIT */
/* All CPUs: start them, stop them, make them flush. */
#ifndef X86_SMP_H
#define X86_SMP_H

#include "percpu.h"

/* Make this CPU cpu 0: percpu area, GS, idle stack. Before anything uses this_cpu(). */
void smp_init_boot_cpu(void);
/* Bit per CPU that is up. */
extern uint64_t cpus_online;

/* Another CPU panicked: stop here for good (VEC_HALT; spin loops ask smp_check_halt()). */
void smp_halt_self(void) __attribute__((noreturn));
void smp_check_halt(void);
/* Stop all other CPUs (the machine ends); does not wait. */
void smp_halt_others(void);

/* ---- flush.c: answer other CPUs' requests to flush this CPU's TLB. */
void flush_serve(void);

#endif
