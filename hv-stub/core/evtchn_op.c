/* SPDX-License-Identifier: MIT */
/* event_channel_op: arguments in, one operation, results out. */
#include "evtchn.h"
#include "handlers.h"

#define CALL_AGAIN 1 /* not an error: the operation did a part of its work */
/* How Xen continues a reset; its number is taken by nothing else, and guests may use it. */
#define EVTCHNOP_reset_cont 14

/* Event lock held: pass the event on, or say whom of ours to call once the lock is free. */
static inline long send_locked(struct domain *ld, evtchn_port_t port, evtchn_handler *handler)
{
    struct evtchn *c = evtchn_lookup(ld, port), *peer;

    switch (c ? c->state : CHN_FREE) {
    case CHN_IPI:
        evtchn_set_pending(ld, c, port);
        return 0;
    case CHN_INTERDOMAIN:
        if (!c->remote) {
            *handler = c->handler;
            return 0;
        }
        peer = evtchn_lookup(c->remote, c->remote_port);
        evtchn_set_pending(c->remote, peer, c->remote_port);
        return 0;
    case CHN_UNBOUND: /* nobody there: dropped silently */
        return 0;
    }
    return -XEN_EINVAL;
}

static long evtchn_send(struct domain *ld, evtchn_port_t port)
{
    evtchn_handler handler = NULL;
    long rc;

    spin_lock(&ld->event_lock);
    rc = send_locked(ld, port, &handler);
    spin_unlock(&ld->event_lock);
    if (handler)
        handler(ld, port);
    return unlikely(rc) ? hv_refuse(rc, "port %u is not open for sending", port) : 0;
}

/* All ports were closed: back to two levels, unless somebody opened one meanwhile. */
static long reset_done(struct domain *d)
{
    uint64_t open = 0;

    spin_lock(&d->event_lock);
    for (unsigned w = 0; w < ARRAY_SIZE(d->evtchn_used); w++)
        open |= w ? d->evtchn_used[w] : d->evtchn_used[w] & ~1ull;
    if (!open)
        evtchn_fifo_end(d);
    spin_unlock(&d->event_lock);
    return open ? hv_refuse(-XEN_EAGAIN, "a port was opened while all were closed") : 0;
}

/* Whose channels are asked for is not the caller. */
long evtchn_foreign(domid_t domid)
{
    if (!domain_exists(domid))
        return hv_refuse(-XEN_ESRCH, "no domain %u", domid);
    return hv_refuse(-XEN_EPERM, "only the toolstack may do this to domain %u", domid);
}

static long evtchn_reset(struct domain *cd, domid_t dom)
{
    struct domain *d = dom == DOMID_SELF ? cd : domain_by_id(dom);

    if (d != cd)
        return evtchn_foreign(dom);
    for (evtchn_port_t p = d->evtchn_reset_next; p < d->nr_evtchn_buckets * EVTCHN_PER_BUCKET;
         p++) {
        evtchn_close(d, p);
        if (p % 64 == 63 && hypercall_preempt()) {
            d->evtchn_reset_next = p + 1;
            return CALL_AGAIN;
        }
    }
    d->evtchn_reset_next = 0;
    return reset_done(d);
}

/* ---- status, unmask */

static void describe(const struct evtchn *c, struct evtchn_status *op)
{
    static const uint8_t status[] = {
        [CHN_FREE] = EVTCHNSTAT_closed,     [CHN_RESERVED] = EVTCHNSTAT_closed,
        [CHN_UNBOUND] = EVTCHNSTAT_unbound, [CHN_INTERDOMAIN] = EVTCHNSTAT_interdomain,
        [CHN_VIRQ] = EVTCHNSTAT_virq,       [CHN_IPI] = EVTCHNSTAT_ipi,
    };

    op->status = status[c->state];
    op->vcpu = c->notify_vcpu;
    if (c->state == CHN_UNBOUND)
        op->u.unbound.dom = c->unbound_for;
    if (c->state == CHN_VIRQ)
        op->u.virq = c->virq;
    if (c->state == CHN_INTERDOMAIN) {
        op->u.interdomain.dom = c->remote ? c->remote->id : 0;
        op->u.interdomain.port = c->remote ? c->remote_port : op->port;
    }
}

