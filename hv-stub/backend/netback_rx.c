/* SPDX-License-Identifier: MIT */
/* From the switch into the buffers a front-end posted. Responses are in the slots of their
 * requests, extra info in that of a request whose buffer is not used. */
#include "hv_grant.h"
#include "netback.h"

#define FENCE __atomic_thread_fence(__ATOMIC_SEQ_CST)

/* Are there so many buffers? If not, ask to be told. */
static bool has_buffers(struct net_queue *q, uint32_t need)
{
    uint32_t have = __atomic_load_n(&q->rx->req_prod, __ATOMIC_ACQUIRE) - q->rx_cons;

    if (have > NETIF_ENTRIES) {
        netback_broken(q, "impossible number of requests in the receive ring");
        job_raise(&q->job);
        return false;
    }
    if (have >= need)
        return true;
    WRITE_ONCE(q->rx->req_event, q->rx_cons + need);
    FENCE;
    have = __atomic_load_n(&q->rx->req_prod, __ATOMIC_ACQUIRE) - q->rx_cons;
    return have >= need && have <= NETIF_ENTRIES;
}

/* The next n bytes into one buffer: how many, or NETIF_RSP_ERROR. */
static int16_t fill(struct net_queue *q, grant_ref_t ref, struct net_cursor *c, uint32_t n)
{
    void *page;

    if (grant_hv_pin(q->nb->bus.d, ref, true, &page))
        return NETIF_RSP_ERROR;
    net_copy(c, page, n);
    grant_hv_unpin(q->nb->bus.d, ref, true, page);
    return (int16_t)n;
}

static void put_gso(struct net_queue *q, const struct net_frame *f)
{
    struct netif_extra_info e = {.type = XEN_NETIF_EXTRA_TYPE_GSO};

    e.u.gso.size = f->gso_size;
    e.u.gso.type =
        f->gso_type == NET_GSO_TCP4 ? XEN_NETIF_GSO_TYPE_TCPV4 : XEN_NETIF_GSO_TYPE_TCPV6;
    memcpy(&q->rx->ring[q->rx_cons++ % NETIF_ENTRIES], &e, sizeof(e));
}

static uint16_t first_flags(const struct net_frame *f)
{
    uint16_t flags = f->gso_type ? NETRXF_extra_info : 0;

    if (f->flags & NET_CSUM_BLANK)
        return flags | NETRXF_csum_blank | NETRXF_data_validated;
    return flags | (f->flags & NET_CSUM_OK ? NETRXF_data_validated : 0);
}

/* One response after the other. False: a buffer was not to be had. */
static bool put_data(struct net_queue *q, const struct net_frame *f)
{
    struct net_cursor c = net_cursor(f);
    uint16_t flags = first_flags(f);
    bool begun = grant_hv_begin(q->nb->bus.d), good = begun;

    for (uint32_t left = f->len, n; left; left -= n) {
        union netif_rx_sring_entry *e = &q->rx->ring[q->rx_cons++ % NETIF_ENTRIES];
        uint16_t id = READ_ONCE(e->req.id);
        grant_ref_t ref = READ_ONCE(e->req.gref);
        int16_t status = NETIF_RSP_ERROR;

        n = MIN(left, (uint32_t)PAGE_SIZE);
        if (good)
            status = fill(q, ref, &c, n);
        good &= status >= 0;
        if (left > n)
            flags |= NETRXF_more_data;
        e->rsp = (struct netif_rx_response){id, 0, flags, status};
        if (flags & NETRXF_extra_info)
            put_gso(q, f);
        flags = 0;
    }
    if (begun)
        grant_hv_end(q->nb->bus.d);
    return good;
}

/* Packets of a connection stay on one queue. */
static struct net_queue *choose(struct netback *nb, const struct net_frame *f)
{
    const uint8_t *head = f->seg[0].p;
    uint32_t h = 0;

    if (nb->nr_queues == 1)
        return &nb->queue[0];
    for (uint32_t i = 26; i < 38 && i < f->seg[0].len; i++)
        h = h * 31 + head[i]; /* addresses and ports of IPv4, addresses of IPv6 */
    return &nb->queue[h % nb->nr_queues];
}

enum net_result netback_receive(struct net_dev *dev, const struct net_frame *f)
{
    struct netback *nb = dev->data;
    struct net_queue *q = choose(nb, f);
    uint32_t need = DIV_UP(f->len, PAGE_SIZE) + (f->gso_type != 0), old = q->rx_cons;
    bool good;

    if (need > (nb->can_sg ? NETBACK_SLOTS + 1u : 1u) || READ_ONCE(q->broken))
        return NET_DROPPED;
    if (!has_buffers(q, need)) {
        if (READ_ONCE(q->broken))
            return NET_DROPPED;
        WRITE_ONCE(q->rx_full, true);
        return NET_FULL;
    }
    good = put_data(q, f);
    __atomic_store_n(&q->rx->rsp_prod, q->rx_cons, __ATOMIC_RELEASE);
    FENCE;
    if (q->rx_cons - READ_ONCE(q->rx->rsp_event) < q->rx_cons - old)
        evtchn_notify_hv(nb->bus.d, q->rx_port);
    return good ? NET_TAKEN : NET_DROPPED;
}

void netback_rx_event(struct net_queue *q)
{
    if (!READ_ONCE(q->rx_full))
        return;
    WRITE_ONCE(q->rx_full, false);
    net_room(q->nb->port);
}
