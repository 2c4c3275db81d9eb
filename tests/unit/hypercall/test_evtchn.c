/* SPDX-License-Identifier: MIT */
/* Event dispatch when nothing interferes: masks, order, fairness, budget, ownership. */
#include "evtchn_world.h"

static void test_init_masks_everything(void **state)
{
    unsigned int w;

    for (w = 0; w < PVK_EVTCHN_WORDS; w++)
        assert_int_equal(world.shared.evtchn_mask[w], ~0UL);
}

static void test_event_reaches_handler(void **state)
{
    world_open(5, 0);
    world_send(5);
    world_send(5);
    assert_int_equal(world.calls[5], 2);
    world_expect_delivered(5);
}

static void test_masked_event_is_remembered(void **state)
{
    world_attach(70, 0);
    world_send(70);
    world_send(70); /* merges with the first */
    assert_int_equal(world.calls[70], 0);
    assert_true(pvk_evtchn_pending(&world.ec, 70));
    pvk_evtchn_unmask(&world.ec, 0, 70);
    assert_int_equal(world.calls[70], 1);
    world_expect_delivered(70);
}

static void test_unmask_without_event_makes_no_hypercall(void **state)
{
    world_attach(5, 0);
    pvk_evtchn_unmask(&world.ec, 0, 5);
    assert_int_equal(world.hypercalls, 0);
}

static void test_unmask_with_upcalls_disabled_waits(void **state)
{
    bool enabled = pvk_upcall_disable(world.info[0]);

    assert_true(enabled);
    world_attach(5, 0);
    world_send(5);
    pvk_evtchn_unmask(&world.ec, 0, 5);
    assert_int_equal(world.calls[5], 0);
    assert_int_equal(world.hypercalls, 0);
    pvk_upcall_restore(world.info[0], enabled);
    assert_int_equal(world.calls[5], 1);
    assert_int_equal(world.forced, 1);
}

static void test_nested_disable(void **state)
{
    assert_true(pvk_upcall_disable(world.info[0]));
    assert_false(pvk_upcall_disable(world.info[0]));
    pvk_upcall_restore(world.info[0], false);
    assert_false(pvk_upcall_enabled(world.info[0]));
    pvk_upcall_restore(world.info[0], true);
    assert_true(pvk_upcall_enabled(world.info[0]));
    assert_int_equal(world.hypercalls, 0);
}

/* The flags of another vcpu are the hypervisor's to set. */
static void test_unmask_for_other_vcpu(void **state)
{
    world_attach(9, 1);
    world_send(9);
    pvk_evtchn_unmask(&world.ec, 0, 9);
    assert_int_equal(world.forced, 0);
    assert_int_equal(world.hypercalls, 1);
    assert_int_equal(world.called_on[9], 1);
    world_expect_delivered(9);
}

static void test_hvm_always_asks(void **state)
{
    world.ec.hvm = true;
    world_attach(9, 0);
    world_send(9);
    pvk_evtchn_unmask(&world.ec, 0, 9);
    assert_int_equal(world.hypercalls, 1);
    world_expect_delivered(9);
}

static void test_vcpus_handle_their_own(void **state)
{
    world_open(10, 0);
    world_open(11, 1);
    world_send(10);
    world_send(11);
    assert_int_equal(world.called_on[10], 0);
    assert_int_equal(world.called_on[11], 1);
}

static void test_move(void **state)
{
    world_open(10, 0);
    assert_int_equal(pvk_evtchn_move(&world.ec, 10, 1), 0);
    world_send(10);
    assert_int_equal(world.called_on[10], 1);
    assert_int_equal(world.calls[10], 1);
    assert_int_equal(pvk_evtchn_move(&world.ec, 10, 2), -XEN_EINVAL);
}

/* The old vcpu has yet to look at an event when the port moves: it must leave it to the new one. */
static void test_move_takes_reported_event_along(void **state)
{
    world_open(10, 0);
    pvk_upcall_disable(world.info[0]);
    world.info[1]->evtchn_upcall_mask = 1; /* the new vcpu is slow */
    world_send(10);
    assert_int_equal(pvk_evtchn_move(&world.ec, 10, 1), 0);
    pvk_upcall_enable(world.info[0]);
    assert_int_equal(world.calls[10], 0);
    world.self = 1;
    pvk_upcall_enable(world.info[1]);
    assert_int_equal(world.calls[10], 1);
    assert_int_equal(world.called_on[10], 1);
}

