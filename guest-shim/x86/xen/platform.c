/* SPDX-License-Identifier: MIT */
/* PV: what drivers need of the hypervisor (xen_platform.h). */
#include "xen_shim.h"
#include "io.h"
#include "timer.h"
#include "xen_platform.h"

#define GRANT_FRAMES 32
#define GRANTS       (GRANT_FRAMES * PVK_GRANTS_PER_FRAME)

/* Pages of the image that are remapped to the frames of the grant table. */
static char grant_pages[GRANT_FRAMES][PAGE_SIZE] __attribute__((aligned(4096)));
static struct pvk_grant_slot slots[GRANTS];
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
    pvk_evtchn_unmask(&xen_events, this_cpu_id(), port);
}

int xen_port_notify(evtchn_port_t port)
{
    return hypercall_evtchn_send(port);
}

void xen_port_wait(evtchn_port_t port, uint64_t ns)
{
    hypercall_sched_poll(&port, 1, pv_ops.time.now() + ns);
}

/* ---- grants */

static int start_grants(void)
{
    xen_pfn_t frames[GRANT_FRAMES];
    uint32_t have, max, n = GRANT_FRAMES;

    if (hypercall_gnttab_query_size(&have, &max) || !max)
        return -XEN_ENODEV;
    if (n > max)
        n = max;
    if (hypercall_gnttab_setup_table(n, frames))
        return -XEN_ENODEV;
    for (uint32_t i = 0; i < n; i++)
        if (hypercall_update_va_mapping((uint64_t)grant_pages[i],
                                        (frames[i] << PAGE_SHIFT) | PROT_KERNEL_RW, UVMF_INVLPG))
            return -XEN_EINVAL;
    pvk_grants_init(&grants, (struct grant_entry_v1 *)grant_pages, slots,
                    (uint32_t)(n * PVK_GRANTS_PER_FRAME));
    return 0;
}

struct pvk_grants *xen_grants(void)
{
    return &grants;
}

uint64_t xen_frame_of(const void *page)
{
    return pfn_to_mfn(virt_to_pfn(page)).n;
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
    pfn_t pfn = pfn_make(pvk_mfn_to_pfn(&xen_p2m, xen_boot.store_mfn).n);

    if (!pvk_mfn_valid(xen_boot.store_mfn) || !pfn_valid(pfn))
        return -XEN_ENODEV;
    pvk_xs_init(&store, pfn_to_virt(pfn), xen_boot.store_port, store_wait, NULL);
    if (pvk_evtchn_attach(&xen_events, xen_boot.store_port, 0, store_event, NULL))
        return -XEN_ENODEV;
    xen_port_unmask(xen_boot.store_port);
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
    int rc;

    if (started)
        return 0;
    rc = start_grants();
    if (!rc)
        rc = start_store();
    started = !rc;
    return rc;
}

struct xencons_interface *xen_console_ring(evtchn_port_t *port)
{
    return NULL;
}
