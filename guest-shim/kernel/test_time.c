/* SPDX-License-Identifier: MIT */
/* Clocks and the timer. Bounds are wide: the machine below may be busy or emulated. */
#include "cpu.h"
#include "irq.h"
#include "selftest.h"
#include "timer.h"

static enum outcome time_monotonic(void)
{
    uint64_t last = pv_ops.time.now(), now;

    for (unsigned i = 0; i < 20000; i++) {
        now = pv_ops.time.now();
        EXPECT(now >= last, "went back from %lu to %lu", last, now);
        last = now;
    }
    return TEST_OK;
}

/* A second of the wall clock is a second of the system time. */
static enum outcome time_rate(void)
{
    uint64_t second = pv_ops.time.wallclock(), start, took;

    EXPECT(second > 1500000000 && second < 4102444800, "wall clock is at %lu", second);
    while (pv_ops.time.wallclock() == second)
        ;
    start = pv_ops.time.now();
    second = pv_ops.time.wallclock();
    while (pv_ops.time.wallclock() == second)
        ;
    took = pv_ops.time.now() - start;
    EXPECT(took > NS_PER_SEC * 8 / 10 && took < NS_PER_SEC * 12 / 10, "a second took %lu ns", took);
    return TEST_OK;
}

static volatile unsigned shots;
static volatile uint64_t shot_at;

static void on_shot(void)
{
    shots++;
    shot_at = pv_ops.time.now();
}

/* Arm for `ns` and wait at most ten times that; returns the delay, 0 if nothing came. */
static uint64_t one_shot(uint64_t ns)
{
    uint64_t start;

    shots = 0;
    timer_intercept(on_shot);
    start = pv_ops.time.now();
    pv_ops.time.set_oneshot(ns);
    while (!shots && pv_ops.time.now() < start + 10 * ns + NS_PER_SEC)
        cpu_pause();
    timer_intercept(NULL);
    return shots ? shot_at - start : 0;
}

static enum outcome timer_oneshot(void)
{
    static const uint64_t delays[] = {50000, NS_PER_MS, 10 * NS_PER_MS, 40 * NS_PER_MS};

    for (unsigned i = 0; i < ARRAY_LEN(delays); i++) {
        uint64_t took = one_shot(delays[i]);

        EXPECT(took, "no interrupt for %lu ns", delays[i]);
        EXPECT(took >= delays[i] * 9 / 10, "%lu ns came after %lu", delays[i], took);
        EXPECT(took < delays[i] + 200 * NS_PER_MS, "%lu ns came after %lu", delays[i], took);
    }
    return TEST_OK;
}

static enum outcome timer_stopped(void)
{
    uint64_t start = pv_ops.time.now();

    shots = 0;
    timer_intercept(on_shot);
    pv_ops.time.set_oneshot(5 * NS_PER_MS);
    pv_ops.time.stop();
    while (pv_ops.time.now() < start + 20 * NS_PER_MS)
        cpu_pause();
    timer_intercept(NULL);
    EXPECT(shots == 0, "a stopped timer fired");
    return TEST_OK;
}

static enum outcome timer_ticking(void)
{
    uint64_t ticks = timer_ticks(), start = pv_ops.time.now();

    timer_tick_on();
    while (pv_ops.time.now() < start + 10 * TICK_NS)
        cpu_pause();
    timer_tick_off();
    ticks = timer_ticks() - ticks;
    EXPECT(ticks >= 2 && ticks <= 11, "%lu ticks where 10 were due", ticks);
    return TEST_OK;
}

static enum outcome timer_halt(void)
{
    uint64_t start = pv_ops.time.now(), took;

    timer_sleep(30 * NS_PER_MS);
    took = pv_ops.time.now() - start;
    EXPECT(took >= 30 * NS_PER_MS, "slept %lu ns only", took);
    EXPECT(took < 500 * NS_PER_MS, "slept %lu ns", took);
    EXPECT(pv_ops.irq.enabled(), "interrupts are off after a sleep");
    return TEST_OK;
}

const struct test time_tests[] = {
    {"time_monotonic", time_monotonic},
    {"time_rate", time_rate},
    {"timer_oneshot", timer_oneshot},
    {"timer_stopped", timer_stopped},
    {"timer_ticking", timer_ticking},
    {"timer_halt", timer_halt},
    {NULL, NULL},
};
