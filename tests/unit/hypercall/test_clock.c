/* SPDX-License-Identifier: MIT */
/* Time: arithmetic against schoolbook multiplication, and records that change while being read. */
#include "unit.h"

#include <pvkit/clock.h>

static struct vcpu_time_info record;
static struct shared_info shared;
static unsigned int steps;
static uint64_t tsc;

static uint64_t read_tsc(void)
{
    return tsc;
}

static int setup(void **state)
{
    fake_reset();
    fake_tsc = read_tsc;
    memset(&record, 0, sizeof(record));
    memset(&shared, 0, sizeof(shared));
    steps = 0;
    return 0;
}

/* Two 32 x 32 bit products; the lower one loses its low half, as the shift by 32 demands. */
static uint64_t schoolbook(uint64_t delta, uint32_t mul, int shift)
{
    int i;

    for (i = 0; i < shift; i++)
        delta *= 2;
    for (i = 0; i > shift; i--)
        delta /= 2;
    return (delta >> 32) * mul + ((delta & 0xffffffff) * mul >> 32);
}

static uint64_t random64(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void test_scale_matches_schoolbook(void **state)
{
    static const uint64_t deltas[] = {0, 1, 0xffffffff, 1UL << 32, 1UL << 63, ~0UL};
    static const uint32_t muls[] = {0, 1, 0x80000000, 0xffffffff};
    uint64_t seed = 88172645463325252UL;
    unsigned int i, j;
    int shift;

    for (shift = -128; shift <= 127; shift++)
        for (i = 0; i < sizeof(deltas) / sizeof(deltas[0]); i++)
            for (j = 0; j < sizeof(muls) / sizeof(muls[0]); j++)
                assert_int_equal(pvk_clock_scale(deltas[i], muls[j], (int8_t)shift),
                                 schoolbook(deltas[i], muls[j], shift));
    for (i = 0; i < 200000; i++) {
        uint64_t delta = random64(&seed) >> (random64(&seed) & 63);
        uint32_t mul = (uint32_t)random64(&seed);

        shift = (int)(random64(&seed) % 81) - 40;
        assert_int_equal(pvk_clock_scale(delta, mul, (int8_t)shift), schoolbook(delta, mul, shift));
    }
}

/* 2.5 GHz with mul below 2^32 needs shift 0; 100 MHz a left shift, 5 GHz a right shift. */
static void test_known_frequencies(void **state)
{
    struct pvk_clock ghz2_5 = {.mul = 0x66666666, .shift = 0};
    struct pvk_clock mhz100 = {.mul = 0xa0000000, .shift = 4};
    struct pvk_clock ghz5 = {.mul = 0x66666666, .shift = -1};

    assert_in_range(pvk_clock_at(&ghz2_5, 2500000000), 999999990, 1000000000);
    assert_int_equal(pvk_clock_at(&mhz100, 100000000), 1000000000);
    assert_in_range(pvk_clock_at(&ghz5, 5000000000), 999999990, 1000000000);
    assert_in_range(pvk_clock_tsc_hz(&ghz2_5), 2500000000, 2500000010);
    assert_int_equal(pvk_clock_tsc_hz(&mhz100), 100000000);
    assert_in_range(pvk_clock_tsc_hz(&ghz5), 5000000000, 5000000020);
}

static void test_hz_of_nonsense_is_0(void **state)
{
    struct pvk_clock clock = {.mul = 0, .shift = 0};

    assert_int_equal(pvk_clock_tsc_hz(&clock), 0);
    clock.mul = 1;
    clock.shift = -128;
    assert_int_equal(pvk_clock_tsc_hz(&clock), 0);
    clock.shift = 127;
    assert_int_equal(pvk_clock_tsc_hz(&clock), 0);
    clock.shift = -4; /* 2^62 / 1 << 4 does not fit */
    assert_int_equal(pvk_clock_tsc_hz(&clock), 0);
}

/* A counter behind the record (another processor wrote it) must not become a huge delta. */
static void test_counter_behind_record(void **state)
{
    struct pvk_clock clock = {.tsc = 1000, .system = 77, .mul = 1U << 31, .shift = 1};

    assert_int_equal(pvk_clock_at(&clock, 999), 77);
    assert_int_equal(pvk_clock_at(&clock, 1000), 77);
    assert_int_equal(pvk_clock_at(&clock, 1003), 80);
}

static unsigned int change_at;

/* The hypervisor replaces the whole record, in one go, at step `change_at`. */
static void replace_record(void)
{
    if (steps++ != change_at)
        return;
    record.version += 2;
    record.tsc_timestamp = 5000;
    record.system_time = 1000000;
    record.tsc_to_system_mul = 1U << 31;
    record.tsc_shift = 1;
    tsc = 5010;
}

static void old_record(void)
{
    record = (struct vcpu_time_info){.version = 6,
                                     .tsc_timestamp = 100,
                                     .system_time = 500,
                                     .tsc_to_system_mul = 1U << 31,
                                     .tsc_shift = 2};
    tsc = 110;
}

static void test_now_retries_when_record_changes(void **state)
{
    unsigned int changed = 0;

    for (change_at = 0; change_at < 8; change_at++) {
        uint64_t now;

        old_record();
        steps = 0;
        fake_step = replace_record;
        now = pvk_clock_now(&record);
        /* 500 + 20 by the old record, 1000000 + 10 by the new: never a mixture. */
        assert_true(now == 520 || now == 1000010);
        changed += now == 1000010;
    }
    assert_true(changed >= 3); /* before the fields, after them, after the counter */
}

static void finish_update(void)
{
    if (++steps == 10) { /* longer than a whole read */
        replace_record();
        record.version = 8;
        record.system_time = 42;
        record.tsc_timestamp = tsc = 9;
    }
}

static void test_now_waits_for_odd_version(void **state)
{
    old_record();
    record.version = 7;
    record.system_time = 0xbad;
    fake_step = finish_update;
    assert_int_equal(pvk_clock_now(&record), 42);
}

/* Odd and back to the same even version cannot happen, but wrapping to 0 can. */
static void test_version_wraps(void **state)
{
    old_record();
    record.version = 0xfffffffe;
    change_at = 1;
    fake_step = replace_record;
    assert_int_equal(pvk_clock_now(&record), 1000010);
    assert_int_equal(record.version, 0);
}

static void test_read_copies_all_fields(void **state)
{
    struct pvk_clock clock;

    old_record();
    record.tsc_shift = -3;
    record.flags = XEN_PVCLOCK_TSC_STABLE_BIT;
    pvk_clock_read(&record, &clock);
    assert_int_equal(clock.tsc, 100);
    assert_int_equal(clock.system, 500);
    assert_int_equal(clock.mul, 1U << 31);
    assert_int_equal(clock.shift, -3);
    assert_int_equal(clock.flags, XEN_PVCLOCK_TSC_STABLE_BIT);
}

static uint64_t last;

static void another_vcpu_was_later(void)
{
    last = 10000;
}

static void test_monotonic(void **state)
{
    old_record();
    last = 0;
    assert_int_equal(pvk_clock_monotonic(&record, &last), 520);
    tsc = 105; /* went back */
    assert_int_equal(pvk_clock_monotonic(&record, &last), 520);
    tsc = 120;
    assert_int_equal(pvk_clock_monotonic(&record, &last), 540);
    tsc = 130;
    fake_step = another_vcpu_was_later;
    assert_int_equal(pvk_clock_monotonic(&record, &last), 10000);
}

static void test_wall_clock(void **state)
{
    struct pvk_walltime wall;

    shared.wc_version = 2;
    shared.wc_sec = 0xffffffff;
    shared.wc_sec_hi = 1;
    shared.wc_nsec = 900000000;
    pvk_clock_wall(&shared, 1200000000, &wall);
    assert_int_equal(wall.sec, 0x1ffffffffUL + 2);
    assert_int_equal(wall.nsec, 100000000);
    pvk_clock_wall(&shared, ~0UL, &wall); /* no overflow in the nanoseconds */
    assert_in_range(wall.nsec, 0, 999999999);
}

static void set_wall_clock(void)
{
    if (steps++ != change_at)
        return;
    shared.wc_version += 2;
    shared.wc_sec = 2000;
    shared.wc_nsec = 2;
}

static void test_wall_clock_retries(void **state)
{
    for (change_at = 0; change_at < 4; change_at++) {
        struct pvk_walltime wall;

        shared.wc_version = 4;
        shared.wc_sec = 1000;
        shared.wc_nsec = 1;
        steps = 0;
        fake_step = set_wall_clock;
        pvk_clock_wall_base(&shared, &wall);
        assert_true(wall.sec == (steps > change_at ? 2000 : 1000));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_scale_matches_schoolbook, setup),
        cmocka_unit_test_setup(test_known_frequencies, setup),
        cmocka_unit_test_setup(test_hz_of_nonsense_is_0, setup),
        cmocka_unit_test_setup(test_counter_behind_record, setup),
        cmocka_unit_test_setup(test_now_retries_when_record_changes, setup),
        cmocka_unit_test_setup(test_now_waits_for_odd_version, setup),
        cmocka_unit_test_setup(test_version_wraps, setup),
        cmocka_unit_test_setup(test_read_copies_all_fields, setup),
        cmocka_unit_test_setup(test_monotonic, setup),
        cmocka_unit_test_setup(test_wall_clock, setup),
        cmocka_unit_test_setup(test_wall_clock_retries, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
