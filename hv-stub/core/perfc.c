/* SPDX-License-Identifier: MIT */
/*
 * perfc_op: what was counted of each domain, by Xen's interface for performance counters, which
 * Debian's xenperf shows. The counters of domain n are called "dn NAME". Those of a number without
 * a domain are 0: how many counters and values there are never changes, as callers ask for that
 * first. As in Xen a value has 32 bits and wraps around.
 */
#include "grant.h"
#include "observe.h"

static void hypercalls(const struct domain *d, uint32_t *val)
{
    for (uint32_t i = 0; i < d->nr_vcpus; i++)
        for (uint32_t nr = 0; nr < HV_NR_HYPERCALLS; nr++)
            val[nr] += (uint32_t)d->vcpu[i]->hc_count[nr];
}

static void exits(const struct domain *d, uint32_t *val)
{
    for (uint32_t i = 0; i < d->nr_vcpus; i++)
        for (uint32_t kind = 0; kind < HV_EXIT_KINDS; kind++)
            val[kind] += (uint32_t)d->vcpu[i]->exit_count[kind];
}

static void refused(const struct domain *d, uint32_t *val)
{
    *val = (uint32_t)d->refused;
}

static void grants_in_use(const struct domain *d, uint32_t *val)
{
    *val = READ_ONCE(d->grants->nr_pinned);
}

static void grants_mapped(const struct domain *d, uint32_t *val)
{
    *val = READ_ONCE(d->grants->nr_maps);
}

static const struct counter {
    const char *name;
    uint32_t nr; /* of values */
    void (*read)(const struct domain *d, uint32_t *val);
} counters[] = {
    {"hypercalls", HV_NR_HYPERCALLS, hypercalls},
    {"exits", HV_EXIT_KINDS, exits},
    {"refused", 1, refused},
    {"grants in use", 1, grants_in_use},
    {"grants mapped", 1, grants_mapped},
};
#define VALUES_PER_DOMAIN (HV_NR_HYPERCALLS + HV_EXIT_KINDS + 3)
#define VALUES_MAX        MAX(HV_NR_HYPERCALLS, HV_EXIT_KINDS)

static bool put_counter(struct xen_sysctl_perfc_op *op, uint32_t id, const struct counter *c)
{
    xen_sysctl_perfc_desc_t desc = {.nr_vals = c->nr};
    xen_sysctl_perfc_val_t val[VALUES_MAX];
    uint64_t n = c->nr * sizeof(*val);

    if (op->desc.p) {
        hv_snprintf(desc.name, sizeof(desc.name), "d%u %s", id, c->name);
        if (guest_write(GVA(op->desc.p), &desc, sizeof(desc)))
            return false;
        op->desc.p = (void *)((uintptr_t)op->desc.p + sizeof(desc));
    }
    if (op->val.p) {
        memset(val, 0, n);
        if (domains[id])
            c->read(domains[id], val);
        if (guest_write(GVA(op->val.p), val, n))
            return false;
        op->val.p = (void *)((uintptr_t)op->val.p + n);
    }
    return true;
}

long observe_perfc(struct xen_sysctl_perfc_op *op)
{
    struct xen_sysctl_perfc_op at = *op;

    if (op->cmd != XEN_SYSCTL_PERFCOP_query)
        return observe_refuse("perfc_op", op->cmd);
    for (uint32_t id = 1; id < nr_domains; id++)
        for (unsigned i = 0; i < ARRAY_SIZE(counters); i++)
            if (!put_counter(&at, id, &counters[i]))
                return hv_refuse(-XEN_EFAULT, "counters of domain %u cannot be written", id);
    op->nr_counters = (nr_domains - 1) * (uint32_t)ARRAY_SIZE(counters);
    op->nr_vals = (nr_domains - 1) * VALUES_PER_DOMAIN;
    return 0;
}
