/* SPDX-License-Identifier: MIT */
/* vcpu_op and set_timer_op: life of vcpus, their timers and areas. */
#include "unit.h"
#include "evtchn.h"

#define MS 1000000ull

static struct domain *d;
static struct vcpu *v, *w;

static int setup(void **state)
{
    world_reset(1);
    d = world_domain(3, 256);
    v = d->vcpu[0];
    w = d->vcpu[1];
    v->periodic_ns = 0;
    fake_run(0);
    assert_ptr_equal(current_vcpu(), v);
    return 0;
}

static long vop(uint32_t cmd, uint32_t id, void *arg, size_t n)
{
    fake_unmap_all();
    if (n)
        fake_map(arg, n);
    return hc_vcpu_op(cmd, id, U(arg));
}
#define VOP(cmd, id, arg) vop(VCPUOP_##cmd, id, &(arg), sizeof(arg))

static evtchn_port_t bind_timer(uint32_t vcpu)
{
    struct evtchn_bind_virq b = {.virq = VIRQ_TIMER, .vcpu = vcpu};

    fake_unmap_all();
    fake_map(&b, sizeof(b));
    assert_int_equal(hc_event_channel_op(EVTCHNOP_bind_virq, U(&b)), 0);
    return b.port;
}

static bool take_event(evtchn_port_t port)
{
    uint64_t bit = 1ull << port;

    return __atomic_fetch_and(&d->shared->evtchn_pending[0], ~bit, __ATOMIC_SEQ_CST) & bit;
}

static void test_initialise_up_down(void **state)
{
    static struct vcpu_guest_context ctx;

    w->initialised = false;
    assert_int_equal(vop(VCPUOP_is_up, 0, NULL, 0), 1);
    assert_int_equal(vop(VCPUOP_is_up, 1, NULL, 0), 0);
    assert_int_equal(vop(VCPUOP_up, 1, NULL, 0), -XEN_EINVAL);
    assert_int_equal(vop(VCPUOP_initialise, 1, NULL, 0), -XEN_EFAULT);
    fake_context_result = -XEN_EINVAL;
    assert_int_equal(VOP(initialise, 1, ctx), -XEN_EINVAL);
    assert_false(w->initialised);
    fake_context_result = 0;
    assert_int_equal(VOP(initialise, 1, ctx), 0);
    assert_int_equal(VOP(initialise, 1, ctx), -XEN_EEXIST);
    assert_int_equal(w->arch.contexts, 1);
    assert_int_equal(vop(VCPUOP_up, 1, NULL, 0), 0);
    assert_int_equal(vop(VCPUOP_up, 1, NULL, 0), 0);
    assert_int_equal(vop(VCPUOP_is_up, 1, NULL, 0), 1);
    fake_run(40 * MS);
    assert_true(w->cpu_time_ns >= 10 * MS);
    assert_int_equal(vop(VCPUOP_down, 1, NULL, 0), 0);
    fake_run(0);
    assert_int_equal(vop(VCPUOP_is_up, 1, NULL, 0), 0);
    assert_ptr_equal(current_vcpu(), v);
    assert_int_equal(vop(VCPUOP_up, 3, NULL, 0), -XEN_ENOENT);
    assert_int_equal(vop(99, 0, NULL, 0), -XEN_ENOSYS);
    assert_int_equal(hc_vcpu_op(99, 3, 0), -XEN_ENOENT);
}

static void test_last_vcpu_down_is_poweroff(void **state)
{
    assert_int_equal(vop(VCPUOP_down, 0, NULL, 0), 0);
    assert_int_equal(d->state, DOMAIN_SHUTDOWN);
    assert_int_equal(d->shutdown_code, SHUTDOWN_poweroff);
}

static void test_set_timer(void **state)
{
    evtchn_port_t p = bind_timer(0);

    assert_int_equal(hc_set_timer_op(fake_ns + 5 * MS), 0);
    fake_run(5 * MS);
    assert_false(take_event(p));
    fake_run(1);
    assert_true(take_event(p));
    assert_int_equal(hc_set_timer_op(fake_ns - 1), 0); /* the past: at once */
    fake_run(1);
    assert_true(take_event(p));
    assert_int_equal(hc_set_timer_op(fake_ns + 5 * MS), 0);
    assert_int_equal(hc_set_timer_op(0), 0); /* off */
    fake_run(1000 * MS);
    assert_false(take_event(p));
    assert_int_equal(hc_set_timer_op(fake_ns + 5 * MS), 0);
    assert_int_equal(hc_set_timer_op(fake_ns + 50 * MS), 0); /* replaces */
    fake_run(49 * MS);
    assert_false(take_event(p));
}

