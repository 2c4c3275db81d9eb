/* SPDX-License-Identifier: MIT */
/* sched_op: block, poll, shutdown, watchdog. */
#include "unit.h"
#include "evtchn.h"

#define MS 1000000ull

static struct domain *d;
static struct vcpu *v;
static struct evtchn_bind_ipi ipi[3];
static struct sched_poll poll_arg;
static evtchn_port_t ports[200];

static int setup(void **state)
{
    world_reset(1);
    d = world_domain(2, 256);
    v = d->vcpu[0];
    v->periodic_ns = 0;
    fake_run(0);
    fake_map(ipi, sizeof(ipi));
    fake_map(&poll_arg, sizeof(poll_arg));
    fake_map(ports, sizeof(ports));
    for (unsigned i = 0; i < 3; i++) {
        ipi[i].vcpu = 0;
        assert_int_equal(hc_event_channel_op(EVTCHNOP_bind_ipi, U(&ipi[i])), 0);
        ports[i] = ipi[i].port;
    }
    return 0;
}

/* As another vcpu or the hypervisor would. */
static void event(unsigned i)
{
    struct vcpu *was = current_vcpu();

    fake_enter(NULL);
    spin_lock(&d->event_lock);
    evtchn_set_pending(v->domain, evtchn_lookup(v->domain, ipi[i].port), ipi[i].port);
    spin_unlock(&d->event_lock);
    fake_enter(was);
}

static long poll_for(unsigned n, uint64_t timeout)
{
    poll_arg.ports.p = ports;
    poll_arg.nr_ports = n;
    poll_arg.timeout = timeout;
    return hc_sched_op(SCHEDOP_poll, U(&poll_arg));
}

static bool asleep(void)
{
    fake_run(0);
    return !current_vcpu();
}

static void test_block_and_wake(void **state)
{
    v->info->evtchn_upcall_mask = 1;
    assert_int_equal(hc_sched_op(SCHEDOP_block, 0), 0);
    assert_int_equal(v->info->evtchn_upcall_mask, 0); /* it enables events */
    assert_true(asleep());
    event(0);
    assert_false(asleep());
}

static void test_block_with_an_event_waiting(void **state)
{
    v->info->evtchn_upcall_mask = 1;
    event(0);
    assert_int_equal(hc_sched_op(SCHEDOP_block, 0), 0);
    assert_false(asleep());
}

static void test_masked_event_does_not_wake_a_block(void **state)
{
    d->shared->evtchn_mask[0] = ~0ull;
    hc_sched_op(SCHEDOP_block, 0);
    event(0);
    assert_true(asleep());
}

static void test_poll_wakes_for_its_port_though_masked(void **state)
{
    d->shared->evtchn_mask[0] = ~0ull;
    v->info->evtchn_upcall_mask = 1;
    assert_int_equal(poll_for(1, 0), 0);
    assert_true(asleep());
    event(1); /* not that one */
    assert_true(asleep());
    event(0);
    assert_false(asleep());
    assert_int_equal(d->poll_mask, 0);
    assert_int_equal(v->info->evtchn_upcall_mask, 1); /* poll leaves it alone */
}

static void test_poll_of_several(void **state)
{
    d->shared->evtchn_mask[0] = ~0ull;
    assert_int_equal(poll_for(3, 0), 0);
    assert_true(asleep());
    event(2);
    assert_false(asleep());
}

static void test_poll_returns_at_once(void **state)
{
    d->shared->evtchn_mask[0] = ~0ull;
    event(1);
    assert_int_equal(poll_for(2, 0), 0); /* pending already */
    assert_false(asleep());
    d->shared->evtchn_pending[0] = 0;
    v->info->evtchn_upcall_pending = 1;
    assert_int_equal(poll_for(1, 0), 0); /* an upcall is due */
    assert_false(asleep());
}

static void test_poll_timeout(void **state)
{
    v->info->evtchn_upcall_mask = 1;
    assert_int_equal(poll_for(1, fake_ns + 5 * MS), 0);
    fake_run(4 * MS);
    assert_null(current_vcpu());
    fake_run(2 * MS);
    assert_ptr_equal(current_vcpu(), v);
    assert_int_equal(poll_for(0, fake_ns + 5 * MS), 0); /* no ports: just a nap */
    assert_true(asleep());
    fake_run(6 * MS);
    assert_ptr_equal(current_vcpu(), v);
    assert_int_equal(poll_for(1, 1), 0); /* the past */
    fake_run(1);
    assert_ptr_equal(current_vcpu(), v);
}

/* The timer of a poll that an event ended must not end a later poll without timeout. */
static void test_old_timeout_is_gone(void **state)
{
    v->info->evtchn_upcall_mask = 1;
    assert_int_equal(poll_for(1, fake_ns + 5 * MS), 0);
    assert_true(asleep());
    event(0);
    assert_false(asleep());
    d->shared->evtchn_pending[0] = 0;
    assert_int_equal(poll_for(1, 0), 0);
    fake_run(100 * MS);
    assert_null(current_vcpu());
}

