/* SPDX-License-Identifier: MIT */
/* Timer queues: order, replacing, cancelling, callbacks that set and cancel. */
#include <stdlib.h>

#include "unit.h"

#define N 1000

static struct timer timers[N];
static uint64_t fired_at[N], last_fired;
static unsigned fired;

static void note(struct timer *t)
{
    size_t i = (size_t)(t - timers);

    assert_int_equal(t->index, -1);
    assert_true(t->expires >= last_fired); /* in order */
    assert_true(fake_ns >= t->expires);    /* never early */
    last_fired = t->expires;
    fired_at[i] = fake_ns;
    fired++;
}

static int setup(void **state)
{
    world_reset(2);
    for (unsigned i = 0; i < N; i++)
        timer_init(&timers[i], 0, note, NULL);
    memset(fired_at, 0, sizeof(fired_at));
    last_fired = fired = 0;
    srand(42);
    return 0;
}

static void test_fires_in_order_and_on_time(void **state)
{
    for (unsigned i = 0; i < N; i++)
        timer_set(&timers[i], 1 + (uint64_t)rand() % 1000000);
    fake_run(1000001);
    assert_int_equal(fired, N);
    for (unsigned i = 0; i < N; i++)
        assert_int_equal(fired_at[i], timers[i].expires);
    assert_int_equal(fake_cpus[0].deadline, ~0ull); /* nothing left to wait for */
}

static void test_random_set_and_cancel(void **state)
{
    static uint64_t want[N];
    unsigned expect = 0;

    memset(want, 0, sizeof(want));
    for (unsigned step = 0; step < 20 * N; step++) {
        unsigned i = (unsigned)rand() % N;

        if (rand() % 3) {
            want[i] = 1 + (uint64_t)rand() % 5000000;
            timer_set(&timers[i], want[i]);
        } else {
            want[i] = 0;
            timer_cancel(&timers[i]);
        }
    }
    fake_run(5000001);
    for (unsigned i = 0; i < N; i++) {
        assert_int_equal(fired_at[i], want[i]);
        expect += want[i] != 0;
    }
    assert_int_equal(fired, expect);
}

static void test_past_fires_at_once(void **state)
{
    fake_ns = 1000000;
    timer_set(&timers[0], 5);
    assert_true(fake_cpus[0].deadline <= fake_ns);
    fake_run(1);
    assert_int_equal(fired_at[0], 1000000);
}

static void test_earlier_timer_rearms_the_hardware(void **state)
{
    timer_set(&timers[0], 500);
    assert_int_equal(fake_cpus[0].deadline, 500);
    timer_set(&timers[1], 300);
    assert_int_equal(fake_cpus[0].deadline, 300);
    timer_set(&timers[2], 400);
    assert_int_equal(fake_cpus[0].deadline, 300);
}

static void test_far_future_does_not_overflow(void **state)
{
    timer_set(&timers[0], ~0ull - 1);
    fake_run(7200ull * 1000000000);
    assert_int_equal(fired, 0);
    timer_set(&timers[1], fake_ns + 1);
    fake_run(2);
    assert_int_equal(fired, 1);
}

static void cancel_next(struct timer *t)
{
    timer_cancel(t + 1);
    fired++;
}

static void set_again(struct timer *t)
{
    if (++fired < 5)
        timer_set(t, t->expires + 100);
}

static void test_callbacks_may_cancel_and_set(void **state)
{
    timer_init(&timers[0], 0, cancel_next, NULL);
    timer_set(&timers[0], 100);
    timer_set(&timers[1], 100);
    timer_set(&timers[2], 101);
    fake_run(1000);
    /* equal times: either may be first */
    assert_true(fired == 2 || fired == 3);
    assert_int_equal(fired_at[2], 101);
    fired = 0;
    timer_init(&timers[3], 0, set_again, NULL);
    timer_set(&timers[3], fake_ns + 100);
    fake_run(10000);
    assert_int_equal(fired, 5);
}

static void test_moves_to_the_cpu_that_sets_it(void **state)
{
    fake_be(0);
    timer_set(&timers[0], 1000);
    timer_set(&timers[1], 2000);
    fake_be(1);
    timer_set(&timers[0], 700);
    assert_int_equal(timers[0].cpu, 1);
    assert_int_equal(fake_cpus[1].deadline, 700);
    timer_cancel(&timers[1]); /* another CPU's: only taken out */
    fake_run(5000);
    assert_int_equal(fired, 1);
    assert_int_equal(fired_at[0], 700);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_fires_in_order_and_on_time, setup),
        cmocka_unit_test_setup(test_random_set_and_cancel, setup),
        cmocka_unit_test_setup(test_past_fires_at_once, setup),
        cmocka_unit_test_setup(test_earlier_timer_rearms_the_hardware, setup),
        cmocka_unit_test_setup(test_far_future_does_not_overflow, setup),
        cmocka_unit_test_setup(test_callbacks_may_cancel_and_set, setup),
        cmocka_unit_test_setup(test_moves_to_the_cpu_that_sets_it, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
