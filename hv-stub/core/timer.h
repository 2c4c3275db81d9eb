/* SPDX-License-Identifier: MIT */
/* Bounds of the timer queues (timer.c). */
#ifndef CORE_TIMER_H
#define CORE_TIMER_H

#include "hv.h"

/* 4 per vcpu, 4 per domain (two watchdogs, console, store) and those of its devices, 3 per CPU
 * (slice, jobs, lazy jobs). */
#define TIMERS_PER_DEVICE 2
#define TIMERS_MAX                                                                                \
    (HV_MAX_DOMAINS * (HV_MAX_VCPUS * 4 + 4 + TIMERS_PER_DEVICE * (HV_MAX_DISKS + HV_MAX_NICS)) + \
     HV_MAX_CPUS * 3)

/* time.c, with every timer interrupt: the current vcpu's clock, if it is old. */
void time_refresh(uint64_t now);
/* Memory for the queue of a CPU; called by sched_init_cpu(). */
void timer_init_cpu(uint32_t cpu);

#endif
