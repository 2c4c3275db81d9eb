/* SPDX-License-Identifier: MIT */
/* Event channels: the table of ports, closing, and hv-stub's own ends. */
#include "evtchn.h"

_Static_assert(EVTCHN_PER_BUCKET * sizeof(struct evtchn) <= PAGE_SIZE, "a bucket is a page");

#define NR_BUCKETS (EVTCHN_MAX / EVTCHN_PER_BUCKET)

int evtchn_init(struct domain *d)
{
    int port;

    d->evtchn_ops = &evtchn_2l_ops;
    for (uint32_t i = 0; i < d->nr_evtchn_buckets; i++)
        memset(d->evtchn[i], 0, PAGE_SIZE);
    if (!d->evtchn)
        d->evtchn = hv_alloc(NR_BUCKETS * sizeof(d->evtchn[0]));
    if (!d->evtchn)
        return -XEN_ENOMEM;
    port = evtchn_alloc_port(d); /* 0 means "none" everywhere */
    if (port < 0)
        return port;
    evtchn_lookup(d, 0)->state = CHN_RESERVED;
    return 0;
}

/* The lowest that is neither used nor busy, EVTCHN_MAX if there is none. */
static evtchn_port_t find_port(const struct domain *d)
{
    for (uint32_t w = 0; w < ARRAY_SIZE(d->evtchn_used); w++)
        for (uint64_t bits = ~d->evtchn_used[w]; bits; bits &= bits - 1) {
            evtchn_port_t port = w * 64 + (evtchn_port_t)__builtin_ctzll(bits);

            if (!d->evtchn_ops->is_busy(d, port))
                return port;
        }
    return EVTCHN_MAX;
}

int evtchn_alloc_port(struct domain *d)
{
    evtchn_port_t port = find_port(d);

    if (port == EVTCHN_MAX)
        return -XEN_ENOSPC;
    while (port >= d->nr_evtchn_buckets * EVTCHN_PER_BUCKET) {
        struct evtchn *bucket = hv_alloc(PAGE_SIZE);

        if (!bucket)
            return -XEN_ENOMEM;
        d->evtchn[d->nr_evtchn_buckets++] = bucket;
    }
    d->evtchn_used[port / 64] |= 1ull << (port % 64);
    evtchn_lookup(d, port)->priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
    return (int)port;
}

void evtchn_free_port(struct domain *d, evtchn_port_t port)
{
    struct evtchn *c = evtchn_lookup(d, port);

    *c = (struct evtchn){.last_vcpu = c->last_vcpu, .last_priority = c->last_priority};
    d->evtchn_ops->clear_pending(d, port); /* or its next user would be surprised */
    d->evtchn_used[port / 64] &= ~(1ull << (port % 64));
}

void evtchn_lock_two(struct domain *a, struct domain *b)
{
    spin_lock(a < b ? &a->event_lock : &b->event_lock);
    if (a != b)
        spin_lock(a < b ? &b->event_lock : &a->event_lock);
}

void evtchn_unlock_two(struct domain *a, struct domain *b)
{
    if (a != b)
        spin_unlock(&b->event_lock);
    spin_unlock(&a->event_lock);
}

/* ---- raising */

void virq_raise(struct vcpu *v, uint32_t virq)
{
    struct domain *d = v->domain;
    uint32_t port;

    if (virq_is_global(virq))
        v = d->vcpu[0];
    if (!READ_ONCE(v->virq_port[virq]))
        return;
    spin_lock(&d->event_lock);
    port = v->virq_port[virq];
    if (port)
        evtchn_set_pending(d, evtchn_lookup(d, port), port);
    spin_unlock(&d->event_lock);
}

/* ---- hv-stub's own ends */

