/* SPDX-License-Identifier: MIT */
/* sysctl: what an observer may read of the machine. Others are answered as Xen 4.17 does. */
#include "handlers.h"
#include "observe.h"
#include "sched.h"

#define CPUMAP_BYTES 64ull

/* Arguments were copied in; results are left there. 0, or -errno. */
typedef long (*sysctl_fn)(struct xen_sysctl *op);

long observe_version(const char *what, uint32_t has, uint32_t wanted)
{
    if (has != wanted)
        return hv_refuse(-XEN_EACCES, "version 0x%x of %s is not known, 0x%x is", has, what,
                         wanted);
    return 0;
}

long observe_refuse(const char *what, uint32_t cmd)
{
    return hv_refuse(-XEN_EPERM,
                     domain_observes(current_vcpu()->domain) ? "%s %u is nothing an observer may do"
                                                             : "%s %u is for a privileged domain",
                     what, cmd);
}

static long put(const void *buffer, uint32_t i, const void *entry, size_t n)
{
    return guest_write(GVA((uint64_t)buffer + i * n), entry, n)
               ? hv_refuse(-XEN_EFAULT, "entry %u cannot be written", i)
               : 0;
}

long observe_cpus(const struct xenctl_bitmap *map, uint32_t n)
{
    uint8_t bytes[CPUMAP_BYTES] = {0};

    for (uint32_t i = 0; i < n; i++)
        bytes[i / 8] |= (uint8_t)(1u << i % 8);
    return guest_write(GVA(map->bitmap.p), bytes, MIN((map->nr_bits + 7ull) / 8, CPUMAP_BYTES))
               ? hv_refuse(-XEN_EFAULT, "the map of CPUs cannot be written")
               : 0;
}

static long physinfo(struct xen_sysctl *op)
{
    struct xen_sysctl_physinfo *p = &op->u.physinfo;

    memset(p, 0, sizeof(*p));
    p->threads_per_core = 1;
    p->cores_per_socket = p->nr_cpus = nr_cpus;
    p->max_cpu_id = nr_cpus - 1;
    p->nr_nodes = 1;
    p->cpu_khz = (uint32_t)(arch_tsc_hz / 1000);
    p->capabilities = XEN_SYSCTL_PHYSCAP_pv | XEN_SYSCTL_PHYSCAP_gnttab_v1;
    if (arch_describe_cpu(p->hw_cap))
        p->capabilities |= XEN_SYSCTL_PHYSCAP_hvm | XEN_SYSCTL_PHYSCAP_hap;
    p->total_pages = palloc_all_frames();
    p->free_pages = palloc_free_frames();
    p->max_mfn = frame_count - 1;
    return 0;
}

static long sched_id(struct xen_sysctl *op)
{
    op->u.sched_id.sched_id = XEN_SCHEDULER_CREDIT;
    return 0;
}

static long perfc_op(struct xen_sysctl *op)
{
    return observe_perfc(&op->u.perfc_op);
}

static long getdomaininfolist(struct xen_sysctl *op)
{
    struct xen_sysctl_getdomaininfolist *l = &op->u.getdomaininfolist;
    xen_domctl_getdomaininfo_t info;
    domid_t from = l->first_domain;
    struct domain *d;
    uint32_t n = 0;

    for (; n < l->max_domains && (d = observe_find(from)); n++) {
        long rc;

        observe_domain(d, &info);
        rc = put(l->buffer.p, n, &info, sizeof(info));
        if (rc)
            return rc;
        from = d->id + 1u;
    }
    l->num_domains = n;
    return 0;
}

static long getcpuinfo(struct xen_sysctl *op)
{
    struct xen_sysctl_getcpuinfo *l = &op->u.getcpuinfo;

    l->nr_cpus = MIN(l->max_cpus, nr_cpus);
    for (uint32_t i = 0; i < l->nr_cpus; i++) {
        xen_sysctl_cpuinfo_t info = {sched_idle_ns(i)};
        long rc = put(l->info.p, i, &info, sizeof(info));

        if (rc)
            return rc;
    }
    return 0;
}

/* The scheduler makes no difference between CPUs: each is a core, all are in one socket. Here and
 * below Xen counts what it has written, whatever its header says. */
