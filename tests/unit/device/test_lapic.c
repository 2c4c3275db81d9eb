/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "lapic.h"

#define REG(n) ((n)*16)

static uint64_t time_now, deadline;
static uint32_t sent, sent_to;
static int eoi;

static uint64_t now(void *opaque)
{
    return time_now;
}

static void timer(void *opaque, uint64_t at)
{
    deadline = at;
}

static void ipi(void *opaque, uint32_t command, uint32_t destination)
{
    sent = command;
    sent_to = destination;
}

static void ended(void *opaque, uint8_t vector)
{
    eoi = vector;
}

static const struct lapic_host host = {now, timer, ipi, ended};
static struct lapic l;

static int setup(void **state)
{
    time_now = 1000;
    deadline = DEV_NEVER;
    sent = sent_to = 0;
    eoi = -1;
    lapic_reset(&l, &host, NULL, 6);
    lapic_write(&l, REG(LAPIC_SVR), 0x1ff);
    return 0;
}

static void test_reset(void **state)
{
    lapic_reset(&l, &host, NULL, 6);
    assert_int_equal(lapic_read(&l, REG(LAPIC_ID)), 6u << 24);
    assert_int_equal(lapic_read(&l, REG(LAPIC_VERSION)), 0x50014);
    assert_int_equal(lapic_read(&l, REG(LAPIC_SVR)), 0xff);
    for (uint32_t n = LAPIC_LVT_TIMER; n <= LAPIC_LVT_ERROR; n++) {
        lapic_write(&l, REG(n), 0x41);
        assert_int_equal(lapic_read(&l, REG(n)), 0x10041); /* switched off, all are masked */
    }
    assert_false(lapic_raise(&l, 0x41, false));
    assert_false(lapic_passes_pic(&l));
    lapic_virtual_wire(&l);
    assert_true(lapic_passes_pic(&l));
    assert_true(lapic_raise(&l, 0x41, false));
    assert_false(lapic_raise(&l, 15, false));
}

/* What is in service, and the task priority, keep lower and equal classes off. */
static void test_priorities(void **state)
{
    assert_int_equal(lapic_pending(&l), -1);
    lapic_raise(&l, 0x45, false);
    lapic_raise(&l, 0x61, false);
    assert_int_equal(lapic_pending(&l), 0x61);
    lapic_write(&l, REG(LAPIC_TPR), 0x60);
    assert_int_equal(lapic_pending(&l), -1);
    lapic_write(&l, REG(LAPIC_TPR), 0x5f);
    lapic_accept(&l, 0x61);
    assert_int_equal(lapic_pending(&l), -1);
    assert_int_equal(lapic_read(&l, REG(LAPIC_PPR)), 0x60);
    lapic_raise(&l, 0x6f, false);
    assert_int_equal(lapic_pending(&l), -1);
    lapic_write(&l, REG(LAPIC_EOI), 0);
    assert_int_equal(lapic_pending(&l), 0x6f);
    lapic_accept(&l, 0x6f);
    lapic_write(&l, REG(LAPIC_EOI), 0);
    assert_int_equal(lapic_pending(&l), -1);
    lapic_write(&l, REG(LAPIC_TPR), 0);
    assert_int_equal(lapic_pending(&l), 0x45);
    assert_true(lapic_requested(&l));
    lapic_accept(&l, 0x45);
    assert_false(lapic_requested(&l));
    assert_int_equal(eoi, -1);
}

static void test_level_ends_at_the_ioapic(void **state)
{
    lapic_raise(&l, 0x51, true);
    lapic_accept(&l, 0x51);
    lapic_write(&l, REG(LAPIC_EOI), 0);
    assert_int_equal(eoi, 0x51);
    eoi = -1;
    lapic_write(&l, REG(LAPIC_EOI), 0); /* nothing is in service */
    assert_int_equal(eoi, -1);
}

static void test_one_shot(void **state)
{
    lapic_write(&l, REG(LAPIC_LVT_TIMER), 0xec);
    lapic_write(&l, REG(LAPIC_TIMER_DIVIDE), 0x3); /* by 16 */
    lapic_write(&l, REG(LAPIC_TIMER_COUNT), 100);
    assert_int_equal(deadline, 1000 + 100 * 16 * LAPIC_BUS_NS);
    time_now += 30 * 16 * LAPIC_BUS_NS;
    assert_int_equal(lapic_read(&l, REG(LAPIC_TIMER_NOW)), 70);
    lapic_timer_run(&l); /* too early */
    assert_int_equal(lapic_pending(&l), -1);
    time_now = deadline;
    lapic_timer_run(&l);
    assert_int_equal(lapic_pending(&l), 0xec);
    assert_int_equal(deadline, DEV_NEVER);
    assert_int_equal(lapic_read(&l, REG(LAPIC_TIMER_NOW)), 0);
    lapic_write(&l, REG(LAPIC_TIMER_COUNT), 100);
    lapic_write(&l, REG(LAPIC_TIMER_COUNT), 0);
    assert_int_equal(deadline, DEV_NEVER);
}

