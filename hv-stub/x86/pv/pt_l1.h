/* SPDX-License-Identifier: MIT */
/* L1 entries, inline: guests spend their time here. pt_l1.c is made of these; what goes wrong, and
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

/* The same without calling anybody. If it cannot be had at once: false, and *stray is the frame
 * whose reference the caller has to put, or NULL. */
static inline bool pt_l1_get_quick(struct domain *d, uint64_t e, struct frame **stray)
{
    mfn_t m = pte_mfn(e);
    struct frame *f;

    *stray = NULL;
    if (unlikely(!mfn_valid(m)))
        return false;
    f = frame_of(m);
    if (unlikely(!frame_ref(f)))
        return false;
    if (likely(READ_ONCE(f->owner) == d &&
               (!(e & PTE_RW) || likely(frame_reuse_type(f, FT_WRITABLE)))))
        return true;
    *stray = f;
    return false;
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

static inline bool same_page(uint64_t old, uint64_t new)
{
    return !((old ^ new) & ~SAME_PAGE_BITS) && (old & PTE_P);
}

/* pt_set_l1() for what is quickest, an entry that was empty or goes on mapping the same page, and
 * without calling anybody. False: something else, and nothing has happened but for *stray, as
 * above. */
static inline bool pt_set_l1_quick(struct domain *d, struct frame *table, uint64_t *slot,
                                   uint64_t new, struct frame **stray)
{
    uint64_t old = READ_ONCE(*slot);

    *stray = NULL;
    if (new &PTE_P) {
        if (new &L1_REFUSED)
            return false;
        if (old & PTE_P) {
            if (!same_page(old, new))
                return false;
        } else {
            if (!pt_l1_get_quick(d, new, stray))
                return false;
            pt_note_entry(table, slot);
        }
        new = pt_l1_adjust(new);
    } else if (old & PTE_P) {
        return false;
    }
    WRITE_ONCE(*slot, new);
    return true;
}

#endif
