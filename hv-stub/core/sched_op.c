/* SPDX-License-Identifier: MIT */
/* sched_op: give up the CPU, wait for events, end the domain (xen/sched.h). */
#include "evtchn.h"
#include "handlers.h"
#include "sched.h"

#define POLL_PORTS_MAX 128
#define NR_WATCHDOGS   2

/*
 * Wait for an event. Events are enabled first, then the vcpu counts as blocked, then the last look:
 * an event that arrives before the look is seen by it, one that arrives after it finds us blocked
 * and wakes us. No order of the two loses a wake-up.
 */
static long block(struct vcpu *v)
{
    WRITE_ONCE(v->info->evtchn_upcall_mask, 0);
    __atomic_fetch_or(&v->pause, VCPU_BLOCKED, __ATOMIC_SEQ_CST);
    if (vcpu_event_pending(v))
        __atomic_fetch_and(&v->pause, ~VCPU_BLOCKED, __ATOMIC_SEQ_CST);
    else
        work_raise(WORK_RESCHED);
    return 0;
}

/* Every listed port must be open; is one of them pending already? 1, 0 or -errno. */
static int look_at_ports(struct domain *d, const evtchn_port_t *ports, unsigned n)
{
    int rc = 0;

    spin_lock(&d->event_lock);
    for (unsigned i = 0; i < n && !rc; i++) {
        const struct evtchn *c = evtchn_lookup(d, ports[i]);

        if (!c || c->state <= CHN_RESERVED)
            rc = -XEN_EINVAL;
        else if (evtchn_is_pending(d, ports[i]))
            rc = 1;
    }
    spin_unlock(&d->event_lock);
    return rc;
}

static void poll_cancel(struct vcpu *v)
{
    __atomic_fetch_and(&v->domain->poll_mask, ~(1u << v->id), __ATOMIC_SEQ_CST);
    __atomic_fetch_and(&v->pause, ~VCPU_BLOCKED, __ATOMIC_SEQ_CST);
}

/* As in block(): first be seen polling, then look. A timeout in the past fires at once. */
static long poll_ports(struct vcpu *v, const evtchn_port_t *ports, unsigned n, uint64_t timeout)
{
    int rc;

    WRITE_ONCE(v->poll_port, n == 1 ? ports[0] : 0);
    __atomic_fetch_or(&v->pause, VCPU_BLOCKED, __ATOMIC_SEQ_CST);
    __atomic_fetch_or(&v->domain->poll_mask, 1u << v->id, __ATOMIC_SEQ_CST);
    rc = vcpu_event_pending(v) ? 1 : look_at_ports(v->domain, ports, n);
    if (rc) {
        poll_cancel(v);
        return rc > 0 ? 0 : hv_refuse(rc, "poll of a port that is not open");
    }
    if (timeout)
        timer_set(&v->poll_timer, timeout);
    else
        timer_cancel(&v->poll_timer);
    work_raise(WORK_RESCHED);
    return 0;
}

static long poll(struct vcpu *v, gva_t arg)
{
    evtchn_port_t ports[POLL_PORTS_MAX];
    struct sched_poll op;

    if (guest_read(&op, arg, sizeof(op)))
        return hv_refuse(-XEN_EFAULT, "arguments cannot be read");
    if (op.nr_ports > POLL_PORTS_MAX)
        return hv_refuse(-XEN_EINVAL, "%u ports are more than %u", op.nr_ports, POLL_PORTS_MAX);
    if (!guest_address_ok(v->domain, GVA(op.ports.p)) ||
        guest_read(ports, GVA(op.ports.p), op.nr_ports * sizeof(ports[0])))
        return hv_refuse(-XEN_EFAULT, "list of ports cannot be read");
    return poll_ports(v, ports, op.nr_ports, op.timeout);
}

