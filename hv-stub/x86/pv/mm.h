/* SPDX-License-Identifier: MIT */
/*
 * Direct paging: a PV guest's tables are the real ones, so each entry is checked before it is
 * stored. Everything here needs the domain's lock, except where it says otherwise: type changes of
 * table frames and stores into them happen under it alone.
 */
#ifndef X86_PV_MM_H
#define X86_PV_MM_H

#include "hv.h"
#include "paging.h"
#include "pte.h"

/* Bits of L2..L4 entries that no guest may set. */
#define PT_UPPER_REFUSED (PTE_PWT | PTE_PCD | PTE_PSE | PTE_G)

/* ---- pt_entry.c: one entry of a live table of the given level (1..4) in frame `table` */
/*
 * Store a new value: references for what it maps are taken first, those of the old value dropped
 * after. preserve_ad keeps accessed and dirty bits the processor has set meanwhile. 0, or Xen's
 * errno and nothing has changed.
 */
long pt_set(struct domain *d, unsigned level, struct frame *table, uint64_t *slot, uint64_t new,
            bool preserve_ad);
/* pt_l1.c: the same for L1 only. */
long pt_set_l1(struct domain *d, struct frame *table, uint64_t *slot, uint64_t new);
/* And only if the entry still is old: -XEN_EAGAIN when the processor has
 * changed it meanwhile. */
long pt_exchange_l1(struct domain *d, struct frame *table, uint64_t *slot, uint64_t old,
                    uint64_t new);
/* Take and drop what a present entry of an L2..L4 table refers to, pt_upper.c. -HV_ERESTART when
 * preemptible: try again. */
long pt_upper_get(struct domain *d, unsigned level, mfn_t table, uint64_t e, bool preemptible);
void pt_upper_put(unsigned level, mfn_t table, uint64_t e);
/* The form in which an entry that was accepted is stored. */
uint64_t pt_adjust(unsigned level, uint64_t e);
/* May the guest store into this slot of an L4 at all? */
bool pt_slot_is_guests(unsigned level, unsigned index);

/* A table gets an entry where it may have had none: look there when it is taken apart. */
static inline void pt_note_entry(struct frame *table, const uint64_t *slot)
{
    table->filled |= 1u << ((uint64_t)slot >> 7 & 31);
}

/* pt_upper_get() and _put() for what they mostly meet: a table of the level below that is one
 * already, and stays one. get: false if it is something else, and nothing has happened. */
static inline bool pt_upper_get_quick(struct domain *d, unsigned level, uint64_t e)
{
    mfn_t m = pte_mfn(e);
    struct frame *f = frame_of(m);

    if (unlikely((e & PT_UPPER_REFUSED) || !mfn_valid(m) || !frame_get(f, d)))
        return false;
    if (likely(frame_reuse_type(f, (enum frame_type)(FT_L1 + level - 2))))
        return true;
    frame_put(f);
    return false;
}

static inline void pt_upper_put_quick(unsigned level, mfn_t table, uint64_t e)
{
    struct frame *f = frame_of(pte_mfn(e));

    if (unlikely(frame_type(f) == (enum frame_type)(FT_L1 + level - 1))) {
        pt_upper_put(level, table, e); /* itself, or a linear one */
        return;
    }
    frame_put_type(f);
    frame_put(f);
}

/* ---- pt_root.c: whole address spaces */
/* Reference and FT_L4 type of a table that a vcpu is going to have as root of its kernel or user
 * mode. 0, -XEN_EINVAL, -HV_ERESTART when preemptible: try again. */
int pt_take_root(struct domain *d, mfn_t root, bool user, bool preemptible);
void pt_drop_root(mfn_t root);
/*
 * The M2P is for guest kernels. A guest that asked for VMASST_TYPE_m2p_strict does not want its
 * users to see it: a table loses the slot when it becomes a user's root and gets it as a kernel's.
 */
