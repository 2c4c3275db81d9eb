/* SPDX-License-Identifier: MIT */
/* Entries of grant tables in use: checked against what their guest wrote there, marked, counted. */
#include "grant.h"

/* The guest may write to its entry at any moment; after so many collisions it does so on purpose.
 */
#define TRIES 5

/* ---- who comes and goes */

static void enter(struct grant_table *t)
{
    for (;;) {
        __atomic_fetch_add(&t->in_flight, 1, __ATOMIC_SEQ_CST);
        if (likely(!__atomic_load_n(&t->auditing, __ATOMIC_SEQ_CST)))
            return;
        __atomic_fetch_sub(&t->in_flight, 1, __ATOMIC_SEQ_CST);
        while (READ_ONCE(t->auditing)) {
            arch_spin_poll();
            arch_relax();
        }
    }
}

void grant_enter_end(struct domain *d)
{
    enter(d->grants);
}

void grant_leave(struct domain *d)
{
    __atomic_fetch_sub(&d->grants->in_flight, 1, __ATOMIC_SEQ_CST);
}

static bool enter_open(struct domain *d)
{
    enter(d->grants);
    if (likely(!READ_ONCE(d->grants->closed)))
        return true;
    grant_leave(d);
    return false;
}

struct domain *grant_enter(domid_t id)
{
    struct domain *d = domain_by_id(id);

    return d && enter_open(d) ? d : NULL;
}

/* ---- frames */

/* May end the life of a table that no address space uses any more, which is its owner's affair. */
static int get_writable(struct domain *d, struct frame *f)
{
    int rc;

    if (likely(frame_reuse_type(f, FT_WRITABLE)))
        return 0;
    spin_lock(&d->lock);
    rc = frame_get_type(f, FT_WRITABLE);
    spin_unlock(&d->lock);
    return rc;
}

/* Our own pages that a guest may map cannot be granted: they do not live by reference counts. */
static bool get_frame(struct domain *d, mfn_t m, struct frame **f)
{
    if (!mfn_valid(m) || !frame_get(frame_of(m), d))
        return false;
    *f = frame_of(m);
    if (frame_type(*f) != FT_SHARED)
        return true;
    frame_put(*f);
    return false;
}

int grant_own_frame(struct domain *d, uint64_t gfn, bool writable, struct frame **f)
{
    mfn_t m = arch_gfn_to_mfn(d, GFN(gfn));

    if (!get_frame(d, m, f))
        return GRANT_REFUSE_FRAME(GNTST_bad_page, m, "frame 0x%lx is not a page of the domain",
                                  (unsigned long)gfn);
    if (!writable || !get_writable(d, *f))
        return GNTST_okay;
    frame_put(*f);
    return GRANT_REFUSE_FRAME(GNTST_general_error, m, "not writable");
}

/* ---- entries */

/* The part of an entry that both sides change, as one word. */
union control {
    uint32_t word;
    struct {
        uint16_t flags;
        domid_t domid;
    };
};

static void clear_flags(grant_entry_v1_t *e, uint16_t flags)
{
    __atomic_fetch_and(&e->flags, (uint16_t)~flags, __ATOMIC_SEQ_CST);
}

/* Tell the guest that its entry is in use, if it still grants what is wanted. */
static int mark(grant_entry_v1_t *e, const struct grant_active *a, const struct grant_use *u)
{
    uint16_t kind = GTF_type_mask | (u->map ? GTF_sub_page : 0);
    bool writes = u->pin & PIN_WRITES;
    union control *shared = (union control *)e, old, new;

    old.word = READ_ONCE(shared->word);
    for (unsigned i = 0; i < TRIES; i++) {
        if (!a->pin && ((old.flags & kind) != GTF_permit_access || old.domid != u->by))
            return GRANT_REFUSE(GNTST_general_error,
                                "grant %u (flags 0x%x, for domain %u) is not for domain %u", u->ref,
                                old.flags, old.domid, u->by);
        if (writes && (old.flags & GTF_readonly))
            return GRANT_REFUSE(GNTST_general_error, "grant %u is read-only", u->ref);
        new = old;
        new.flags |= GTF_reading | (writes ? GTF_writing : 0);
        if (FRAME_CAS(&shared->word, &old.word, new.word))
            return GNTST_okay;
    }
    return GRANT_REFUSE(GNTST_general_error, "grant %u keeps changing", u->ref);
}

/* Take away the marks that nothing stands behind. */
static void unmark(const struct grant_table *t, grant_ref_t ref)
{
    uint32_t pin = grant_active(t, ref)->pin;
    grant_entry_v1_t *e = grant_shared(t, ref);

    if (!(pin & PIN_WRITES))
        clear_flags(e, pin ? GTF_writing : GTF_writing | GTF_reading);
}

static int first_frame(struct domain *rd, const struct grant_use *u, struct grant_active *a,
                       struct frame **f)
{
    uint64_t gfn = READ_ONCE(grant_shared(rd->grants, u->ref)->frame);
    mfn_t m = arch_gfn_to_mfn(rd, GFN(gfn));

    if (!get_frame(rd, m, f))
        return GRANT_REFUSE_FRAME(GNTST_bad_page, m, "grant %u: not a page of domain %u", u->ref,
                                  rd->id);
    a->mfn = m;
    a->domid = u->by;
    return GNTST_okay;
}

