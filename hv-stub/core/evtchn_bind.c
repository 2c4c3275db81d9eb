/* SPDX-License-Identifier: MIT */
/* Event channels: how a port gets its meaning. */
#include "evtchn.h"

#define NR_PIRQS 256 /* more than an emulated machine ever had; none is given to a domain */

bool virq_is_global(uint32_t virq)
{
    switch (virq) {
    case VIRQ_TIMER:
    case VIRQ_DEBUG:
    case VIRQ_XENOPROF:
    case VIRQ_XENPMU:
        return false;
    default:
        return true;
    }
}

long evtchn_alloc_unbound(struct domain *cd, struct evtchn_alloc_unbound *op)
{
    struct domain *d = op->dom == DOMID_SELF ? cd : domain_by_id(op->dom);
    struct evtchn *c;
    int port;

    if (d != cd)
        return evtchn_foreign(op->dom);
    spin_lock(&d->event_lock);
    port = evtchn_alloc_port(d);
    if (port > 0) {
        c = evtchn_lookup(d, (evtchn_port_t)port);
        c->unbound_for = op->remote_dom == DOMID_SELF ? cd->id : op->remote_dom;
        c->state = CHN_UNBOUND;
        op->port = (evtchn_port_t)port;
    }
    spin_unlock(&d->event_lock);
    return port < 0 ? hv_refuse(port, "no free port") : 0;
}

/* Both locks held. Any failure leaves everything as it was. */
static int connect(struct domain *ld, struct domain *rd, evtchn_port_t rport)
{
    struct evtchn *lc, *rc;
    int lport = evtchn_alloc_port(ld);

    if (lport < 0)
        return lport;
    lc = evtchn_lookup(ld, (evtchn_port_t)lport);
    rc = evtchn_lookup(rd, rport);
    if (!rc || rc->state != CHN_UNBOUND || rc->unbound_for != ld->id) {
        evtchn_free_port(ld, (evtchn_port_t)lport);
        return -XEN_EINVAL;
    }
    lc->remote = rd;
    lc->remote_port = rport;
    lc->state = CHN_INTERDOMAIN;
    rc->remote = ld;
    rc->remote_port = (evtchn_port_t)lport;
    rc->state = CHN_INTERDOMAIN;
    /* What the remote end sent before anybody listened was dropped: so look once. */
    evtchn_set_pending(ld, lc, (evtchn_port_t)lport);
    return lport;
}

long evtchn_bind_interdomain(struct domain *ld, struct evtchn_bind_interdomain *op)
{
    struct domain *rd = op->remote_dom == DOMID_SELF ? ld : domain_by_id(op->remote_dom);
    int port;

    if (!rd)
        return hv_refuse(op->remote_dom ? -XEN_ESRCH : -XEN_EINVAL, "no domain %u", op->remote_dom);
    evtchn_lock_two(ld, rd);
    port = connect(ld, rd, op->remote_port);
    evtchn_unlock_two(ld, rd);
    if (port < 0)
        return hv_refuse(port, "port %u of domain %u does not wait for domain %u", op->remote_port,
                         rd->id, ld->id);
    op->local_port = (evtchn_port_t)port;
    return 0;
}

long evtchn_bind_virq(struct domain *d, struct evtchn_bind_virq *op)
{
    struct vcpu *v;
    int port = -XEN_EEXIST;

    if (op->virq >= HV_NR_VIRQS)
        return hv_refuse(-XEN_EINVAL, "no virtual interrupt %u", op->virq);
    if (virq_is_global(op->virq) && op->vcpu != 0)
        return hv_refuse(-XEN_EINVAL, "global virtual interrupt %u binds to vcpu 0", op->virq);
    if (op->vcpu >= d->nr_vcpus)
        return hv_refuse(-XEN_ENOENT, "no vcpu %u", op->vcpu);
    v = d->vcpu[op->vcpu];
    spin_lock(&d->event_lock);
    if (!v->virq_port[op->virq])
        port = evtchn_alloc_port(d);
    if (port > 0) {
        struct evtchn *c = evtchn_lookup(d, (evtchn_port_t)port);

        c->virq = op->virq;
        c->notify_vcpu = op->vcpu;
        c->state = CHN_VIRQ;
        WRITE_ONCE(v->virq_port[op->virq], (uint32_t)port);
        op->port = (evtchn_port_t)port;
    }
    spin_unlock(&d->event_lock);
    return port < 0 ? hv_refuse(port, "virtual interrupt %u cannot be bound", op->virq) : 0;
}

long evtchn_bind_ipi(struct domain *d, struct evtchn_bind_ipi *op)
{
    int port;

    if (op->vcpu >= d->nr_vcpus)
        return hv_refuse(-XEN_ENOENT, "no vcpu %u", op->vcpu);
    spin_lock(&d->event_lock);
    port = evtchn_alloc_port(d);
    if (port > 0) {
        struct evtchn *c = evtchn_lookup(d, (evtchn_port_t)port);

        c->notify_vcpu = op->vcpu;
        c->state = CHN_IPI;
        op->port = (evtchn_port_t)port;
    }
    spin_unlock(&d->event_lock);
    return port < 0 ? hv_refuse(port, "no free port") : 0;
}

long evtchn_bind_pirq(struct domain *d, const struct evtchn_bind_pirq *op)
{
    if (op->pirq >= NR_PIRQS)
        return hv_refuse(-XEN_EINVAL, "no physical interrupt %u", op->pirq);
    return hv_refuse(-XEN_EPERM, "physical interrupt %u was not given to domain %u", op->pirq,
                     d->id);
}

long evtchn_bind_vcpu(struct domain *d, const struct evtchn_bind_vcpu *op)
{
    struct evtchn *c;
    long rc = 0;

    if (op->vcpu >= d->nr_vcpus)
        return hv_refuse(-XEN_ENOENT, "no vcpu %u", op->vcpu);
    spin_lock(&d->event_lock);
    c = evtchn_lookup(d, op->port);
    if (c && (c->state == CHN_UNBOUND || c->state == CHN_INTERDOMAIN ||
              (c->state == CHN_VIRQ && virq_is_global(c->virq))))
        WRITE_ONCE(c->notify_vcpu, op->vcpu);
    else
        rc = -XEN_EINVAL;
    spin_unlock(&d->event_lock);
    return rc ? hv_refuse(rc, "port %u cannot be moved to another vcpu", op->port) : 0;
}
