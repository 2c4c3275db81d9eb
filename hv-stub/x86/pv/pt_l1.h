/* SPDX-License-Identifier: MIT */
/* L1 entries, inline: update_va_mapping and mmu_update spend their time here. What goes wrong, and
 * what is rare, is in pt_entry.c. */
#ifndef X86_PV_PT_L1_H
#define X86_PV_PT_L1_H

#include "mm.h"

/* Bits 52..62 are free for the guest; cache attributes are for domains that own devices. */
#define L1_REFUSED (PTE_PWT | PTE_PCD | PTE_PSE | PTE_GRANT)
/* A change of these alone needs no new reference. */
#define SAME_PAGE_BITS (PTE_NX | PTE_AVAILH | PTE_AVAIL | PTE_G | PTE_D | PTE_A | PTE_US)

/* Say why the entry is refused; the errno. */
long pt_l1_refuse(struct domain *d, uint64_t e) __attribute__((cold));
void pt_forget_ldt(struct domain *d);
void pt_store_preserving(uint64_t *slot, uint64_t new);

/* For a present L1 entry. */
static inline uint64_t pt_l1_adjust(uint64_t e)
{
    if (!(e & PTE_US))
        return e | PTE_US | PTE_KERNEL;
    return e & PTE_KERNEL ? e : e | PTE_G;
}

static inline long pt_l1_get(struct domain *d, uint64_t e)
{
    mfn_t m = pte_mfn(e);
    struct frame *f;

    if (unlikely((e & L1_REFUSED) || !mfn_valid(m)))
        return pt_l1_refuse(d, e);
    f = frame_of(m);
    if (unlikely(!frame_get(f, d)))
        return pt_l1_refuse(d, e);
    if (!(e & PTE_RW) || likely(!frame_get_type(f, FT_WRITABLE)))
        return 0;
    pt_l1_refuse(d, e);
    frame_put(f);
    return -XEN_EBUSY;
}

static inline void pt_l1_put(struct domain *d, uint64_t e)
{
    struct frame *f = frame_of(pte_mfn(e));

    if (likely(e & PTE_RW))
        frame_put_type(f);
    else if (unlikely(frame_type(f) == FT_DESC))
        pt_forget_ldt(d);
    frame_put(f);
}

static inline void pt_store(uint64_t *slot, uint64_t new, bool preserve_ad)
{
    if (unlikely(preserve_ad))
        pt_store_preserving(slot, new);
    else
        WRITE_ONCE(*slot, new);
}

static inline bool same_page(uint64_t old, uint64_t new)
{
    return !((old ^ new) & ~SAME_PAGE_BITS) && (old & PTE_P);
}

static inline long pt_set_l1(struct domain *d, uint64_t *slot, uint64_t new, bool preserve_ad)
{
    uint64_t old = READ_ONCE(*slot);

    if (new &PTE_P) {
        if (same_page(old, new) && !(new &L1_REFUSED)) {
            pt_store(slot, pt_l1_adjust(new), preserve_ad);
            return 0;
        } else {
            long rc = pt_l1_get(d, new);

            if (unlikely(rc))
                return rc;
        }
        new = pt_l1_adjust(new);
    }
    pt_store(slot, new, preserve_ad);
    if (old & PTE_P)
        pt_l1_put(d, old);
    return 0;
}

#endif