/* The table's lock is held. */
static int pin_locked(struct domain *rd, const struct grant_use *u, struct frame **f)
{
    struct grant_table *t = rd->grants;
    struct grant_active *a;
    int rc = GNTST_okay;

    if (u->ref >= grant_entries(t))
        return GRANT_REFUSE(GNTST_bad_gntref, "domain %u has no grant %u", rd->id, u->ref);
    a = grant_active(t, u->ref);
    if (a->pin && (a->domid != u->by || (a->pin & PIN_OVERFLOW(u->pin))))
        return GRANT_REFUSE(GNTST_general_error,
                            "grant %u is in use by domain %u, or in use too often", u->ref,
                            a->domid);
    if (!a->pin || ((u->pin & PIN_WRITES) && !(a->pin & PIN_WRITES)))
        rc = mark(grant_shared(t, u->ref), a, u);
    if (rc)
        return rc;
    if (!a->pin)
        rc = first_frame(rd, u, a, f);
    else if (!get_frame(rd, a->mfn,
                        f)) /* its page-table entries were overwritten, and it is gone */
        rc = GRANT_REFUSE_FRAME(GNTST_general_error, a->mfn, "grant %u: the frame is gone", u->ref);
    if (rc) {
        unmark(t, u->ref);
        return rc;
    }
    t->nr_pinned += !a->pin;
    a->pin += u->pin;
    return GNTST_okay;
}

int grant_pin(struct domain *rd, const struct grant_use *u, struct frame **f)
{
    struct grant_table *t = rd->grants;
    int rc;

    spin_lock(&t->lock);
    rc = pin_locked(rd, u, f);
    spin_unlock(&t->lock);
    if (rc || !(u->pin & PIN_WRITES) || !get_writable(rd, *f))
        return rc;
    rc = GRANT_REFUSE_FRAME(GNTST_general_error, frame_mfn(*f), "grant %u: cannot be written to",
                            u->ref);
    frame_put(*f);
    grant_unpin(rd, u->ref, u->pin);
    return rc;
}

void grant_unpin(struct domain *rd, grant_ref_t ref, uint32_t pin)
{
    struct grant_table *t = rd->grants;
    struct grant_active *a;

    spin_lock(&t->lock);
    a = grant_active(t, ref);
    a->pin -= pin;
    unmark(t, ref);
    t->nr_pinned -= !a->pin;
    if (unlikely(t->orphaned) && !t->nr_pinned)
        grant_free(t);
    spin_unlock(&t->lock);
}

void grant_unuse(struct domain *rd, const struct grant_use *u, struct frame *f)
{
    if (u->pin & PIN_WRITES)
        frame_put_type(f);
    frame_put(f);
    grant_unpin(rd, u->ref, u->pin);
}

/* ---- hv-stub's own uses */

static struct grant_use hv_use(grant_ref_t ref, bool writable, bool map)
{
    return (struct grant_use){ref, 0, map, writable ? PIN_WRITE : PIN_READ};
}

int grant_hv_map(struct domain *d, grant_ref_t ref, bool writable, void **page)
{
    struct grant_use u = hv_use(ref, writable, true);
    struct frame *f;
    int rc;

    if (!enter_open(d))
        return GNTST_bad_domain;
    rc = grant_pin(d, &u, &f);
    if (!rc)
        *page = mfn_to_virt(frame_mfn(f));
    grant_leave(d);
    return rc;
}

void grant_hv_unmap(struct domain *d, grant_ref_t ref, bool writable, void *page)
{
    struct grant_use u = hv_use(ref, writable, true);

    grant_enter_end(d);
    grant_unuse(d, &u, frame_of(virt_to_mfn(page)));
    grant_leave(d);
}

/* Never waits for an audit, which is only held of a domain that has ended: so begins may nest. */
bool grant_hv_begin(struct domain *d)
{
    struct grant_table *t = d->grants;

    __atomic_fetch_add(&t->in_flight, 1, __ATOMIC_SEQ_CST);
    if (likely(!__atomic_load_n(&t->auditing, __ATOMIC_SEQ_CST) && !READ_ONCE(t->closed)))
        return true;
    grant_leave(d);
    return false;
}

int grant_hv_pin(struct domain *d, grant_ref_t ref, bool writable, void **page)
{
    struct grant_use u = hv_use(ref, writable, false);
    struct frame *f;
    int rc = grant_pin(d, &u, &f);

    if (likely(!rc))
        *page = mfn_to_virt(frame_mfn(f));
    return rc;
}

void grant_hv_unpin(struct domain *d, grant_ref_t ref, bool writable, void *page)
{
    struct grant_use u = hv_use(ref, writable, false);

    grant_unuse(d, &u, frame_of(virt_to_mfn(page)));
}

void grant_hv_end(struct domain *d)
{
    grant_leave(d);
}

static int hv_copy(struct domain *d, const struct grant_use *u, uint32_t offset, void *buf,
                   uint32_t len)
{
    struct frame *f;
    char *page;
    int rc;

    if (offset > PAGE_SIZE || len > PAGE_SIZE - offset)
        return GNTST_bad_copy_arg;
    if (!enter_open(d))
        return GNTST_bad_domain;
    rc = grant_pin(d, u, &f);
    if (!rc) {
        page = (char *)mfn_to_virt(frame_mfn(f)) + offset;
        if (u->pin & PIN_WRITES)
            memcpy(page, buf, len);
        else
            memcpy(buf, page, len);
        grant_unuse(d, u, f);
    }
    grant_leave(d);
    return rc;
}

int grant_hv_read(struct domain *d, grant_ref_t ref, uint32_t offset, void *dst, uint32_t len)
{
    struct grant_use u = hv_use(ref, false, false);

    return hv_copy(d, &u, offset, dst, len);
}

int grant_hv_write(struct domain *d, grant_ref_t ref, uint32_t offset, const void *src,
                   uint32_t len)
{
    struct grant_use u = hv_use(ref, true, false);

    return hv_copy(d, &u, offset, (void *)src, len);
}
