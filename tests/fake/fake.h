/* SPDX-License-Identifier: MIT */
/*
 * A machine on the host for unit tests of core/. Guest memory is host memory that a test has
 * declared mapped; time stands still until a test moves it; a CPU does what is on its work list
 * when a test lets it. CPUs are numbers that one thread takes in turn, or threads of their own.
 */
#ifndef FAKE_H
#define FAKE_H

#include "hv.h"

#define FAKE_RAM_FRAMES 4096

/* Slots of the map of FV domains, and the first page that cannot be in one. */
#define FAKE_PHYSMAP     64
#define FAKE_PHYSMAP_END 1000

/* Everything as after boot, with this many CPUs, none of which runs anything. */
void fake_reset(uint32_t cpus);
/* This thread is CPU `cpu` from now on. */
void fake_be(uint32_t cpu);
/* Make v current on this CPU, as if it had just entered the hypervisor. */
void fake_enter(struct vcpu *v);

/* Guest addresses: [p, p + n) is mapped, or mapped read-only. At most 16 ranges; reset forgets
 * them. */
void fake_map(const void *p, size_t n);
void fake_map_ro(const void *p, size_t n);
void fake_unmap_all(void);

/* Time in ns; one TSC tick is 1 ns. */
extern uint64_t fake_ns;
/* What this CPU does on its way to the guest: work, scheduling. Leaves it idle or in a vcpu. */
void fake_exit(void);
/* Let ns pass; every CPU takes its timer interrupts and kicks on the way. Plays all CPUs, comes
 * back as the one it was. */
void fake_run(uint64_t ns);
/* Called whenever a CPU of fake_run() is about to let a vcpu run on; may act as that guest. */
extern void (*fake_guest)(struct vcpu *v);

/* How the next arch_vcpu_set_context() and arch_vcpu_create() end. */
extern int fake_context_result, fake_create_result;
/* Another vcpu is faster to take pages out of the map of its FV domain. */
extern bool fake_physmap_race;
/* Interrupt window: called by arch_irq_window(). */
extern void (*fake_irq)(void);
/* What a CPU does about WORK_JOB, and before its vcpu stops: jobs_run and jobs_run_lazy for tests
 * that have them. */
extern void (*fake_jobs)(void), (*fake_lazy_jobs)(void);
extern void (*fake_idle)(void); /* a CPU without vcpu, before it looks for one; NULL: nothing */

/* Serial output so far, terminated; and input waiting. */
extern char fake_uart[3][65536]; /* emptied by fake_uart_clear() */
void fake_uart_clear(unsigned port);
void fake_type(const char *s);
void fake_ask(const char *s); /* on the control port */

/* Run fn(arg) until it returns, or ends the machine: the code given to arch_machine_end(), -1 if it
 * returned. */
int fake_until_end(void (*fn)(void *), void *arg);

#endif
