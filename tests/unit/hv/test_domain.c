/* SPDX-License-Identifier: MIT */
/* Ends of domains: who stops, what is reported, how the machine ends; and the statistics. */
#include "unit.h"
#include "domain.h"

static int setup(void **state)
{
    world_reset(2);
    return 0;
}

static void test_new_domain(void **state)
{
    struct domain *d = world_domain(3, 100);

    assert_int_equal(d->nr_vcpus, 3);
    assert_int_equal(d->vcpu[0]->pause, 0);
    assert_int_equal(d->vcpu[1]->pause, VCPU_DOWN);
    assert_ptr_equal(d->vcpu[2]->info, &d->shared->vcpu_info[2]);
    assert_true(domain_alive(d));
    assert_string_equal(domain_end_name(d), "running");
    assert_null(domain_create(9, DOMAIN_PV, 33, 10));
}

static void test_crash_stops_all_cpus(void **state)
{
    struct domain *d = world_domain(2, 256), *other = world_domain(1, 256);
    struct vcpu *v = d->vcpu[0];

    vcpu_pause_clear(d->vcpu[1], VCPU_DOWN);
    fake_run(30000000);
    v->hc_trace[0] = (struct hc_trace){.nr = __HYPERVISOR_sched_op, .arg = 1};
    v->hc_trace[1] = (struct hc_trace){.nr = 60, .arg = 2};
    v->hc_clock = 2 * HC_TICK;
    fake_be(v->cpu);
    domain_crash(d, v, "double fault at %#x", 0x1234);
    domain_crash(d, v, "again");
    fake_run(0);
    assert_int_equal(d->state, DOMAIN_CRASHED);
    assert_false(d->vcpu[0]->running);
    assert_false(d->vcpu[1]->running);
    assert_true(other->vcpu[0]->running);
    assert_non_null(strstr(fake_uart[0], "(hv) d1v0 crashed: double fault at 0x1234\r\n"));
    assert_non_null(strstr(fake_uart[0], "sched_op (29) first argument 0x1"));
    assert_non_null(strstr(fake_uart[0], "unknown (60) first argument 0x2"));
    assert_null(strstr(fake_uart[0], "again"));
}

static void finish(void *arg)
{
    fake_run(0);
    fake_be(0);
    for (int i = 0; i < 100; i++)
        domain_reap_check();
}

static int end_of(uint8_t first, uint8_t second)
{
    struct domain *a, *b;

    world_reset(2);
    a = world_domain(1, 256);
    b = world_domain(1, 256);
    fake_run(0);
    domain_shutdown(a, first);
    assert_int_equal(fake_until_end(finish, NULL), -1); /* one lives */
    assert_true(a->released);
    domain_shutdown(b, second);
    return fake_until_end(finish, NULL);
}

static void test_machine_codes(void **state)
{
    assert_int_equal(end_of(SHUTDOWN_poweroff, SHUTDOWN_poweroff), 0x10);
    assert_int_equal(end_of(SHUTDOWN_poweroff, SHUTDOWN_reboot), 0x13);
    assert_int_equal(end_of(SHUTDOWN_crash, SHUTDOWN_reboot), 0x11);
    assert_int_equal(end_of(SHUTDOWN_reboot, SHUTDOWN_crash), 0x11);
    assert_int_equal(end_of(SHUTDOWN_watchdog, SHUTDOWN_poweroff), 0x11);
    assert_int_equal(end_of(SHUTDOWN_suspend, 77), 0x10);
}

static void test_memory_waits_for_the_vcpus(void **state)
{
    struct domain *d = world_domain(1, 256);

    world_domain(1, 256);
    fake_run(0);
    fake_be(d->vcpu[0]->cpu ^ 1); /* the other CPU looks first */
    domain_shutdown(d, SHUTDOWN_poweroff);
    domain_reap_check();
    domain_reap_check();
    assert_int_equal(d->arch.releases, 0);
    fake_run(0); /* now it has left its CPU */
    domain_reap_check();
    domain_reap_check();
    assert_int_equal(d->arch.releases, 1);
    assert_true(d->released);
}

