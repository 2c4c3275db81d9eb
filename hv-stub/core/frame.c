/* SPDX-License-Identifier: MIT */
/*
 * Who owns a frame, how often it is referred to, and as what it is used. Every frame leads this
 * life: allocated to a domain (one reference, no type), used (each use holds a reference, and a
 * typed one a count of the type too), released by its owner, free with the last reference.
 */
#include "hv.h"

#define REFS_COUNT (FRAME_REFS_ALLOCATED - 1)
#define TYPE(t)    ((uint64_t)(t) << FRAME_TYPE_SHIFT)

struct frame *frame_table;
uint64_t frame_count;

static bool cas(uint64_t *word, uint64_t *old, uint64_t new)
{
    return __atomic_compare_exchange_n(word, old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

/* ---- types */

static bool has_contents(enum frame_type t)
{
    return t >= FT_L1 && t <= FT_DESC;
}

static int conflict(enum frame_type wanted)
{
    return wanted == FT_WRITABLE ? -XEN_EBUSY : -XEN_EINVAL;
}

/*
 * f has the count that this use takes, the only one, and is not VALID: nobody else gets past us. If
 * it is PARTIAL that count and the work so far were an earlier attempt's.
 */
static int check_contents(struct frame *f, enum frame_type t, bool preemptible)
{
    bool resumed = READ_ONCE(f->type) & FRAME_TYPE_PARTIAL;
    int rc = has_contents(t) ? arch_frame_validate(f, t, preemptible) : 0;

    if (rc == -HV_ERESTART) {
        if (!resumed) {
            __atomic_fetch_add(&f->refs, 1, __ATOMIC_SEQ_CST);
            __atomic_fetch_or(&f->type, FRAME_TYPE_PARTIAL, __ATOMIC_SEQ_CST);
        }
        return rc;
    }
    if (rc) {
        f->partial = 0;
        __atomic_fetch_and(&f->type, FRAME_TYPE_DEAD, __ATOMIC_SEQ_CST); /* FT_NONE, unused */
    } else {
        __atomic_fetch_or(&f->type, FRAME_TYPE_VALID, __ATOMIC_SEQ_CST);
    }
    if (resumed) {
        __atomic_fetch_and(&f->type, ~FRAME_TYPE_PARTIAL, __ATOMIC_SEQ_CST);
        frame_put(f);
    }
    return rc;
}

/* The type has no use: another one begins. False: somebody was faster. */
static bool change_type(struct frame *f, uint64_t *old, enum frame_type t)
{
    enum frame_type was = (enum frame_type)(*old >> FRAME_TYPE_SHIFT);

    if (frame_is_table(was) && (*old & FRAME_TYPE_VALID)) {
        frame_dismantle(f);
        *old = READ_ONCE(f->type);
        return false;
    }
    if (!cas(&f->type, old, TYPE(t) | (*old & FRAME_TYPE_DEAD) | 1))
        return false;
    /* A CPU may still write through, walk, or load descriptors from what the frame was before. */
    if (was != FT_NONE && was != t)
        arch_flush_for_reuse(f);
    return true;
}

int frame_get_type_slow(struct frame *f, enum frame_type t, bool preemptible)
{
    uint64_t old = READ_ONCE(f->type);

    for (;;) {
        enum frame_type was = (enum frame_type)(old >> FRAME_TYPE_SHIFT);

        if (was == FT_SHARED && t == FT_WRITABLE)
            t = FT_SHARED; /* a use of that type: it never becomes anything else */
        if (was == t && (old & FRAME_TYPE_VALID)) {
            if (cas(&f->type, &old, old + 1))
                return 0;
            continue;
        }
        if (was >= FT_HV || t == FT_NONE || t >= FT_HV || ((old & FRAME_TYPE_COUNT) && was != t))
            return conflict(t);
        if (!(old & FRAME_TYPE_COUNT)) {
            if (change_type(f, &old, t))
                return check_contents(f, t, preemptible);
        } else if (old & FRAME_TYPE_PARTIAL) {
            return check_contents(f, t, preemptible);
        } else { /* another CPU prepares it for the same use */
            arch_spin_poll();
            arch_relax();
            old = READ_ONCE(f->type);
        }
    }
}

/* The last use ends. False: it was not the last one after all. */
static bool __attribute__((noinline)) last_use(struct frame *f, uint64_t old)
{
    enum frame_type t = (enum frame_type)(old >> FRAME_TYPE_SHIFT);
    uint64_t new = old - 1;

    HV_ASSERT(old & FRAME_TYPE_COUNT);
    arch_frame_stamp(f); /* before anybody can see that the frame has no use */
    if (t == FT_DESC)
        new &= ~FRAME_TYPE_VALID;
    if (frame_is_table(t))
        new |= FRAME_TYPE_DEAD;
    if (!cas(&f->type, &old, new))
        return false;
    if (new & ~old & FRAME_TYPE_DEAD)
        frame_bury(f);
    return true;
}

void frame_put_type_slow(struct frame *f)
{
    uint64_t old = READ_ONCE(f->type);

    for (;;) {
        if (likely(old == (TYPE(FT_WRITABLE) | FRAME_TYPE_VALID | 1))) { /* each time a page is */
            arch_frame_stamp(f);                                         /* protected */
            if (likely(cas(&f->type, &old, old - 1)))
                return;
        } else if ((old & FRAME_TYPE_COUNT) > 1) {
            if (cas(&f->type, &old, old - 1))
                return;
        } else {
            if (last_use(f, old))
                return;
            old = READ_ONCE(f->type);
        }
    }
}

int frame_get_and_type(struct frame *f, const struct domain *d, enum frame_type t)
{
    int rc;

    if (unlikely(!frame_get(f, d)))
        return -XEN_EINVAL;
    rc = frame_get_type(f, t);
    if (unlikely(rc))
        frame_put(f);
    return rc;
}

struct frame *frame_get_writable(struct domain *d, mfn_t m)
{
    int rc;

    if (!mfn_valid(m) || !frame_get(frame_of(m), d))
        return NULL;
    spin_lock(&d->lock); /* it may be a table that waits to be taken apart */
    rc = frame_get_type(frame_of(m), FT_WRITABLE);
    spin_unlock(&d->lock);
    if (rc)
        frame_put(frame_of(m));
    return rc ? NULL : frame_of(m);
}

void frame_put_and_type(struct frame *f)
{
    frame_put_type(f);
    frame_put(f);
}

void frame_share(mfn_t m, struct domain *d)
{
    struct frame *f = frame_of(m);

    list_init(&f->link);
    f->owner = d;
    f->type = TYPE(FT_SHARED) | FRAME_TYPE_VALID | 1; /* one use is ours and never ends */
    __atomic_store_n(&f->refs, 1, __ATOMIC_SEQ_CST);
}

/* ---- for people */

void __attribute__((cold)) frame_describe(mfn_t m, char *buf, size_t n)
{
    static const char *const names[] = {
        [FT_NONE] = "none",     [FT_WRITABLE] = "writable",
        [FT_L1] = "l1",         [FT_L2] = "l2",
        [FT_L3] = "l3",         [FT_L4] = "l4",
        [FT_DESC] = "desc",     [FT_HV] = "hypervisor",
        [FT_SHARED] = "shared", [FT_FREE] = "free",
    };
    const struct domain *d;
    const struct frame *f;
    char owner[16] = "none";

    if (!mfn_valid(m)) {
        hv_snprintf(buf, n, "not RAM");
        return;
    }
    f = frame_of(m);
    d = READ_ONCE(f->owner);
    if (d)
        hv_snprintf(owner, sizeof(owner), "d%u", d->id);
    hv_snprintf(buf, n, "owner %s type %s count %lu refs %lu%s%s", owner,
                names[MIN((unsigned)frame_type(f), (unsigned)FT_FREE)],
                (unsigned long)(f->type & FRAME_TYPE_COUNT), (unsigned long)(f->refs & REFS_COUNT),
                f->type & FRAME_TYPE_PINNED ? " pinned" : "",
                f->refs & FRAME_REFS_ALLOCATED ? "" : " released");
}
