/* SPDX-License-Identifier: MIT */
/* System time and the pvclock: a guest that follows the rules reads exactly our clock. */
#include "unit.h"

static struct domain *d;
static struct vcpu *v;

static int setup(void **state)
{
    world_reset(1);
    d = world_domain(2, 256);
    v = d->vcpu[0];
    world_be(v);
    time_update_vcpu(v);
    return 0;
}

/* What a guest computes (xen/xen.h, struct vcpu_time_info). */
static uint64_t guest_now(const vcpu_time_info_t *t)
{
    uint64_t delta = arch_tsc() - t->tsc_timestamp;

    delta = t->tsc_shift < 0 ? delta >> -t->tsc_shift : delta << t->tsc_shift;
    return t->system_time + (uint64_t)(((unsigned __int128)delta * t->tsc_to_system_mul) >> 32);
}

static void test_guest_clock_is_ours(void **state)
{
    uint64_t steps[] = {0, 1, 3, 999, 123457, 1000000007, 86400ull * 1000000000};

    for (unsigned i = 0; i < ARRAY_SIZE(steps); i++) {
        fake_ns += steps[i];
        assert_int_equal(guest_now(&v->info->time), hv_now());
        if (i % 2)
            time_update_vcpu(v);
    }
}

/* A guest whose TSC was started, or set, apart from ours reads the same time by its own. */
static void test_a_tsc_of_its_own(void **state)
{
    const uint64_t offsets[] = {-arch_tsc(), 1234567, 1ull << 63};

    for (unsigned i = 0; i < ARRAY_SIZE(offsets); i++) {
        vcpu_time_info_t t;

        v->tsc_offset = offsets[i];
        time_update_vcpu(v);
        fake_ns += 999;
        t = v->info->time;
        assert_int_equal(t.system_time, hv_now() - 999);
        t.tsc_timestamp -= offsets[i]; /* the guest's TSC is ours and that */
        assert_int_equal(guest_now(&t), hv_now());
    }
}

static void test_never_backwards_across_updates(void **state)
{
    uint64_t last = 0;

    for (int i = 0; i < 10000; i++) {
        uint64_t now = guest_now(&v->info->time);

        assert_true(now >= last);
        last = now;
        fake_ns += (uint64_t)i * 37 % 1001;
        if (i % 7 == 0)
            time_update_vcpu(v);
    }
}

static void test_version_is_even_and_grows(void **state)
{
    uint32_t before = v->info->time.version;

    time_update_vcpu(v);
    assert_int_equal(v->info->time.version % 2, 0);
    assert_int_equal(v->info->time.version, v->time_version);
    v->info->time.version = 77; /* the guest can scribble there: ours goes on */
    time_update_vcpu(v);
    assert_int_equal(v->info->time.version, before + 4);
    assert_true(v->info->time.flags & XEN_PVCLOCK_TSC_STABLE_BIT);
}

/* One that is never switched out still gets a fresh time stamp with its timer interrupts. */
static void test_refreshed_while_running(void **state)
{
    v->periodic_ns = 0;
    fake_enter(NULL);
    work_raise(WORK_RESCHED);
    fake_run(0);
    assert_ptr_equal(current_vcpu(), v);
    assert_int_equal(hc_set_timer_op(fake_ns + 1500000000), 0);
    fake_run(1600000000);
    assert_int_equal(v->info->time.system_time, 1500000000);
}

static void test_wallclock(void **state)
{
    uint32_t version = d->shared->wc_version;

    assert_int_equal(version % 2, 0);
    assert_int_equal(d->shared->wc_sec, arch_wallclock_boot());
    d->time_offset_s = -3600;
    time_update_wallclock(d);
    assert_int_equal(d->shared->wc_sec, arch_wallclock_boot() - 3600);
    assert_int_equal(d->shared->wc_version, version + 2);
    d->shared->wc_version = 0xffffffff;
    time_update_wallclock(d);
    assert_int_equal(d->shared->wc_version % 2, 0);
}