static void test_move_keeps_mask(void **state)
{
    world_attach(10, 0);
    assert_int_equal(pvk_evtchn_move(&world.ec, 10, 1), 0);
    world_send(10);
    assert_int_equal(world.calls[10], 0);
    pvk_evtchn_unmask(&world.ec, 0, 10);
    assert_int_equal(world.called_on[10], 1);
}

static void test_detach(void **state)
{
    world_open(10, 0);
    assert_int_equal(pvk_evtchn_detach(&world.ec, 10), 0);
    world_send(10);
    assert_int_equal(world.calls[10], 0);
    assert_int_equal(pvk_evtchn_detach(&world.ec, 10), -XEN_EINVAL);
    world_attach(10, 1); /* free again; the stale event is the hypervisor's new one */
    pvk_evtchn_consume(&world.ec, 10);
    pvk_evtchn_unmask(&world.ec, 1, 10);
    assert_int_equal(world.calls[10], 0);
}

static void nop(evtchn_port_t port, void *data)
{
}

static void test_bad_arguments(void **state)
{
    assert_int_equal(pvk_evtchn_attach(&world.ec, 0, 0, nop, NULL), -XEN_EINVAL);
    assert_int_equal(pvk_evtchn_attach(&world.ec, WORLD_PORTS, 0, nop, NULL), -XEN_EINVAL);
    assert_int_equal(pvk_evtchn_attach(&world.ec, 5, WORLD_VCPUS, nop, NULL), -XEN_EINVAL);
    assert_int_equal(pvk_evtchn_attach(&world.ec, 5, 0, NULL, NULL), -XEN_EINVAL);
    assert_int_equal(pvk_evtchn_attach(&world.ec, 5, 0, nop, NULL), 0);
    assert_int_equal(pvk_evtchn_attach(&world.ec, 5, 0, nop, NULL), -XEN_EBUSY);
    pvk_evtchn_mask(&world.ec, ~0U);
    pvk_evtchn_unmask(&world.ec, 0, ~0U);
    assert_false(pvk_evtchn_pending(&world.ec, ~0U));
    assert_false(pvk_evtchn_consume(&world.ec, ~0U));
    assert_int_equal(pvk_evtchn_detach(&world.ec, ~0U), -XEN_EINVAL);
    assert_int_equal(pvk_evtchn_move(&world.ec, ~0U, 0), -XEN_EINVAL);
}

/* A hostile or confused hypervisor sets bits of ports that nobody attached. */
static void test_stray_bits(void **state)
{
    world_open(5, 0);
    world.shared.evtchn_mask[63] = 0;
    world.shared.evtchn_pending[63] = ~0UL;
    world.info[0]->evtchn_pending_sel = ~0UL;
    world.info[0]->evtchn_upcall_pending = 1;
    world_send(5);
    world_expect_delivered(5);
    assert_int_equal(world.info[0]->evtchn_upcall_pending, 0);
}

static void raise_all(const evtchn_port_t *ports, unsigned int count)
{
    bool enabled = pvk_upcall_disable(world.info[0]);
    unsigned int i;

    for (i = 0; i < count; i++)
        world_send(ports[i]);
    world.nr_order = 0;
    pvk_upcall_restore(world.info[0], enabled);
}

static void test_budget_leaves_the_rest_pending(void **state)
{
    static const evtchn_port_t ports[] = {3, 4, 70, 299};
    unsigned int i;

    for (i = 0; i < 4; i++)
        world_open(ports[i], 0);
    pvk_upcall_disable(world.info[0]);
    raise_all(ports, 4);
    assert_int_equal(pvk_evtchn_dispatch(&world.ec, 0, 0), 0);
    assert_int_equal(pvk_evtchn_dispatch(&world.ec, 0, 1), 1);
    assert_int_equal(world.info[0]->evtchn_upcall_pending, 1);
    assert_int_equal(pvk_evtchn_dispatch(&world.ec, 0, 2), 2);
    pvk_upcall_enable(world.info[0]);
    for (i = 0; i < 4; i++) {
        assert_int_equal(world.calls[ports[i]], 1);
        world_expect_delivered(ports[i]);
    }
}

