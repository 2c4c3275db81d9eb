/* SPDX-License-Identifier: MIT */
/* The LDT: given as an address and a size. A page of it is looked up in the guest's page tables and
 * mapped into the vcpu's descriptor area when the processor first wants an entry in it. */
#include "hv.h"
#include "cpu.h"
#include "gdt.h"
#include "paging.h"
#include "pv.h"

#define LDT_FIRST_PAGE 16
#define LDT_MAX_ENTS   8192
#define LDT_PTE        (PTE_P | PTE_RW | PTE_A | PTE_D | PTE_NX)

static uint64_t ldt_va(const struct vcpu *v)
{
    return pv_gdt_va(v) + LDT_FIRST_PAGE * PAGE_SIZE;
}

/* No processor may find the pages any more when their frames lose the type: a vcpu that runs
 * elsewhere has its CPU flushed. One that is just being switched in loads its page tables after
 * this. */
static void flush_ldt(const struct vcpu *v)
{
    if (v == current_vcpu())
        arch_flush_tlb_local();
    else if (__atomic_load_n(&v->running, __ATOMIC_SEQ_CST))
        arch_flush_tlb_mask(1ull << READ_ONCE(v->cpu));
}

bool pv_ldt_invalidate(struct vcpu *v)
{
    struct pv_vcpu *pv = &v->arch.pv;
    uint32_t mapped = pv->ldt_mapped;
    uint64_t *pte;

    if (likely(!mapped))
        return false;
    pte = pv_desc_ptes(v) + LDT_FIRST_PAGE;
    pv->ldt_mapped = 0;
    for (uint32_t m = mapped; m; m &= m - 1)
        WRITE_ONCE(pte[__builtin_ctz(m)], 0);
    flush_ldt(v);
    for (uint32_t m = mapped; m; m &= m - 1) {
        frame_put_and_type(pv->ldt_frame[__builtin_ctz(m)]);
        pv->ldt_frame[__builtin_ctz(m)] = NULL;
    }
    return true;
}

long pv_set_ldt(struct vcpu *v, uint64_t base, uint64_t ents)
{
    struct pv_vcpu *pv = &v->arch.pv;
    uint64_t last = base + ents * 8 - 1;

    if (ents > LDT_MAX_ENTS)
        return hv_refuse(-XEN_EINVAL, "%lu LDT entries, at most %u", ents, LDT_MAX_ENTS);
    if (ents &&
        ((base & (PAGE_SIZE - 1)) || !guest_va_ok(base) || !guest_va_ok(last) || last < base))
        return hv_refuse(-XEN_EINVAL, "an LDT of %lu entries cannot be at %lx", ents, base);
    if (base == pv->ldt_base && ents == pv->ldt_ents)
        return 0;
    pv_ldt_invalidate(v);
    pv->ldt_base = base;
    pv->ldt_ents = (uint32_t)ents;
    if (v == current_vcpu())
        ldt_load(pv->desc, ldt_va(v), pv->ldt_ents);
    return 0;
}

/* The frame the guest kernel has mapped at va. */
static struct frame *frame_at(const struct vcpu *v, uint64_t va)
{
    unsigned level;
    uint64_t e = pv_walk(v->arch.pv.root_kernel, va, &level);
    mfn_t m = MFN((e & PTE_ADDR) >> PAGE_SHIFT);

    return (e & PTE_P) && level == 1 && mfn_valid(m) ? frame_of(m) : NULL;
}

bool pv_ldt_fault(struct vcpu *v, uint64_t va, uint64_t *cr2)
{
    struct pv_vcpu *pv = &v->arch.pv;
    uint64_t off = va - ldt_va(v);
    unsigned page = (unsigned)(off >> PAGE_SHIFT);
    struct frame *f;
    bool ok = false;

    if (off >= (uint64_t)pv->ldt_ents * 8)
        return false;
    *cr2 = pv->ldt_base + off;
    if (pv->ldt_mapped >> page & 1)
        return false; /* it is there: something else is wrong */
    spin_lock(&v->domain->lock);
    f = frame_at(v, *cr2);
    if (f && frame_get_and_type(f, v->domain, FT_DESC) == 0) {
        pv->ldt_frame[page] = f;
        pv->ldt_mapped |= 1u << page;
        pv_desc_ptes(v)[LDT_FIRST_PAGE + page] = frame_mfn(f).v << PAGE_SHIFT | LDT_PTE;
        ok = true;
    }
    spin_unlock(&v->domain->lock);
    return ok;
}
