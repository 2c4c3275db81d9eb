/* SPDX-License-Identifier: MIT */
/*
 * Native: what drivers need of the hypervisor (xen_platform.h), if there is one. Its pages (shared
 * info, grant table) are put in the place of pages of this image, which are mapped already; the
 * rings of the store lie where the hypervisor says, above the memory. Events come as an interrupt
 * vector of their own, past the interrupt controller.
 */
#include "native.h"
#include "io.h"
#include "timer.h"
#include "xen_platform.h"

#include <pvkit/clock.h>
#include <pvkit/discover.h>
#include <pvkit/hypercall.h>
#include <xen/hvm/params.h>

#define EVENT_BUDGET 64
#define NR_PORTS     256
#define GRANT_FRAMES 32
#define GRANTS       (GRANT_FRAMES * PVK_GRANTS_PER_FRAME)
#define VIA_VECTOR   (2UL << 56)

static char shared_page[PAGE_SIZE] __attribute__((aligned(4096)));
static char grant_pages[GRANT_FRAMES][PAGE_SIZE] __attribute__((aligned(4096)));

static struct pvk_evtchn events;
static struct pvk_evtchn_port ports[NR_PORTS];
static struct pvk_evtchn_vcpu vcpus[1];
static struct pvk_grant_slot slots[GRANTS];
static struct pvk_grants grants;
static struct pvk_xs store;
static bool started;

void native_xen_event(struct regs *regs)
{
    pvk_evtchn_dispatch(&events, 0, EVENT_BUDGET);
    trap_leave(regs);
}

/* ---- event channels */

static int attach(evtchn_port_t port, pvk_evtchn_handler *handler, void *data)
{
    int rc = pvk_evtchn_attach(&events, port, 0, handler, data);

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
    pvk_evtchn_detach(&events, port);
    hypercall_evtchn_close(port);
}

void xen_port_mask(evtchn_port_t port)
{
    pvk_evtchn_mask(&events, port);
}

void xen_port_unmask(evtchn_port_t port)
{
    pvk_evtchn_unmask(&events, 0, port);
}

int xen_port_notify(evtchn_port_t port)
{
    return hypercall_evtchn_send(port);
}

/* The hypervisor's time runs since its boot, not ours. */
void xen_port_wait(evtchn_port_t port, uint64_t ns)
{
    const struct shared_info *shared = events.shared;

    hypercall_sched_poll(&port, 1, pvk_clock_now(&shared->vcpu_info[0].time) + ns);
}

static int start_events(void)
{
    uint64_t vector = TRAP_XEN_EVENT;

    if (hypercall_add_to_physmap(XENMAPSPACE_shared_info, 0, virt_to_pfn(shared_page).n))
        return -XEN_ENODEV;
    pvk_evtchn_init(&events, (struct shared_info *)shared_page, ports, NR_PORTS, vcpus, 1, true);
    return hypercall_hvm_set_param(HVM_PARAM_CALLBACK_IRQ, VIA_VECTOR | vector) ? -XEN_ENODEV : 0;
}

/* ---- grants */

static int start_grants(void)
{
    uint32_t have, max, n = GRANT_FRAMES;

    if (hypercall_gnttab_query_size(&have, &max) || !max)
        return -XEN_ENODEV;
    if (n > max)
        n = max;
    for (uint32_t i = 0; i < n; i++)
        if (hypercall_add_to_physmap(XENMAPSPACE_grant_table, i, virt_to_pfn(grant_pages[i]).n))
            return -XEN_ENODEV;
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
    return virt_to_pfn(page).n;
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
    uint64_t pfn, port;
    void *ring;

    if (hypercall_hvm_get_param(HVM_PARAM_STORE_PFN, &pfn) ||
        hypercall_hvm_get_param(HVM_PARAM_STORE_EVTCHN, &port) || !pfn || !port)
        return -XEN_ENODEV;
    ring = vmap_page(pfn_make(pfn), PROT_KERNEL_RW);
    if (!ring)
        return -XEN_ENOMEM;
    pvk_xs_init(&store, ring, (evtchn_port_t)port, store_wait, NULL);
    if (pvk_evtchn_attach(&events, (evtchn_port_t)port, 0, store_event, NULL))
        return -XEN_ENODEV;
    xen_port_unmask((evtchn_port_t)port);
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

/* ---- all of it */

int xen_platform_start(void)
{
    static bool tried;
    struct pvk_xen xen;
    int rc;

    if (tried)
        return started ? 0 : -XEN_ENODEV;
    tried = true;
    rc = pvk_xen_find(PVK_CPUID_PLAIN, &xen);
    if (rc)
        return rc;
    pvk_hypercall_page_install(&xen, virt_to_pfn(hypercall_page).n << PAGE_SHIFT);
    rc = start_events();
    if (!rc)
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
