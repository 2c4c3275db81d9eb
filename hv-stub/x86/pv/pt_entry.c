/* SPDX-License-Identifier: MIT */
/*
 * Entries of guest page tables. Guest kernel and guest user both run at CPL 3, so every entry has
 * US set in the real table. Which mappings are the kernel's is remembered in a software bit; user
 * mappings are marked global, as Xen does and guests that read their tables may see.
 */
#include "mm.h"
#include "pt_l1.h"
#include "pv.h"

bool pt_slot_is_guests(unsigned level, unsigned index)
{
    return level != 4 || index < PT_HV_FIRST || index > PT_HV_LAST;
}

uint64_t pt_adjust(unsigned level, uint64_t e)
{
    if (!(e & PTE_P))
        return e;
    return level == 1 ? pt_l1_adjust(e) : e | PTE_US;
}

/* ---- L1: data pages. These are the hot ones, so what goes wrong is kept out of line. */

long pt_l1_refuse(struct domain *d, uint64_t e)
{
    mfn_t m = pte_mfn(e);

    if (e & PT_L1_REFUSED)
        return hv_refuse(-XEN_EINVAL, "L1 entry %#llx has bits a domain may not set",
                         (unsigned long long)e);
    if (!mfn_valid(m))
        return hv_refuse(-XEN_EPERM, "L1 entry %#llx: no RAM there and no device is yours",
                         (unsigned long long)e);
    if (frame_of(m)->owner != d)
        return hv_refuse_frame(-XEN_EBUSY, m, "L1 entry maps a frame that is not the domain's");
    return hv_refuse_frame(-XEN_EBUSY, m, "L1 entry maps a table writable");
}

/* LDT pages are looked up through the guest's mapping: when that goes, so does what was found. */
void pt_forget_ldt(struct domain *d)
{
    for (uint32_t i = 0; i < d->nr_vcpus; i++)
        if (d->vcpu[i])
            (void)pv_ldt_invalidate(d->vcpu[i]);
}

/* ---- upper levels: tables. Their references are in pt_upper.c. */

/* Keep what the processor notes in the entry meanwhile. */
static void store_preserving(uint64_t *slot, uint64_t new)
{
    uint64_t old = READ_ONCE(*slot);

    while (!__atomic_compare_exchange_n(slot, &old, new | (old & (PTE_A | PTE_D)), false,
                                        __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        ;
}

long pt_exchange_l1(struct domain *d, struct frame *table, uint64_t *slot, uint64_t old,
                    uint64_t new)
{
    long rc = new &PTE_P ? pt_l1_get(d, new) : 0;
    uint64_t drop;

    if (unlikely(rc))
        return rc;
    new = pt_adjust(1, new);
    pt_note_entry(table, slot);
    drop = old;
    if (unlikely(!__atomic_compare_exchange_n(slot, &old, new, false, __ATOMIC_SEQ_CST,
                                              __ATOMIC_SEQ_CST))) {
        drop = new;
        rc = -XEN_EAGAIN;
    }
    if (drop & PTE_P)
        pt_l1_put(d, drop);
    return rc;
}

static long set_l1(struct domain *d, struct frame *table, uint64_t *slot, uint64_t new,
                   bool preserve_ad)
{
    long rc;

    if (!preserve_ad)
        return pt_set_l1(d, table, slot, new);
    do { /* the processor only ever sets these bits */
        uint64_t old = READ_ONCE(*slot);

        rc = pt_exchange_l1(d, table, slot, old, new | (old & (PTE_A | PTE_D)));
    } while (rc == -XEN_EAGAIN);
    return rc;
}

long pt_set(struct domain *d, unsigned level, struct frame *table, uint64_t *slot, uint64_t new,
            bool preserve_ad)
{
    mfn_t self = frame_mfn(table);
    uint64_t old = READ_ONCE(*slot);

    if (level == 1)
        return set_l1(d, table, slot, new, preserve_ad);
    if (!pt_slot_is_guests(level, (unsigned)(((uint64_t)slot & ~PAGE_MASK) / 8)))
        return hv_refuse(-XEN_EINVAL, "L4 slots 256..271 are the hypervisor's");
    if (new &PTE_P) {
        long rc = pt_upper_get(d, level, self, new, true);

        if (rc)
            return rc;
    }
    pt_note_entry(table, slot);
    if (preserve_ad)
        store_preserving(slot, pt_adjust(level, new));
    else
        WRITE_ONCE(*slot, pt_adjust(level, new));
    if (old & PTE_P)
        pt_upper_put(level, self, old);
    return 0;
}
