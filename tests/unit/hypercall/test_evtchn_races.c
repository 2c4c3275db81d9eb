/* SPDX-License-Identifier: MIT */
/*
 * Events at every possible moment. Each scenario is a piece of guest code that ends with upcalls
 * enabled. It is run once to count its steps, and then again for every pair of steps and every pair
 * of ports, with an event sent (and, where allowed, the upcall taken) exactly there. Afterwards
 * every event must have been handled, with no help from a later event or hypercall.
 */
#include "evtchn_world.h"

/* The port that the scenario works on, one in the same word, one elsewhere. */
static const evtchn_port_t ports[] = {5, 6, 200};

static struct {
    unsigned int at[2];
    evtchn_port_t port[2];
} plan;

static void inject(void)
{
    unsigned int i;

    for (i = 0; i < 2; i++)
        if (world.steps == plan.at[i])
            world_send(plan.port[i]);
}

static void prepare_open(void)
{
    unsigned int i;

    for (i = 0; i < 3; i++)
        world_open(ports[i], 0);
}

/* Upcall: the hypervisor enters the guest, which dispatches. */
static void scenario_upcall(void)
{
    world_send(5);
}

/* The guest looks for events itself, upcalls disabled, then enables them. */
static void scenario_poll_then_enable(void)
{
    pvk_upcall_disable(world.info[0]);
    world_send(5);
    pvk_evtchn_dispatch(&world.ec, 0, ~0U);
    pvk_upcall_enable(world.info[0]);
}

static void scenario_budget_of_one(void)
{
    world.budget = 1;
    pvk_upcall_disable(world.info[0]);
    world_send(5);
    world_send(200);
    pvk_upcall_enable(world.info[0]);
}

static void scenario_unmask_pending(void)
{
    pvk_evtchn_mask(&world.ec, 5);
    world_send(5);
    pvk_evtchn_unmask(&world.ec, 0, 5);
}

static void scenario_unmask_nothing(void)
{
    pvk_evtchn_mask(&world.ec, 5);
    pvk_evtchn_unmask(&world.ec, 0, 5);
}

static void scenario_unmask_upcalls_disabled(void)
{
    bool enabled = pvk_upcall_disable(world.info[0]);

    pvk_evtchn_mask(&world.ec, 5);
    pvk_evtchn_unmask(&world.ec, 0, 5);
    pvk_upcall_restore(world.info[0], enabled);
}

static void scenario_critical_section(void)
{
    bool enabled = pvk_upcall_disable(world.info[0]);

    pvk_arch_barrier();
    pvk_upcall_restore(world.info[0], enabled);
}

static void scenario_move(void)
{
    bool enabled = pvk_upcall_disable(world.info[0]);

    assert_int_equal(pvk_evtchn_move(&world.ec, 5, 1), 0);
    pvk_upcall_restore(world.info[0], enabled);
}

static void scenario_move_there_and_back(void)
{
    bool enabled = pvk_upcall_disable(world.info[0]);

    assert_int_equal(pvk_evtchn_move(&world.ec, 5, 1), 0);
    pvk_upcall_restore(world.info[0], enabled);
    world.self = 1;
    enabled = pvk_upcall_disable(world.info[1]);
    assert_int_equal(pvk_evtchn_move(&world.ec, 5, 0), 0);
    pvk_upcall_restore(world.info[1], enabled);
    world.self = 0;
}

static void scenario_place_info(void)
{
    assert_int_equal(pvk_evtchn_place_info(&world.ec, 0, &world.other_info, pvk_mfn(1), 0), 0);
}

static void run(void (*scenario)(void))
{
    world_setup(NULL);
    prepare_open();
    world.steps = 0;
    world.on_step = inject;
    scenario();
    world.on_step = NULL;
}

static void check(void)
{
    unsigned int i;

    for (i = 0; i < 3; i++)
        world_expect_delivered(ports[i]);
    for (i = 0; i < WORLD_VCPUS; i++)
        assert_int_equal(world.info[i]->evtchn_upcall_mask, 0);
}

static void every_moment(void **state)
{
    void (*scenario)(void) = *state;
    unsigned int first, second, p, q, steps;

    plan.at[0] = plan.at[1] = ~0U;
    run(scenario);
    steps = world.steps;
    assert_in_range(steps, 2, 100);
    /* The first event adds steps of its own, at most those of two more dispatches. */
    for (first = 1; first <= steps; first++)
        for (second = first; second <= steps + 60; second++)
            for (p = 0; p < 3; p++)
                for (q = 0; q < 3; q++) {
                    plan.at[0] = first;
                    plan.at[1] = second;
                    plan.port[0] = ports[p];
                    plan.port[1] = ports[q];
                    run(scenario);
                    check();
                }
}

/* Detaching loses the port's own events, by intent, but calls no handler afterwards. */
static void test_detach_is_final(void **state)
{
    unsigned int first, calls;

    for (first = 1; first < 20; first++) {
        world_setup(NULL);
        prepare_open();
        plan.at[0] = first;
        plan.at[1] = first + 1;
        plan.port[0] = 5;
        plan.port[1] = 6;
        world.steps = 0;
        world.on_step = inject;
        assert_int_equal(pvk_evtchn_detach(&world.ec, 5), 0);
        calls = world.calls[5];
        world_send(5);
        world_send(6);
        assert_int_equal(world.calls[5], calls);
        world_expect_delivered(6);
    }
}

#define RACE(name) cmocka_unit_test_prestate(every_moment, (void *)scenario_##name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RACE(upcall),
        RACE(poll_then_enable),
        RACE(budget_of_one),
        RACE(unmask_pending),
        RACE(unmask_nothing),
        RACE(unmask_upcalls_disabled),
        RACE(critical_section),
        RACE(move),
        RACE(move_there_and_back),
        RACE(place_info),
        cmocka_unit_test(test_detach_is_final),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
