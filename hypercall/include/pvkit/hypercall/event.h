/* SPDX-License-Identifier: MIT */
/*
 * Event channels: event_channel_op, <xen/event_channel.h>. Ports are small integers, valid in the
 * domain that holds them; port 0 is never valid. <pvkit/evtchn.h> receives events.
 */
#ifndef PVKIT_HYPERCALL_EVENT_H
#define PVKIT_HYPERCALL_EVENT_H

#include <pvkit/xen.h>
#include <pvkit/arch.h>
#include <xen/event_channel.h>

/* Any EVTCHNOP_* command with its structure. */
PVK_INLINE int hypercall_event_channel_op(unsigned int cmd, void *arg)
{
    return (int)pvk_raw2(__HYPERVISOR_event_channel_op, cmd, arg);
}

/*
 * Allocate a port in domain `domain` (DOMID_SELF unless privileged) that `remote` may bind to.
 * -XEN_ENOSPC: no port left.
 */
PVK_INLINE int hypercall_evtchn_alloc_unbound(domid_t domain, domid_t remote, evtchn_port_t *port)
{
    struct evtchn_alloc_unbound op = {.dom = domain, .remote_dom = remote};
    int rc = hypercall_event_channel_op(EVTCHNOP_alloc_unbound, &op);

    if (!rc)
        *port = op.port;
    return rc;
}

/* Connect a new local port to `remote`'s unbound port. The local port starts out pending. */
PVK_INLINE int hypercall_evtchn_bind_interdomain(domid_t remote, evtchn_port_t remote_port,
                                                 evtchn_port_t *port)
{
    struct evtchn_bind_interdomain op = {.remote_dom = remote, .remote_port = remote_port};
    int rc = hypercall_event_channel_op(EVTCHNOP_bind_interdomain, &op);

    if (!rc)
        *port = op.local_port;
    return rc;
}

/* A port for VIRQ_* on `vcpu` (0 for global ones). -XEN_EEXIST: bound already. */
PVK_INLINE int hypercall_evtchn_bind_virq(uint32_t virq, uint32_t vcpu, evtchn_port_t *port)
{
    struct evtchn_bind_virq op = {.virq = virq, .vcpu = vcpu};
    int rc = hypercall_event_channel_op(EVTCHNOP_bind_virq, &op);

    if (!rc)
        *port = op.port;
    return rc;
}

/* A port for physical interrupt `pirq`, `flags` BIND_PIRQ__*; for domains that own hardware. */
PVK_INLINE int hypercall_evtchn_bind_pirq(uint32_t pirq, uint32_t flags, evtchn_port_t *port)
{
    struct evtchn_bind_pirq op = {.pirq = pirq, .flags = flags};
    int rc = hypercall_event_channel_op(EVTCHNOP_bind_pirq, &op);

    if (!rc)
        *port = op.port;
    return rc;
}

/* A port that any vcpu of the domain sends to and `vcpu` receives. */
PVK_INLINE int hypercall_evtchn_bind_ipi(uint32_t vcpu, evtchn_port_t *port)
{
    struct evtchn_bind_ipi op = {.vcpu = vcpu};
    int rc = hypercall_event_channel_op(EVTCHNOP_bind_ipi, &op);

    if (!rc)
        *port = op.port;
    return rc;
}

/* Free a port; an interdomain peer's end becomes unbound. */
PVK_INLINE int hypercall_evtchn_close(evtchn_port_t port)
{
    struct evtchn_close op = {.port = port};

    return hypercall_event_channel_op(EVTCHNOP_close, &op);
}

/* Raise the event at the other end (interdomain) or on the bound vcpu (IPI). */
PVK_INLINE int hypercall_evtchn_send(evtchn_port_t port)
{
    struct evtchn_send op = {.port = port};

    return hypercall_event_channel_op(EVTCHNOP_send, &op);
}

/* State of a port: set out->dom and out->port (IN), the rest is OUT. */
PVK_INLINE int hypercall_evtchn_status(struct evtchn_status *out)
{
    return hypercall_event_channel_op(EVTCHNOP_status, out);
}

/*
 * Deliver this port on `vcpu` from now on. -XEN_EINVAL for per-vcpu VIRQ and IPI ports. A pending
 * event is not moved: mask the port around the call and unmask it with the hypercall below.
 */
PVK_INLINE int hypercall_evtchn_bind_vcpu(evtchn_port_t port, uint32_t vcpu)
{
    struct evtchn_bind_vcpu op = {.port = port, .vcpu = vcpu};

    return hypercall_event_channel_op(EVTCHNOP_bind_vcpu, &op);
}

/* Clear the port's mask bit and deliver the event if it is pending, on whichever vcpu it is. */
PVK_INLINE int hypercall_evtchn_unmask(evtchn_port_t port)
{
    struct evtchn_unmask op = {.port = port};

    return hypercall_event_channel_op(EVTCHNOP_unmask, &op);
}

/* Close every port of the domain (DOMID_SELF unless privileged). */
PVK_INLINE int hypercall_evtchn_reset(domid_t domain)
{
    struct evtchn_reset op = {.dom = domain};

    return hypercall_event_channel_op(EVTCHNOP_reset, &op);
}

#endif
