/* SPDX-License-Identifier: MIT */
/*
 * memory_op: more memory, less memory. These commands never fail: they answer how many extents were
 * done, also where the arguments make no sense.
 */
#include "memory_op.h"

struct reservation {
    struct domain *d;
    gva_t list;
    uint64_t nr;
    unsigned order, bits;
};

static bool null_list(const struct reservation *r)
{
    return !r->list.v;
}

static mfn_t allocate(const struct reservation *r)
{
    mfn_t m;

    spin_lock(&r->d->lock);
    m = frame_alloc_below(r->d, r->order, r->bits);
    spin_unlock(&r->d->lock);
    return m;
}

/* An FV domain's pages go into its map; the list of what it asked for stays as it is. */
static bool populate_map(const struct reservation *r, uint64_t gpfn, mfn_t m)
{
    bool ok = true;

    for (uint64_t j = 0; j < 1ull << r->order; j++) {
        ok = ok && arch_physmap_set(r->d, GFN(gpfn + j), MFN(m.v + j));
        if (!ok)
            (void)memop_remove_page(r->d, MFN(m.v + j));
    }
    return ok || hv_refuse(false, "no memory to map page 0x%lx", (unsigned long)gpfn);
}

static bool increase(const struct reservation *r, uint64_t i)
{
    mfn_t m = allocate(r);

    if (mfn_eq(m, INVALID_MFN))
        return false;
    return null_list(r) || memop_list_write(r->list, i, m.v);
}

static bool populate(const struct reservation *r, uint64_t i)
{
    uint64_t gpfn;
    mfn_t m;

    if (!memop_list_read(r->list, i, &gpfn))
        return hv_refuse(false, "the list of extents cannot be read");
    m = allocate(r);
    if (mfn_eq(m, INVALID_MFN))
        return false;
    if (r->d->kind == DOMAIN_FV)
        return populate_map(r, gpfn, m);
    for (uint64_t j = 0; j < 1ull << r->order; j++)
        arch_m2p_set(MFN(m.v + j), GFN(gpfn + j));
    return memop_list_write(r->list, i, m.v);
}

bool memop_remove_page(struct domain *d, mfn_t m)
{
    struct frame *f;

    if (!mfn_valid(m) || !frame_get(frame_of(m), d))
        return hv_refuse_frame(false, m, "a page to give back is not the domain's");
    f = frame_of(m);
    (void)frame_release(f);
    frame_put(f);
    return true;
}

static bool remove_gfn(struct domain *d, gfn_t g)
{
    mfn_t m = arch_gfn_to_mfn(d, g);
    struct frame *f;
    bool gone;

    if (!mfn_valid(m) || !frame_get(frame_of(m), d))
        return hv_refuse(false, "page 0x%lx is no memory of the domain's", (unsigned long)g.v);
    f = frame_of(m);
    /* If another vcpu takes it away just now, some may have it in their TLBs still. */
    gone = mfn_eq(arch_physmap_clear(d, g), m);
    if (gone)
        (void)frame_release(f);
    frame_put(f);
    return gone || hv_refuse(false, "page 0x%lx was taken away meanwhile", (unsigned long)g.v);
}

static bool decrease(const struct reservation *r, uint64_t i)
{
    uint64_t mfn;

    if (!memop_list_read(r->list, i, &mfn))
        return hv_refuse(false, "the list of extents cannot be read");
    for (uint64_t j = 0; j < 1ull << r->order; j++)
        if (!(r->d->kind == DOMAIN_FV ? remove_gfn(r->d, GFN(mfn + j))
                                      : memop_remove_page(r->d, MFN(mfn + j))))
            return false;
    return true;
}

/* True: there is something to do. */
static bool read_arguments(struct reservation *r, uint32_t cmd, uint64_t start, gva_t arg)
{
    struct xen_memory_reservation x;
    long rc;

    if (guest_read(&x, arg, sizeof(x)))
        return hv_refuse(false, "arguments cannot be read");
    if (x.nr_extents > UINT32_MAX >> MEMOP_EXTENT_SHIFT)
        return hv_refuse(false, "%lu extents are too many", (unsigned long)x.nr_extents);
    if (start >= x.nr_extents)
        return false;
    *r = (struct reservation){memop_domain(x.domid, &rc), GVA(x.extent_start.p), x.nr_extents,
                              x.extent_order, 0};
    if (!r->d)
        return false;
    if (r->d->kind == DOMAIN_FV && cmd == XENMEM_increase_reservation)
        return hv_refuse(false, "memory without a place in the map is of no use");
    if (!memop_address_bits(x.mem_flags, &r->bits))
        return hv_refuse(false, "no memory has addresses below 2^%u", r->bits);
    if (cmd == XENMEM_populate_physmap && (x.mem_flags & XENMEMF_populate_on_demand))
        return hv_refuse(false, "a domain cannot populate itself on demand");
    if (r->order > MEMOP_MAX_ORDER)
        return hv_refuse(false, "extents of 2^%u pages are too large", r->order);
    if (!(cmd == XENMEM_increase_reservation && null_list(r)) && !memop_list_ok(r->list, r->nr))
        return hv_refuse(false, "the list of extents is not the guest's");
    return true;
}

long memop_reservation(uint32_t cmd, uint64_t start, gva_t arg)
{
    static bool (*const steps[])(const struct reservation *r, uint64_t i) = {
        [XENMEM_increase_reservation] = increase,
        [XENMEM_decrease_reservation] = decrease,
        [XENMEM_populate_physmap] = populate,
    };
    struct vcpu *v = current_vcpu();
    struct reservation r;
    uint64_t i;

    if (!read_arguments(&r, cmd, start, arg))
        return (long)start;
    for (i = start; i < r.nr; i++) {
        if (i != start && hypercall_preempt())
            return hypercall_continue(__HYPERVISOR_memory_op, 2, cmd | i << MEMOP_EXTENT_SHIFT,
                                      arg.v, 0, 0);
        v->batch_index = (uint32_t)i;
        if (!steps[cmd](&r, i))
            break;
    }
    return (long)i;
}
