/* SPDX-License-Identifier: MIT */
/* Timers of a vcpu, private to core/. */
#ifndef CORE_VCPU_OP_H
#define CORE_VCPU_OP_H

#include "hv.h"

/* Set up the timers of a new vcpu on its CPU. */
void vcpu_timers_init(struct vcpu *v);
void vcpu_timers_cancel(struct vcpu *v);

#endif
