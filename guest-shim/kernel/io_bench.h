/* SPDX-License-Identifier: MIT */
/* Measuring requests and packets: what a batch of them cost, and the line that reports it. */
#ifndef SHIM_KERNEL_IO_BENCH_H
#define SHIM_KERNEL_IO_BENCH_H

#include "bench.h"

/* Cost of a batch: TSC ticks, nanoseconds, entries into the hypervisor. On bare hardware
 * ticks leave out what was spent halted, when nobody executed anything; in a domain the
 * hypervisor works while the guest is halted. */
struct io_cost {
    uint64_t ticks, ns, idle;
    struct counters events;
};

/* Once, before the others. */
void io_bench_init(void);

struct io_cost io_cost_begin(void);
/* What it cost since `begin`. */
struct io_cost io_cost_end(struct io_cost begin);
/* Take the lesser of each figure; `best` starts as IO_COST_WORST. */
#define IO_COST_WORST ((struct io_cost){~0UL, ~0UL, 0, {~0UL, ~0UL}})
void io_cost_least(struct io_cost *best, struct io_cost cost);

/* A BENCH line for `n` operations that moved `bytes` each; `role` may be NULL. */
void io_bench_report(const char *op, const char *role, uint64_t n, uint64_t bytes,
                     struct io_cost cost);

#endif
