/* SPDX-License-Identifier: MIT */
/* Whole tables: validated when a frame becomes one, taken apart when it stops being one. */
#include "mm.h"
#include "paging.h"
#include "pv.h"

static unsigned level_of(enum frame_type t)
{
    return (unsigned)(t - FT_L1) + 1;
}

static void put_entries(struct domain *d, unsigned level, mfn_t table, unsigned count)
{
    const uint64_t *pt = mfn_to_virt(table);

    for (unsigned i = 0; i < count; i++)
        if (pt_slot_is_guests(level, i))
            pt_entry_put(d, level, table, pt[i]);
}

static int get_entries(struct domain *d, unsigned level, mfn_t table)
{
    uint64_t *pt = mfn_to_virt(table);

    for (unsigned i = 0; i < PT_ENTRIES; i++) {
        long rc;

        if (!pt_slot_is_guests(level, i) || !(pt[i] & PTE_P))
            continue;
        rc = pt_entry_get(d, level, table, pt[i]);
        if (rc) {
            put_entries(d, level, table, i);
            return (int)rc;
        }
        pt[i] = pt_adjust(level, pt[i]);
    }
    return 0;
}

/* Our slots are the same in every address space, but for the domain's own descriptor areas. */
static void install_hv_slots(struct domain *d, uint64_t *l4)
{
    for (unsigned i = PT_HV_FIRST; i <= PT_HV_LAST; i++)
        l4[i] = hv_l4[i];
    l4[PT_PERDOMAIN] = (d->arch.perdomain_l3.v << PAGE_SHIFT) | PTE_P | PTE_RW | PTE_A | PTE_D;
}

int arch_frame_validate(struct frame *f, enum frame_type t)
{
    mfn_t m = frame_mfn(f);
    int rc;

    if (t == FT_DESC)
        return desc_page_valid(mfn_to_virt(m)) ? 0 : -XEN_EINVAL;
    rc = get_entries(f->owner, level_of(t), m);
    arch_spin_poll(); /* the validation of a large tree keeps no other CPU waiting for a flush */
    if (!rc && t == FT_L4)
        install_hv_slots(f->owner, mfn_to_virt(m));
    return rc;
}

void arch_frame_devalidate(struct frame *f, enum frame_type t)
{
    mfn_t m = frame_mfn(f);

    if (t == FT_DESC)
        return;
    put_entries(f->owner, level_of(t), m, PT_ENTRIES);
    arch_spin_poll();
    if (t == FT_L4) /* the frame goes back to the guest: none of our addresses in it */
        memset((uint64_t *)mfn_to_virt(m) + PT_HV_FIRST, 0, (PT_HV_LAST - PT_HV_FIRST + 1) * 8);
}
