/* SPDX-License-Identifier: MIT */
/*
 * Event channels (xen/event_channel.h), private to core/.
 *
 * A channel is guarded by its domain's event_lock. The two ends of an interdomain channel change
 * together under both locks; so whoever holds the lock of one end may read the other end's state.
 * How a pending port reaches the guest is behind struct evtchn_ops: by two levels of bits, or by
 * queues if the guest asked for them. That memory belongs to the guest as much as to us: it only
 * changes by atomic operations and nothing here relies on its values.
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
    /* Queues only: of its next event; raised when it had no word yet; the queue it was on last,
     * which outlives the channel */
    uint8_t priority;
    bool pending;
    uint8_t last_vcpu, last_priority;
    uint16_t notify_vcpu; /* may change under us while we hold the other end only */
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

/* Ports of a domain as its guest sees them; c is the channel of the port. */
struct evtchn_ops {
    /* Set pending, and everything that follows from it (upcall, wake, poll). */
    void (*set_pending)(struct domain *d, struct evtchn *c, evtchn_port_t port);
    /* Clear the mask bit, raise the upcall if the port was pending. */
    void (*unmask)(struct domain *d, struct evtchn *c, evtchn_port_t port);
    bool (*is_pending)(const struct domain *d, evtchn_port_t port);
    void (*clear_pending)(struct domain *d, evtchn_port_t port);
    /* A free port that the guest has not let go of yet. */
    bool (*is_busy)(const struct domain *d, evtchn_port_t port);
};
extern const struct evtchn_ops evtchn_2l_ops, evtchn_fifo_ops;

/* c is channel port of d. */
static inline void evtchn_set_pending(struct domain *d, struct evtchn *c, evtchn_port_t port)
{
    d->evtchn_ops->set_pending(d, c, port);
}

static inline bool evtchn_is_pending(const struct domain *d, evtchn_port_t port)
{
    return d->evtchn_ops->is_pending(d, port);
}

/* The channel of a port, NULL if the domain has no such port. Call with d->event_lock held. */
static inline struct evtchn *evtchn_lookup(const struct domain *d, evtchn_port_t port)
{
    struct evtchn *c;

    if (port >= d->nr_evtchn_buckets * EVTCHN_PER_BUCKET)
        return NULL;
    c = &d->evtchn[port / EVTCHN_PER_BUCKET][port % EVTCHN_PER_BUCKET];
    if (!c)
        __builtin_unreachable(); /* spares the callers a second check */
    return c;
}
/* Take the lowest free port: its number, or -XEN_ENOSPC, -XEN_ENOMEM. The channel is still
 * CHN_FREE: the caller sets its state, or gives it back with evtchn_free_port(). */
int evtchn_alloc_port(struct domain *d);
void evtchn_free_port(struct domain *d, evtchn_port_t port);
/* Close a port on behalf of its domain. 0 or -XEN_EINVAL. Takes the locks it needs. */
long evtchn_close(struct domain *d, evtchn_port_t port);
/* evtchn_2l.c, of any ABI: the upcall flag goes up, v is told unless it was up already. */
void evtchn_upcall(struct vcpu *v);
/* … and who polls for this port (or for several) wakes up, even when it is masked. */
void evtchn_wake_pollers(struct domain *d, evtchn_port_t port);
/* Both event locks, in order; the domains may be the same. */
void evtchn_lock_two(struct domain *a, struct domain *b);
void evtchn_unlock_two(struct domain *a, struct domain *b);
/* A VIRQ of which a domain has one only, handled by any vcpu. */
bool virq_is_global(uint32_t virq);
/* evtchn_op.c: the answer to who names another domain than its own: -XEN_ESRCH or -XEN_EPERM. */
long evtchn_foreign(domid_t domid);
/* evtchn_bind.c: one function per operation, arguments copied in, results left in them. */
long evtchn_alloc_unbound(struct domain *cd, struct evtchn_alloc_unbound *op);
long evtchn_bind_interdomain(struct domain *ld, struct evtchn_bind_interdomain *op);
long evtchn_bind_virq(struct domain *d, struct evtchn_bind_virq *op);
long evtchn_bind_ipi(struct domain *d, struct evtchn_bind_ipi *op);
long evtchn_bind_pirq(struct domain *d, const struct evtchn_bind_pirq *op);
long evtchn_bind_vcpu(struct domain *d, const struct evtchn_bind_vcpu *op);
/* evtchn_control.c: the same for the queues. */
long evtchn_init_control(struct domain *d, struct evtchn_init_control *op);
long evtchn_expand_array(struct domain *d, const struct evtchn_expand_array *op);
long evtchn_set_priority(struct domain *d, const struct evtchn_set_priority *op);
/* Back to two levels, the guest's pages are let go. No port is open, and event_lock is held or
 * nobody can open one any more. */
void evtchn_fifo_end(struct domain *d);
/* The pages of the guest that are held for its queues: each is used as FT_WRITABLE. */
void evtchn_fifo_pages(const struct domain *d, void (*fn)(struct frame *f));

#endif
