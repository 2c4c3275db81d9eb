/* SPDX-License-Identifier: MIT */
#include "io_bench.h"
#include "cpu.h"
#include "io.h"
#include "pv_ops.h"

static bool have_counters, bare;

void io_bench_init(void)
{
    have_counters = counters_find();
    bare = !have_counters && !strcmp(pv_ops.name, "native");
}

struct io_cost io_cost_begin(void)
{
    struct io_cost cost = {.ns = pv_ops.time.now(), .idle = io_idle(), .events = counters_read()};

    cost.ticks = rdtsc();
    return cost;
}

struct io_cost io_cost_end(struct io_cost begin)
{
    uint64_t ticks = rdtsc() - begin.ticks;
    struct counters events = counters_since(begin.events);
    uint64_t idle = bare ? io_idle() - begin.idle : 0;

    return (struct io_cost){ticks - idle, pv_ops.time.now() - begin.ns, idle, events};
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

void io_cost_least(struct io_cost *best, struct io_cost cost)
{
    best->ticks = least(best->ticks, cost.ticks);
    best->ns = least(best->ns, cost.ns);
    best->events.hypercalls = least(best->events.hypercalls, cost.events.hypercalls);
    best->events.exits = least(best->events.exits, cost.events.exits);
}

static void print_ratio(const char *name, uint64_t total, uint64_t n)
{
    uint64_t thousandths = (total * 1000 + n / 2) / n;

    printk(",\"%s\":%lu.%03lu", name, thousandths / 1000, thousandths % 1000);
}

void io_bench_report(const char *op, const char *role, uint64_t n, uint64_t bytes,
                     struct io_cost cost)
{
    printk("BENCH {\"op\":\"%s\"", op);
    if (role)
        printk(",\"role\":\"%s\"", role);
    printk(",\"n\":%lu", n);
    print_ratio("instructions", cost.ticks, n);
    if (have_counters) {
        print_ratio("events", cost.events.hypercalls + cost.events.exits, n);
        print_ratio("hypercalls", cost.events.hypercalls, n);
    } else {
        printk(",\"events\":null,\"hypercalls\":null");
    }
    printk(",\"bytes\":%lu", bytes);
    print_ratio("ns", cost.ns, n);
    printk("}\n");
}
