/* SPDX-License-Identifier: MIT */
#include "peer.h"
#include "timer.h"

#define WAIT_NS   (10 * NS_PER_SEC)
#define CHECK_NS  (200 * NS_PER_MS)
#define LAST_PORT 64 /* ports are handed out from low to high, so the offered one is small */

evtchn_port_t peer_offer(domid_t domain)
{
    struct evtchn_status status = {.dom = DOMID_SELF};
    uint64_t end = xen_time_now() + WAIT_NS;
    evtchn_port_t port;

    if (hypercall_evtchn_alloc_unbound(DOMID_SELF, domain, &port))
        return 0;
    status.port = port;
    while (xen_time_now() < end) {
        if (hypercall_evtchn_status(&status) == 0 && status.status == EVTCHNSTAT_interdomain)
            return port;
        timer_sleep(5 * NS_PER_MS);
    }
    hypercall_evtchn_close(port);
    return 0;
}

static void send_back(evtchn_port_t port, void *data)
{
    hypercall_evtchn_send(port);
}

static bool try_bind(domid_t domain, evtchn_port_t *port)
{
    for (evtchn_port_t remote = 1; remote < LAST_PORT; remote++)
        if (hypercall_evtchn_bind_interdomain(domain, remote, port) == 0)
            return true;
    return false;
}

void peer_answer(domid_t domain)
{
    struct evtchn_status status = {.dom = DOMID_SELF};
    evtchn_port_t port;

    while (!try_bind(domain, &port))
        timer_sleep(20 * NS_PER_MS);
    CHECK(pvk_evtchn_attach(&xen_events, port, 0, send_back, NULL) == 0);
    pvk_evtchn_unmask(&xen_events, 0, port);
    status.port = port;
    do
        timer_doze(CHECK_NS);
    while (hypercall_evtchn_status(&status) == 0 && status.status == EVTCHNSTAT_interdomain);
    pvk_evtchn_detach(&xen_events, port);
    hypercall_evtchn_close(port);
}
