/* SPDX-License-Identifier: MIT */
/* Roots and pins: what keeps a tree of tables validated. */
#include "mm.h"

static int take(struct domain *d, mfn_t m, enum frame_type t)
{
    int rc;

    if (!mfn_valid(m))
        return -XEN_EINVAL;
    spin_lock(&d->lock);
    rc = frame_get_and_type(frame_of(m), d, t);
    spin_unlock(&d->lock);
    return rc;
}

static void drop(struct domain *d, mfn_t m)
{
    spin_lock(&d->lock);
    frame_put_and_type(frame_of(m));
    spin_unlock(&d->lock);
}

int pv_take_root(struct domain *d, mfn_t root)
{
    return take(d, root, FT_L4);
}

void pv_drop_root(struct domain *d, mfn_t root)
{
    drop(d, root);
}

int pv_pin(struct domain *d, mfn_t m, enum frame_type t)
{
    int rc = take(d, m, t);

    if (rc)
        return (int)hv_refuse_frame(rc, m, "cannot be pinned as a table of this level");
    if (__atomic_fetch_or(&frame_of(m)->type, FRAME_TYPE_PINNED, __ATOMIC_SEQ_CST) &
        FRAME_TYPE_PINNED) {
        drop(d, m);
        return (int)hv_refuse_frame(-XEN_EINVAL, m, "already pinned");
    }
    return 0;
}

int pv_unpin(struct domain *d, mfn_t m)
{
    struct frame *f;
    uint64_t was;

    if (!mfn_valid(m) || !frame_get(frame_of(m), d))
        return (int)hv_refuse_frame(-XEN_EINVAL, m, "unpin: not a frame of the domain");
    f = frame_of(m);
    was = __atomic_fetch_and(&f->type, ~FRAME_TYPE_PINNED, __ATOMIC_SEQ_CST);
    if (was & FRAME_TYPE_PINNED)
        drop(d, m);
    frame_put(f);
    return was & FRAME_TYPE_PINNED ? 0 : (int)hv_refuse_frame(-XEN_EINVAL, m, "not pinned");
}