static long cputopoinfo(struct xen_sysctl *op)
{
    struct xen_sysctl_cputopoinfo *l = &op->u.cputopoinfo;
    uint32_t n = l->cputopo.p ? MIN(l->num_cpus, nr_cpus) : nr_cpus;

    for (uint32_t i = 0; l->cputopo.p && i < n; i++) {
        xen_sysctl_cputopo_t cpu = {.core = i};
        long rc = put(l->cputopo.p, i, &cpu, sizeof(cpu));

        if (rc)
            return rc;
    }
    l->num_cpus = n;
    return 0;
}

static long numainfo(struct xen_sysctl *op)
{
    struct xen_sysctl_numainfo *l = &op->u.numainfo;
    xen_sysctl_meminfo_t memory = {palloc_all_frames() * PAGE_SIZE,
                                   palloc_free_frames() * PAGE_SIZE};
    uint32_t distance = 10; /* to itself */
    long rc = 0;

    l->num_nodes = !(l->meminfo.p || l->distance.p) || l->num_nodes;
    if (l->meminfo.p && l->num_nodes)
        rc = put(l->meminfo.p, 0, &memory, sizeof(memory));
    if (!rc && l->distance.p && l->num_nodes)
        rc = put(l->distance.p, 0, &distance, sizeof(distance));
    return rc;
}

/* All CPUs are in pool 0. */
static long cpupool_op(struct xen_sysctl *op)
{
    struct xen_sysctl_cpupool_op *p = &op->u.cpupool_op;
    bool info = p->op == XEN_SYSCTL_CPUPOOL_OP_INFO;

    if (!info && p->op != XEN_SYSCTL_CPUPOOL_OP_FREEINFO)
        return observe_refuse("cpupool_op", p->op);
    if (info && p->cpupool_id && p->cpupool_id != XEN_SYSCTL_CPUPOOL_PAR_ANY)
        return hv_refuse(-XEN_ENOENT, "no pool %u", p->cpupool_id);
    if (info) {
        p->cpupool_id = 0;
        p->sched_id = XEN_SCHEDULER_CREDIT;
        p->n_dom = 0;
        for (struct domain *d = observe_find(1); d; d = observe_find(d->id + 1))
            p->n_dom++;
    }
    return observe_cpus(&p->cpumap, info ? nr_cpus : 0);
}

static long scheduler_op(struct xen_sysctl *op)
{
    struct xen_sysctl_scheduler_op *s = &op->u.scheduler_op;

    if (s->cpupool_id)
        return hv_refuse(-XEN_ESRCH, "no pool %u", s->cpupool_id);
    if (s->sched_id != XEN_SCHEDULER_CREDIT)
        return hv_refuse(-XEN_EINVAL, "scheduler %u is not ours", s->sched_id);
    if (s->cmd != XEN_SYSCTL_SCHEDOP_getinfo)
        return observe_refuse("scheduler_op", s->cmd);
    s->u.sched_credit = (struct xen_sysctl_credit_schedule){
        .tslice_ms = SCHED_SLICE_NS / 1000000, .ratelimit_us = SCHED_PREEMPT_NS / 1000};
    return 0;
}

static const sysctl_fn reads[] = {
    [XEN_SYSCTL_physinfo] = physinfo,         [XEN_SYSCTL_sched_id] = sched_id,
    [XEN_SYSCTL_perfc_op] = perfc_op,         [XEN_SYSCTL_getdomaininfolist] = getdomaininfolist,
    [XEN_SYSCTL_getcpuinfo] = getcpuinfo,     [XEN_SYSCTL_cputopoinfo] = cputopoinfo,
    [XEN_SYSCTL_numainfo] = numainfo,         [XEN_SYSCTL_cpupool_op] = cpupool_op,
    [XEN_SYSCTL_scheduler_op] = scheduler_op,
};

long hc_sysctl(uint64_t arg)
{
    struct xen_sysctl op;
    long rc;

    if (guest_read(&op, GVA(arg), sizeof(op)))
        return hv_refuse(-XEN_EFAULT, "arguments cannot be read");
    rc = observe_version("sysctl", op.interface_version, XEN_SYSCTL_INTERFACE_VERSION);
    if (rc)
        return rc;
    if (!domain_observes(current_vcpu()->domain) || op.cmd >= ARRAY_SIZE(reads) || !reads[op.cmd])
        return observe_refuse("sysctl", op.cmd);
    rc = reads[op.cmd](&op);
    if (!rc && guest_write(GVA(arg), &op, sizeof(op)))
        return hv_refuse(-XEN_EFAULT, "result cannot be written");
    return rc;
}
