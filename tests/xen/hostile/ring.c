/* SPDX-License-Identifier: MIT */
#include "hostile.h"
#include <string.h>
#include <sys/mman.h>

static void *map(struct hostile *h, const uint32_t *refs, unsigned int count, bool writable)
{
    uint32_t copy[MAX_PAGES];

    memcpy(copy, refs, count * sizeof(copy[0]));
    return xengnttab_map_domain_grant_refs(h->grants, count, h->domid, copy,
                                           writable ? PROT_READ | PROT_WRITE : PROT_READ);
}

bool ring_attach(struct hostile *h, const uint32_t *refs, unsigned int pages, uint32_t channel,
                 unsigned int entry, unsigned int entries, bool incoming)
{
    struct ring *r = &h->rings[h->nr_rings];

    if (h->nr_rings == MAX_RINGS)
        return false;
    *r = (struct ring){
        .pages = pages, .entry = entry, .entries = entries, .port = -1, .incoming = incoming};
    r->head = map(h, refs, pages, true);
    if (!r->head)
        return false;
    r->rsp_prod = r->req_cons = r->head->rsp_prod;
    if (channel)
        r->port = xenevtchn_bind_interdomain(h->events, h->domid, channel);
    h->nr_rings++;
    return true;
}

void *ring_slot(struct ring *ring, uint32_t index)
{
    return (char *)ring->head + 64 + (index & (ring->entries - 1)) * ring->entry;
}

void ring_publish(struct hostile *h, struct ring *ring)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    ring->head->rsp_prod = ring->rsp_prod;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (ring->port >= 0)
        xenevtchn_notify(h->events, (evtchn_port_t)ring->port);
}

static void serve_ring(struct hostile *h, struct ring *ring)
{
    uint32_t before = ring->rsp_prod;
    char request[128];

    for (unsigned int n = 0; ring->req_cons != ring->head->req_prod && n < ring->entries; n++) {
        memcpy(request, ring_slot(ring, ring->req_cons++), ring->entry);
        h->requests++;
        h->kind->serve(h, ring, request);
    }
    ring->head->req_event = ring->req_cons + 1;
    if (ring->rsp_prod != before)
        ring_publish(h, ring);
}

/* What there is of requests; buffers for frames wait until there is a frame. */
void ring_serve(struct hostile *h)
{
    for (unsigned int i = 0; i < h->nr_rings && !h->silent; i++)
        if (!h->rings[i].incoming)
            serve_ring(h, &h->rings[i]);
    if (!h->silent)
        h->kind->idle(h);
}

char *ring_hold(struct hostile *h, uint32_t ref, bool writable)
{
    void *at;

    if (h->nr_held == MAX_HELD)
        return NULL;
    at = map(h, &ref, 1, writable);
    if (!at)
        return NULL;
    h->held[h->nr_held].at = at;
    h->held[h->nr_held++].count = 1;
    return at;
}

char *ring_buffer(struct hostile *h, struct ring *ring, unsigned int id, uint32_t ref)
{
    char **buffer = &ring->buffers[id % RX_PAGES];

    if (!*buffer)
        *buffer = map(h, &ref, 1, true);
    return *buffer;
}

void ring_release(struct hostile *h)
{
    while (h->nr_held) {
        h->nr_held--;
        xengnttab_unmap(h->grants, h->held[h->nr_held].at, h->held[h->nr_held].count);
    }
}

void ring_detach(struct hostile *h)
{
    for (unsigned int i = 0; i < h->nr_rings; i++) {
        struct ring *r = &h->rings[i];

        if (r->port >= 0)
            xenevtchn_unbind(h->events, (evtchn_port_t)r->port);
        for (unsigned int j = 0; j < RX_PAGES; j++)
            if (r->buffers[j])
                xengnttab_unmap(h->grants, r->buffers[j], 1);
        xengnttab_unmap(h->grants, (void *)r->head, r->pages);
    }
    h->nr_rings = 0;
}

struct ring *ring_any(struct hostile *h)
{
    return h->nr_rings ? &h->rings[below(h, h->nr_rings)] : NULL;
}
