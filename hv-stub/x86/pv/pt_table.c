/* SPDX-License-Identifier: MIT */
/* Whole tables: validated when a frame becomes one, taken apart when it stops being one. Most have
 * few entries, so they are looked through a group at a time. */
#include "mm.h"
#include "paging.h"
#include "pt_l1.h"
#include "pv.h"

#define GROUP 16

_Static_assert(PT_HV_FIRST % GROUP == 0 && PT_HV_LAST == PT_HV_FIRST + GROUP - 1,
               "our slots of an L4 table are one group");

static unsigned level_of(enum frame_type t)
{
    return (unsigned)(t - FT_L1) + 1;
}

static inline bool none_present(const uint64_t *group)
{
    uint64_t any = 0;

#pragma GCC unroll 16
    for (unsigned k = 0; k < GROUP; k++)
        any |= group[k];
    return !(any & PTE_P);
}

/* Has the group of entries that begins here none that refers to something of the guest's? */
static inline bool is_empty(const uint64_t *pt, unsigned level, const uint64_t *group)
{
    return none_present(group) || (level == 4 && group == pt + PT_HV_FIRST);
}

static void put_entries(struct domain *d, unsigned level, mfn_t table, unsigned count)
{
    const uint64_t *pt = mfn_to_virt(table);

    for (const uint64_t *e = pt; e < pt + count; e++) {
        if (!((uint64_t)e % (GROUP * sizeof(*e))) && is_empty(pt, level, e)) {
            e += GROUP - 1;
            continue;
        }
        if (!(*e & PTE_P))
            continue;
        if (level == 1)
            pt_l1_put(d, *e);
        else
            pt_upper_put(level, table, *e);
    }
}

/* An L1 table is small enough to be done in one go. */
static int get_l1_entries(struct domain *d, mfn_t table)
{
    uint64_t *pt = mfn_to_virt(table);

    for (unsigned i = 0; i < PT_ENTRIES; i++) {
        long rc;

        if (i % GROUP == 0 && none_present(pt + i)) {
            i += GROUP - 1;
            continue;
        }
        if (!(pt[i] & PTE_P))
            continue;
        rc = pt_l1_get(d, pt[i]);
        if (unlikely(rc)) {
            put_entries(d, 1, table, i);
            return (int)rc;
        }
        pt[i] = pt_l1_adjust(pt[i]);
    }
    return 0;
}

/* From entry f->partial on. At least one entry is done each time, however often other work waits.
 */
static int get_upper_entries(struct frame *f, unsigned level, bool preemptible)
{
    mfn_t table = frame_mfn(f);
    uint64_t *pt = mfn_to_virt(table);

    for (unsigned i = f->partial; i < PT_ENTRIES; i++) {
        long rc;

        if (i % GROUP == 0 && is_empty(pt, level, pt + i)) {
            i += GROUP - 1;
            continue;
        }
        if (!(pt[i] & PTE_P))
            continue;
        rc = pt_upper_get(f->owner, level, table, pt[i], preemptible);
        if (rc == -HV_ERESTART) {
            f->partial = (uint16_t)i;
            return -HV_ERESTART;
        }
        if (unlikely(rc)) {
            put_entries(f->owner, level, table, i);
            return (int)rc;
        }
        pt[i] |= PTE_US;
        if (preemptible && i < PT_ENTRIES - 1 && hypercall_preempt()) {
            f->partial = (uint16_t)(i + 1);
            return -HV_ERESTART;
        }
    }
    return 0;
}

/* Our slots are the same in every address space, but for the domain's own descriptor areas. */
static void install_hv_slots(struct domain *d, uint64_t *l4)
{
    bool m2p = d->vm_assist & (1ull << VMASST_TYPE_m2p_strict); /* see pt_root.c */

    l4[PT_HV_FIRST] = m2p ? hv_l4[PT_HV_FIRST] : 0;
    for (unsigned i = PT_HV_FIRST + 1; i <= PT_HV_LAST; i++)
        l4[i] = hv_l4[i];
    l4[PT_PERDOMAIN] = (d->arch.perdomain_l3.v << PAGE_SHIFT) | PTE_P | PTE_RW | PTE_A | PTE_D;
}

int arch_frame_validate(struct frame *f, enum frame_type t, bool preemptible)
{
    mfn_t m = frame_mfn(f);
    int rc;

    if (t == FT_DESC)
        return desc_page_valid(mfn_to_virt(m)) ? 0 : -XEN_EINVAL;
    rc = t == FT_L1 ? get_l1_entries(f->owner, m) : get_upper_entries(f, level_of(t), preemptible);
    arch_spin_poll(); /* no CPU waits for a flush longer than one table takes */
    if (!rc && t == FT_L4)
        install_hv_slots(f->owner, mfn_to_virt(m));
    return rc;
}

void arch_frame_devalidate(struct frame *f, enum frame_type t, unsigned n)
{
    mfn_t m = frame_mfn(f);

    put_entries(f->owner, level_of(t), m, n);
    if (t == FT_L4) /* the frame goes back to the guest: none of our addresses in it */
        memset((uint64_t *)mfn_to_virt(m) + PT_HV_FIRST, 0, (PT_HV_LAST - PT_HV_FIRST + 1) * 8);
}