/* Nonsense is taken for a wrapped "very soon" or "never": 100 ms is the compromise. */
static void test_set_timer_nonsense(void **state)
{
    uint64_t values[] = {~0ull, 1ull << 63, fake_ns + (1ull << 51)};
    evtchn_port_t p = bind_timer(0);

    for (unsigned i = 0; i < ARRAY_SIZE(values); i++) {
        assert_int_equal(hc_set_timer_op(values[i]), 0);
        fake_run(99 * MS);
        assert_false(take_event(p));
        fake_run(2 * MS);
        assert_true(take_event(p));
    }
    assert_int_equal(hc_set_timer_op(fake_ns + (1ull << 49)), 0); /* 6 days: meant so */
    fake_run(200 * MS);
    assert_false(take_event(p));
}

static void test_periodic(void **state)
{
    struct vcpu_set_periodic_timer t = {.period_ns = MS - 1};
    evtchn_port_t p = bind_timer(0);
    unsigned ticks = 0;

    assert_int_equal(VOP(set_periodic_timer, 0, t), -XEN_EINVAL);
    t.period_ns = ~0ull;
    assert_int_equal(VOP(set_periodic_timer, 0, t), -XEN_EINVAL);
    t.period_ns = 2 * MS;
    assert_int_equal(VOP(set_periodic_timer, 0, t), 0);
    for (int i = 0; i < 100; i++) {
        fake_run(MS);
        ticks += take_event(p);
    }
    assert_in_range(ticks, 49, 50);
    assert_int_equal(vop(VCPUOP_stop_periodic_timer, 0, NULL, 0), 0);
    fake_run(100 * MS);
    assert_false(take_event(p));
}

/* Nobody ticks while he does not run; what is due comes when he runs again. */
static void test_periodic_pauses_with_the_vcpu(void **state)
{
    struct vcpu_set_periodic_timer t = {.period_ns = 5 * MS};
    evtchn_port_t p = bind_timer(0);

    assert_int_equal(VOP(set_periodic_timer, 0, t), 0);
    vcpu_pause_set(v, VCPU_PAUSED);
    fake_run(1000 * MS);
    assert_false(take_event(p));
    assert_int_equal(fake_cpus[0].deadline, ~0ull);
    vcpu_pause_clear(v, VCPU_PAUSED);
    fake_run(0);
    assert_true(take_event(p));
    fake_run(4 * MS);
    assert_false(take_event(p));
    fake_run(2 * MS);
    assert_true(take_event(p));
}

static void test_new_vcpus_tick_at_100_hz(void **state)
{
    struct domain *e = world_domain(1, 256);

    assert_int_equal(e->vcpu[0]->periodic_ns, 10 * MS);
}

static void test_singleshot(void **state)
{
    struct vcpu_set_singleshot_timer t = {.timeout_abs_ns = fake_ns + 3 * MS};
    evtchn_port_t p = bind_timer(0);

    assert_int_equal(VOP(set_singleshot_timer, 0, t), 0);
    fake_run(4 * MS);
    assert_true(take_event(p));
    t = (struct vcpu_set_singleshot_timer){.timeout_abs_ns = 1, .flags = VCPU_SSHOTTMR_future};
    assert_int_equal(VOP(set_singleshot_timer, 0, t), 0);
    fake_run(1);
    assert_true(take_event(p));
    assert_int_equal(VOP(set_singleshot_timer, 1, t), -XEN_EINVAL);
    assert_int_equal(vop(VCPUOP_stop_singleshot_timer, 1, NULL, 0), -XEN_EINVAL);
    t.timeout_abs_ns = fake_ns + MS;
    assert_int_equal(VOP(set_singleshot_timer, 0, t), 0);
    assert_int_equal(vop(VCPUOP_stop_singleshot_timer, 0, NULL, 0), 0);
    fake_run(10 * MS);
    assert_false(take_event(p));
}

static void test_timer_wakes_a_blocked_vcpu(void **state)
{
    bind_timer(0);
    assert_int_equal(hc_set_timer_op(fake_ns + 5 * MS), 0);
    assert_int_equal(hc_sched_op(SCHEDOP_block, 0), 0);
    fake_run(5 * MS);
    assert_null(current_vcpu());
    fake_run(1);
    assert_ptr_equal(current_vcpu(), v);
    assert_true(vcpu_event_pending(v));
}

static void test_runstate_info(void **state)
{
    struct vcpu_runstate_info r;

    fake_run(7 * MS);
    assert_int_equal(VOP(get_runstate_info, 0, r), 0);
    assert_int_equal(r.state, RUNSTATE_running);
    assert_int_equal(r.time[RUNSTATE_running], 7 * MS);
    assert_int_equal(VOP(get_runstate_info, 1, r), 0);
    assert_int_equal(r.state, RUNSTATE_offline);
    assert_int_equal(r.time[RUNSTATE_offline], 7 * MS);
    assert_int_equal(vop(VCPUOP_get_runstate_info, 0, NULL, 0), -XEN_EFAULT);
}

