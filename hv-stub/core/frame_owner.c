/* SPDX-License-Identifier: MIT */
/* Frames given to domains and taken back: allocation, release, exchange, and the end of a domain.
 */
#include "hv.h"

#define RELEASE_STEP 256 /* frames of a dead domain handled at once */

/* Page lists and tot_pages of all domains. Inside domain.lock, outside the allocator's. */
static spinlock_t lock;

/* ---- allocation */

/* Room for n more pages is booked first, so that several vcpus cannot pass the limit together. */
bool frames_book(struct domain *d, uint64_t n)
{
    bool ok;

    spin_lock(&lock);
    ok = d->tot_pages < d->max_pages && n <= d->max_pages - d->tot_pages;
    if (ok)
        d->tot_pages += n;
    spin_unlock(&lock);
    return ok;
}

void frames_unbook(struct domain *d, uint64_t n)
{
    spin_lock(&lock);
    d->tot_pages -= n;
    spin_unlock(&lock);
}

static void assign(struct frame *f, struct domain *d)
{
    f->type = 0;
    f->order = 0; /* partial and linear too */
    f->owner = d;
    list_add_tail(&d->pages, &f->link);
    __atomic_store_n(&f->refs, FRAME_REFS_ALLOCATED | 1, __ATOMIC_SEQ_CST);
}

mfn_t frame_alloc_below(struct domain *d, unsigned order, unsigned bits)
{
    uint64_t n = 1ull << order;
    mfn_t m;

    if (!frames_book(d, n))
        return INVALID_MFN;
    m = palloc_below(order, bits);
    if (mfn_eq(m, INVALID_MFN)) {
        frames_unbook(d, n);
        return m;
    }
    spin_lock(&lock);
    for (uint64_t i = 0; i < n; i++)
        assign(frame_of(MFN(m.v + i)), d);
    spin_unlock(&lock);
    return m;
}

mfn_t frame_alloc_domain(struct domain *d, unsigned order)
{
    return frame_alloc_below(d, order, 0);
}

/* ---- back to the allocator */

/* On no list any more. */
static void give_back(struct frame *f)
{
    HV_ASSERT(!(f->type & FRAME_TYPE_COUNT));
    arch_m2p_set(frame_mfn(f), INVALID_GFN);
    arch_frame_stamp(f);
    pfree(frame_mfn(f), 0);
}

void frame_free(struct frame *f)
{
    spin_lock(&lock);
    list_del(&f->link);
    f->owner->tot_pages--;
    spin_unlock(&lock);
    give_back(f);
}

bool frame_release(struct frame *f)
{
    uint64_t old = __atomic_fetch_and(&f->refs, ~FRAME_REFS_ALLOCATED, __ATOMIC_SEQ_CST);

    if (!(old & FRAME_REFS_ALLOCATED))
        return false;
    frame_put(f);
    return true;
}

/* ---- exchange */

int frame_steal(struct frame *f, struct domain *d, struct list *list)
{
    uint64_t only = FRAME_REFS_ALLOCATED | 2; /* the owner's and ours */

    if (!frame_get(f, d))
        return -XEN_EINVAL;
    if (!__atomic_compare_exchange_n(&f->refs, &only, 0, false, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST)) {
        frame_put(f);
        return -XEN_EINVAL;
    }
    spin_lock(&lock);
    list_del(&f->link);
    list_add_tail(list, &f->link);
    d->tot_pages--;
    spin_unlock(&lock);
    return 0;
}

static struct frame *pop(struct list *list)
{
    struct frame *f;

    if (list_empty(list))
        return NULL;
    f = list_entry(list->next, struct frame, link);
    list_del(&f->link);
    return f;
}

void frames_unsteal(struct domain *d, struct list *list)
{
    struct frame *f;

    spin_lock(&lock);
    while ((f = pop(list))) {
        uint64_t type = f->type; /* its contents are what they were: so is what was known of them */

        assign(f, d);
        f->type = type;
        d->tot_pages++;
    }
    spin_unlock(&lock);
}

void frames_adopt(struct domain *d, struct list *list)
{
    struct frame *f;

    spin_lock(&lock);
    while ((f = pop(list)))
        assign(f, d);
    spin_unlock(&lock);
}

void frames_free_stolen(struct list *list)
{
    struct frame *f;

    while ((f = pop(list)))
        give_back(f);
}

/* ---- the end of a domain */

/* Frames that were released but are still used by somebody; the last user frees them. */
static struct list lingering = {&lingering, &lingering};

/* The next frame to take apart, referred to so that it stays. One whose last user is on the way to
 * frame_free() is left to that. */
static struct frame *next_page(struct domain *d)
{
    struct frame *f = NULL;

    spin_lock(&lock);
    while (!f && !list_empty(&d->pages)) {
        f = list_entry(d->pages.next, struct frame, link);
        list_del(&f->link);
        list_add_tail(&lingering, &f->link);
        if (!frame_get(f, d))
            f = NULL;
    }
    spin_unlock(&lock);
    return f;
}

static bool at_once(void)
{
    return true;
}

/* One dead table, or one frame. True: nothing is left. */
static bool release_step(struct domain *d)
{
    struct frame *f;

    if (!frame_drain(d, at_once))
        return false;
    f = next_page(d);
    if (!f)
        return true;
    frame_abandon(f);
    if (__atomic_fetch_and(&f->type, ~FRAME_TYPE_PINNED, __ATOMIC_SEQ_CST) & FRAME_TYPE_PINNED)
        frame_put_and_type(f);
    (void)frame_release(f);
    frame_put(f);
    return false;
}

bool domain_release_memory(struct domain *d)
{
    bool done = false;

    spin_lock(&d->lock);
    for (unsigned i = 0; i < RELEASE_STEP && !done; i++)
        done = release_step(d);
    spin_unlock(&d->lock);
    return done;
}
