/* SPDX-License-Identifier: MIT */
/* What a variant (x86/native/ or x86/xen/) provides beside its pv_ops set. */
#ifndef SHIM_VARIANT_H
#define SHIM_VARIANT_H

#include "bench.h"
#include "selftest.h"

/* A line about the platform for the banner: hypervisor or hardware, memory, start of day. */
void variant_describe(char *buf, unsigned size);

/* Lists of tests and measurements that make sense in this variant only; ended by NULL. */
extern const struct test *const variant_tests[];
extern const struct bench_op *const variant_bench_ops[];

/* Modes of the command line that only this variant has. */
void variant_mode(void);

#endif
