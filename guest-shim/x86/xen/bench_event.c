/* SPDX-License-Identifier: MIT */
/*
 * Event to somebody else and back: another domain (`peer=`), or else a second vcpu. Both sides
 * sleep in between, so the figure, half a round trip, contains a wake-up.
 */
#include "bench_event.h"
#include "peer.h"
#include "smp.h"
#include "variant.h"

static evtchn_port_t send_port, reply_port;
static volatile bool replied;
static struct ap *ap;

static void on_reply(evtchn_port_t port, void *data)
{
    replied = true;
}

static bool listen(evtchn_port_t port)
{
    if (pvk_evtchn_attach(&xen_events, port, 0, on_reply, NULL))
        return false;
    pvk_evtchn_unmask(&xen_events, 0, port);
    reply_port = port;
    return true;
}

static bool with_domain(domid_t domain)
{
    send_port = peer_offer(domain);
    return send_port && listen(send_port);
}

static bool with_vcpu(void)
{
    evtchn_port_t port;

    ap = ap_get(1);
    if (!ap || hypercall_evtchn_bind_ipi(0, &port) || !listen(port))
        return false;
    ap->reply_port = port;
    send_port = ap->port;
    return true;
}

static bool other_up(void)
{
    uint64_t peer = cmdline_number("peer", 0);

    ap = NULL;
    return peer ? with_domain(peer) : with_vcpu();
}

static void run_other(unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        pv_ops.irq.disable();
        replied = false;
        hypercall_evtchn_send(send_port);
        while (!replied) {
            pv_ops.irq.halt();
            pv_ops.irq.disable();
        }
        pv_ops.irq.enable();
    }
}

static void other_down(void)
{
    pvk_evtchn_detach(&xen_events, reply_port);
    hypercall_evtchn_close(reply_port);
    if (ap) {
        ap->reply_port = 0;
        ap_stop(ap);
    }
}

const struct bench_op bench_event_ops[] = {
    {"event_other", other_up, run_other, NULL, other_down, 100, 2, 0},
    {.name = NULL},
};
