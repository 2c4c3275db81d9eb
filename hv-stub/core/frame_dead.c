/* SPDX-License-Identifier: MIT */
/*
 * Page tables whose last use ended. Taking one apart ends uses of the tables below it, which join
 * the list: a tree of any size comes down step by step, without recursion.
 */
#include "hv.h"

void frame_bury(struct frame *f)
{
    struct domain *d = f->owner;

    HV_ASSERT(spin_is_locked(&d->lock) || d->state == DOMAIN_BUILDING);
    __atomic_fetch_add(&f->refs, 1, __ATOMIC_SEQ_CST);
    f->next_dead = d->dead_tables;
    d->dead_tables = (uint32_t)frame_mfn(f).v;
}

void frame_dismantle(struct frame *f)
{
    HV_ASSERT(spin_is_locked(&f->owner->lock) || f->owner->state == DOMAIN_BUILDING);
    __atomic_fetch_and(&f->type, ~FRAME_TYPE_VALID, __ATOMIC_SEQ_CST);
    arch_frame_devalidate(f, frame_type(f), ARCH_TABLE_ENTRIES);
    f->filled = 0;
}

void frame_abandon(struct frame *f)
{
    if (!(READ_ONCE(f->type) & FRAME_TYPE_PARTIAL))
        return;
    arch_frame_devalidate(f, frame_type(f), f->partial);
    f->partial = 0;
    arch_frame_stamp(f);
    __atomic_fetch_and(&f->type, FRAME_TYPE_DEAD, __ATOMIC_SEQ_CST);
    frame_put(f);
}

static bool is_unused(uint64_t type)
{
    return (type & (FRAME_TYPE_COUNT | FRAME_TYPE_VALID)) == FRAME_TYPE_VALID &&
           frame_is_table((enum frame_type)(type >> FRAME_TYPE_SHIFT));
}

bool frame_drain(struct domain *d, bool (*stop)(void))
{
    while (d->dead_tables) {
        struct frame *f = frame_of(MFN(d->dead_tables));

        d->dead_tables = f->next_dead;
        if (is_unused(__atomic_fetch_and(&f->type, ~FRAME_TYPE_DEAD, __ATOMIC_SEQ_CST)))
            frame_dismantle(f);
        frame_put(f);
        arch_spin_poll(); /* no CPU waits for a flush longer than one table takes */
        if (d->dead_tables && stop && stop())
            return false;
    }
    return true;
}