static void test_time_area(void **state)
{
    static vcpu_time_info_t area;
    struct vcpu_register_time_memory_area r = {.addr.p = U(&area)};

    fake_map(&r, sizeof(r));
    fake_map(&area, sizeof(area));
    assert_int_equal(hc_vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, U(&r)), 0);
    assert_int_equal(area.version % 2, 0);
    assert_int_equal(guest_now(&area), hv_now());
    fake_ns += 5000000;
    vcpu_switched_in(v);
    assert_int_equal(area.system_time, hv_now());
    assert_int_equal(area.version, v->info->time.version);
}

static void test_runstate_area(void **state)
{
    static struct vcpu_runstate_info area;
    struct vcpu_register_runstate_memory_area r = {.addr.p = U(&area)};

    fake_map(&r, sizeof(r));
    fake_map(&area, sizeof(area));
    assert_int_equal(hc_vcpu_op(VCPUOP_register_runstate_memory_area, 0, U(&r)), 0);
    fake_ns += 1000;
    runstate_change(v, RUNSTATE_blocked, hv_now());
    fake_ns += 500;
    runstate_change(v, RUNSTATE_running, hv_now());
    assert_int_equal(hc_vm_assist(VMASST_CMD_enable, VMASST_TYPE_runstate_update_flag), 0);
    vcpu_switched_in(v);
    assert_int_equal(area.state, RUNSTATE_running);
    assert_int_equal(area.state_entry_time, hv_now()); /* without XEN_RUNSTATE_UPDATE */
    assert_int_equal(area.time[RUNSTATE_blocked], 500);
}

/* The area is not mapped (user mode, say): remembered once, then given up. */
static void test_unmapped_area_is_tried_again_once(void **state)
{
    static struct vcpu_runstate_info area;
    struct vcpu_register_runstate_memory_area r = {.addr.p = U(&area)};

    fake_map(&r, sizeof(r));
    assert_int_equal(hc_vcpu_op(VCPUOP_register_runstate_memory_area, 0, U(&r)), 0);
    assert_true(v->areas_pending);
    vcpu_areas_update(v);
    assert_false(v->areas_pending);
    vcpu_switched_in(v);
    assert_true(v->areas_pending);
    fake_map(&area, sizeof(area));
    vcpu_areas_update(v);
    assert_false(v->areas_pending);
    assert_int_equal(area.state, v->runstate.state);
}

static void test_areas_in_our_space_are_refused(void **state)
{
    struct vcpu_register_runstate_memory_area r = {.addr.p = 0xffff820000000000};
    struct vcpu_register_time_memory_area t = {.addr.p = 0x0000800000000000};

    fake_map(&r, sizeof(r));
    fake_map(&t, sizeof(t));
    assert_int_equal(hc_vcpu_op(VCPUOP_register_runstate_memory_area, 0, U(&r)), -XEN_EFAULT);
    assert_int_equal(hc_vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, U(&t)), -XEN_EFAULT);
    assert_int_equal(v->runstate_gva, 0);
    assert_int_equal(v->time_info_gva, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_guest_clock_is_ours, setup),
        cmocka_unit_test_setup(test_a_tsc_of_its_own, setup),
        cmocka_unit_test_setup(test_never_backwards_across_updates, setup),
        cmocka_unit_test_setup(test_version_is_even_and_grows, setup),
        cmocka_unit_test_setup(test_refreshed_while_running, setup),
        cmocka_unit_test_setup(test_wallclock, setup),
        cmocka_unit_test_setup(test_time_area, setup),
        cmocka_unit_test_setup(test_runstate_area, setup),
        cmocka_unit_test_setup(test_unmapped_area_is_tried_again_once, setup),
        cmocka_unit_test_setup(test_areas_in_our_space_are_refused, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
