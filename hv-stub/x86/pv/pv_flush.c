/* SPDX-License-Identifier: MIT */
/* Arguments that several page-table hypercalls share: whom to flush, whose frames, how far. */
#include "mm.h"

long pv_vcpumask(struct domain *d, gva_t bitmap, uint64_t *cpus)
{
    uint64_t mask = 0;
    long rc = guest_read(&mask, bitmap, DIV_UP(d->nr_vcpus, 8));

    if (rc)
        return hv_refuse(rc, "vcpu bitmap at %#llx is not readable", (unsigned long long)bitmap.v);
    *cpus = 0;
    for (uint32_t i = 0; i < d->nr_vcpus; i++)
        if ((mask >> i & 1) && READ_ONCE(d->vcpu[i]->running)) /* others have no entries left */
            *cpus |= 1ull << d->vcpu[i]->cpu;
    *cpus &= d->arch.dirty_cpus;
    return 0;
}

long pv_page_owner(uint32_t domid, struct domain **owner)
{
    struct domain *d = current_vcpu()->domain;

    *owner = d;
    if (likely(domid == DOMID_SELF))
        return 0;
    if (domid == d->id)
        return hv_refuse(-XEN_ESRCH, "name yourself by DOMID_SELF, not by number");
    /* Domain 0 is hv-stub itself: it exists. */
    if (domid && domid != DOMID_IO && domid != DOMID_XEN && !domain_by_id((domid_t)domid))
        return hv_refuse(-XEN_ESRCH, "no domain %u", domid);
    return hv_refuse(-XEN_EPERM, "frames of domain %u are not yours to use", domid);
}

bool pv_batch_resume(uint64_t count, uint64_t pdone, uint32_t *before)
{
    *before = 0;
    return !((uint32_t)count & PV_BATCH_RESUMED) || !pdone ||
           !guest_read(before, GVA(pdone), sizeof(*before));
}

void pv_batch_report(uint64_t pdone, uint32_t before, uint64_t done)
{
    uint32_t total = before + (uint32_t)done;

    if (pdone)
        (void)guest_write(GVA(pdone), &total, sizeof(total));
}
