/* SPDX-License-Identifier: MIT */
/* Roots and pins: what keeps a tree of tables validated. */
#include "mm.h"
#include "paging.h"

static int take(struct domain *d, mfn_t m, enum frame_type t, bool preemptible)
{
    int rc;

    if (!mfn_valid(m) || !frame_get(frame_of(m), d))
        return -XEN_EINVAL;
    rc = preemptible ? frame_get_type_preemptible(frame_of(m), t) : frame_get_type(frame_of(m), t);
    if (rc)
        frame_put(frame_of(m));
    return rc;
}

int pt_take_root(struct domain *d, mfn_t root, bool user, bool preemptible)
{
    int rc = take(d, root, FT_L4, preemptible);

    if (!rc)
        pt_set_m2p_slot(d, root, user);
    return rc;
}

void pt_drop_root(mfn_t root)
{
    frame_put_and_type(frame_of(root));
}

int pt_pin(struct domain *d, mfn_t m, enum frame_type t, bool preemptible)
{
    int rc = take(d, m, t, preemptible);

    if (rc == -HV_ERESTART)
        return rc;
    if (rc)
        return (int)hv_refuse_frame(rc, m, "cannot be pinned as a table of this level");
    if (!(__atomic_fetch_or(&frame_of(m)->type, FRAME_TYPE_PINNED, __ATOMIC_SEQ_CST) &
          FRAME_TYPE_PINNED))
        return 0;
    frame_put_and_type(frame_of(m));
    return (int)hv_refuse_frame(-XEN_EINVAL, m, "already pinned");
}

int pt_unpin(struct domain *d, mfn_t m)
{
    struct frame *f;
    uint64_t was;

    if (!mfn_valid(m) || !frame_get(frame_of(m), d))
        return (int)hv_refuse_frame(-XEN_EINVAL, m, "unpin: not a frame of the domain");
    f = frame_of(m);
    was = __atomic_fetch_and(&f->type, ~FRAME_TYPE_PINNED, __ATOMIC_SEQ_CST);
    if (was & FRAME_TYPE_PINNED)
        frame_put_and_type(f);
    frame_put(f);
    return was & FRAME_TYPE_PINNED ? 0 : (int)hv_refuse_frame(-XEN_EINVAL, m, "not pinned");
}

int pv_pin(struct domain *d, mfn_t m, enum frame_type t)
{
    int rc;

    spin_lock(&d->lock);
    rc = pt_pin(d, m, t, false);
    spin_unlock(&d->lock);
    return rc;
}

bool pt_drain(struct domain *d)
{
    bool done;

    spin_lock(&d->lock);
    done = frame_drain(d, hypercall_preempt);
    spin_unlock(&d->lock);
    return done;
}
