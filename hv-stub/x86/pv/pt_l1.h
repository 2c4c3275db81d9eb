/* SPDX-License-Identifier: MIT */
/* L1 entries, inline: guests spend their time here. pt_l1.c is made of these; what goes wrong, and
 * what is rare, is in pt_entry.c. */
#ifndef X86_PV_PT_L1_H
#define X86_PV_PT_L1_H

#include "mm.h"

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

    if (unlikely((e & PT_L1_REFUSED) || !mfn_valid(m)))
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

static inline bool same_page(uint64_t old, uint64_t new)
{
    return !((old ^ new) & ~PT_SAME_PAGE) && (old & PTE_P);
}

#endif
