/* SPDX-License-Identifier: MIT */
/* Clocks and the timer. What must not be early is exact; what must not be late has TEST_ATTEMPTS.
 */
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

/* System time around the instant at which the wall clock goes on to `second`. */
struct edge {
    uint64_t second, before, after;
};

/* Asleep between looks, so that it costs little where instructions are counted. */
static struct edge next_second(void)
{
    uint64_t looked = pv_ops.time.now(), old = pv_ops.time.wallclock();
    struct edge e;

    do {
        e.before = looked;
        timer_sleep(NS_PER_MS);
        looked = pv_ops.time.now();
        e.second = pv_ops.time.wallclock();
        e.after = pv_ops.time.now();
    } while (e.second == old);
    return e;
}

/* A second of the wall clock is a second of the system time. Where the machine paused the seconds
 * are known less exactly, so a narrow view of some is wanted. */
static enum outcome time_rate(void)
{
    uint64_t now = pv_ops.time.wallclock(), least, most, ns;
    struct edge a, b;

    EXPECT(now > 1500000000 && now < 4102444800, "wall clock is at %lu", now);
    b = next_second();
    for (unsigned i = 0; i < TEST_ATTEMPTS; i++) {
        a = b;
        b = next_second();
        ns = (b.second - a.second) * NS_PER_SEC;
        least = b.before - a.after;
        most = b.after - a.before;
        EXPECT(b.second > a.second, "wall clock went from %lu to %lu", a.second, b.second);
        EXPECT(b.before < a.after || least < ns * 11 / 10, "%lu ns took at least %lu", ns, least);
        EXPECT(most > ns * 9 / 10, "%lu ns took %lu at most", ns, most);
        if (most - least < ns / 10)
            return TEST_OK;
    }
    return test_skip("the machine pauses too often");
}

static volatile unsigned shots;
static volatile uint64_t shot_at;

static void on_shot(void)
{
    shots++;
    shot_at = pv_ops.time.now();
}

/* Arm for `ns` and wait; returns the delay, 0 if nothing came. */
static uint64_t one_shot(uint64_t ns)
{
    uint64_t start;

    shots = 0;
    timer_intercept(on_shot);
    start = pv_ops.time.now();
    pv_ops.time.set_oneshot(ns);
    while (!shots && pv_ops.time.now() < start + TEST_WAIT_NS)
        cpu_pause();
    timer_intercept(NULL);
    return shots ? shot_at - start : 0;
}

static enum outcome check_one_shot(uint64_t ns)
{
    uint64_t took = 0;

    for (unsigned i = 0; i < TEST_ATTEMPTS; i++) {
        took = one_shot(ns);
        EXPECT(took, "no interrupt for %lu ns", ns);
        EXPECT(took >= ns * 9 / 10, "%lu ns came after %lu", ns, took);
        if (took < ns + 100 * NS_PER_MS)
            return TEST_OK;
    }
    return test_fail("%lu ns came after %lu, and always late", ns, took);
}

static enum outcome timer_oneshot(void)
{
    static const uint64_t delays[] = {50000, NS_PER_MS, 10 * NS_PER_MS, 40 * NS_PER_MS};
    enum outcome outcome = TEST_OK;

    for (unsigned i = 0; i < ARRAY_LEN(delays) && outcome == TEST_OK; i++)
        outcome = check_one_shot(delays[i]);
    return outcome;
}

/* The machine may pause between set and stop, and the timer be right to fire. */
static enum outcome timer_stopped(void)
{
    for (unsigned i = 0; i < TEST_ATTEMPTS; i++) {
        uint64_t start = pv_ops.time.now();

        shots = 0;
        timer_intercept(on_shot);
        pv_ops.time.set_oneshot(5 * NS_PER_MS);
        pv_ops.time.stop();
        while (pv_ops.time.now() < start + 20 * NS_PER_MS)
            cpu_pause();
        timer_intercept(NULL);
        if (shots == 0)
            return TEST_OK;
    }
    return test_fail("a stopped timer fires");
}

/* A late tick delays the next ones: there may be fewer than the time allows, but not more. */
static enum outcome timer_ticking(void)
{
    uint64_t ticks = timer_ticks(), start = pv_ops.time.now(), took;

    timer_tick_on();
    while (timer_ticks() < ticks + 5 && pv_ops.time.now() < start + TEST_WAIT_NS)
        cpu_pause();
    timer_tick_off();
    took = pv_ops.time.now() - start;
    ticks = timer_ticks() - ticks;
    EXPECT(ticks >= 5, "%lu ticks in %lu ns", ticks, took);
    EXPECT(ticks <= took / TICK_NS + 1, "%lu ticks in %lu ns", ticks, took);
    return TEST_OK;
}

static enum outcome timer_halt(void)
{
    uint64_t took = 0;

    for (unsigned i = 0; i < TEST_ATTEMPTS; i++) {
        uint64_t start = pv_ops.time.now();

        timer_sleep(30 * NS_PER_MS);
        took = pv_ops.time.now() - start;
        EXPECT(took >= 30 * NS_PER_MS, "slept %lu ns only", took);
        EXPECT(pv_ops.irq.enabled(), "interrupts are off after a sleep");
        if (took < 150 * NS_PER_MS)
            return TEST_OK;
    }
    return test_fail("slept %lu ns, and always too long", took);
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
