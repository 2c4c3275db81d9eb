/* SPDX-License-Identifier: MIT */
/* Event channels: a guest asks for queues and gives the memory for them. */
#include "evtchn_fifo.h"

/* ---- the guest's pages */

/* Make sure that the frame stays the domain's, and is neither table nor descriptors, while we write
 * there. */
static void *pin(struct domain *d, gfn_t gfn)
{
    mfn_t m = arch_gfn_to_mfn(d, gfn);

    return frame_get_writable(d, m) ? mfn_to_virt(m) : NULL;
}

/* p is anywhere in the page. */
static void unpin(void *p)
{
    frame_put_and_type(frame_of(virt_to_mfn((void *)((uintptr_t)p & ~(PAGE_SIZE - 1ul)))));
}

void evtchn_fifo_pages(const struct domain *d, void (*fn)(struct frame *f))
{
    const struct evtchn_fifo *f = d->evtchn_fifo;

    if (!f)
        return;
    for (uint32_t i = 0; i < f->nr_pages; i++)
        fn(frame_of(virt_to_mfn(f->page[i])));
    for (uint32_t i = 0; i < d->nr_vcpus; i++)
        if (f->vcpu[i].block)
            fn(frame_of(virt_to_mfn(f->vcpu[i].block)));
}

void evtchn_fifo_end(struct domain *d)
{
    struct evtchn_fifo *f = d->evtchn_fifo;

    if (!f)
        return;
    evtchn_fifo_pages(d, frame_put_and_type);
    d->evtchn_ops = &evtchn_2l_ops;
    d->evtchn_fifo = NULL;
    hv_free(f, sizeof(*f));
}

/* ---- init_control */

/* What is pending now is raised when its word appears. Event lock held. */
static void begin(struct domain *d, struct evtchn_fifo *f)
{
    for (evtchn_port_t p = 1; p < d->nr_evtchn_buckets * EVTCHN_PER_BUCKET; p++) {
        struct evtchn *c = evtchn_lookup(d, p);

        if (c->state != CHN_FREE)
            c->pending = evtchn_2l_ops.is_pending(d, p);
    }
    d->evtchn_fifo = f;
    __atomic_store_n(&d->evtchn_ops, &evtchn_fifo_ops, __ATOMIC_RELEASE);
}

/* The first control block makes the domain change over. Event lock held; spare is used up then. */
static long set_block(struct domain *d, uint32_t vcpu, void *block, struct evtchn_fifo **spare)
{
    if (!d->evtchn_fifo) {
        (*spare)->vcpu[vcpu].block = block;
        begin(d, *spare);
        *spare = NULL;
        return 0;
    }
    if (d->evtchn_fifo->vcpu[vcpu].block)
        return -XEN_EINVAL;
    __atomic_store_n(&d->evtchn_fifo->vcpu[vcpu].block, block, __ATOMIC_RELEASE);
    return 0;
}

long evtchn_init_control(struct domain *d, struct evtchn_init_control *op)
{
    struct evtchn_fifo *spare;
    char *page;
    long rc;

    op->link_bits = EVTCHN_FIFO_LINK_BITS;
    if (op->vcpu >= d->nr_vcpus)
        return hv_refuse(-XEN_ENOENT, "no vcpu %u", op->vcpu);
    if (op->offset > PAGE_SIZE - sizeof(struct evtchn_fifo_control_block) || op->offset % 8)
        return hv_refuse(-XEN_EINVAL, "offset %u: outside the page or unaligned", op->offset);
    spare = hv_alloc(sizeof(*spare));
    if (!spare)
        return hv_refuse(-XEN_ENOMEM, "no memory for the queues");
    page = pin(d, GFN(op->control_gfn));
    rc = -XEN_EINVAL;
    if (page) {
        spin_lock(&d->event_lock);
        rc = set_block(d, op->vcpu, page + op->offset, &spare);
        spin_unlock(&d->event_lock);
        if (rc)
            unpin(page);
    }
    if (spare)
        hv_free(spare, sizeof(*spare));
    return rc ? hv_refuse(rc,
                          page ? "vcpu %u has a control block"
                               : "the control block of vcpu %u needs a writable page of the "
                                 "domain",
                          op->vcpu)
              : 0;
}

/* ---- expand_array */

/* The words of one more page exist: raise what waited for them. Event lock held. */
static void raise_waiting(struct domain *d, evtchn_port_t first)
{
    for (evtchn_port_t p = first; p < first + FIFO_WORDS_PER_PAGE; p++) {
        struct evtchn *c = evtchn_lookup(d, p);

        if (!c)
            return;
        if (c->state != CHN_FREE && c->pending) {
            c->pending = false;
            evtchn_set_pending(d, c, p);
        }
    }
}

/* Event lock held. */
static long add_page(struct domain *d, void *page)
{
    struct evtchn_fifo *f = d->evtchn_fifo;
    uint32_t slot;

    if (!f)
        return -XEN_EOPNOTSUPP;
    slot = f->nr_pages;
    if (slot == FIFO_MAX_PAGES)
        return -XEN_ENOSPC;
    if (!page)
        return -XEN_EINVAL;
    spin_lock(&f->lock); /* who finds no word must have left `pending` behind before we look */
    f->page[slot] = page;
    __atomic_store_n(&f->nr_pages, slot + 1, __ATOMIC_RELEASE);
    spin_unlock(&f->lock);
    raise_waiting(d, slot * FIFO_WORDS_PER_PAGE);
    return 0;
}

long evtchn_expand_array(struct domain *d, const struct evtchn_expand_array *op)
{
    void *page = pin(d, GFN(op->array_gfn));
    long rc;

    spin_lock(&d->event_lock);
    rc = add_page(d, page);
    spin_unlock(&d->event_lock);
    if (rc && page)
        unpin(page);
    return rc ? hv_refuse(rc, "frame %#lx does not become a page of events",
                          (unsigned long)op->array_gfn)
              : 0;
}

/* ---- set_priority */

long evtchn_set_priority(struct domain *d, const struct evtchn_set_priority *op)
{
    struct evtchn *c;
    long rc = 0;

    spin_lock(&d->event_lock);
    c = evtchn_lookup(d, op->port);
    if (!c)
        rc = -XEN_EINVAL;
    else if (!d->evtchn_fifo)
        rc = -XEN_ENOSYS;
    else if (c->state == CHN_FREE || c->state == CHN_RESERVED)
        rc = -XEN_EACCES;
    else if (op->priority > EVTCHN_FIFO_PRIORITY_MIN)
        rc = -XEN_EINVAL;
    else /* of its next events; where it is linked now it stays */
        WRITE_ONCE(c->priority, (uint8_t)op->priority);
    spin_unlock(&d->event_lock);
    return rc ? hv_refuse(rc, "port %u cannot have priority %u", op->port, op->priority) : 0;
}