/* ---- register_vcpu_info */

static long register_at(uint32_t id, mfn_t mfn, uint32_t offset)
{
    struct vcpu_register_vcpu_info r = {.mfn = mfn.v, .offset = offset};

    return VOP(register_vcpu_info, id, r);
}

static void test_vcpu_info_moves(void **state)
{
    mfn_t page = stub_page(d);
    vcpu_info_t *to = (vcpu_info_t *)((char *)mfn_to_virt(page) + 192);
    evtchn_port_t p = bind_timer(0);

    v->info->evtchn_upcall_mask = 1;
    v->info->arch.cr2 = 0x1234;
    assert_int_equal(register_at(0, page, 192), 0);
    assert_ptr_equal(v->info, to);
    assert_int_equal(to->evtchn_upcall_mask, 1);
    assert_int_equal(to->arch.cr2, 0x1234);
    assert_int_equal(to->evtchn_upcall_pending, 1); /* nothing may get lost */
    assert_int_equal(to->evtchn_pending_sel, ~0ull);
    assert_int_equal(v->arch.info_moves, 1);
    assert_int_equal(stub_refs, 1);
    to->evtchn_pending_sel = to->evtchn_upcall_pending = 0;
    virq_raise(v, VIRQ_TIMER);
    assert_true(take_event(p));
    assert_int_equal(to->evtchn_pending_sel, 1);
    assert_int_equal(to->evtchn_upcall_pending, 1);
    assert_int_equal(register_at(0, page, 192), -XEN_EINVAL); /* once only */
    assert_int_equal(register_at(1, page, 0), 0);             /* another's, who is down */
    assert_int_equal(stub_refs, 2);
}

static void test_vcpu_info_errors(void **state)
{
    struct domain *other = world_domain(1, 256);
    mfn_t page = stub_page(d), foreign = stub_page(other), table = stub_page(d);

    frame_of(table)->type = (uint64_t)FT_L1 << FRAME_TYPE_SHIFT;
    assert_int_equal(register_at(0, page, 4096 - 63), -XEN_ENXIO);
    assert_int_equal(register_at(0, page, 4097), -XEN_ENXIO);
    assert_int_equal(register_at(0, page, ~0u), -XEN_ENXIO);
    assert_int_equal(register_at(0, page, 4), -XEN_ENXIO);
    assert_int_equal(register_at(0, foreign, 0), -XEN_EINVAL);
    assert_int_equal(register_at(0, table, 0), -XEN_EINVAL);
    assert_int_equal(register_at(0, d->shared_mfn, 0), -XEN_EINVAL);
    assert_int_equal(register_at(0, MFN(FAKE_RAM_FRAMES), 0), -XEN_EINVAL);
    assert_int_equal(register_at(0, MFN(~0ull), 0), -XEN_EINVAL);
    assert_int_equal(vop(VCPUOP_up, 1, NULL, 0), 0);
    assert_int_equal(register_at(1, page, 0), -XEN_EINVAL); /* up, and not the caller */
    assert_int_equal(stub_refs, 0);
    assert_ptr_equal(v->info, &d->shared->vcpu_info[0]);
    assert_int_equal(register_at(0, page, 4096 - 64), 0);
}

static void test_nmi_and_physid(void **state)
{
    char x;

    assert_int_equal(vop(VCPUOP_send_nmi, 1, NULL, 0), 0);
    assert_int_equal(w->arch.nmis, 1);
    assert_int_equal(vop(VCPUOP_send_nmi, 1, &x, 1), -XEN_EINVAL);
    assert_int_equal(vop(VCPUOP_get_physid, 0, &x, 1), -XEN_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_initialise_up_down, setup),
        cmocka_unit_test_setup(test_last_vcpu_down_is_poweroff, setup),
        cmocka_unit_test_setup(test_set_timer, setup),
        cmocka_unit_test_setup(test_set_timer_nonsense, setup),
        cmocka_unit_test_setup(test_periodic, setup),
        cmocka_unit_test_setup(test_periodic_pauses_with_the_vcpu, setup),
        cmocka_unit_test_setup(test_new_vcpus_tick_at_100_hz, setup),
        cmocka_unit_test_setup(test_singleshot, setup),
        cmocka_unit_test_setup(test_timer_wakes_a_blocked_vcpu, setup),
        cmocka_unit_test_setup(test_runstate_info, setup),
        cmocka_unit_test_setup(test_vcpu_info_moves, setup),
        cmocka_unit_test_setup(test_vcpu_info_errors, setup),
        cmocka_unit_test_setup(test_nmi_and_physid, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
