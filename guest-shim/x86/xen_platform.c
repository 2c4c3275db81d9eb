/* SPDX-License-Identifier: MIT */
/* What of xen_platform.h is the same for a PV and an HVM guest; the rest is in xen_platform_arch.h.
 */
#include "io.h"
#include "pv_ops.h"
#include "timer.h"
#include "xen_platform_arch.h"

static struct pvk_grant_slot slots[XEN_GRANTS];
static struct pvk_grants grants;
static struct pvk_xs store;
static bool started;

/* ---- event channels */

static int attach(evtchn_port_t port, pvk_evtchn_handler *handler, void *data)
{
    int rc = pvk_evtchn_attach(&xen_events, port, 0, handler, data);

    if (rc)
        hypercall_evtchn_close(port);
    return rc;
}

int xen_port_alloc(domid_t remote, pvk_evtchn_handler *handler, void *data, evtchn_port_t *port)
{
    int rc = hypercall_evtchn_alloc_unbound(DOMID_SELF, remote, port);

    return rc ? rc : attach(*port, handler, data);
}

int xen_port_bind(domid_t remote, evtchn_port_t remote_port, pvk_evtchn_handler *handler,
                  void *data, evtchn_port_t *port)
{
    int rc = hypercall_evtchn_bind_interdomain(remote, remote_port, port);

    return rc ? rc : attach(*port, handler, data);
}

void xen_port_close(evtchn_port_t port)
{
    pvk_evtchn_detach(&xen_events, port);
    hypercall_evtchn_close(port);
}

void xen_port_mask(evtchn_port_t port)
{
    pvk_evtchn_mask(&xen_events, port);
}

void xen_port_unmask(evtchn_port_t port)
{
    pvk_evtchn_unmask(&xen_events, xen_arch_vcpu(), port);
}

int xen_port_notify(evtchn_port_t port)
{
    return hypercall_evtchn_send(port);
}

void xen_port_wait(evtchn_port_t port, uint64_t ns)
{
    hypercall_sched_poll(&port, 1, xen_arch_now() + ns);
}

/* ---- grants */

static int start_grants(void)
{
    uint32_t have, max, n = XEN_GRANT_FRAMES;
    struct grant_entry_v1 *table;

    if (hypercall_gnttab_query_size(&have, &max) || !max)
        return -XEN_ENODEV;
    if (n > max)
        n = max;
    table = xen_arch_grant_table(n);
    if (!table)
        return -XEN_ENODEV;
    pvk_grants_init(&grants, table, slots, (uint32_t)(n * PVK_GRANTS_PER_FRAME));
    return 0;
}

struct pvk_grants *xen_grants(void)
{
    return &grants;
}

/* ---- the store */

static void store_event(evtchn_port_t port, void *data)
{
    io_notify();
}

static void store_wait(void *data)
{
    timer_doze(10 * NS_PER_MS);
}

static int start_store(void)
{
    evtchn_port_t port;
    struct xenstore_domain_interface *ring = xen_arch_store_ring(&port);

    if (!ring)
        return -XEN_ENODEV;
    pvk_xs_init(&store, ring, port, store_wait, NULL);
    if (pvk_evtchn_attach(&xen_events, port, 0, store_event, NULL))
        return -XEN_ENODEV;
    xen_port_unmask(port);
    return 0;
}

struct pvk_xs *xen_store(void)
{
    return started ? &store : NULL;
}

void xen_store_serve(uint64_t ns)
{
    if (pvk_xs_deliver(&store, 16) || !ns)
        return;
    timer_doze(ns);
    pvk_xs_deliver(&store, 16);
}

int xen_platform_start(void)
{
    static int rc;
    static bool tried;

    if (tried)
        return rc;
    tried = true;
    rc = xen_arch_start();
    if (!rc)
        rc = start_grants();
    if (!rc)
        rc = start_store();
    started = !rc;
    return rc;
}
