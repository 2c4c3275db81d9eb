/* SPDX-License-Identifier: MIT */
/* domctl: what an observer may read of a domain. Others are answered as Xen 4.17 does. */
#include "domain.h"
#include "domain_suspend.h"
#include "handlers.h"
#include "observe.h"
#include "sched.h"

typedef long (*domctl_fn)(struct domain *d, struct xen_domctl *op);

/* ---- a domain */

struct domain *observe_find(domid_t from)
{
    for (uint32_t id = from; id < nr_domains; id++)
        if (domains[id] && !READ_ONCE(domains[id]->released))
            return domains[id];
    return NULL;
}

static uint32_t end_flags(const struct domain *d)
{
    uint32_t code = d->shutdown_code;

    if (domain_suspended(d))
        return XEN_DOMINF_shutdown | SHUTDOWN_suspend << XEN_DOMINF_shutdownshift;
    if (!domain_ended(d))
        return 0;
    if (d->state == DOMAIN_CRASHED)
        code = SHUTDOWN_crash;
    return XEN_DOMINF_shutdown | code << XEN_DOMINF_shutdownshift |
           (d->destroyed ? XEN_DOMINF_dying : 0);
}

void observe_domain(struct domain *d, xen_domctl_getdomaininfo_t *info)
{
    uint32_t flags = XEN_DOMINF_blocked, held = 0;

    memset(info, 0, sizeof(*info));
    for (uint32_t i = 0; i < d->nr_vcpus; i++) {
        struct vcpu *v = d->vcpu[i];
        uint32_t pause = READ_ONCE(v->pause);
        bool running;

        info->cpu_time += sched_ran_ns(v, &running);
        held |= pause & VCPU_HELD;
        if (pause & VCPU_DOWN)
            continue;
        info->nr_online_vcpus++;
        if (!(pause & VCPU_BLOCKED))
            flags &= ~XEN_DOMINF_blocked;
        if (running)
            flags |= XEN_DOMINF_running;
    }
    info->domain = d->id;
    info->flags = (info->nr_online_vcpus ? flags : 0) | (held ? XEN_DOMINF_paused : 0) |
                  (d->kind == DOMAIN_PV ? 0 : XEN_DOMINF_hvm_guest | XEN_DOMINF_hap) | end_flags(d);
    info->tot_pages = d->tot_pages;
    info->max_pages = d->max_pages;
    info->shared_info_frame = d->shared_mfn.v;
    info->max_vcpu_id = d->nr_vcpus - 1; /* of none: XEN_INVALID_MAX_VCPU_ID */
    memcpy(info->handle, d->handle, sizeof(info->handle));
}

static long getdomaininfo(struct domain *d, struct xen_domctl *op)
{
    observe_domain(d, &op->u.getdomaininfo);
    op->domain = d->id;
    return 0;
}

/* ---- its vcpus */

static struct vcpu *vcpu_of(const struct domain *d, uint32_t id)
{
    return id < d->nr_vcpus ? d->vcpu[id] : NULL;
}

static long getvcpuinfo(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_getvcpuinfo *info = &op->u.getvcpuinfo;
    struct vcpu *v = vcpu_of(d, info->vcpu);
    uint32_t pause;
    bool running;

    if (!v)
        return hv_refuse(-XEN_EINVAL, "no vcpu %u", info->vcpu);
    pause = READ_ONCE(v->pause);
    info->cpu_time = sched_ran_ns(v, &running);
    info->online = !(pause & VCPU_DOWN);
    info->blocked = !!(pause & VCPU_BLOCKED);
    info->running = running;
    info->cpu = READ_ONCE(v->cpu);
    return 0;
}

/* Every vcpu may run on every CPU and prefers none. */
static long getvcpuaffinity(struct domain *d, struct xen_domctl *op)
{
    const struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
    long rc = 0;

    if (!vcpu_of(d, a->vcpu) || !a->flags)
        return hv_refuse(-XEN_EINVAL, "vcpu %u, flags 0x%x", a->vcpu, a->flags);
    if (a->flags & XEN_VCPUAFFINITY_HARD)
        rc = observe_cpus(&a->cpumap_hard, nr_cpus);
    if (!rc && (a->flags & XEN_VCPUAFFINITY_SOFT))
        rc = observe_cpus(&a->cpumap_soft, nr_cpus);
    return rc;
}

/* ---- its share */

static long scheduler_op(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_scheduler_op *s = &op->u.scheduler_op;

    if (s->sched_id != XEN_SCHEDULER_CREDIT)
        return hv_refuse(-XEN_EINVAL, "scheduler %u is not ours", s->sched_id);
    if (s->cmd != XEN_DOMCTL_SCHEDOP_getinfo)
        return observe_refuse("scheduler_op", s->cmd);
    s->u.credit.weight = (uint16_t)d->weight;
    s->u.credit.cap = 0;
    return 0;
}

/* ---- the hypercall */

static const domctl_fn reads[] = {
    [XEN_DOMCTL_getdomaininfo] = getdomaininfo,
    [XEN_DOMCTL_getvcpuinfo] = getvcpuinfo,
    [XEN_DOMCTL_scheduler_op] = scheduler_op,
    [XEN_DOMCTL_getvcpuaffinity] = getvcpuaffinity,
};

/* As Xen: getdomaininfo means the next domain if there is none with that number. */
static struct domain *target(const struct xen_domctl *op)
{
    struct domain *d;

    if (op->cmd == XEN_DOMCTL_getdomaininfo)
        return observe_find(op->domain);
    d = domain_by_id(op->domain);
    return d && !READ_ONCE(d->released) ? d : NULL;
}

static long read_domain(struct xen_domctl *op)
{
    struct domain *d = target(op);
    bool reserved = op->cmd == XEN_DOMCTL_getdomaininfo && op->domain >= DOMID_FIRST_RESERVED;

    if (!d && op->cmd != XEN_DOMCTL_createdomain)
        return hv_refuse(reserved ? -XEN_EINVAL : -XEN_ESRCH, "no domain %u", op->domain);
    if (!domain_observes(current_vcpu()->domain) || op->cmd >= ARRAY_SIZE(reads) || !reads[op->cmd])
        return observe_refuse("domctl", op->cmd);
    return reads[op->cmd](d, op);
}

long hc_domctl(uint64_t arg)
{
    struct xen_domctl op;
    long rc;

    if (guest_read(&op, GVA(arg), sizeof(op)))
        return hv_refuse(-XEN_EFAULT, "arguments cannot be read");
    rc = observe_version("domctl", op.interface_version, XEN_DOMCTL_INTERFACE_VERSION);
    if (!rc)
        rc = read_domain(&op);
    if (!rc && guest_write(GVA(arg), &op, sizeof(op)))
        return hv_refuse(-XEN_EFAULT, "result cannot be written");
    return rc;
}
