/* SPDX-License-Identifier: MIT */
/* Under a hypervisor that shows itself: its events and its clock, which run beside our own. */
#include "native.h"
#include "variant.h"
#include "xen_platform.h"

#define WAIT_NS (20 * NS_PER_MS)

static volatile unsigned calls;

static void on_event(evtchn_port_t port, void *data)
{
    calls++;
}

/* Both ends are ours. The binding end begins with an event, <xen/event_channel.h>. */
static enum outcome xen_events(void)
{
    evtchn_port_t near, far;

    if (xen_platform_start())
        return test_skip("no hypervisor");
    EXPECT(xen_port_alloc(DOMID_SELF, on_event, NULL, &far) == 0, "no port");
    EXPECT(xen_port_bind(DOMID_SELF, far, on_event, NULL, &near) == 0, "cannot be bound");
    calls = 0;
    EXPECT(xen_port_notify(near) == 0 && calls == 0, "%u calls though masked", calls);
    xen_port_unmask(far);
    EXPECT(calls == 1, "%u calls after one event", calls);
    native_irq_disable();
    xen_port_notify(near);
    native_irq_enable();
    EXPECT(calls == 2, "%u calls after interrupts were off", calls);
    xen_port_close(near);
    xen_port_close(far);
    return TEST_OK;
}

static enum outcome xen_waiting(void)
{
    uint64_t start, took;
    evtchn_port_t port;

    if (xen_platform_start())
        return test_skip("no hypervisor");
    EXPECT(xen_port_alloc(DOMID_SELF, on_event, NULL, &port) == 0, "no port");
    start = native_time_now();
    xen_port_wait(port, WAIT_NS);
    took = native_time_now() - start;
    xen_port_close(port);
    EXPECT(took > WAIT_NS / 2 && took < TEST_WAIT_NS, "waited %lu us", took / 1000);
    return TEST_OK;
}

static const struct test tests[] = {
    {"xen_events", xen_events},
    {"xen_waiting", xen_waiting},
    {NULL, NULL},
};

const struct test *const variant_tests[] = {
    tests,
    NULL,
};
