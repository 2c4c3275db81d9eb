/* SPDX-License-Identifier: MIT */
/* The MC146818A and the calendar under it. */
#include <time.h>

#include "calendar.h"
#include "machine.h"

#define T(name) cmocka_unit_test_setup_teardown(name, machine_setup, machine_teardown)

enum { SEC, SEC_ALARM, MIN, MIN_ALARM, HOUR, HOUR_ALARM, WDAY, DAY, MONTH, YEAR, A, B, C, D };

static uint8_t get(struct machine *m, uint8_t reg)
{
    outb(m, 0x70, reg);
    return inb(m, 0x71);
}

static void set(struct machine *m, uint8_t reg, uint8_t value)
{
    outb(m, 0x70, reg);
    outb(m, 0x71, value);
}

static bool irq(const struct machine *m)
{
    return m->pc.pic.chip[1].lines & 1;
}

static void assert_time(struct machine *m, uint8_t hour, uint8_t min, uint8_t sec)
{
    assert_int_equal(get(m, HOUR), hour);
    assert_int_equal(get(m, MIN), min);
    assert_int_equal(get(m, SEC), sec);
}

static void test_calendar_agrees_with_libc(void **state)
{
    for (int64_t t = -3000000000ll; t < 8000000000ll; t += 86399 * 7 + 11) {
        time_t libc_time = t;
        struct calendar date = calendar_from_unix(t);
        struct tm tm;

        gmtime_r(&libc_time, &tm);
        assert_int_equal(date.year, tm.tm_year + 1900);
        assert_int_equal(date.month, tm.tm_mon + 1);
        assert_int_equal(date.day, tm.tm_mday);
        assert_int_equal(date.weekday, tm.tm_wday + 1);
        assert_int_equal(date.hour, tm.tm_hour);
        assert_int_equal(date.minute, tm.tm_min);
        assert_int_equal(date.second, tm.tm_sec);
        assert_true(calendar_to_unix(&date) == t);
    }
}

static void test_time_runs_over_leap_day(void **state)
{
    struct machine *m = *state;

    assert_time(m, 0x23, 0x59, 0x58);
    assert_int_equal(get(m, DAY), 0x28);
    assert_int_equal(get(m, WDAY), 4); /* a Wednesday */
    m->now += 3 * S;
    assert_time(m, 0x00, 0x00, 0x01);
    assert_int_equal(get(m, DAY), 0x29);
    assert_int_equal(get(m, MONTH), 0x02);
    assert_int_equal(get(m, YEAR), 0x24);
    assert_int_equal(get(m, 0x32), 0x20);
    m->now += 86400 * S;
    assert_int_equal(get(m, DAY), 0x01);
    assert_int_equal(get(m, MONTH), 0x03);
}

static void test_binary_and_12_hours(void **state)
{
    struct machine *m = *state;

    set(m, B, 0x06);
    assert_time(m, 23, 59, 58);
    set(m, B, 0x04);
    assert_time(m, 0x80 | 11, 59, 58);
    set(m, B, 0x00);
    assert_time(m, 0x91, 0x59, 0x58);
    m->now += 2 * S;
    assert_int_equal(get(m, HOUR), 0x12); /* midnight */
    m->now += 12 * 3600 * S;
    assert_int_equal(get(m, HOUR), 0x92); /* noon */
}

static void test_set_time(void **state)
{
    struct machine *m = *state;

    set(m, B, 0x82);
    m->now += 10 * S;
    assert_int_equal(get(m, SEC), 0x58); /* held */
    set(m, SEC, 0x30);
    set(m, MIN, 0x15);
    set(m, HOUR, 0x08);
    set(m, DAY, 0x31);
    set(m, MONTH, 0x12);
    set(m, YEAR, 0x99);
    set(m, 0x32, 0x19);
    set(m, B, 0x02);
    assert_time(m, 0x08, 0x15, 0x30);
    m->now += 16 * 3600 * S;
    assert_int_equal(get(m, YEAR), 0x00);
    assert_int_equal(get(m, 0x32), 0x20);
    assert_int_equal(get(m, WDAY), 7); /* 2000-01-01 was a Saturday */
    set(m, MIN, 0x45);                 /* without SET it works, too */
    assert_time(m, 0x00, 0x45, 0x30);
}

static void test_divider_reset_restarts_half_a_second_early(void **state)
{
    struct machine *m = *state;

    m->now += 300 * MS;
    set(m, A, 0x76);
    m->now += 5 * S;
    assert_int_equal(get(m, SEC), 0x58);
    set(m, A, 0x26);
    assert_int_equal(get(m, SEC), 0x58);
    m->now += 501 * MS;
    assert_int_equal(get(m, SEC), 0x59);
}