int evtchn_alloc_hv(struct domain *d, void (*handler)(struct domain *d, evtchn_port_t port))
{
    int port;

    spin_lock(&d->event_lock);
    port = evtchn_alloc_port(d);
    if (port > 0) {
        struct evtchn *c = evtchn_lookup(d, (evtchn_port_t)port);

        c->handler = handler;
        c->remote = NULL;
        c->state = CHN_INTERDOMAIN;
    }
    spin_unlock(&d->event_lock);
    return port;
}

void evtchn_notify_hv(struct domain *d, evtchn_port_t port)
{
    struct evtchn *c;

    spin_lock(&d->event_lock);
    c = evtchn_lookup(d, port);
    if (c && c->state == CHN_INTERDOMAIN && !c->remote) /* the guest may have closed it */
        evtchn_set_pending(d, c, port);
    spin_unlock(&d->event_lock);
}

int evtchn_bind_hv(struct domain *d, evtchn_port_t port, evtchn_handler handler)
{
    struct evtchn *c;
    bool fits;

    spin_lock(&d->event_lock);
    c = evtchn_lookup(d, port);
    fits = c && c->state == CHN_UNBOUND && c->unbound_for == 0;
    if (fits) {
        c->remote = NULL;
        c->handler = handler;
        c->state = CHN_INTERDOMAIN;
    }
    spin_unlock(&d->event_lock);
    return fits ? 0 : -XEN_EINVAL;
}

void evtchn_unbind_hv(struct domain *d, evtchn_port_t port, evtchn_handler handler)
{
    struct evtchn *c;

    spin_lock(&d->event_lock);
    c = evtchn_lookup(d, port);
    if (c && c->state == CHN_INTERDOMAIN && !c->remote && c->handler == handler) {
        c->state = CHN_UNBOUND;
        c->unbound_for = 0;
    }
    spin_unlock(&d->event_lock);
}

/* ---- closing */

/* What is left of the other ends. Locks of both domains are held. */
static void disconnect(struct domain *d, struct evtchn *c, evtchn_port_t port)
{
    if (c->state == CHN_INTERDOMAIN && c->remote) {
        struct evtchn *peer = evtchn_lookup(c->remote, c->remote_port);

        peer->state = CHN_UNBOUND;
        peer->unbound_for = d->id;
    }
    if (c->state == CHN_VIRQ)
        for (uint32_t i = 0; i < d->nr_vcpus; i++)
            if (d->vcpu[i]->virq_port[c->virq] == port)
                WRITE_ONCE(d->vcpu[i]->virq_port[c->virq], 0);
}

/* The domain at the other end of a port (itself if there is none). Any answer may be outdated. */
static struct domain *peer_domain(struct domain *d, evtchn_port_t port)
{
    struct domain *peer = NULL;
    struct evtchn *c;

    spin_lock(&d->event_lock);
    c = evtchn_lookup(d, port);
    if (c && c->state == CHN_INTERDOMAIN)
        peer = c->remote;
    spin_unlock(&d->event_lock);
    return peer ? peer : d;
}

long evtchn_close(struct domain *d, evtchn_port_t port)
{
    for (;;) {
        struct domain *peer = peer_domain(d, port);
        struct evtchn *c;
        bool valid, same;

        evtchn_lock_two(d, peer);
        c = evtchn_lookup(d, port);
        valid = c && c->state > CHN_RESERVED;
        /* Bound to somebody else while no lock was held: begin again with the right locks. */
        same = !valid || c->state != CHN_INTERDOMAIN || !c->remote || c->remote == d ||
               c->remote == peer;
        if (valid && same) {
            disconnect(d, c, port);
            evtchn_free_port(d, port);
        }
        evtchn_unlock_two(d, peer);
        if (same)
            return valid ? 0 : -XEN_EINVAL;
    }
}

/* Every port of a dead domain: its peers become unbound. The table stays for late readers. */
void evtchn_destroy(struct domain *d)
{
    for (evtchn_port_t p = 1; p < d->nr_evtchn_buckets * EVTCHN_PER_BUCKET; p++)
        evtchn_close(d, p);
    evtchn_fifo_end(d);
}
