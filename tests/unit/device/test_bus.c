/* SPDX-License-Identifier: MIT */
/* Port dispatch: splitting, straddling, unclaimed ports, refused claims; and the timer list. */
#include "machine.h"

static uint32_t last_port, last_size, last_value, calls;

static uint32_t probe_read(void *opaque, uint16_t port, unsigned int size)
{
    last_port = port;
    last_size = size;
    calls++;
    return 0x44332211u + port;
}

static void probe_write(void *opaque, uint16_t port, unsigned int size, uint32_t value)
{
    last_port = port;
    last_size = size;
    last_value = value;
    calls++;
}

static const struct dev_port_ops probe = {probe_read, probe_write};

static void test_unclaimed_ports_read_all_ones(void **state)
{
    struct dev_bus bus = {.nr = 0};

    assert_int_equal(dev_bus_read(&bus, 0x1234, 1), 0xff);
    assert_int_equal(dev_bus_read(&bus, 0x1234, 2), 0xffff);
    assert_int_equal(dev_bus_read(&bus, 0xffff, 4), 0xffffffff);
    dev_bus_write(&bus, 0xffff, 4, 0);
}

static void test_claims_are_checked(void **state)
{
    struct dev_bus bus = {.nr = 0};

    assert_true(dev_bus_claim(&bus, 0x100, 8, 1, &probe, NULL));
    assert_false(dev_bus_claim(&bus, 0x107, 1, 1, &probe, NULL));
    assert_false(dev_bus_claim(&bus, 0xfc, 5, 1, &probe, NULL));
    assert_false(dev_bus_claim(&bus, 0xffff, 2, 1, &probe, NULL));
    assert_false(dev_bus_claim(&bus, 0x200, 0, 1, &probe, NULL));
    assert_true(dev_bus_claim(&bus, 0xffff, 1, 1, &probe, NULL));
    for (unsigned int i = 2; i < DEV_BUS_RANGES; i++)
        assert_true(dev_bus_claim(&bus, 0x1000 + i, 1, 1, &probe, NULL));
    assert_false(dev_bus_claim(&bus, 0x4000, 1, 1, &probe, NULL));
}

static void test_wide_access_is_whole_or_split(void **state)
{
    struct dev_bus bus = {.nr = 0};

    dev_bus_claim(&bus, 0x100, 4, 4, &probe, NULL);
    dev_bus_claim(&bus, 0x200, 4, 1, &probe, NULL);
    calls = 0;
    dev_bus_write(&bus, 0x100, 4, 0xdeadbeef);
    assert_int_equal(calls, 1);
    assert_int_equal(last_value, 0xdeadbeef);
    dev_bus_write(&bus, 0x200, 4, 0xdeadbeef);
    assert_int_equal(calls, 5);
    assert_int_equal(last_port, 0x203);
    assert_int_equal(last_value, 0xde);
    /* Straddling: two bytes inside, two outside. */
    calls = 0;
    assert_int_equal(dev_bus_read(&bus, 0x102, 4), 0xffff0000 | 0x13 | 0x14 << 8);
    assert_int_equal(calls, 2);
    assert_int_equal(last_size, 1);
    assert_int_equal(dev_bus_read(&bus, 0xff, 2), 0x11ff);
}

static unsigned int fired;

static void rearm_in_the_past(void *opaque, uint64_t now)
{
    struct dev_timer *t = opaque;

    fired++;
    t->deadline = now - 1;
}

static void test_timer_fires_once_per_run(void **state)
{
    struct dev_timers timers = {NULL};
    struct dev_timer a, b;

    dev_timer_add(&timers, &a, rearm_in_the_past, &a);
    dev_timer_add(&timers, &b, rearm_in_the_past, &b);
    assert_true(dev_timers_next(&timers) == DEV_NEVER);
    dev_timers_run(&timers, 1000);
    assert_int_equal(fired, 0);
    a.deadline = 500;
    b.deadline = 700;
    assert_int_equal(dev_timers_next(&timers), 500);
    dev_timers_run(&timers, 600);
    assert_int_equal(fired, 1);
    dev_timers_run(&timers, 700);
    assert_int_equal(fired, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unclaimed_ports_read_all_ones),
        cmocka_unit_test(test_claims_are_checked),
        cmocka_unit_test(test_wide_access_is_whole_or_split),
        cmocka_unit_test(test_timer_fires_once_per_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
