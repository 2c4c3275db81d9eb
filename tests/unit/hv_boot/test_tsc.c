/* SPDX-License-Identifier: MIT */
/* Calibration against an 8254 whose host pauses the machine in between. */
#include "apic.h"
#include "cpu.h"
#include "hv.h"
#include "machine.h"
#include "unit.h"

#define TSC_HZ  2500000000ull
#define APIC_HZ 1000000000ull
#define PIT_HZ  1193182ull
#define STEP_NS 300 /* what an access takes */
#define MS      1000000ull

static uint64_t now_ns;
static uint64_t steps;                   /* accesses so far */
static uint64_t pause_at, pause_ns;      /* one pause */
static uint64_t pause_every, pause_seed; /* or many of up to pause_ns */
static uint64_t pit_loaded, apic_loaded;
static uint16_t latch;
static bool read_high, write_high, broken;

static uint64_t next_random(void)
{
    pause_seed = pause_seed * 6364136223846793005ull + 1442695040888963407ull;
    return pause_seed >> 33;
}

static void step(void)
{
    now_ns += STEP_NS;
    if (++steps == pause_at)
        now_ns += pause_ns;
    if (pause_every && next_random() % pause_every == 0)
        now_ns += next_random() % pause_ns;
}

static uint64_t pit_elapsed(void)
{
    return (now_ns - pit_loaded) * PIT_HZ / 1000000000;
}

void outb(uint16_t port, uint8_t v)
{
    step();
    if (port == 0x43 && v == 0x80)
        latch = broken ? 0xffff : (uint16_t)(0xffff - pit_elapsed());
    if (port == 0x42) {
        if (write_high)
            pit_loaded = now_ns;
        write_high = !write_high;
    }
}

uint8_t inb(uint16_t port)
{
    step();
    if (port == 0x61)
        return pit_elapsed() >= 0xffff && !broken ? 0x20 : 0;
    read_high = !read_high;
    return read_high ? (uint8_t)latch : (uint8_t)(latch >> 8);
}

uint64_t rdtsc(void)
{
    step();
    return now_ns * (TSC_HZ / 100000000) / 10;
}

void apic_timer_write(uint32_t count)
{
    step();
    apic_loaded = now_ns;
}

uint32_t apic_timer_read(void)
{
    step();
    return now_ns - apic_loaded < ~0u ? ~0u - (uint32_t)(now_ns - apic_loaded) : 0;
}

void apic_timer_ready(void)
{
}

void hv_log(const char *fmt, ...)
{
}

static int setup(void **state)
{
    now_ns = 5000 * MS;
    steps = pause_at = pause_ns = pause_every = 0;
    read_high = write_high = broken = false;
    return 0;
}

static void assert_within(uint64_t hz, uint64_t want, uint64_t ppm)
{
    assert_in_range(hz, want - want / 1000000 * ppm, want + want / 1000000 * ppm);
}

static void test_quiet(void **state)
{
    tsc_calibrate();
    assert_within(arch_tsc_hz, TSC_HZ, 1000);
    assert_within(apic_timer_hz, APIC_HZ, 1000);
    assert_true(now_ns < 5100 * MS);
}

/* Lengths just over one and two rounds of the counter are the treacherous ones. */
static void test_one_pause(void **state)
{
    static const uint64_t lengths[] = {3 * MS,  20 * MS,  54 * MS, 56 * MS,
                                       60 * MS, 111 * MS, 170 * MS};

    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
        for (uint64_t at = 1; at < 1500; at++) {
            setup(state);
            pause_at = at;
            pause_ns = lengths[i];
            tsc_calibrate();
            assert_within(arch_tsc_hz, TSC_HZ, 1000);
            assert_within(apic_timer_hz, APIC_HZ, 1000);
        }
}

static void test_many_pauses(void **state)
{
    for (uint64_t seed = 1; seed <= 200; seed++) {
        setup(state);
        pause_seed = seed;
        pause_every = 8000; /* accesses, 2.4 ms */
        pause_ns = 120 * MS;
        tsc_calibrate();
        assert_within(arch_tsc_hz, TSC_HZ, 5000);
        assert_within(apic_timer_hz, APIC_HZ, 5000);
    }
}

static void test_no_pit(void **state)
{
    broken = true;
    tsc_calibrate();
    assert_int_equal(arch_tsc_hz, 1000000000);
    assert_int_equal(apic_timer_hz, 1000000000);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_quiet, setup),
        cmocka_unit_test_setup(test_one_pause, setup),
        cmocka_unit_test_setup(test_many_pauses, setup),
        cmocka_unit_test_setup(test_no_pit, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
