/* SPDX-License-Identifier: MIT */
/*
 * Event channels, two-level ABI (xen/event_channel.h), private to core/.
 *
 * A channel is guarded by its domain's event_lock. The two ends of an interdomain channel change
 * together under both locks; so whoever holds the lock of one end may read the other end's state.
 * The notification bits themselves (shared_info, vcpu_info) belong to the guest as much as to us:
 * they only change by atomic operations and nothing here relies on their values.
 */
#ifndef CORE_EVTCHN_H
#define CORE_EVTCHN_H

#include "hv.h"

#define EVTCHN_MAX        EVTCHN_2L_NR_CHANNELS
#define EVTCHN_PER_BUCKET 128

/* One of our own ends: called without locks when the guest sends. */
typedef void (*evtchn_handler)(struct domain *d, evtchn_port_t port);

enum evtchn_state {
    CHN_FREE,
    CHN_RESERVED, /* port 0 */
    CHN_UNBOUND,
    CHN_INTERDOMAIN,
    CHN_VIRQ,
    CHN_IPI,
};

struct evtchn {
    uint8_t state; /* enum evtchn_state */
    uint32_t notify_vcpu;
    union {
        domid_t unbound_for; /* CHN_UNBOUND: who may bind to it */
        struct {
            struct domain *remote; /* NULL: hv-stub itself, handler says who listens */
            union {
                evtchn_port_t remote_port;
                evtchn_handler handler;
            };
        };
        uint32_t virq;
    };
};

/* The channel of a port, NULL if the domain has no such port. Call with d->event_lock held. */
static inline struct evtchn *evtchn_lookup(const struct domain *d, evtchn_port_t port)
{
    if (port >= d->nr_evtchn_buckets * EVTCHN_PER_BUCKET)
        return NULL;
    return &d->evtchn[port / EVTCHN_PER_BUCKET][port % EVTCHN_PER_BUCKET];
}
/* Take the lowest free port: its number, or -XEN_ENOSPC, -XEN_ENOMEM. The channel is still
 * CHN_FREE: the caller sets its state, or gives it back with evtchn_free_port(). */
int evtchn_alloc_port(struct domain *d);
void evtchn_free_port(struct domain *d, evtchn_port_t port);
/* Close a port on behalf of its domain. 0 or -XEN_EINVAL. Takes the locks it needs. */
long evtchn_close(struct domain *d, evtchn_port_t port);
/* evtchn_2l.c: clear the mask bit, raise the upcall if the port was pending. */
void evtchn_unmask(struct vcpu *v, evtchn_port_t port);
bool evtchn_is_pending(const struct domain *d, evtchn_port_t port);
void evtchn_clear_pending(struct domain *d, evtchn_port_t port);
/* Both event locks, in order; the domains may be the same. */
void evtchn_lock_two(struct domain *a, struct domain *b);
void evtchn_unlock_two(struct domain *a, struct domain *b);
/* A VIRQ of which a domain has one only, handled by any vcpu. */
bool virq_is_global(uint32_t virq);
/* evtchn_bind.c: one function per operation, arguments copied in, results left in them. */
long evtchn_alloc_unbound(struct domain *cd, struct evtchn_alloc_unbound *op);
long evtchn_bind_interdomain(struct domain *ld, struct evtchn_bind_interdomain *op);
long evtchn_bind_virq(struct domain *d, struct evtchn_bind_virq *op);
long evtchn_bind_ipi(struct domain *d, struct evtchn_bind_ipi *op);
long evtchn_bind_pirq(struct domain *d, const struct evtchn_bind_pirq *op);
long evtchn_bind_vcpu(struct domain *d, const struct evtchn_bind_vcpu *op);

#endif
