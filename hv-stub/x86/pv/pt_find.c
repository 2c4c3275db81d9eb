/* SPDX-License-Identifier: MIT */
/* Finding a guest's entry in its own tables. Tables are read through the direct map. */
#include "mm.h"
#include "pv.h"

uint64_t *pt_find_l1(mfn_t root, uint64_t va, struct frame **table)
{
    const uint64_t *t = mfn_to_virt(root);
    uint64_t e;

    if (unlikely(!guest_va_ok(va)))
        return NULL;
    e = t[pt_index(va, 4)];
    if (unlikely(!(e & PTE_P)))
        return NULL;
    t = mfn_to_virt(pte_mfn(e));
    e = t[pt_index(va, 3)];
    if (unlikely(!(e & PTE_P)))
        return NULL;
    t = mfn_to_virt(pte_mfn(e));
    e = t[pt_index(va, 2)];
    if (unlikely(!(e & PTE_P)))
        return NULL;
    *table = frame_of(pte_mfn(e));
    return (uint64_t *)mfn_to_virt(pte_mfn(e)) + pt_index(va, 1);
}
