/* SPDX-License-Identifier: MIT */
/* What the unit tests of core/ share: the fake machine, domains on it, hypercalls made by name. */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake.h"
#include "handlers.h"

#define U(x) ((uint64_t)(uintptr_t)(x))

/* Fresh machine with `cpus` CPUs and no domain. */
void world_reset(uint32_t cpus);
/* A running PV domain with the next free id. Its vcpu 0 is up; the others are initialised but down.
 */
struct domain *world_domain(uint32_t vcpus, uint32_t weight);
/* Let CPU 0 be inside the hypervisor on behalf of v, whatever the scheduler thinks; no work waits.
 */
void world_be(struct vcpu *v);

/* ---- stub_frames.c: what tests want to know of the memory code's stand-in */
extern uint64_t stub_refs; /* references and types taken and not put back, together */
/* A page of d's, zeroed. */
mfn_t stub_page(struct domain *d);

#endif
