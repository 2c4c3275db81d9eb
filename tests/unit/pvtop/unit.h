/* SPDX-License-Identifier: MIT */
/* Snapshots made up by tests. */
#ifndef PVTOP_UNIT_H
#define PVTOP_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rates.h"

/* A machine of two CPUs at that second, of which half was idle, without domains. */
struct snapshot unit_machine(unsigned int second);
/* One more domain with this number and name; its vcpus have each run for half of the time. */
struct domain *unit_domain(struct snapshot *s, uint32_t id, const char *name, uint32_t vcpus);

#endif
