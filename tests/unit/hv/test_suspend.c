/* SPDX-License-Identifier: MIT */
/* A domain suspends itself; it goes on where it was, or as a new one. */
#include "unit.h"
#include "domain.h"
#include "domain_suspend.h"
#include "evtchn.h"

static struct domain *d;
static struct vcpu *v;

static int setup(void **state)
{
    world_reset(1);
    hv_opt.control = true;
    d = world_domain(2, 256);
    d->console_mfn = stub_page(d);
    d->store_mfn = stub_page(d);
    assert_int_equal(console_ring_init(d), 0);
    v = d->vcpu[0];
    fake_exit();
    world_be(v);
    return 0;
}

/* The call as a guest makes it; everything is off the CPUs afterwards. */
static void suspend(void)
{
    struct sched_shutdown op = {.reason = SHUTDOWN_suspend};

    fake_map(&op, sizeof(op));
    assert_int_equal(hc_sched_op(SCHEDOP_shutdown, U(&op)), 0);
    fake_exit();
}

static void test_ends_when_nobody_listens(void **state)
{
    hv_opt.control = false;
    suspend();
    assert_false(domain_alive(d));
    assert_string_equal(domain_end_name(d), "suspend");
    assert_int_equal(domain_resume(d, RESUME_SAME), -XEN_EINVAL);
}

static void test_goes_on_where_it_was(void **state)
{
    struct evtchn_bind_ipi ipi = {.vcpu = 0};

    assert_int_equal(domain_resume(d, RESUME_SAME), -XEN_EINVAL);
    fake_map(&ipi, sizeof(ipi));
    assert_int_equal(hc_event_channel_op(EVTCHNOP_bind_ipi, U(&ipi)), 0);
    suspend();
    assert_true(domain_suspended(d));
    assert_true(domain_alive(d));
    assert_false(v->running);
    evtchn_notify_hv(d, d->console_port); /* an event does not wake it */
    fake_run(1000000);
    assert_false(v->running);
    assert_int_equal(domain_resume(d, RESUME_SAME), 0);
    assert_int_equal(v->arch.result, 1);
    assert_false(domain_suspended(d));
    fake_run(0);
    assert_true(v->running);
    assert_int_equal(d->vcpu[1]->pause, VCPU_DOWN);
    assert_int_equal(evtchn_lookup(d, ipi.port)->state, CHN_IPI);
}

static void test_waits_until_it_is_off(void **state)
{
    struct sched_shutdown op = {.reason = SHUTDOWN_suspend};

    fake_map(&op, sizeof(op));
    assert_int_equal(hc_sched_op(SCHEDOP_shutdown, U(&op)), 0);
    assert_int_equal(domain_resume(d, RESUME_SAME), -HV_ERESTART);
    fake_exit();
    assert_int_equal(domain_resume(d, RESUME_SAME), 0);
}

static void test_goes_on_as_a_new_one(void **state)
{
    mfn_t page = stub_page(d), info = stub_page(d);
    struct start_info *si = mfn_to_virt(page);
    struct vcpu_register_vcpu_info reg = {.mfn = info.v};
    struct evtchn_bind_ipi ipi = {.vcpu = 0};
    evtchn_port_t console = d->console_port, store = d->store_port;

    fake_map(&ipi, sizeof(ipi));
    fake_map(&reg, sizeof(reg));
    assert_int_equal(hc_event_channel_op(EVTCHNOP_bind_ipi, U(&ipi)), 0);
    assert_int_equal(hc_vcpu_op(VCPUOP_register_vcpu_info, 0, U(&reg)), 0);
    v->runstate_gva = v->time_info_gva = 0x1000;
    d->shared->evtchn_pending[0] = ~0ul;
    v->regs->rdx = page.v;
    suspend();
    v->arch.result = 7;
    assert_int_equal(domain_resume(d, RESUME_NEW), 0);
    assert_int_equal(v->arch.result, 0);
    assert_true(v->initialised);
    assert_false(d->vcpu[1]->initialised); /* it was down */
    assert_int_equal(evtchn_lookup(d, ipi.port)->state, CHN_FREE);
    assert_int_equal(d->console_port, console);
    assert_int_equal(d->store_port, store);
    assert_int_equal(d->shared->evtchn_pending[0], 0);
    assert_ptr_equal(v->info, &d->shared->vcpu_info[0]);
    assert_null(v->info_frame);
    assert_int_equal(v->runstate_gva | v->time_info_gva, 0);
    assert_int_equal(si->console.domU.evtchn, console);
    assert_int_equal(si->console.domU.mfn, d->console_mfn.v);
    assert_int_equal(si->store_mfn, d->store_mfn.v);
    assert_int_equal(si->shared_info, d->shared_mfn.v << PAGE_SHIFT);
    assert_true(d->shared->wc_sec != 0);
    assert_true(v->info->time.tsc_to_system_mul != 0);
}

static void test_bad_start_info(void **state)
{
    v->regs->rdx = ~0ul;
    suspend();
    assert_int_equal(domain_resume(d, RESUME_NEW), -XEN_EINVAL);
    assert_true(domain_suspended(d)); /* the other way is still open */
    assert_int_equal(domain_resume(d, RESUME_SAME), 0);
}

static bool restarted;

static bool restart(struct domain *who)
{
    assert_ptr_equal(who, d);
    return restarted;
}

static void test_waits_for_devices(void **state)
{
    domain_resume_hook(restart);
    restarted = false;
    v->regs->rdx = stub_page(d).v;
    suspend();
    assert_int_equal(domain_resume(d, RESUME_NEW), -HV_ERESTART);
    restarted = true;
    assert_int_equal(domain_resume(d, RESUME_NEW), 0);
    domain_resume_hook(NULL);
}

static void test_destroyed_meanwhile(void **state)
{
    suspend();
    domain_destroy(d);
    assert_false(domain_suspended(d));
    assert_int_equal(domain_resume(d, RESUME_SAME), -XEN_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_ends_when_nobody_listens, setup),
        cmocka_unit_test_setup(test_goes_on_where_it_was, setup),
        cmocka_unit_test_setup(test_waits_until_it_is_off, setup),
        cmocka_unit_test_setup(test_goes_on_as_a_new_one, setup),
        cmocka_unit_test_setup(test_bad_start_info, setup),
        cmocka_unit_test_setup(test_waits_for_devices, setup),
        cmocka_unit_test_setup(test_destroyed_meanwhile, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
