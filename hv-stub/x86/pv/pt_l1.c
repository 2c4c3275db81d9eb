/* SPDX-License-Identifier: MIT */
/* Stores into L1 tables, checked. Every page a guest maps passes here or through the same in
 * fast.S.
 */
#include "pt_l1.h"

long pt_set_l1(struct domain *d, struct frame *table, uint64_t *slot, uint64_t new)
{
    uint64_t old = READ_ONCE(*slot);

    if (new &PTE_P) {
        if (same_page(old, new) && !(new &PT_L1_REFUSED)) {
            WRITE_ONCE(*slot, pt_l1_adjust(new));
            return 0;
        } else {
            long rc = pt_l1_get(d, new);

            if (unlikely(rc))
                return rc;
        }
        new = pt_l1_adjust(new);
        if (!(old & PTE_P))
            pt_note_entry(table, slot);
    }
    WRITE_ONCE(*slot, new);
    if (old & PTE_P)
        pt_l1_put(d, old);
    return 0;
}
