/* SPDX-License-Identifier: MIT */
/*
 * "Writable page tables": a guest that asked for it (VMASST_TYPE_writable_pagetables) may store
 * into its L1 tables as if they were writable. The store faults, because they are not; it is
 * decoded, carried out on a copy of the entry, and the result goes the way of every other update.
 */
#include "mm.h"
#include "ptwr.h"
#include "pv.h"

static uint64_t mask_of(unsigned size)
{
    return size == 8 ? ~0ull : (1ull << (size * 8)) - 1;
}

/* The operand lies in one entry; put it there, checked. The processor may set accessed and dirty
 * bits meanwhile (-XEN_EAGAIN): the guest's exchange must not lose them. */
static long write_entry(struct vcpu *v, struct ptwr *w, struct frame *table)
{
    uint64_t *slot = (uint64_t *)((char *)mfn_to_virt(frame_mfn(table)) + (w->address & 0xff8));
    unsigned shift = (unsigned)(w->address & 7) * 8;
    uint64_t old = READ_ONCE(*slot), field = mask_of(w->size) << shift;

    w->old = old >> shift & mask_of(w->size);
    if (!ptwr_execute(w, v->regs))
        return -XEN_EINVAL;
    return pt_exchange_l1(v->domain, slot, old, (old & ~field) | ((w->new << shift) & field));
}

/* The L1 table of the domain that is mapped read-only at va; NULL if something else is. */
static struct frame *table_at(struct vcpu *v, uint64_t va)
{
    const uint64_t *map = guest_va_ok(va) ? pt_find_l1(v->arch.pv.root_kernel, va) : NULL;
    struct frame *f;
    uint64_t e;

    if (!map || frame_type(frame_of(virt_to_mfn(map))) != FT_L1)
        return NULL;
    e = READ_ONCE(map[pt_index(va, 1)]);
    if ((e & (PTE_P | PTE_RW)) != PTE_P || !mfn_valid(pte_mfn(e)))
        return NULL;
    f = frame_of(pte_mfn(e));
    return pt_is_table_of(f, v->domain) && frame_type(f) == FT_L1 ? f : NULL;
}

bool pv_ptwr_fault(struct vcpu *v, uint64_t va, struct cpu_user_regs *r)
{
    struct domain *d = v->domain;
    struct ptwr w = {0};
    struct frame *table;
    long rc = -XEN_EINVAL;

    if (!(d->vm_assist & (1ul << VMASST_TYPE_writable_pagetables)) || !ptwr_decode(v, &w))
        return false;
    if (w.address != va || (va & (w.size - 1))) /* an entry at a time, or part of one */
        return false;
    spin_lock(&d->lock);
    table = table_at(v, va);
    if (table)
        rc = write_entry(v, &w, table);
    spin_unlock(&d->lock);
    if (!rc)
        ptwr_retire(&w, r);
    return !rc || rc == -XEN_EAGAIN; /* as if nothing had happened: it faults and tries again */
}
