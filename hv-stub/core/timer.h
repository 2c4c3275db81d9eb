/* SPDX-License-Identifier: MIT */
/* Bounds of the timer queues (timer.c). */
#ifndef CORE_TIMER_H
#define CORE_TIMER_H

#include "hv.h"

/* 3 per vcpu and 4 per domain (two watchdogs, console, store), 1 per CPU (slice). */
#define TIMERS_MAX (HV_MAX_DOMAINS * (HV_MAX_VCPUS * 3 + 4) + HV_MAX_CPUS)

/* time.c, with every timer interrupt: the current vcpu's clock, if it is old. */
void time_refresh(uint64_t now);
/* Memory for the queue of a CPU; called by sched_init_cpu(). */
void timer_init_cpu(uint32_t cpu);

#endif