/* Ended, but not all of its vcpus were told yet: one may still be picked. */
static void test_reaper_waits_for_all_to_be_paused(void **state)
{
    struct domain *d = world_domain(1, 256);

    world_domain(1, 256);
    d->vcpu[0]->running = false;
    d->state = DOMAIN_SHUTDOWN;
    domains_to_reap = 1;
    domain_reap_check();
    assert_false(d->detached);
    d->vcpu[0]->pause |= VCPU_PAUSED; /* paused, still queued: taken off */
    d->vcpu[0]->running = false;
    domain_reap_check();
    assert_true(d->detached);
    assert_false(d->vcpu[0]->queued);
}

static void test_all_is_given_back(void **state)
{
    struct domain *d = world_domain(1, 256);
    struct vcpu *v = d->vcpu[0];
    struct vcpu_register_vcpu_info r = {.mfn = stub_page(d).v};

    world_domain(1, 256);
    d->console_mfn = stub_page(d);
    d->store_mfn = stub_page(d);
    assert_int_equal(console_ring_init(d), 0);
    fake_map(&r, sizeof(r));
    world_be(v);
    assert_int_equal(hc_vcpu_op(VCPUOP_register_vcpu_info, 0, U(&r)), 0);
    hc_set_timer_op(1000000000);
    assert_int_equal(stub_refs, 3);
    v->running = false;
    fake_enter(NULL);
    domain_shutdown(d, SHUTDOWN_poweroff);
    domain_reap_check();
    domain_reap_check();
    assert_int_equal(stub_refs, 0);
    assert_true(v->oneshot_timer.index < 0);
    assert_ptr_equal(v->info, &d->shared->vcpu_info[0]);
    fake_run(2000000000);
}

static void test_stats(void **state)
{
    struct domain *d = world_domain(2, 256);

    strcpy_n(d->name, "a\"b\\c", sizeof(d->name));
    d->vcpu[0]->hc_count[__HYPERVISOR_sched_op] = 3;
    d->vcpu[1]->hc_count[__HYPERVISOR_sched_op] = 4;
    d->vcpu[1]->hc_count[60] = 1;
    d->vcpu[0]->hc_clock = 3 * HC_TICK;
    d->vcpu[1]->hc_clock = 5 * HC_TICK;
    d->vcpu[1]->exit_count[14] = 5;
    d->vcpu[1]->exit_count[HV_EXIT_KINDS - 1] = 4;
    d->refused = 2;
    fake_ns = 12345;
    domain_shutdown(d, SHUTDOWN_reboot);
    stats_write();
    assert_string_equal(
        fake_uart[1],
        "{\"hv\":\"pvkit\",\"cpus\":2,\"uptime_ns\":12345,\"net\":[],\"domains\":[{\"id\":1,"
        "\"name\":\"a\\\"b\\\\c\",\"mode\":\"pv\",\"end\":\"reboot\",\"vcpus\":2,\"weight\":256,"
        "\"cpu_ns\":0,\"entries\":8,\"exits\":9,\"refused\":2,"
        "\"net\":[],\"hypercalls\":{\"sched_op\":7,\"60\":1}}]}\n");
}

static void test_a_panic_is_reported(void **state)
{
    static const char text[] =
        "all is well\r\n[ 1.5] Kernel panic - not syncing: a test\r\n panic+0x1/0x2\n";
    struct domain *d = world_domain(1, 256), *other = world_domain(1, 256);

    console_guest_write(d, text, sizeof(text) - 1);
    fake_run(1000000);
    world_be(d->vcpu[0]);
    domain_shutdown(d, SHUTDOWN_crash);
    domain_shutdown(other, SHUTDOWN_reboot);
    assert_non_null(strstr(fake_uart[0],
                           "(hv) d1 ended: crash\r\n"
                           "(hv) d1 said: [ 1.5] Kernel panic - not syncing: a test\r\n"
                           "(hv) d1v0 crashed by its own wish\r\n"
                           "(hv) last hypercalls of d1v0"));
    assert_null(strstr(fake_uart[0], "d2 said"));
    assert_null(strstr(fake_uart[0], "d2v0"));
}

