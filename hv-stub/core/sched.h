/* SPDX-License-Identifier: MIT */
/* Scheduler calls private to core/. */
#ifndef CORE_SCHED_H
#define CORE_SCHED_H

#include "hv.h"

/* The longest turn while others wait. */
#define SCHED_SLICE_NS 10000000ll
/* Weight of a domain that was given none. */
#define SCHED_WEIGHT_DEFAULT 256
/* CPU time a vcpu of the default weight gets per round. */
#define SCHED_ROUND_NS 30000000ll

/* v, the current vcpu, lets waiting ones go first; nothing happens when none waits. */
void vcpu_yield(struct vcpu *v);
/* End a block or poll of v; false if it was not blocked. */
bool vcpu_unblock(struct vcpu *v);

#endif