static long evtchn_status(struct domain *cd, struct evtchn_status *op)
{
    struct domain *d = op->dom == DOMID_SELF ? cd : domain_by_id(op->dom);
    struct evtchn *c;
    long rc = 0;

    if (!d)
        return evtchn_foreign(op->dom);
    spin_lock(&d->event_lock);
    c = evtchn_lookup(d, op->port);
    if (!c)
        rc = -XEN_EINVAL;
    else if (d != cd && !domain_observes(cd))
        rc = -XEN_EPERM;
    else
        describe(c, op);
    spin_unlock(&d->event_lock);
    return rc ? hv_refuse(rc, "port %u of domain %u", op->port, d->id) : 0;
}

static long evtchn_unmask_op(struct domain *d, evtchn_port_t port)
{
    struct evtchn *c;

    spin_lock(&d->event_lock);
    c = evtchn_lookup(d, port);
    if (c)
        d->evtchn_ops->unmask(d, c, port);
    spin_unlock(&d->event_lock);
    return c ? 0 : hv_refuse(-XEN_EINVAL, "no port %u", port);
}

/* ---- the hypercall */

/* Bytes to copy in, and whether there is a result to copy out. */
static const struct {
    uint8_t size;
    bool out;
} op_shape[] = {
    [EVTCHNOP_bind_interdomain] = {sizeof(struct evtchn_bind_interdomain), true},
    [EVTCHNOP_bind_virq] = {sizeof(struct evtchn_bind_virq), true},
    [EVTCHNOP_bind_pirq] = {sizeof(struct evtchn_bind_pirq), false},
    [EVTCHNOP_close] = {sizeof(struct evtchn_close), false},
    [EVTCHNOP_send] = {sizeof(struct evtchn_send), false},
    [EVTCHNOP_status] = {sizeof(struct evtchn_status), true},
    [EVTCHNOP_alloc_unbound] = {sizeof(struct evtchn_alloc_unbound), true},
    [EVTCHNOP_bind_ipi] = {sizeof(struct evtchn_bind_ipi), true},
    [EVTCHNOP_bind_vcpu] = {sizeof(struct evtchn_bind_vcpu), false},
    [EVTCHNOP_unmask] = {sizeof(struct evtchn_unmask), false},
    [EVTCHNOP_reset] = {sizeof(struct evtchn_reset), false},
    [EVTCHNOP_reset_cont] = {sizeof(struct evtchn_reset), false},
    [EVTCHNOP_init_control] = {sizeof(struct evtchn_init_control), true},
    [EVTCHNOP_expand_array] = {sizeof(struct evtchn_expand_array), false},
    [EVTCHNOP_set_priority] = {sizeof(struct evtchn_set_priority), false},
};

union evtchn_arg {
    struct evtchn_bind_interdomain bind_interdomain;
    struct evtchn_bind_virq bind_virq;
    struct evtchn_bind_pirq bind_pirq;
    struct evtchn_close close;
    struct evtchn_send send;
    struct evtchn_status status;
    struct evtchn_alloc_unbound alloc_unbound;
    struct evtchn_bind_ipi bind_ipi;
    struct evtchn_bind_vcpu bind_vcpu;
    struct evtchn_unmask unmask;
    struct evtchn_reset reset;
    struct evtchn_init_control init_control;
    struct evtchn_expand_array expand_array;
    struct evtchn_set_priority set_priority;
};

