/* SPDX-License-Identifier: MIT */
/* Bounds of the timer queues (timer.c). */
#ifndef CORE_TIMER_H
#define CORE_TIMER_H

#include "hv.h"

/* 3 per vcpu and 3 per domain (two watchdogs, console), 1 per CPU (slice). */
#define TIMERS_MAX (HV_MAX_DOMAINS * (HV_MAX_VCPUS * 3 + 3) + HV_MAX_CPUS)

/* Memory for the queue of a CPU; called by sched_init_cpu(). */
void timer_init_cpu(uint32_t cpu);

#endif
