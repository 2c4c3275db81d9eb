/* SPDX-License-Identifier: MIT */
/*
 * Grants in a PV guest's page tables. The entry holds the reference (and the writable type) that
 * grant_pin() took on the other domain's frame; when a guest overwrites it by other means, the
 * entry's reference goes like any other, and only the pin in the grant table stays.
 */
#include "hv_grant.h"
#include "mm.h"
#include "pt_l1.h"
#include "pv.h"
#include "svm.h"

/* Which bits must be as in the mapping that was asked for. */
#define SAME (PTE_ADDR | PTE_P | PTE_RW)

/* The L1 entry at an address of the guest or, with contains_pte, at a machine address. */
static uint64_t *slot_of(struct vcpu *v, uint64_t addr, uint32_t flags)
{
    uint64_t *table;
    mfn_t m;

    if (!(flags & GNTMAP_contains_pte)) {
        table = guest_va_ok(addr) ? pt_find_l1(v->arch.pv.root_kernel, addr) : NULL;
        if (!table || frame_type(frame_of(virt_to_mfn(table))) != FT_L1)
            return NULL;
        return table + pt_index(addr, 1);
    }
    m = MFN(addr >> PAGE_SHIFT);
    if (addr % sizeof(uint64_t) || !mfn_valid(m) || !pt_is_table_of(frame_of(m), v->domain) ||
        frame_type(frame_of(m)) != FT_L1)
        return NULL;
    return (uint64_t *)mfn_to_virt(m) + addr % PAGE_SIZE / sizeof(uint64_t);
}

static uint64_t entry_of(mfn_t m, uint32_t flags)
{
    uint64_t e = m.v << PAGE_SHIFT | PTE_P | PTE_A | PTE_D;

    if (!(flags & GNTMAP_readonly))
        e |= PTE_RW;
    if (flags & GNTMAP_application_map)
        e |= PTE_US;
    return e | ((uint64_t)(flags >> _GNTMAP_guest_avail0) << 9 & PTE_AVAIL);
}

int arch_grant_map(struct domain *d, uint64_t addr, uint32_t flags, mfn_t m)
{
    uint64_t *slot, old;

    spin_lock(&d->lock);
    slot = slot_of(current_vcpu(), addr, flags);
    if (slot) {
        old = READ_ONCE(*slot);
        pt_note_entry(frame_of(virt_to_mfn(slot)), slot);
        WRITE_ONCE(*slot, pt_adjust(1, entry_of(m, flags)));
        if (old & PTE_P)
            pt_l1_put(d, old);
    }
    spin_unlock(&d->lock);
    return slot ? GNTST_okay : GNTST_general_error;
}

/* The entry at addr becomes that at new_addr, which becomes empty; without new_addr, empty. */
static bool replace(struct vcpu *v, uint64_t *slot, uint64_t new_addr)
{
    uint64_t *from, e = 0;

    if (new_addr) {
        from = slot_of(v, new_addr, 0);
        if (!from || from == slot)
            return false;
        e = READ_ONCE(*from);
        WRITE_ONCE(*from, 0);
    }
    WRITE_ONCE(*slot, e);
    return true;
}

int arch_grant_unmap(struct domain *d, uint64_t addr, uint32_t flags, mfn_t m, uint64_t new_addr)
{
    struct vcpu *v = current_vcpu();
    uint64_t *slot;
    bool ok;

    if (new_addr && (flags & GNTMAP_contains_pte))
        return GNTST_general_error;
    spin_lock(&d->lock);
    slot = slot_of(v, addr, flags);
    ok = slot && !((READ_ONCE(*slot) ^ entry_of(m, flags)) & SAME) && replace(v, slot, new_addr);
    spin_unlock(&d->lock);
    return ok ? GNTST_okay : GNTST_general_error;
}

void arch_flush_domain(struct domain *d)
{
    if (d->kind == DOMAIN_FV)
        svm_flush_domain(d);
    arch_flush_tlb_mask(d->arch.dirty_cpus);
}
