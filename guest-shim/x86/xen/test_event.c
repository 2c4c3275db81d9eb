/* SPDX-License-Identifier: MIT */
/* Event channels: both ends in this domain, masks, pending bits, polling. */
#include "tests.h"
#include "xen_shim.h"

static volatile unsigned calls;
static evtchn_port_t near, far; /* two ends of one channel */

static void on_event(evtchn_port_t port, void *data)
{
    calls++;
}

static bool connect(void)
{
    calls = 0;
    return hypercall_evtchn_alloc_unbound(DOMID_SELF, DOMID_SELF, &far) == 0 &&
           hypercall_evtchn_bind_interdomain(DOMID_SELF, far, &near) == 0 &&
           pvk_evtchn_attach(&xen_events, far, 0, on_event, NULL) == 0;
}

static void disconnect(void)
{
    pvk_evtchn_detach(&xen_events, far);
    hypercall_evtchn_close(near);
    hypercall_evtchn_close(far);
}

static enum outcome event_loopback(void)
{
    EXPECT(connect(), "no channel");
    pvk_evtchn_unmask(&xen_events, 0, far);
    hypercall_evtchn_send(near);
    EXPECT(calls == 1, "%u calls after one event", calls);
    hypercall_evtchn_send(near);
    hypercall_evtchn_send(near);
    EXPECT(calls == 3, "%u calls after three events", calls);
    disconnect();
    return TEST_OK;
}

/* A new channel's binding end starts pending (<xen/event_channel.h>). */
static enum outcome event_bind_pending(void)
{
    bool pending;

    EXPECT(connect(), "no channel");
    pending = pvk_evtchn_pending(&xen_events, near);
    disconnect();
    EXPECT(pending, "the binding end is not pending");
    return TEST_OK;
}

static enum outcome event_masked(void)
{
    EXPECT(connect(), "no channel");
    hypercall_evtchn_send(near);
    hypercall_evtchn_send(near);
    EXPECT(calls == 0, "a masked port was delivered");
    EXPECT(pvk_evtchn_pending(&xen_events, far), "not pending");
    pvk_evtchn_unmask(&xen_events, 0, far);
    EXPECT(calls == 1, "%u calls after unmasking", calls);
    pvk_evtchn_mask(&xen_events, far);
    hypercall_evtchn_send(near);
    EXPECT(calls == 1, "delivered while masked again");
    EXPECT(hypercall_evtchn_unmask(far) == 0, "unmask failed");
    EXPECT(calls == 2, "%u calls after EVTCHNOP_unmask", calls);
    disconnect();
    return TEST_OK;
}

/* Upcalls off: everything waits, and every port arrives once. */
static enum outcome event_upcall_masked(void)
{
    bool waiting;

    EXPECT(connect(), "no channel");
    pvk_evtchn_unmask(&xen_events, 0, far);
    pv_ops.irq.disable();
    hypercall_evtchn_send(near);
    hypercall_evtchn_send(near);
    waiting = calls == 0 && this_vcpu_info()->evtchn_upcall_pending;
    pv_ops.irq.enable();
    EXPECT(waiting, "delivered, or not pending, with upcalls masked");
    EXPECT(calls == 1, "%u calls", calls);
    disconnect();
    return TEST_OK;
}

/* Waits until a given time, unless some other event comes: so one try of a few must last that long.
 */
static bool poll_waits(void)
{
    for (int tries = 0; tries < 10; tries++) {
        uint64_t start = xen_time_now();

        if (hypercall_sched_poll(&far, 1, start + 5 * NS_PER_MS) != 0)
            return false;
        if (xen_time_now() >= start + 4 * NS_PER_MS)
            return true;
    }
    return false;
}

static enum outcome event_poll(void)
{
    uint64_t start;

    EXPECT(connect(), "no channel");
    EXPECT(poll_waits(), "poll failed, or did not wait");
    start = xen_time_now();
    hypercall_evtchn_send(near);
    EXPECT(hypercall_sched_poll(&far, 1, start + TEST_WAIT_NS) == 0, "poll failed");
    EXPECT(xen_time_now() < start + TEST_WAIT_NS / 2, "poll slept over a pending port");
    EXPECT(pvk_evtchn_consume(&xen_events, far), "the event is gone");
    disconnect();
    return TEST_OK;
}

/* Closing one end makes the other unbound; it can be bound again. */
static enum outcome event_rebind(void)
{
    EXPECT(connect(), "no channel");
    EXPECT(hypercall_evtchn_close(near) == 0, "close failed");
    pvk_evtchn_unmask(&xen_events, 0, far);
    EXPECT(hypercall_evtchn_bind_interdomain(DOMID_SELF, far, &near) == 0, "no second binding");
    calls = 0;
    hypercall_evtchn_send(near);
    EXPECT(calls == 1, "%u calls after one event", calls);
    disconnect();
    return TEST_OK;
}

const struct test event_tests[] = {
    {"event_loopback", event_loopback},
    {"event_bind_pending", event_bind_pending},
    {"event_masked", event_masked},
    {"event_upcall_masked", event_upcall_masked},
    {"event_poll", event_poll},
    {"event_rebind", event_rebind},
    {NULL, NULL},
};
