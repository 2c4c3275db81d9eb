/* SPDX-License-Identifier: MIT */
/* Nanobenchmarks: ticks per operation, the minimum over several batches. */
#ifndef SHIM_BENCH_H
#define SHIM_BENCH_H

#include <stdbool.h>
#include <stdint.h>

/*
 * One operation. Either `run` performs it n times, and the framework takes the time; or `sample`
 * performs n and returns the ticks itself (what happens between two points, or in user mode).
 * `scale` divides the result for operations that do several things per iteration (0 = 1).
 * `setup` may return false: the operation makes no sense here and is left out.
 */
struct bench_op {
    const char *name;
    bool (*setup)(void);
    void (*run)(unsigned n);
    uint64_t (*sample)(unsigned n);
    void (*teardown)(void);
    unsigned n;     /* operations per batch unless the command line says n= */
    unsigned scale; /* events and ticks are divided by this as well */
    unsigned max;   /* n= above this is not taken (0: no limit) */
};

/* Run the operations of the comma list `only` (NULL: all). */
void bench_run(const char *only);

/* How often the hypervisor was entered on this vcpu's behalf. */
struct counters {
    uint64_t hypercalls, exits;
};

/* Are there such counters? To be asked once, first; without them all counts are 0. */
bool counters_find(void);
struct counters counters_read(void);

/* What has been added since, without the cost of reading. */
struct counters counters_since(struct counters start);

extern const struct bench_op bench_ops[], bench_user_ops[], bench_time_ops[];

#endif
