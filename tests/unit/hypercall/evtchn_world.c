/* SPDX-License-Identifier: MIT */
#include "evtchn_world.h"

#include <xen/vcpu.h>

struct world world;

static bool test_and_set(xen_ulong_t *word, unsigned int bit)
{
    bool old = *word >> bit & 1;

    *word |= 1UL << bit;
    return old;
}

/*
 * What the hypervisor does on its way into a vcpu, and what the guest does then: upcall with
 * upcalls masked, handlers, and iret, which unmasks and makes the hypervisor look again.
 */
static void enter_guest(unsigned int vcpu)
{
    unsigned int before = world.self, rounds = 0;
    struct vcpu_info **info = &world.info[vcpu];

    world.self = vcpu;
    while ((*info)->evtchn_upcall_pending && !(*info)->evtchn_upcall_mask) {
        assert_true(rounds++ < 100); /* livelock */
        (*info)->evtchn_upcall_mask = 1;
        pvk_evtchn_dispatch(&world.ec, vcpu, world.budget);
        (*info)->evtchn_upcall_mask = 0;
    }
    world.self = before;
}

static void report(evtchn_port_t port)
{
    struct vcpu_info *info = world.info[world.bound[port]];

    if (!test_and_set(&info->evtchn_pending_sel, port / 64))
        info->evtchn_upcall_pending = 1;
    enter_guest(world.bound[port]);
}

void world_send(evtchn_port_t port)
{
    world.sent_at[port] = ++world.now;
    if (!test_and_set(&world.shared.evtchn_pending[port / 64], port % 64) &&
        !(world.shared.evtchn_mask[port / 64] >> port % 64 & 1))
        report(port);
}

static long event_op(unsigned long cmd, void *arg)
{
    struct evtchn_bind_vcpu *bind = arg;
    struct evtchn_unmask *unmask = arg;
    evtchn_port_t port;

    switch (cmd) {
    case EVTCHNOP_bind_vcpu:
        if (bind->vcpu >= WORLD_VCPUS)
            return -XEN_ENOENT;
        world.bound[bind->port] = bind->vcpu;
        return 0;
    case EVTCHNOP_unmask:
        port = unmask->port;
        world.shared.evtchn_mask[port / 64] &= ~(1UL << port % 64);
        if (world.shared.evtchn_pending[port / 64] >> port % 64 & 1)
            report(port);
        return 0;
    }
    return -XEN_ENOSYS;
}

/* Xen copies the old contents, and marks everything for a look. */
static long register_info(unsigned long vcpu)
{
    world.other_info = *world.info[vcpu];
    world.info[vcpu] = &world.other_info;
    world.other_info.evtchn_pending_sel = ~0UL;
    world.other_info.evtchn_upcall_pending = 1;
    return 0;
}

static long hypercall(unsigned long number, const unsigned long *args)
{
    long rc = -XEN_ENOSYS;

    world.hypercalls++;
    if (number == __HYPERVISOR_event_channel_op)
        rc = event_op(args[0], (void *)args[1]);
    if (number == __HYPERVISOR_vcpu_op && args[0] == VCPUOP_register_vcpu_info)
        rc = register_info(args[1]);
    if (number == __HYPERVISOR_xen_version) {
        world.forced++;
        rc = 0;
    }
    enter_guest(world.self);
    return rc;
}

static void handler(evtchn_port_t port, void *data)
{
    assert_ptr_equal(data, &world.calls[port]);
    assert_int_equal(world.info[world.self]->evtchn_upcall_mask, 1);
    world.calls[port]++;
    world.called_on[port] = world.self;
    world.handled_at[port] = ++world.now;
    if (world.nr_order < 64)
        world.order[world.nr_order++] = port;
    fake_around();
}

static void step(void)
{
    world.steps++;
    if (world.on_step)
        world.on_step();
}

int world_setup(void **state)
{
    unsigned int i;

    fake_reset();
    memset(&world, 0, sizeof(world));
    world.budget = ~0U;
    for (i = 0; i < WORLD_VCPUS; i++)
        world.info[i] = &world.shared.vcpu_info[i];
    pvk_evtchn_init(&world.ec, &world.shared, world.ports, WORLD_PORTS, world.vcpus, WORLD_VCPUS,
                    false);
    fake_hypercall = hypercall;
    fake_step = step;
    return 0;
}

void world_attach(evtchn_port_t port, unsigned int vcpu)
{
    world.bound[port] = vcpu;
    assert_int_equal(pvk_evtchn_attach(&world.ec, port, vcpu, handler, &world.calls[port]), 0);
}

void world_open(evtchn_port_t port, unsigned int vcpu)
{
    world_attach(port, vcpu);
    pvk_evtchn_unmask(&world.ec, vcpu, port);
}

void world_expect_delivered(evtchn_port_t port)
{
    assert_false(pvk_evtchn_pending(&world.ec, port));
    assert_true(world.handled_at[port] >= world.sent_at[port]);
}