static void test_periodic(void **state)
{
    uint64_t period = 1000 * LAPIC_BUS_NS;

    lapic_write(&l, REG(LAPIC_LVT_TIMER), 0x200ec);
    lapic_write(&l, REG(LAPIC_TIMER_DIVIDE), 0xb); /* by 1 */
    lapic_write(&l, REG(LAPIC_TIMER_COUNT), 1000);
    for (uint64_t i = 1; i < 4; i++) {
        assert_int_equal(deadline, 1000 + i * period);
        time_now = deadline;
        lapic_timer_run(&l);
        lapic_accept(&l, 0xec);
        lapic_write(&l, REG(LAPIC_EOI), 0);
    }
    time_now += 10 * period + 7; /* late: one tick, and on in step */
    lapic_timer_run(&l);
    assert_int_equal(deadline, 1000 + 14 * period);
    lapic_write(&l, REG(LAPIC_LVT_TIMER), 0x300ec);
    time_now = deadline;
    lapic_accept(&l, 0xec);
    lapic_timer_run(&l); /* masked */
    assert_false(lapic_requested(&l));
}

static void test_deadline(void **state)
{
    lapic_set_deadline(&l, 5000);
    assert_int_equal(deadline, DEV_NEVER); /* not in that mode */
    lapic_write(&l, REG(LAPIC_LVT_TIMER), 0x400ec);
    lapic_set_deadline(&l, 5000);
    assert_int_equal(deadline, 5000);
    time_now = 5000;
    lapic_timer_run(&l);
    assert_int_equal(lapic_pending(&l), 0xec);
    lapic_set_deadline(&l, 9000);
    lapic_write(&l, REG(LAPIC_LVT_TIMER), 0xec);
    assert_int_equal(deadline, DEV_NEVER);
}

static void test_commands(void **state)
{
    uint64_t value;

    lapic_write(&l, REG(LAPIC_ICR2), 0x0a000000);
    lapic_write(&l, REG(LAPIC_ICR), 0x4600 | 0x9a);
    assert_int_equal(sent, 0x4600 | 0x9a);
    assert_int_equal(sent_to, 0x0a);
    assert_false(lapic_rdmsr(&l, LAPIC_ID, &value));
    assert_true(lapic_set_mode(&l, true, true));
    assert_true(lapic_wrmsr(&l, LAPIC_ICR, 0x500000fd | 0x1234ull << 32));
    assert_int_equal(sent_to, 0x1234);
    assert_true(lapic_rdmsr(&l, LAPIC_ICR, &value));
    assert_true(value >> 32 == 0x1234);
    assert_true(lapic_wrmsr(&l, LAPIC_SELF_IPI, 0x77));
    assert_int_equal(APIC_SHORTHAND(sent), 1);
    assert_int_equal(APIC_VECTOR(sent), 0x77);
}

static void test_targets(void **state)
{
    lapic_write(&l, REG(LAPIC_LDR), 0x08000000);
    assert_true(lapic_is_target(&l, 6, false));
    assert_false(lapic_is_target(&l, 4, false));
    assert_true(lapic_is_target(&l, 0xff, false));
    assert_true(lapic_is_target(&l, 0x0c, true));
    assert_false(lapic_is_target(&l, 0x07, true));
    lapic_write(&l, REG(LAPIC_DFR), 0); /* clusters of four */
    lapic_write(&l, REG(LAPIC_LDR), 0x24000000);
    assert_true(lapic_is_target(&l, 0x26, true));
    assert_false(lapic_is_target(&l, 0x36, true));
    lapic_set_mode(&l, true, true);
    assert_false(lapic_is_target(&l, 0xff, false));
    assert_true(lapic_is_target(&l, 0xffffffff, false));
    assert_true(lapic_is_target(&l, 0x0040, true));
    assert_false(lapic_is_target(&l, 0x10040, true));
}

static void test_modes(void **state)
{
    uint64_t value;

    assert_false(lapic_set_mode(&l, false, true));
    assert_true(lapic_set_mode(&l, true, true));
    assert_true(lapic_rdmsr(&l, LAPIC_ID, &value));
    assert_int_equal(value, 6);
    assert_true(lapic_rdmsr(&l, LAPIC_LDR, &value));
    assert_int_equal(value, 1 << 6);
    assert_false(lapic_wrmsr(&l, LAPIC_LDR, 1));
    assert_false(lapic_rdmsr(&l, LAPIC_DFR, &value));
    assert_false(lapic_wrmsr(&l, LAPIC_TPR, 1ull << 32));
    assert_false(lapic_rdmsr(&l, 0x7f, &value));
    assert_false(lapic_wrmsr(&l, 0x7f, 0));
    assert_false(lapic_wrmsr(&l, LAPIC_VERSION, 0));
    assert_false(lapic_set_mode(&l, true, false));
    assert_true(lapic_set_mode(&l, false, false));
    assert_true(lapic_passes_pic(&l));
    assert_false(lapic_raise(&l, 0x50, false));
    assert_false(lapic_set_mode(&l, true, true)); /* not from off */
    assert_true(lapic_set_mode(&l, true, false));
    assert_int_equal(lapic_read(&l, REG(LAPIC_ID)), 6u << 24);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_reset, setup),
        cmocka_unit_test_setup(test_priorities, setup),
        cmocka_unit_test_setup(test_level_ends_at_the_ioapic, setup),
        cmocka_unit_test_setup(test_one_shot, setup),
        cmocka_unit_test_setup(test_periodic, setup),
        cmocka_unit_test_setup(test_deadline, setup),
        cmocka_unit_test_setup(test_commands, setup),
        cmocka_unit_test_setup(test_targets, setup),
        cmocka_unit_test_setup(test_modes, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
