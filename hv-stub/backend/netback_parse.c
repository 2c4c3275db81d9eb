/* SPDX-License-Identifier: MIT */
/* The slots of one packet, as <xen/io/netif.h> has it under "Guest transmit". The answers to
 * mistakes are those of Linux's back-end: an error for the packet, or the end of the device. */
#include "netback.h"

_Static_assert(sizeof(union netif_tx_sring_entry) == sizeof(struct netif_tx_request),
               "extra info fits a slot");

struct parser {
    const struct netif_tx_sring *ring;
    uint32_t at, left; /* the next slot; how many there are */
    struct netback_packet *p;
    const char *why;
};

static bool fatal(struct parser *s, const char *why)
{
    s->why = why;
    return false;
}

static bool next(struct parser *s, void *slot, size_t n, const char *none)
{
    if (!s->left)
        return fatal(s, none);
    memcpy(slot, &s->ring->ring[s->at++ % NETIF_ENTRIES], n);
    s->left--;
    return true;
}

static bool take_gso(struct parser *s, const struct netif_extra_info *e)
{
    if (!e->u.gso.size)
        return fatal(s, "GSO size must not be zero");
    if (e->u.gso.type != XEN_NETIF_GSO_TYPE_TCPV4 && e->u.gso.type != XEN_NETIF_GSO_TYPE_TCPV6)
        return fatal(s, "bad GSO type");
    s->p->gso_type = e->u.gso.type == XEN_NETIF_GSO_TYPE_TCPV4 ? NET_GSO_TCP4 : NET_GSO_TCP6;
    s->p->gso_size = e->u.gso.size;
    return true;
}

static bool take_extras(struct parser *s)
{
    struct netif_extra_info e;

    do {
        if (!next(s, &e, sizeof(e), "missing extra info"))
            return false;
        s->p->nr_extras++;
        if (e.type == XEN_NETIF_EXTRA_TYPE_NONE || e.type >= XEN_NETIF_EXTRA_TYPE_MAX)
            return fatal(s, "invalid extra type");
        if (e.type == XEN_NETIF_EXTRA_TYPE_GSO && !take_gso(s, &e))
            return false;
    } while (e.flags & XEN_NETIF_EXTRA_FLAG_MORE);
    return true;
}

/* The slots after the first, whose size becomes what is left for it. */
static bool take_rest(struct parser *s, bool *refused)
{
    struct netback_packet *p = s->p;
    struct netif_tx_request r = p->req[0];

    while (r.flags & NETTXF_more_data) {
        if (!next(s, &r, sizeof(r), "missing slots"))
            return false;
        if (p->nr_reqs >= NETBACK_FATAL)
            return fatal(s, "too many slots");
        *refused |= p->nr_reqs >= NETBACK_SLOTS || r.size > p->req[0].size;
        if ((uint32_t)r.offset + r.size > PAGE_SIZE)
            return fatal(s, "data crosses a page");
        if (p->nr_reqs < NETBACK_SLOTS)
            p->req[p->nr_reqs] = r;
        p->nr_reqs++;
        p->req[0].size = (uint16_t)(p->req[0].size - r.size);
    }
    return true;
}

enum netback_parsed netback_parse(const struct netif_tx_sring *ring, uint32_t at, uint32_t n,
                                  struct netback_packet *p, const char **why)
{
    struct parser s = {ring, at, n, p, NULL};
    bool refused = false, good;

    p->nr_extras = 0;
    p->gso_type = NET_GSO_NONE;
    p->gso_size = 0;
    good = next(&s, &p->req[0], sizeof(p->req[0]), "no slot");
    p->nr_reqs = 1;
    p->len = p->req[0].size;
    if (good && (p->req[0].flags & NETTXF_extra_info))
        good = take_extras(&s);
    if (good)
        good = take_rest(&s, &refused);
    if (good && !refused && (uint32_t)p->req[0].offset + p->req[0].size > PAGE_SIZE)
        good = fatal(&s, "data crosses a page");
    *why = s.why;
    if (!good)
        return NETBACK_FATAL_ERROR;
    return refused ? NETBACK_REFUSED : NETBACK_GOOD;
}
