/* SPDX-License-Identifier: MIT */
/* What a variant (x86/native/ or x86/xen/) provides beside its pv_ops set. */
#ifndef SHIM_VARIANT_H
#define SHIM_VARIANT_H

#include "bench.h"
#include "selftest.h"

/* A line about the platform for the banner: hypervisor or hardware, memory, start of day. */
void variant_describe(char *buf, unsigned size);

/* Tests and measurements that make sense in this variant only; ended by an empty entry. */
extern const struct test variant_tests[];
extern const struct bench_op variant_bench_ops[];

#endif
