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

/* Only bits beside the page change, mostly. */
static inline long set_entry(struct domain *d, uint64_t *slot, uint64_t val)
{
    if (likely(same_page(READ_ONCE(*slot), val)) && !(val & PT_L1_REFUSED)) {
        WRITE_ONCE(*slot, pt_l1_adjust(val));
        return 0;
    }
    return pt_set_l1(d, frame_of(virt_to_mfn(slot)), slot, val);
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
        rc = set_entry(d, table + pt_index(va, 1), val);
    else
        rc = no_table(va);
    spin_unlock(&d->lock);
    return rc;
}

static long __attribute__((cold)) cpus_of(struct vcpu *v, uint64_t flags, uint64_t *cpus)
{
    uint64_t target = flags & ~(uint64_t)UVMF_FLUSHTYPE_MASK;

    if (target == UVMF_ALL) {
        *cpus = v->domain->arch.dirty_cpus;
        return 0;
    }
    return pv_vcpumask(v->domain, GVA(target), cpus);
}

static long __attribute__((noinline, cold))
flush_others(struct vcpu *v, uint64_t va, uint64_t flags)
{
    uint64_t cpus;
    long rc = cpus_of(v, flags, &cpus);

    if (rc)
        return rc;
    if ((flags & UVMF_FLUSHTYPE_MASK) == UVMF_TLB_FLUSH)
        arch_flush_tlb_mask(cpus);
    else if (guest_va_ok(va))
        arch_flush_page_mask(va, cpus);
    return 0;
}

static inline long flush(struct vcpu *v, uint64_t va, uint64_t flags)
{
    uint64_t type = flags & UVMF_FLUSHTYPE_MASK;

    if (type != UVMF_INVLPG && type != UVMF_TLB_FLUSH)
        return 0;
    if (unlikely(flags != (type | UVMF_LOCAL)))
        return flush_others(v, va, flags);
    if (type == UVMF_TLB_FLUSH)
        arch_flush_tlb_local();
    else if (guest_va_ok(va))
        arch_flush_page_local(va);
    return 0;
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