static void test_update_in_progress(void **state)
{
    struct machine *m = *state;

    m->now += 500 * MS;
    assert_int_equal(get(m, A), 0x26);
    m->now += 499900 * US;
    assert_int_equal(get(m, A), 0xa6);
    m->now += 100 * US;
    assert_int_equal(get(m, A), 0x26);
    set(m, B, 0x82);
    m->now += 999900 * US;
    assert_int_equal(get(m, A), 0x26);
}

static void test_periodic_interrupt(void **state)
{
    struct machine *m = *state;
    unsigned int nr = 0;

    set(m, A, 0x2d); /* 8 Hz */
    assert_int_equal(get(m, C), 0);
    m->now += 125 * MS;
    assert_int_equal(get(m, C) & 0x40, 0x40); /* the flag comes without the interrupt */
    assert_int_equal(get(m, C), 0);
    set(m, B, 0x42);
    for (uint64_t end = m->now + 2 * S; m->now < end;) {
        machine_run(m, MS);
        if (irq(m)) {
            assert_int_equal(get(m, C) & 0xc0, 0xc0);
            nr++;
        }
        assert_false(irq(m));
    }
    assert_in_range(nr, 15, 17);
    set(m, A, 0x20); /* rate off */
    get(m, C);
    machine_run(m, 2 * S);
    assert_int_equal(get(m, C) & 0x40, 0);
}

static void test_update_interrupt(void **state)
{
    struct machine *m = *state;

    set(m, B, 0x12);
    machine_run(m, 999 * MS);
    assert_false(irq(m));
    machine_run(m, 2 * MS);
    assert_true(irq(m));
    assert_int_equal(get(m, C) & 0x90, 0x90);
    assert_false(irq(m));
    machine_run(m, S);
    assert_true(irq(m));
    set(m, B, 0x02);
    assert_false(irq(m));
}

static void test_alarm(void **state)
{
    struct machine *m = *state;

    set(m, SEC_ALARM, 0x05);
    set(m, MIN_ALARM, 0x00);
    set(m, HOUR_ALARM, 0x00);
    get(m, C);
    set(m, B, 0x22);
    machine_run(m, 6999 * MS);
    assert_false(irq(m));
    machine_run(m, 2 * MS);
    assert_true(irq(m));
    assert_int_equal(get(m, C) & 0xa0, 0xa0);
    machine_run(m, 86390 * S);
    assert_int_equal(get(m, C) & 0xa0, 0);
    machine_run(m, 10 * S);
    assert_int_equal(get(m, C) & 0xa0, 0xa0);
}

static void test_alarm_wildcards(void **state)
{
    struct machine *m = *state;

    set(m, SEC_ALARM, 0x10);
    set(m, MIN_ALARM, 0xff);
    set(m, HOUR_ALARM, 0xc0);
    set(m, B, 0x22);
    machine_run(m, 12 * S);
    assert_true(irq(m));
    get(m, C);
    machine_run(m, 59 * S);
    assert_false(irq(m));
    machine_run(m, 2 * S);
    assert_true(irq(m));
    get(m, C);
    set(m, SEC_ALARM, 0x99); /* never */
    machine_run(m, 90000 * S);
    assert_false(irq(m));
    assert_true(dev_timers_next(&m->pc.timers) == DEV_NEVER);
}

static void test_memory_bytes(void **state)
{
    struct machine *m = *state;

    assert_int_equal(get(m, 0x15) | get(m, 0x16) << 8, 640);
    assert_int_equal(get(m, 0x17) | get(m, 0x18) << 8, 63 * 1024);
    assert_int_equal(get(m, 0x34) | get(m, 0x35) << 8, 48 * 16);
    set(m, 0x7f, 0xa5);
    assert_int_equal(get(m, 0xff), 0xa5); /* bit 7 is the NMI mask */
    set(m, D, 0);
    assert_int_equal(get(m, D), 0x80);
    assert_int_equal(inb(m, 0x70), 0xff);
}

static void test_nonsense_dates_are_survived(void **state)
{
    struct machine *m = *state;

    for (unsigned int v = 0; v < 256; v++) {
        for (uint8_t b = 0; b < 8; b += 2) {
            set(m, B, 0x80 | b);
            for (uint8_t reg = SEC; reg <= YEAR; reg++)
                set(m, reg, v);
            set(m, 0x32, v);
            set(m, B, 0x70 | b);
            m->now += S;
            for (uint8_t reg = SEC; reg <= D; reg++)
                get(m, reg);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calendar_agrees_with_libc),
        T(test_time_runs_over_leap_day),
        T(test_binary_and_12_hours),
        T(test_set_time),
        T(test_divider_reset_restarts_half_a_second_early),
        T(test_update_in_progress),
        T(test_periodic_interrupt),
        T(test_update_interrupt),
        T(test_alarm),
        T(test_alarm_wildcards),
        T(test_memory_bytes),
        T(test_nonsense_dates_are_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
