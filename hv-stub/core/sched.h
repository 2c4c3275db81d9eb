/* SPDX-License-Identifier: MIT */
/* Scheduler calls private to core/. */
#ifndef CORE_SCHED_H
#define CORE_SCHED_H

#include "hv.h"

/* The longest turn while others wait. */
#define SCHED_SLICE_NS 10000000ll
/* … and the shortest, if one of those woke up and should go first: as Xen's sched_ratelimit_us, so
 * that who receives packets finds several when its turn comes. */
#define SCHED_PREEMPT_NS 1000000ll
/* Weight of a domain that was given none. */
#define SCHED_WEIGHT_DEFAULT 256

/* A domain came to life or ended: rounds get as long as the heaviest one left needs. */
void sched_weights_changed(void);
/* v, the current vcpu, lets waiting ones go first; nothing happens when none waits. */
void vcpu_yield(struct vcpu *v);
/* v is paused and on no CPU: while it stays paused nothing of it changes. */
bool vcpu_is_off(struct vcpu *v);
/* End a block or poll of v; false if it was not blocked. */
bool vcpu_unblock(struct vcpu *v);

/* A domain is not given back yet: this CPU has its turn at it after REAP_TURN_NS, busy or not. */
void sched_reap_again(void);
/* v is off, and not going to run before sched_init_vcpu() is called for it again. */
void sched_end_vcpu(struct vcpu *v);
/* For how long v has run, up to now; and whether it does. */
uint64_t sched_ran_ns(struct vcpu *v, bool *running);
/* For how long no vcpu ran on this CPU since the boot. */
uint64_t sched_idle_ns(uint32_t cpu);

#endif
