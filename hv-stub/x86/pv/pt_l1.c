/* SPDX-License-Identifier: MIT */
/* Stores into L1 tables, checked. Every page a guest maps passes here or through the same in
 * fast.S.
 */
#include "pt_l1.h"

/* The same page of the domain's, to be written from now on or no more: its reference goes on. */
static inline bool only_access(struct domain *d, uint64_t old, uint64_t new)
{
    return (old & PTE_P) && !((old ^ new) & ~(PT_SAME_PAGE | PTE_RW)) && !(new &PT_L1_REFUSED) &&
           frame_of(pte_mfn(old))->owner == d;
}

static inline long set_access(struct domain *d, uint64_t *slot, uint64_t new)
{
    struct frame *f = frame_of(pte_mfn(new));

    if ((new &PTE_RW) && unlikely(frame_get_type(f, FT_WRITABLE))) {
        pt_l1_refuse(d, new);
        return -XEN_EBUSY;
    }
    WRITE_ONCE(*slot, pt_l1_adjust(new));
    if (!(new &PTE_RW))
        frame_put_type(f);
    return 0;
}

long pt_set_l1(struct domain *d, struct frame *table, uint64_t *slot, uint64_t new)
{
    uint64_t old = READ_ONCE(*slot);
    long rc;

    if (new &PTE_P) {
        if (same_page(old, new) && !(new &PT_L1_REFUSED)) {
            WRITE_ONCE(*slot, pt_l1_adjust(new));
            return 0;
        }
        if (only_access(d, old, new))
            return set_access(d, slot, new);
        rc = pt_l1_get(d, new);
        if (unlikely(rc))
            return rc;
        new = pt_l1_adjust(new);
        if (!(old & PTE_P))
            pt_note_entry(table, slot);
    }
    WRITE_ONCE(*slot, new);
    if (old & PTE_P)
        pt_l1_put(d, old);
    return 0;
}
