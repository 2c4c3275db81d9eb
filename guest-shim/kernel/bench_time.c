/* SPDX-License-Identifier: MIT */
/* Interrupts: from what causes one to the handler. */
#include "bench.h"
#include "cpu.h"
#include "irq.h"
#include "timer.h"

#define SPIN_NS 30000
#define HALT_NS 200000

static volatile uint64_t handler_tsc, handler_ns;

static void on_timer(void)
{
    handler_tsc = rdtsc();
    handler_ns = pv_ops.time.now();
}

static uint64_t best(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* From the last instruction of a spinning loop to the handler: the loop reads the clock itself. */
static uint64_t one_interrupt(unsigned i)
{
    uint64_t last = 0, now;

    handler_tsc = 0;
    pv_ops.time.set_oneshot(SPIN_NS + i * 97);
    while ((now = rdtsc()), !handler_tsc)
        last = now;
    return handler_tsc - last;
}

static uint64_t sample_timer(unsigned n)
{
    uint64_t least = ~0UL;

    timer_intercept(on_timer);
    for (unsigned i = 0; i < n; i++)
        least = best(least, one_interrupt(i));
    timer_intercept(NULL);
    return least * n;
}

/* Ticks per 1024 ns, to express a time in ticks. */
static uint64_t ticks_per_1024ns(void)
{
    uint64_t tsc = rdtsc(), ns = pv_ops.time.now(), end = ns + NS_PER_MS;

    while (pv_ops.time.now() < end)
        cpu_pause();
    return (rdtsc() - tsc) * 1024 / (pv_ops.time.now() - ns);
}

/* From the deadline to the handler, asleep meanwhile. Different delays step over clock grains. */
static uint64_t sample_halt(unsigned n)
{
    uint64_t least = ~0UL, due, rate = ticks_per_1024ns();

    timer_intercept(on_timer);
    for (unsigned i = 0; i < n; i++) {
        pv_ops.irq.disable();
        handler_ns = 0;
        pv_ops.time.set_oneshot(HALT_NS + i * 97);
        due = pv_ops.time.now() + HALT_NS + i * 97;
        while (!handler_ns) {
            pv_ops.irq.halt();
            pv_ops.irq.disable();
        }
        pv_ops.irq.enable();
        least = best(least, handler_ns > due ? handler_ns - due : 0);
    }
    timer_intercept(NULL);
    return least * rate / 1024 * n;
}

static void on_self(void)
{
}

static bool self_up(void)
{
    irq_attach(IRQ_SELF, on_self);
    return pv_ops.irq.raise();
}

static void run_self(unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        pv_ops.irq.raise();
}

const struct bench_op bench_time_ops[] = {
    {"timer_interrupt", NULL, NULL, sample_timer, NULL, 20, 0, 200},
    {"halt_wakeup", NULL, NULL, sample_halt, NULL, 40, 0, 200},
    {"event_self", self_up, run_self, NULL, NULL, 1000, 0, 0},
    {.name = NULL},
};