static void test_only_the_end_of_a_long_panic(void **state)
{
    struct domain *d = world_domain(1, 256);
    char text[200];

    memset(text, 'x', sizeof(text));
    memcpy(text + 190, "panic:", 6);
    console_guest_write(d, text, sizeof(text));
    domain_crash(d, NULL, "a test");
    assert_non_null(strstr(fake_uart[0], "(hv) d1 said: xxxx"));
    assert_non_null(strstr(fake_uart[0], "xpanic:xxxx\r\n"));
}

static void settle(unsigned ms)
{
    for (unsigned i = 0; i < ms; i++) {
        fake_run(1000000);
        fake_be(0);
        domain_reap_check();
    }
}

static void test_a_domain_starts_again(void **state)
{
    static const struct domain_config cfg = {
        .mem_mib = 4, .vcpus = 2, .on_reboot = END_RESTART, .on_crash = END_RESTART};
    struct domain *d = world_domain(2, 256), *other = world_domain(1, 256);
    struct vcpu *v = d->vcpu[0];

    d->cfg = &cfg;
    settle(500);
    domain_shutdown(d, SHUTDOWN_reboot);
    settle(400);
    assert_false(domain_alive(d)); /* not so soon after its start */
    settle(200);
    assert_ptr_equal(domains[1], d);
    assert_ptr_equal(d->vcpu[0], v);
    assert_true(domain_alive(d) && v->running && !v->pause);
    assert_int_equal(d->vcpu[1]->pause, VCPU_DOWN);
    settle(2000);
    fake_be(v->cpu);
    domain_crash(d, NULL, "a test");
    settle(200);
    assert_true(domain_alive(d) && domain_alive(other));
    assert_int_equal(domains_to_reap, 0);
}

/* Guests that never wait: the CPU has no other chance than those it takes. */
static void test_a_busy_cpu_reaps_too(void **state)
{
    struct domain *d, *other;

    world_reset(1);
    d = world_domain(1, 256);
    other = world_domain(1, 256);
    fake_idle = domain_reap_check;
    fake_run(20000000);
    domain_destroy(d);
    fake_run(100000000);
    assert_true(d->released);
    assert_int_equal(domains_to_reap, 0);
    assert_ptr_equal(fake_cpus[0].current, other->vcpu[0]);
}

static void test_a_start_that_fails_ends_it(void **state)
{
    static const struct domain_config cfg = {.on_crash = END_RESTART};
    struct domain *d = world_domain(1, 256), *other = world_domain(1, 256);

    d->cfg = &cfg;
    domain_crash(d, NULL, "a test");
    settle(1500);
    assert_true(d->released && domain_alive(other));
    assert_string_equal(domain_end_name(d), "crash");
}

static void test_a_preserved_domain_stays_until_destroyed(void **state)
{
    static const struct domain_config cfg = {.on_crash = END_PRESERVE, .on_reboot = END_RESTART};
    struct domain *d = world_domain(1, 256), *other = world_domain(1, 256);

    d->cfg = &cfg;
    domain_crash(d, NULL, "a test");
    settle(1500);
    assert_false(d->detached);
    domain_destroy(d);
    settle(10);
    assert_true(d->released && domain_alive(other));
    assert_string_equal(domain_end_name(d), "destroyed");
    other->cfg = &cfg;
    domain_destroy(other);
    assert_int_equal(fake_until_end(finish, NULL), 0x11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_new_domain, setup),
        cmocka_unit_test_setup(test_a_panic_is_reported, setup),
        cmocka_unit_test_setup(test_only_the_end_of_a_long_panic, setup),
        cmocka_unit_test_setup(test_a_domain_starts_again, setup),
        cmocka_unit_test_setup(test_a_busy_cpu_reaps_too, setup),
        cmocka_unit_test_setup(test_a_start_that_fails_ends_it, setup),
        cmocka_unit_test_setup(test_a_preserved_domain_stays_until_destroyed, setup),
        cmocka_unit_test_setup(test_crash_stops_all_cpus, setup),
        cmocka_unit_test_setup(test_machine_codes, setup),
        cmocka_unit_test_setup(test_memory_waits_for_the_vcpus, setup),
        cmocka_unit_test_setup(test_reaper_waits_for_all_to_be_paused, setup),
        cmocka_unit_test_setup(test_all_is_given_back, setup),
        cmocka_unit_test_setup(test_stats, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
