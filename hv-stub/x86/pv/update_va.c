/* SPDX-License-Identifier: MIT */
/* update_va_mapping: one L1 entry by the address it maps, with the flush that follows from it. */
#include "handlers.h"
#include "mm.h"
#include "pt_l1.h"
#include "pv.h"

static long __attribute__((noinline, cold)) no_table(uint64_t va)
{
    return hv_refuse(-XEN_EINVAL, "no L1 table maps %#llx", (unsigned long long)va);
}

static inline long set_va(struct vcpu *v, uint64_t va, uint64_t val)
{
    struct domain *d = v->domain;
    uint64_t *table;
    long rc;

    if (unlikely(!guest_va_ok(va)))
        return no_table(va);
    spin_lock(&d->lock);
    table = pt_find_l1(v->arch.pv.root_kernel, va);
    if (likely(table && frame_type(frame_of(virt_to_mfn(table))) == FT_L1))
        rc = pt_set_l1(d, table + pt_index(va, 1), val, false);
    else
        rc = no_table(va);
    spin_unlock(&d->lock);
    return rc;
}

static long cpus_of(struct vcpu *v, uint64_t flags, uint64_t *cpus)
{
    uint64_t target = flags & ~(uint64_t)UVMF_FLUSHTYPE_MASK;

    if (target == UVMF_ALL) {
        *cpus = v->domain->arch.dirty_cpus;
        return 0;
    }
    return pv_vcpumask(v->domain, GVA(target), cpus);
}

static long flush(struct vcpu *v, uint64_t va, uint64_t flags)
{
    uint64_t cpus;
    long rc;

    switch (flags & UVMF_FLUSHTYPE_MASK) {
    case UVMF_INVLPG:
        if (likely((flags & ~(uint64_t)UVMF_FLUSHTYPE_MASK) == UVMF_LOCAL)) {
            if (guest_va_ok(va))
                arch_flush_page_local(va);
            return 0;
        }
        rc = cpus_of(v, flags, &cpus);
        if (!rc && guest_va_ok(va))
            arch_flush_page_mask(va, cpus);
        return rc;
    case UVMF_TLB_FLUSH:
        if ((flags & ~(uint64_t)UVMF_FLUSHTYPE_MASK) == UVMF_LOCAL) {
            arch_flush_tlb_local();
            return 0;
        }
        rc = cpus_of(v, flags, &cpus);
        if (!rc)
            arch_flush_tlb_mask(cpus);
        return rc;
    default:
        return 0;
    }
}

long hc_update_va_mapping(uint64_t va, uint64_t val, uint64_t flags)
{
    struct vcpu *v = current_vcpu();
    long rc = set_va(v, va, val);

    if (!(flags & UVMF_FLUSHTYPE_MASK) || unlikely(rc)) /* what was refused changed nothing */
        return rc;
    return flush(v, va, flags);
}

long hc_update_va_mapping_otherdomain(uint64_t va, uint64_t val, uint64_t flags, uint64_t domid)
{
    struct domain *owner;
    long rc = pv_page_owner((uint32_t)(domid & 0xffff), &owner);

    return rc ? rc : hc_update_va_mapping(va, val, flags);
}
