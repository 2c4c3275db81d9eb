/* SPDX-License-Identifier: MIT */
/* Whole tables: validated when a frame becomes one, taken apart when it stops being one. Most have
 * few entries, so they are looked through a group at a time, and what a validated one has no
 * entries in is remembered. */
#include "mm.h"
#include "paging.h"
#include "pt_l1.h"
#include "pv.h"

#define GROUP 16 /* entries to a bit of frame.filled */

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

/* The first group from this one on that has an entry present; the end of the table: none. */
static uint64_t *__attribute__((noinline)) next_group(uint64_t *group, const uint64_t *end)
{
    while (group != end && none_present(group))
        group += GROUP;
    return group;
}

/* Behind the last entry of a group? */
static inline bool is_group(const uint64_t *e)
{
    return !((uint64_t)e % (GROUP * sizeof(*e)));
}

static inline uint32_t group_bit(const uint64_t *group)
{
    return 1u << ((uint64_t)group >> 7 & 31);
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
                        uint32_t filled)
{
    const uint64_t *pt = mfn_to_virt(table);

    if (level == 4)
        filled &= ~(1u << PT_HV_FIRST / GROUP);
    for (; filled; filled &= filled - 1) {
        unsigned i = (unsigned)__builtin_ctz(filled) * GROUP;

        if (i >= count)
            break;
        put_group(d, level, table, pt + i, MIN(count - i, (unsigned)GROUP));
    }
}

/* An L1 table is small enough to be done in one go. */
static int get_l1_entries(struct frame *f)
{
    uint64_t *pt = mfn_to_virt(frame_mfn(f)), *end = pt + PT_ENTRIES;
    struct domain *d = f->owner;
    uint32_t filled = 0;

    for (uint64_t *e = next_group(pt, end); e != end; e = next_group(e, end)) {
        filled |= group_bit(e);
        do {
            long rc;

            if (!(*e & PTE_P))
                continue;
            rc = pt_l1_get(d, *e);
            if (unlikely(rc)) {
                put_entries(d, 1, virt_to_mfn(pt), (unsigned)(e - pt), FRAME_ALL_FILLED);
                return (int)rc;
            }
            *e = pt_l1_adjust(*e);
        } while (!is_group(++e));
    }
    f->filled = filled;
    return 0;
}

/* At least one entry is done each time, however often other work waits. */
static int __attribute__((noinline))
get_upper_entry(struct frame *f, unsigned level, uint64_t *e, bool preemptible)
{
    mfn_t table = frame_mfn(f);
    unsigned i = (unsigned)((uint64_t)e % PAGE_SIZE / sizeof(*e));
    long rc = pt_upper_get(f->owner, level, table, *e, preemptible);

    if (rc == -HV_ERESTART) {
        f->partial = (uint16_t)i;
        return -HV_ERESTART;
    }
    if (unlikely(rc)) {
        put_entries(f->owner, level, table, i, FRAME_ALL_FILLED);
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
    uint64_t *pt = mfn_to_virt(frame_mfn(f)), *end = pt + PT_ENTRIES, *e = pt + f->partial;
    uint32_t filled = f->partial ? FRAME_ALL_FILLED : 0;

    if (is_group(e))
        e = next_group(e, end);
    for (; e != end; e = next_group(e, end)) {
        if (level == 4 && e == pt + PT_HV_FIRST) {
            e += GROUP;
            continue;
        }
        filled |= group_bit(e);
        do {
            int rc;

            if (!(*e & PTE_P))
                continue;
            if (likely(pt_upper_get_quick(d, level, *e))) {
                *e |= PTE_US;
                continue;
            }
            rc = get_upper_entry(f, level, e, preemptible);
            if (unlikely(rc))
                return rc;
        } while (!is_group(++e));
    }
    f->partial = 0;
    f->filled = filled;
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

    put_entries(f->owner, level_of(t), m, n, n == PT_ENTRIES ? f->filled : FRAME_ALL_FILLED);
    if (t == FT_L4) /* the frame goes back to the guest: none of our addresses in it */
        memset((uint64_t *)mfn_to_virt(m) + PT_HV_FIRST, 0, (PT_HV_LAST - PT_HV_FIRST + 1) * 8);
}
