/* SPDX-License-Identifier: MIT */
/* Whole tables: validated when a frame becomes one, taken apart when it stops being one. Most have
 * few entries, so they are looked through a group at a time, and what a validated one has no
 * entries in is remembered. */
#include "mm.h"
#include "paging.h"
#include "pt_l1.h"
#include "pv.h"

#define GROUP      16
#define ALL_FILLED 0xffffu /* a bit for two groups */

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

/* The next group from number i on that has an entry present; PT_ENTRIES: none. */
static unsigned __attribute__((noinline)) next_group(const uint64_t *pt, unsigned i)
{
    const uint64_t *end = pt + PT_ENTRIES;

    for (pt += i; pt < end && none_present(pt); pt += GROUP)
        ;
    return PT_ENTRIES - (unsigned)(end - pt);
}

/* Nothing in the group from number i on refers to something of the guest's. */
static inline bool is_empty(const uint64_t *pt, unsigned level, unsigned i)
{
    return none_present(pt + i) || (level == 4 && i == PT_HV_FIRST);
}

static inline void put_group(struct domain *d, unsigned level, mfn_t table, const uint64_t *e,
                             unsigned n)
{
    for (; n; n--, e++) {
        if (!(*e & PTE_P))
            continue;
        if (level == 1)
            pt_l1_put(d, *e);
        else
            pt_upper_put_quick(level, table, *e);
    }
}

/* The first count entries, where bits of filled say that there may be any. */
static void put_entries(struct domain *d, unsigned level, mfn_t table, unsigned count,
                        unsigned filled)
{
    const uint64_t *pt = mfn_to_virt(table);

    for (; filled; filled &= filled - 1) {
        unsigned i = (unsigned)__builtin_ctz(filled) * 2 * GROUP, end = MIN(i + 2 * GROUP, count);

        for (; i < end; i += GROUP)
            if (!is_empty(pt, level, i))
                put_group(d, level, table, pt + i, MIN(end - i, (unsigned)GROUP));
    }
}

static inline int get_l1_group(struct domain *d, uint64_t *pt, unsigned i)
{
    for (unsigned end = i + GROUP; i < end; i++) {
        long rc;

        if (!(pt[i] & PTE_P))
            continue;
        rc = pt_l1_get(d, pt[i]);
        if (unlikely(rc)) {
            put_entries(d, 1, virt_to_mfn(pt), i, ALL_FILLED);
            return (int)rc;
        }
        pt[i] = pt_l1_adjust(pt[i]);
    }
    return 0;
}

/* An L1 table is small enough to be done in one go. */
static int get_l1_entries(struct frame *f)
{
    uint64_t *pt = mfn_to_virt(frame_mfn(f));
    unsigned filled = 0;

    for (unsigned i = next_group(pt, 0); i < PT_ENTRIES; i = next_group(pt, i + GROUP)) {
        int rc = get_l1_group(f->owner, pt, i);

        filled |= 1u << (i / 32);
        if (unlikely(rc))
            return rc;
    }
    f->filled = (uint16_t)filled;
    return 0;
}

/* Entry i. At least one is done each time, however often other work waits. */
static int __attribute__((noinline))
get_upper_entry(struct frame *f, unsigned level, uint64_t *e, unsigned i, bool preemptible)
{
    mfn_t table = frame_mfn(f);
    long rc = pt_upper_get(f->owner, level, table, *e, preemptible);
    if (rc == -HV_ERESTART) {
        f->partial = (uint16_t)i;
        return -HV_ERESTART;
    }
    if (unlikely(rc)) {
        put_entries(f->owner, level, table, i, ALL_FILLED);
        return (int)rc;
    }
    *e |= PTE_US;
    if (preemptible && i < PT_ENTRIES - 1 && hypercall_preempt()) {
        f->partial = (uint16_t)(i + 1);
        return -HV_ERESTART;
    }
    return 0;
}

/* From entry f->partial on. */
static int get_upper_entries(struct frame *f, unsigned level, bool preemptible)
{
    struct domain *d = f->owner;
    uint64_t *pt = mfn_to_virt(frame_mfn(f));
    unsigned filled = f->partial ? ALL_FILLED : 0, i = f->partial;

    if (i % GROUP == 0)
        i = next_group(pt, i);
    for (; i < PT_ENTRIES; i = next_group(pt, i)) {
        if (level == 4 && i == PT_HV_FIRST) {
            i += GROUP;
            continue;
        }
        filled |= 1u << (i / 32);
        do {
            uint64_t *e = pt + i;
            int rc = 0;

            if (!(*e & PTE_P))
                continue;
            if (likely(pt_upper_get_quick(d, level, *e)))
                *e |= PTE_US;
            else
                rc = get_upper_entry(f, level, e, i, preemptible);
            if (unlikely(rc))
                return rc;
        } while (++i % GROUP);
    }
    f->filled = (uint16_t)filled;
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
    rc = t == FT_L1 ? get_l1_entries(f) : get_upper_entries(f, level_of(t), preemptible);
    arch_spin_poll(); /* no CPU waits for a flush longer than one table takes */
    if (!rc && t == FT_L4)
        install_hv_slots(f->owner, mfn_to_virt(m));
    return rc;
}

void arch_frame_devalidate(struct frame *f, enum frame_type t, unsigned n)
{
    mfn_t m = frame_mfn(f);

    put_entries(f->owner, level_of(t), m, n, n == PT_ENTRIES ? f->filled : ALL_FILLED);
    if (t == FT_L4) /* the frame goes back to the guest: none of our addresses in it */
        memset((uint64_t *)mfn_to_virt(m) + PT_HV_FIRST, 0, (PT_HV_LAST - PT_HV_FIRST + 1) * 8);
}