static inline void pt_set_m2p_slot(const struct domain *d, mfn_t root, bool user)
{
    uint64_t *l4 = mfn_to_virt(root);

    if (!user)
        WRITE_ONCE(l4[PT_HV_FIRST], hv_l4[PT_HV_FIRST]);
    else if (d->vm_assist & (1ull << VMASST_TYPE_m2p_strict))
        WRITE_ONCE(l4[PT_HV_FIRST], 0);
}
/* Give a frame a type until it is unpinned (t is FT_L1..FT_L4). */
int pt_pin(struct domain *d, mfn_t m, enum frame_type t, bool preemptible);
int pt_unpin(struct domain *d, mfn_t m);
/* The builder's: takes the lock itself. */
int pv_pin(struct domain *d, mfn_t m, enum frame_type t);
/* Dead tables left by whoever was called before: true when there are none any more, false when
 * other work waits. Takes the lock itself. */
bool pt_drain(struct domain *d);
static inline bool pv_drain(struct domain *d)
{
    return likely(!READ_ONCE(d->dead_tables)) || pt_drain(d);
}

/* ---- finding */
/* Is f in use as a page table of d? With d's lock held this stays so, and no reference is needed.
 */
static inline bool pt_is_table_of(const struct frame *f, const struct domain *d)
{
    uint64_t type = READ_ONCE(f->type); /* first: a frame cannot become d's under us, only cease */

    return frame_is_table((enum frame_type)(type >> FRAME_TYPE_SHIFT)) &&
           (type & FRAME_TYPE_VALID) && (type & FRAME_TYPE_COUNT) && READ_ONCE(f->owner) == d;
}

/* The same for L1 tables. */
static inline bool pt_is_l1_of(const struct frame *f, const struct domain *d)
{
    uint64_t type = READ_ONCE(f->type);
    uint64_t l1 = (uint64_t)FT_L1 << FRAME_TYPE_SHIFT | FRAME_TYPE_VALID;

    return (type & ~(FRAME_TYPE_COUNT | FRAME_TYPE_PINNED | FRAME_TYPE_DEAD)) == l1 &&
           (type & FRAME_TYPE_COUNT) && READ_ONCE(f->owner) == d;
}

/* The L1 table that maps va under this root, NULL if there is none. Tables are read through the
 * direct map; the caller still has to look whether the frame is an FT_L1 (a linear mapping may lead
 * to others). va is one of the guest's. */
static inline uint64_t *pt_find_l1(mfn_t root, uint64_t va)
{
    uint64_t e = root.v << PAGE_SHIFT | PTE_P;

#pragma GCC unroll 3
    for (unsigned level = 4; level > 1; level--) {
        const uint64_t *t = mfn_to_virt(pte_mfn(e));

        e = t[pt_index(va, level)];
        if (unlikely(!(e & PTE_P)))
            return NULL;
    }
    return mfn_to_virt(pte_mfn(e));
}

/* ---- pv_flush.c: the guest's own requests */
/* CPUs that run one of the vcpus in a guest bitmap of the domain's vcpus. -XEN_EFAULT. */
long pv_vcpumask(struct domain *d, gva_t bitmap, uint64_t *cpus);
/* The owner meant by a foreign-domain argument, or -errno: only the caller itself may be named. */
long pv_page_owner(uint32_t domid, struct domain **owner);

/* ---- pv_flush.c: the count and `done` arguments of mmu_update and mmuext_op */
/* In the count, set by us alone: the call was interrupted, `done` has been written and goes on. */
#define PV_BATCH_RESUMED (1u << 31)
/* How many were done before; false if that cannot be read back. */
bool pv_batch_resume(uint64_t count, uint64_t pdone, uint32_t *before);
/* Tell the guest. A bad pointer is its own loss, as on Xen: the work is done. */
void pv_batch_report(uint64_t pdone, uint32_t before, uint64_t done);

#endif
