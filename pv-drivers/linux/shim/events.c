// SPDX-License-Identifier: MIT OR GPL-2.0
/* Event channels, all delivered to vcpu 0 of the hypervisor's, whose interrupt any processor takes.
 */
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "shim.h"

#include <pvkit/hypercall/event.h>
#include <pvkit/hypercall/memory.h>

#define BUDGET 64 /* events of one interrupt; the line stays up if there are more */

static struct pvk_evtchn events;
static struct pvk_evtchn_vcpu vcpu;
static struct pvk_evtchn_port *ports;
static xen_pfn_t frame;
/* Who dispatches holds it, so that a handler that was detached is not running. */
static DEFINE_SPINLOCK(lock);

int shim_events_start(void *page, xen_pfn_t gfn)
{
    int rc;

    ports = kvcalloc(PVK_EVTCHN_MAX, sizeof(*ports), GFP_KERNEL);
    if (!ports)
        return -ENOMEM;
    rc = hypercall_add_to_physmap(XENMAPSPACE_shared_info, 0, gfn);
    if (rc) {
        kvfree(ports);
        return rc;
    }
    frame = gfn;
    pvk_evtchn_init(&events, page, ports, PVK_EVTCHN_MAX, &vcpu, 1, true);
    return 0;
}

void shim_events_stop(void)
{
    hypercall_remove_from_physmap(frame);
    kvfree(ports);
}

bool shim_events_dispatch(void)
{
    bool ours;

    spin_lock(&lock);
    ours = READ_ONCE(vcpu.info->evtchn_upcall_pending);
    if (ours)
        pvk_evtchn_dispatch(&events, 0, BUDGET);
    spin_unlock(&lock);
    return ours;
}

int shim_port_attach(evtchn_port_t port, pvk_evtchn_handler *handler, void *data)
{
    unsigned long flags;
    int rc;

    spin_lock_irqsave(&lock, flags);
    rc = pvk_evtchn_attach(&events, port, 0, handler, data);
    spin_unlock_irqrestore(&lock, flags);
    return rc;
}

void shim_port_detach(evtchn_port_t port)
{
    unsigned long flags;

    spin_lock_irqsave(&lock, flags);
    pvk_evtchn_detach(&events, port);
    spin_unlock_irqrestore(&lock, flags);
}

void shim_port_mask(evtchn_port_t port)
{
    pvk_evtchn_mask(&events, port);
}

void shim_port_unmask(evtchn_port_t port)
{
    pvk_evtchn_unmask(&events, 0, port);
}
