/* SPDX-License-Identifier: MIT */
/* Inline halves of hv_frame.h: every page-table update takes and drops references. */
#ifndef HV_FRAME_INLINE_H
#define HV_FRAME_INLINE_H

#include "hv_frame.h" /* which includes this file at its end */

#define FRAME_CAS(word, old, new) \
    __atomic_compare_exchange_n(word, old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)

/* The owner's own reference is one of the count: where that is 0 nothing is left of the word. */
static inline void frame_put(struct frame *f)
{
    if (unlikely(!__atomic_sub_fetch(&f->refs, 1, __ATOMIC_SEQ_CST)))
        frame_free(f);
}

/* A reference to a frame that may be anybody's. False: nobody's. */
static inline bool frame_ref(struct frame *f)
{
    uint64_t old = READ_ONCE(f->refs);

    do {
        if (unlikely(!old))
            return false;
    } while (unlikely(!FRAME_CAS(&f->refs, &old, old + 1)));
    return true;
}

static inline bool frame_get(struct frame *f, const struct domain *d)
{
    if (unlikely(!frame_ref(f)))
        return false;
    if (likely(READ_ONCE(f->owner) == d)) /* cannot change while the reference is held */
        return true;
    frame_put(f);
    return false;
}

/* One more use of a frame that is known to be good for it. FT_WRITABLE stays VALID without any use
 * left, so that this is all there is to most calls. */
static inline bool frame_reuse_type(struct frame *f, enum frame_type t)
{
    uint64_t old = READ_ONCE(f->type);
    uint64_t same = ((uint64_t)t << FRAME_TYPE_SHIFT) | FRAME_TYPE_VALID;

    while (likely((old & ~(FRAME_TYPE_COUNT | FRAME_TYPE_PINNED)) == same))
        if (likely(FRAME_CAS(&f->type, &old, old + 1)))
            return true;
    return false;
}

static inline int frame_get_type_or(struct frame *f, enum frame_type t, bool preemptible)
{
    if (likely(frame_reuse_type(f, t)))
        return 0;
    return frame_get_type_slow(f, t, preemptible);
}

static inline int frame_get_type(struct frame *f, enum frame_type t)
{
    return frame_get_type_or(f, t, false);
}

static inline int frame_get_type_preemptible(struct frame *f, enum frame_type t)
{
    return frame_get_type_or(f, t, true);
}

static inline void frame_put_type(struct frame *f)
{
    uint64_t old = READ_ONCE(f->type);

    while (likely((old & FRAME_TYPE_COUNT) > 1))
        if (likely(FRAME_CAS(&f->type, &old, old - 1)))
            return;
    frame_put_type_slow(f);
}

#endif
