/* SPDX-License-Identifier: MIT */
/* The operations that few use: giving a page away, exchanging two entries, cache maintenance. */
#include "grant.h"

/* ---- transfer. Unless it is GNTST_bad_page, the page is no longer the caller's in any case. */

/* Does rd wait for a page from `from` at this entry? It cannot change its mind afterwards. */
static bool commit(struct domain *rd, grant_ref_t ref, domid_t from)
{
    uint32_t wanted = GTF_accept_transfer | (uint32_t)from << 16;
    struct grant_table *t = rd->grants;

    if (ref >= grant_entries(t))
        return false;
    return __atomic_compare_exchange_n((uint32_t *)grant_shared(t, ref), &wanted,
                                       wanted | GTF_transfer_committed, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST);
}

static void complete(struct domain *rd, grant_ref_t ref, mfn_t m)
{
    grant_entry_v1_t *e = grant_shared(rd->grants, ref);

    WRITE_ONCE(e->frame, (uint32_t)m.v);
    __atomic_fetch_or(&e->flags, GTF_transfer_completed, __ATOMIC_SEQ_CST);
}

/* The page is on no domain's books: onto rd's, if it takes it. */
static int give(struct domain *d, struct domain *rd, grant_ref_t ref, struct list *page, mfn_t m)
{
    if (rd->kind != DOMAIN_PV || !frames_book(rd, 1))
        return GRANT_REFUSE(GNTST_general_error, "domain %u has no room for a page", rd->id);
    if (!commit(rd, ref, d->id)) {
        frames_unbook(rd, 1);
        return GRANT_REFUSE(GNTST_general_error, "grant %u of domain %u does not wait for a page",
                            ref, rd->id);
    }
    arch_frame_stamp(frame_of(m)); /* nobody may see the page through what it was before */
    arch_flush_for_reuse(frame_of(m));
    arch_m2p_set(m, INVALID_GFN);
    frames_adopt(rd, page);
    complete(rd, ref, m);
    return GNTST_okay;
}

static int transfer(struct domain *d, const struct gnttab_transfer *op)
{
    struct list page;
    struct domain *rd;
    mfn_t m = MFN(op->mfn);
    int rc;

    list_init(&page);
    if (d->kind != DOMAIN_PV || !mfn_valid(m) || frame_steal(frame_of(m), d, &page))
        return GRANT_REFUSE_FRAME(GNTST_bad_page, m, "not the domain's, or in use");
    rd = grant_enter(op->domid);
    rc = rd ? give(d, rd, op->ref, &page, m)
            : GRANT_REFUSE(GNTST_bad_domain, "no domain %u", op->domid);
    if (rc)
        frames_free_stolen(&page);
    if (rd)
        grant_leave(rd);
    return rc;
}

long grant_op_transfer(gva_t arg)
{
    struct gnttab_transfer op;

    if (guest_read(&op, arg, sizeof(op)))
        return grant_fault();
    op.status = (int16_t)transfer(current_vcpu()->domain, &op);
    return guest_write(GVA(arg.v + offsetof(struct gnttab_transfer, status)), &op.status,
                       sizeof(op.status))
               ? grant_fault()
               : 0;
}

/* ---- swap */

static int swap(struct grant_table *t, grant_ref_t a, grant_ref_t b)
{
    grant_entry_v1_t old;

    if (a >= grant_entries(t) || b >= grant_entries(t))
        return GRANT_REFUSE(GNTST_bad_gntref, "no grants %u and %u", a, b);
    if (a == b)
        return GNTST_okay;
    if (grant_active(t, a)->pin || grant_active(t, b)->pin)
        return GRANT_REFUSE(GNTST_eagain, "grant %u or %u is in use", a, b);
    old = *grant_shared(t, a);
    *grant_shared(t, a) = *grant_shared(t, b);
    *grant_shared(t, b) = old;
    return GNTST_okay;
}

long grant_op_swap(gva_t arg)
{
    struct grant_table *t = current_vcpu()->domain->grants;
    struct gnttab_swap_grant_ref op;

    if (guest_read(&op, arg, sizeof(op)))
        return grant_fault();
    spin_lock(&t->lock);
    op.status = (int16_t)swap(t, op.ref_a, op.ref_b);
    spin_unlock(&t->lock);
    return guest_write(GVA(arg.v + offsetof(struct gnttab_swap_grant_ref, status)), &op.status,
                       sizeof(op.status))
               ? grant_fault()
               : 0;
}

/* ---- cache maintenance: caches are coherent here, so a request that is right needs nothing */

/* A frame of entries at a time: it is the owner's lock. */
static bool uses(struct domain *owner, mfn_t m, domid_t user)
{
    struct grant_table *t = owner->grants;
    bool found = false, more = true;

    for (grant_ref_t ref = 0; more && !found;) {
        spin_lock(&t->lock);
        more = ref < grant_entries(t);
        for (grant_ref_t end = ref + GRANT_PER_FRAME; more && !found && ref < end; ref++) {
            const struct grant_active *a = grant_active(t, ref);

            found = a->pin && a->domid == user && mfn_eq(a->mfn, m);
        }
        spin_unlock(&t->lock);
    }
    return found;
}

long grant_op_cache_flush(gva_t arg)
{
    const uint32_t both = GNTTAB_CACHE_CLEAN | GNTTAB_CACHE_INVAL;
    struct domain *d = current_vcpu()->domain, *owner;
    struct gnttab_cache_flush op;
    mfn_t m;

    if (guest_read(&op, arg, sizeof(op)))
        return grant_fault();
    if (op.offset >= PAGE_SIZE || op.offset + op.length > PAGE_SIZE || (op.op & ~both))
        return hv_refuse(-XEN_EINVAL, "%u bytes at %u, operations 0x%x", op.length, op.offset,
                         op.op);
    if (!op.length || !op.op)
        return 0;
    m = MFN(op.a.dev_bus_addr >> PAGE_SHIFT);
    if (!mfn_valid(m))
        return hv_refuse_frame(-XEN_EINVAL, m, "no RAM there");
    owner = READ_ONCE(frame_of(m)->owner);
    if (!owner)
        return hv_refuse_frame(-XEN_EPERM, m, "nobody's page");
    if (owner != d && !uses(owner, m, d->id))
        return hv_refuse_frame(-XEN_EINVAL, m, "not a page the domain has a grant of");
    return op.op == GNTTAB_CACHE_INVAL ? -XEN_EOPNOTSUPP : 0;
}