static evtchn_port_t noisy;

/* The event comes back whenever it was handled: within its own handler. */
static void make_noise(void)
{
    if (!pvk_evtchn_pending(&world.ec, noisy) && world.nr_order < 40)
        world_send(noisy);
}

/* Whatever a noisy port does, the others get their turn within a round. */
static void test_noisy_port_does_not_starve_others(void **state)
{
    static const evtchn_port_t ports[] = {1, 2, 3, 64, 65, 200};
    unsigned int p, budget, i;

    for (budget = 1; budget < 4; budget++) {
        for (p = 0; p < 6; p++) {
            world_setup(NULL);
            for (i = 0; i < 6; i++)
                world_open(ports[i], 0);
            world.budget = budget;
            noisy = ports[p];
            pvk_upcall_disable(world.info[0]);
            raise_all(ports, 6);
            world.on_step = make_noise;
            pvk_upcall_enable(world.info[0]);
            for (i = 0; i < 6; i++) {
                world_expect_delivered(ports[i]);
                assert_true(world.calls[ports[i]] >= 1);
            }
            for (i = 0; i < 12; i++) /* within two rounds everyone was seen */
                world.calls[world.order[i]] = 0;
            for (i = 0; i < 6; i++)
                if (ports[i] != noisy)
                    assert_int_equal(world.calls[ports[i]], 0);
        }
    }
}

static void mask_seventy(evtchn_port_t port, void *data)
{
    pvk_evtchn_mask(&world.ec, 70);
}

/* A handler masks a port that is due in the same pass: its event must survive. */
static void test_handler_masks_another_port(void **state)
{
    static const evtchn_port_t ports[] = {69, 70};

    assert_int_equal(pvk_evtchn_attach(&world.ec, 69, 0, mask_seventy, NULL), 0);
    world.bound[69] = 0;
    pvk_evtchn_unmask(&world.ec, 0, 69);
    world_open(70, 0);
    raise_all(ports, 2);
    assert_int_equal(world.calls[70], 0);
    assert_true(pvk_evtchn_pending(&world.ec, 70));
    pvk_evtchn_unmask(&world.ec, 0, 70);
    assert_int_equal(world.calls[70], 1);
}

static void test_place_info(void **state)
{
    world_open(5, 0);
    assert_int_equal(pvk_evtchn_place_info(&world.ec, 0, &world.other_info, pvk_mfn(1), 0), 0);
    assert_int_equal(world.other_info.evtchn_upcall_pending, 0); /* looked at the new place */
    assert_true(pvk_upcall_enabled(&world.other_info));
    world_send(5);
    world_expect_delivered(5);
    assert_int_equal(pvk_evtchn_place_info(&world.ec, 7, NULL, pvk_mfn(1), 0), -XEN_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_init_masks_everything, world_setup),
        cmocka_unit_test_setup(test_event_reaches_handler, world_setup),
        cmocka_unit_test_setup(test_masked_event_is_remembered, world_setup),
        cmocka_unit_test_setup(test_unmask_without_event_makes_no_hypercall, world_setup),
        cmocka_unit_test_setup(test_unmask_with_upcalls_disabled_waits, world_setup),
        cmocka_unit_test_setup(test_nested_disable, world_setup),
        cmocka_unit_test_setup(test_unmask_for_other_vcpu, world_setup),
        cmocka_unit_test_setup(test_hvm_always_asks, world_setup),
        cmocka_unit_test_setup(test_vcpus_handle_their_own, world_setup),
        cmocka_unit_test_setup(test_move, world_setup),
        cmocka_unit_test_setup(test_move_takes_reported_event_along, world_setup),
        cmocka_unit_test_setup(test_move_keeps_mask, world_setup),
        cmocka_unit_test_setup(test_detach, world_setup),
        cmocka_unit_test_setup(test_bad_arguments, world_setup),
        cmocka_unit_test_setup(test_stray_bits, world_setup),
        cmocka_unit_test_setup(test_budget_leaves_the_rest_pending, world_setup),
        cmocka_unit_test_setup(test_noisy_port_does_not_starve_others, world_setup),
        cmocka_unit_test_setup(test_handler_masks_another_port, world_setup),
        cmocka_unit_test_setup(test_place_info, world_setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