static long do_op(struct domain *d, uint32_t cmd, union evtchn_arg *a)
{
    long rc;

    switch (cmd) {
    case EVTCHNOP_unmask:
        return evtchn_unmask_op(d, a->unmask.port);
    case EVTCHNOP_alloc_unbound:
        return evtchn_alloc_unbound(d, &a->alloc_unbound);
    case EVTCHNOP_bind_interdomain:
        return evtchn_bind_interdomain(d, &a->bind_interdomain);
    case EVTCHNOP_bind_virq:
        return evtchn_bind_virq(d, &a->bind_virq);
    case EVTCHNOP_bind_ipi:
        return evtchn_bind_ipi(d, &a->bind_ipi);
    case EVTCHNOP_bind_pirq:
        return evtchn_bind_pirq(d, &a->bind_pirq);
    case EVTCHNOP_bind_vcpu:
        return evtchn_bind_vcpu(d, &a->bind_vcpu);
    case EVTCHNOP_close:
        rc = evtchn_close(d, a->close.port);
        return rc ? hv_refuse(rc, "port %u is not open", a->close.port) : 0;
    case EVTCHNOP_status:
        return evtchn_status(d, &a->status);
    case EVTCHNOP_reset:
    case EVTCHNOP_reset_cont:
        return evtchn_reset(d, a->reset.dom);
    case EVTCHNOP_init_control:
        return evtchn_init_control(d, &a->init_control);
    case EVTCHNOP_expand_array:
        return evtchn_expand_array(d, &a->expand_array);
    case EVTCHNOP_set_priority:
        return evtchn_set_priority(d, &a->set_priority);
    }
    return hv_refuse(-XEN_ENOSYS, "no event channel operation %u", cmd);
}

/* Sending is what guests do all the time: no switch, no copy through memory. */
static long send_op(struct domain *d, gva_t arg)
{
    struct evtchn_send op;

    _Static_assert(sizeof(op) == sizeof(op.port), "one word");
    if (d->kind == DOMAIN_PV ? !arch_guest_get32(arg, &op.port)
                             : guest_read(&op, arg, sizeof(op)) != 0)
        return hv_refuse(-XEN_EFAULT, "arguments cannot be read");
    return evtchn_send(d, op.port);
}

static long __attribute__((noinline, cold))
other_op(struct domain *d, uint64_t a_cmd, uint64_t a_arg)
{
    uint32_t cmd = (uint32_t)a_cmd;
    union evtchn_arg arg;
    long rc;

    if (cmd >= ARRAY_SIZE(op_shape) || !op_shape[cmd].size)
        return hv_refuse(-XEN_ENOSYS, "no event channel operation %u", cmd);
    if (guest_read(&arg, GVA(a_arg), op_shape[cmd].size))
        return hv_refuse(-XEN_EFAULT, "arguments cannot be read");
    rc = do_op(d, cmd, &arg);
    if (rc == CALL_AGAIN)
        return hypercall_continue(__HYPERVISOR_event_channel_op, 2, a_cmd, a_arg, 0, 0);
    if (!rc && op_shape[cmd].out && guest_write(GVA(a_arg), &arg, op_shape[cmd].size))
        return hv_refuse(-XEN_EFAULT, "result cannot be written");
    return rc;
}

long hc_event_channel_op(uint64_t a_cmd, uint64_t a_arg)
{
    struct domain *d = current_vcpu()->domain;

    if (likely((uint32_t)a_cmd == EVTCHNOP_send))
        return send_op(d, GVA(a_arg));
    return other_op(d, a_cmd, a_arg);
}

/* The form of interface version 0x00030201 and before: the command comes first in memory. */
long hc_event_channel_op_compat(uint64_t a_arg)
{
    uint32_t cmd;

    if (guest_read(&cmd, GVA(a_arg), sizeof(cmd)))
        return hv_refuse(-XEN_EFAULT, "arguments cannot be read");
    if (cmd > EVTCHNOP_unmask)
        return hv_refuse(-XEN_ENOSYS, "no event channel operation %u", cmd);
    return hc_event_channel_op(cmd, a_arg + offsetof(struct evtchn_op, u));
}