static long shutdown(struct domain *d, gva_t arg, bool code_only)
{
    struct sched_shutdown op;

    if (guest_read(&op, arg, sizeof(op)))
        return hv_refuse(-XEN_EFAULT, "arguments cannot be read");
    if (code_only)
        d->shutdown_code = (uint8_t)op.reason;
    else
        domain_shutdown(d, (uint8_t)op.reason);
    return 0;
}

/* Privileged: ends another domain. */
static long remote_shutdown(struct domain *cd, gva_t arg)
{
    struct sched_remote_shutdown op;

    if (guest_read(&op, arg, sizeof(op)))
        return hv_refuse(-XEN_EFAULT, "arguments cannot be read");
    if (!domain_by_id(op.domain_id))
        return hv_refuse(-XEN_ESRCH, "no domain %u", op.domain_id);
    return hv_refuse(-XEN_EPERM, "domain %u may not end domain %u", cd->id, op.domain_id);
}

/* Start a free watchdog: its id, counted from 1. */
static long watchdog_start(struct domain *d, uint32_t seconds)
{
    for (uint32_t i = 0; i < NR_WATCHDOGS; i++)
        if (!d->watchdog_used[i]) {
            d->watchdog_used[i] = true;
            timer_set(&d->watchdog[i], hv_now() + seconds * 1000000000ull);
            return i + 1;
        }
    return hv_refuse(-XEN_ENOSPC, "all watchdogs are in use");
}

static long watchdog_change(struct domain *d, uint32_t i, uint32_t seconds)
{
    if (!d->watchdog_used[i])
        return hv_refuse(-XEN_EINVAL, "watchdog %u is not in use", i + 1);
    d->watchdog_used[i] = seconds != 0;
    if (seconds)
        timer_set(&d->watchdog[i], hv_now() + seconds * 1000000000ull);
    else
        timer_cancel(&d->watchdog[i]);
    return 0;
}

static long watchdog(struct domain *d, gva_t arg)
{
    struct sched_watchdog op;
    long rc;

    if (guest_read(&op, arg, sizeof(op)))
        return hv_refuse(-XEN_EFAULT, "arguments cannot be read");
    if (op.id > NR_WATCHDOGS)
        return hv_refuse(-XEN_EINVAL, "no watchdog %u", op.id);
    spin_lock(&d->event_lock);
    rc = op.id ? watchdog_change(d, op.id - 1, op.timeout) : watchdog_start(d, op.timeout);
    spin_unlock(&d->event_lock);
    return rc;
}

long hc_sched_op(uint64_t a_cmd, uint64_t a_arg)
{
    struct vcpu *v = current_vcpu();

    switch ((uint32_t)a_cmd) {
    case SCHEDOP_yield:
        vcpu_yield(v);
        return 0;
    case SCHEDOP_block:
        return block(v);
    case SCHEDOP_poll:
        return poll(v, GVA(a_arg));
    case SCHEDOP_shutdown:
        return shutdown(v->domain, GVA(a_arg), false);
    case SCHEDOP_shutdown_code:
        return shutdown(v->domain, GVA(a_arg), true);
    case SCHEDOP_remote_shutdown:
        return remote_shutdown(v->domain, GVA(a_arg));
    case SCHEDOP_watchdog:
        return watchdog(v->domain, GVA(a_arg));
    case SCHEDOP_pin_override:
        return hv_refuse(-XEN_EPERM, "only the hardware domain may pin a vcpu");
    }
    return hv_refuse(-XEN_ENOSYS, "no scheduler operation %u", (uint32_t)a_cmd);
}

/* The form before interface version 0x00030101: the reason is the argument itself. */
long hc_sched_op_compat(uint64_t a_cmd, uint64_t a_arg)
{
    switch ((uint32_t)a_cmd) {
    case SCHEDOP_shutdown:
        domain_shutdown(current_vcpu()->domain, (uint8_t)a_arg);
        return 0;
    case SCHEDOP_yield:
    case SCHEDOP_block:
        return hc_sched_op(a_cmd, a_arg);
    }
    return hv_refuse(-XEN_ENOSYS, "no scheduler operation %u", (uint32_t)a_cmd);
}