static void test_poll_errors(void **state)
{
    poll_arg.ports.p = ports;
    assert_int_equal(poll_for(129, 0), -XEN_EINVAL);
    ports[1] = 4096;
    assert_int_equal(poll_for(2, 0), -XEN_EINVAL);
    assert_int_equal(v->pause, 0);
    assert_int_equal(d->poll_mask, 0);
    assert_int_equal(hc_sched_op(SCHEDOP_poll, 8), -XEN_EFAULT);
    poll_arg = (struct sched_poll){.ports.p = (void *)0xffff830000000000, .nr_ports = 0};
    assert_int_equal(hc_sched_op(SCHEDOP_poll, U(&poll_arg)), -XEN_EFAULT);
    poll_arg = (struct sched_poll){.ports.p = (void *)64, .nr_ports = 1};
    assert_int_equal(hc_sched_op(SCHEDOP_poll, U(&poll_arg)), -XEN_EFAULT);
}

static void test_shutdown_reasons(void **state)
{
    static const uint8_t reasons[] = {SHUTDOWN_poweroff, SHUTDOWN_reboot,   SHUTDOWN_suspend,
                                      SHUTDOWN_crash,    SHUTDOWN_watchdog, SHUTDOWN_soft_reset};

    for (unsigned i = 0; i < ARRAY_SIZE(reasons); i++) {
        struct sched_shutdown s = {.reason = reasons[i]};

        setup(state);
        fake_map(&s, sizeof(s));
        assert_int_equal(hc_sched_op(SCHEDOP_shutdown, U(&s)), 0);
        assert_int_equal(d->state, DOMAIN_SHUTDOWN);
        assert_int_equal(d->shutdown_code, reasons[i]);
        assert_true(asleep());
    }
    setup(state);
    assert_int_equal(hc_sched_op_compat(SCHEDOP_shutdown, SHUTDOWN_crash), 0);
    assert_int_equal(d->shutdown_code, SHUTDOWN_crash);
}

static void test_other_operations(void **state)
{
    struct sched_remote_shutdown r = {.domain_id = d->id};
    struct sched_shutdown s = {.reason = SHUTDOWN_crash};

    fake_map(&r, sizeof(r));
    fake_map(&s, sizeof(s));
    assert_int_equal(hc_sched_op(SCHEDOP_remote_shutdown, U(&r)), -XEN_EPERM);
    r.domain_id = 9;
    assert_int_equal(hc_sched_op(SCHEDOP_remote_shutdown, U(&r)), -XEN_ESRCH);
    assert_int_equal(hc_sched_op(SCHEDOP_shutdown_code, U(&s)), 0);
    assert_true(domain_alive(d));
    assert_int_equal(hc_sched_op(SCHEDOP_pin_override, U(&s)), -XEN_EPERM);
    assert_int_equal(hc_sched_op(8, 0), -XEN_ENOSYS);
    assert_int_equal(hc_sched_op(SCHEDOP_shutdown, 8), -XEN_EFAULT);
    assert_int_equal(hc_sched_op_compat(SCHEDOP_poll, 0), -XEN_ENOSYS);
    assert_int_equal(hc_sched_op_compat(SCHEDOP_yield, 0), 0);
}

static long watchdog(uint32_t id, uint32_t timeout)
{
    struct sched_watchdog w = {.id = id, .timeout = timeout};

    fake_unmap_all();
    fake_map(&w, sizeof(w));
    return hc_sched_op(SCHEDOP_watchdog, U(&w));
}

static void test_watchdog(void **state)
{
    assert_int_equal(watchdog(0, 5), 1);
    assert_int_equal(watchdog(0, 10), 2);
    assert_int_equal(watchdog(0, 10), -XEN_ENOSPC);
    assert_int_equal(watchdog(3, 1), -XEN_EINVAL);
    assert_int_equal(watchdog(1, 0), 0);
    assert_int_equal(watchdog(1, 1), -XEN_EINVAL);
    fake_run(9000 * MS);
    assert_true(domain_alive(d));
    assert_int_equal(watchdog(2, 10), 0); /* fed */
    fake_run(9000 * MS);
    assert_true(domain_alive(d));
    fake_run(1001 * MS);
    assert_int_equal(d->state, DOMAIN_SHUTDOWN);
    assert_int_equal(d->shutdown_code, SHUTDOWN_watchdog);
    assert_null(current_vcpu());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_block_and_wake, setup),
        cmocka_unit_test_setup(test_block_with_an_event_waiting, setup),
        cmocka_unit_test_setup(test_masked_event_does_not_wake_a_block, setup),
        cmocka_unit_test_setup(test_poll_wakes_for_its_port_though_masked, setup),
        cmocka_unit_test_setup(test_poll_of_several, setup),
        cmocka_unit_test_setup(test_poll_returns_at_once, setup),
        cmocka_unit_test_setup(test_poll_timeout, setup),
        cmocka_unit_test_setup(test_old_timeout_is_gone, setup),
        cmocka_unit_test_setup(test_poll_errors, setup),
        cmocka_unit_test_setup(test_shutdown_reasons, setup),
        cmocka_unit_test_setup(test_other_operations, setup),
        cmocka_unit_test_setup(test_watchdog, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
