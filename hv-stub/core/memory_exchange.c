/* SPDX-License-Identifier: MIT */
/*
 * memory_op(exchange): frames for other frames, of another size or lower in memory. Done chunk by
 * chunk, a chunk being one extent of the larger order; each chunk happens as a whole or not at all.
 */
#include "memory_op.h"

struct exchange {
    struct xen_memory_exchange x;
    struct domain *d;
    gva_t arg, in, out;
    unsigned bits;
    unsigned in_order, out_order;         /* of one extent */
    unsigned in_per_chunk, out_per_chunk; /* extents, as orders */
};

/* Ends the command: the guest learns how far it got. */
static long finish(struct exchange *e, uint64_t done, long rc)
{
    gva_t field = GVA(e->arg.v + offsetof(struct xen_memory_exchange, nr_exchanged));

    e->x.nr_exchanged = done;
    return guest_write(field, &e->x.nr_exchanged, sizeof(e->x.nr_exchanged)) ? -XEN_EFAULT : rc;
}

static bool sizes_ok(const struct xen_memory_exchange *x)
{
    uint64_t most = UINT32_MAX;

    return x->nr_exchanged <= x->in.nr_extents && x->in.domid == x->out.domid &&
           x->in.nr_extents <= most >> x->in.extent_order &&
           x->out.nr_extents <= most >> x->out.extent_order &&
           x->in.nr_extents << x->in.extent_order == x->out.nr_extents << x->out.extent_order;
}

static long check(struct exchange *e)
{
    const struct xen_memory_exchange *x = &e->x;
    long rc = 0;

    if (x->in.extent_order > MEMOP_MAX_ORDER || x->out.extent_order > MEMOP_MAX_ORDER)
        return hv_refuse(-XEN_EPERM, "extents of more than 2^%u pages", MEMOP_MAX_ORDER);
    if (!sizes_ok(x))
        return hv_refuse(-XEN_EINVAL, "the two sides of the exchange do not match");
    if (!memop_list_ok(e->in, x->in.nr_extents) || !memop_list_ok(e->out, x->out.nr_extents))
        return hv_refuse(-XEN_EFAULT, "a list of extents is not the guest's");
    e->d = memop_domain(x->in.domid, &rc);
    if (!e->d)
        return rc;
    if (e->d->kind != DOMAIN_PV)
        return hv_refuse(-XEN_EOPNOTSUPP, "the memory of an FV domain is fixed");
    if (!memop_address_bits(x->out.mem_flags, &e->bits))
        return hv_refuse(-XEN_ENOMEM, "no memory has addresses below 2^%u", e->bits);
    return 0;
}

static long steal_extent(struct exchange *e, uint64_t i, struct list *stolen)
{
    uint64_t mfn;

    if (!memop_list_read(e->in, i, &mfn))
        return hv_refuse(-XEN_EFAULT, "extent %lu cannot be read", (unsigned long)i);
    for (uint64_t k = 0; k < 1ull << e->in_order; k++) {
        mfn_t m = MFN(mfn + k);

        if (!mfn_valid(m) || frame_steal(frame_of(m), e->d, stolen))
            return hv_refuse_frame(-XEN_EINVAL, m,
                                   "a page to exchange is not the domain's or in use");
    }
    return 0;
}

static long steal_chunk(struct exchange *e, uint64_t chunk, struct list *stolen)
{
    uint64_t first = chunk << e->in_per_chunk;
    long rc = 0;

    for (uint64_t j = 0; !rc && j < 1ull << e->in_per_chunk; j++)
        rc = steal_extent(e, first + j, stolen);
    return rc;
}

/* New frames are the domain's at once: what was stolen made room for them. */
static bool allocate_chunk(struct exchange *e, mfn_t *m)
{
    for (uint64_t j = 0; j < 1ull << e->out_per_chunk; j++) {
        spin_lock(&e->d->lock);
        m[j] = frame_alloc_below(e->d, e->out_order, e->bits);
        spin_unlock(&e->d->lock);
        if (!mfn_eq(m[j], INVALID_MFN))
            continue;
        while (j-- > 0)
            for (uint64_t k = 0; k < 1ull << e->out_order; k++)
                (void)memop_remove_page(e->d, MFN(m[j].v + k));
        return false;
    }
    return true;
}

/* The frames are exchanged whether or not the guest's list can be read and written. */
static long announce_chunk(struct exchange *e, uint64_t chunk, const mfn_t *m)
{
    uint64_t first = chunk << e->out_per_chunk;
    long rc = 0;

    for (uint64_t j = 0; j < 1ull << e->out_per_chunk; j++) {
        uint64_t gpfn = INVALID_GFN.v;

        (void)memop_list_read(e->out, first + j, &gpfn);
        for (uint64_t k = 0; k < 1ull << e->out_order; k++)
            arch_m2p_set(MFN(m[j].v + k), GFN(gpfn + k));
        if (!memop_list_write(e->out, first + j, m[j].v))
            rc = -XEN_EFAULT;
    }
    return rc;
}

static long exchange_chunk(struct exchange *e, uint64_t chunk, bool *done)
{
    mfn_t m[1 << MEMOP_MAX_ORDER];
    struct list stolen;
    long rc;

    list_init(&stolen);
    rc = steal_chunk(e, chunk, &stolen);
    if (!rc && !allocate_chunk(e, m))
        rc = hv_refuse(-XEN_ENOMEM, "no memory for an extent of 2^%u pages", e->out_order);
    *done = !rc;
    if (rc) {
        frames_unsteal(e->d, &stolen);
        return rc;
    }
    frames_free_stolen(&stolen);
    return announce_chunk(e, chunk, m);
}

static void plan(struct exchange *e)
{
    e->in_order = e->x.in.extent_order;
    e->out_order = e->x.out.extent_order;
    e->in_per_chunk = e->out_order > e->in_order ? e->out_order - e->in_order : 0;
    e->out_per_chunk = e->in_order > e->out_order ? e->in_order - e->out_order : 0;
}

long memop_exchange(gva_t arg)
{
    struct exchange e = {.arg = arg};
    uint64_t first, n;
    bool done;
    long rc;

    if (guest_read(&e.x, arg, sizeof(e.x)))
        return hv_refuse(-XEN_EFAULT, "arguments cannot be read");
    e.in = GVA(e.x.in.extent_start.p);
    e.out = GVA(e.x.out.extent_start.p);
    rc = check(&e);
    if (rc)
        return finish(&e, e.x.nr_exchanged, rc);
    plan(&e);
    first = e.x.nr_exchanged >> e.in_per_chunk;
    n = e.x.in.nr_extents >> e.in_per_chunk;
    for (uint64_t i = first; i < n; i++) {
        if (i != first && hypercall_preempt()) {
            rc = finish(&e, i << e.in_per_chunk, 0);
            return rc ? rc
                      : hypercall_continue(__HYPERVISOR_memory_op, 2, XENMEM_exchange, arg.v, 0, 0);
        }
        current_vcpu()->batch_index = (uint32_t)i;
        rc = exchange_chunk(&e, i, &done);
        if (rc)
            return finish(&e, (i + done) << e.in_per_chunk, rc);
    }
    return finish(&e, e.x.in.nr_extents, 0);
}
