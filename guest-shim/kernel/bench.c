/* SPDX-License-Identifier: MIT */
/*
 * The measuring loop. Ticks are the time stamp counter's; under an instruction-counting emulator
 * they are instructions. The cost of the loop itself is left in (about five instructions).
 */
#include "bench.h"
#include "cpu.h"
#include "pv_ops.h"
#include "variant.h"

#define BATCHES 8

static bool have_counters;

/* One batch: ticks taken, and events caused. */
static uint64_t batch(const struct bench_op *op, unsigned n, uint64_t *events)
{
    struct counters before = counters_read(), caused;
    uint64_t start, ticks;

    if (op->sample) {
        ticks = op->sample(n);
    } else {
        start = rdtsc();
        op->run(n);
        ticks = rdtsc() - start;
    }
    caused = counters_since(before);
    *events = caused.hypercalls + caused.exits;
    return ticks;
}

static void report(const struct bench_op *op, unsigned n, uint64_t ticks, uint64_t events)
{
    uint64_t count = (uint64_t)n * (op->scale ? op->scale : 1);
    uint64_t tenths = (ticks * 10 + count / 2) / count;
    uint64_t hundredths = (events * 100 + count / 2) / count;

    printk("BENCH {\"op\":\"%s\",\"n\":%u,\"instructions\":%lu.%lu,\"events\":", op->name, n,
           tenths / 10, tenths % 10);
    if (have_counters)
        printk("%lu.%02lu}\n", hundredths / 100, hundredths % 100);
    else
        printk("null}\n");
}

/* Events around the operations proper, such as starting the process that performs them. */
static uint64_t fixed_events(const struct bench_op *op)
{
    uint64_t events = 0;

    if (op->sample)
        batch(op, 0, &events);
    return events;
}

static void measure(const struct bench_op *op)
{
    unsigned n = cmdline_number("n", op->n);
    uint64_t ticks, events, fixed, best_ticks = ~0UL, best_events = ~0UL;

    if (n == 0 || (op->max && n > op->max))
        n = op->n;
    if (op->setup && !op->setup())
        return;
    fixed = fixed_events(op);
    for (unsigned i = 0; i < BATCHES; i++) {
        ticks = batch(op, n, &events);
        best_ticks = ticks < best_ticks ? ticks : best_ticks;
        events = events > fixed ? events - fixed : 0;
        best_events = events < best_events ? events : best_events;
    }
    if (op->teardown)
        op->teardown();
    report(op, n, best_ticks, best_events);
}

static void measure_list(const struct bench_op *op, const char *only)
{
    for (; op->name; op++)
        if (!only || list_contains(only, op->name))
            measure(op);
}

void bench_run(const char *only)
{
    have_counters = counters_find();
    measure_list(bench_ops, only);
    measure_list(bench_user_ops, only);
    measure_list(bench_time_ops, only);
    for (unsigned i = 0; variant_bench_ops[i]; i++)
        measure_list(variant_bench_ops[i], only);
    printk("BENCH-END\n");
}
