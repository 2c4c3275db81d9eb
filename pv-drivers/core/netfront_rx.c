/* SPDX-License-Identifier: MIT */
/* Frames come in. */
#include "net.h"

/* ---- buffers ---- */

static void post(struct net_queue *q)
{
    unsigned int i = q->rx.rx.req_prod_pvt & (NET_RING - 1);

    *RING_GET_REQUEST(&q->rx.rx, q->rx.rx.req_prod_pvt++) =
        (struct netif_rx_request){.id = (uint16_t)i, .gref = q->buffers.all[i].grant.ref};
}

/* ---- frames ---- */

/* What is known of a frame while its answers are read. */
struct incoming {
    RING_IDX at, prod;
    struct port_buf bufs[PV_NET_MAX_BUFS];
    struct pv_net_frame frame;
    bool drop;
};

enum progress { FRAME, NOT_YET, WRONG };

/* The next answer, our copy of it; `rsp` is as large, whatever it is. False: not yet. */
static bool next_answer(struct net_queue *q, struct incoming *in, void *rsp)
{
    struct netif_rx_response raw;

    if (in->at == in->prod)
        return false;
    RING_COPY_RESPONSE(&q->rx.rx, in->at++, &raw);
    __builtin_memcpy(rsp, &raw, sizeof(raw));
    return true;
}

/* Answers that say more about the frame stand behind its first one. */
static enum progress read_extras(struct net_queue *q, struct incoming *in)
{
    struct netif_extra_info extra;

    _Static_assert(sizeof(extra) == sizeof(struct netif_rx_response), "one in place of the other");
    do {
        if (!next_answer(q, in, &extra))
            return NOT_YET;
        if (extra.type == XEN_NETIF_EXTRA_TYPE_NONE || extra.type >= XEN_NETIF_EXTRA_TYPE_MAX)
            return WRONG;
        if (extra.type != XEN_NETIF_EXTRA_TYPE_GSO)
            continue;
        in->frame.gso = extra.u.gso.type;
        in->frame.gso_size = extra.u.gso.size;
        in->drop |= !extra.u.gso.size || in->frame.gso == PV_NET_GSO_NONE ||
                    in->frame.gso > PV_NET_GSO_TCPV6;
    } while (extra.flags & XEN_NETIF_EXTRA_FLAG_MORE);
    return FRAME;
}

static enum progress add_piece(struct net_queue *q, struct incoming *in,
                               const struct netif_rx_response *rsp)
{
    unsigned int i = (in->at - 1) & (NET_RING - 1);
    int len = rsp->status;

    if (rsp->id != i)
        return WRONG;
    in->drop |= len < 0 || in->frame.nr_bufs == PV_NET_MAX_BUFS;
    if (in->drop)
        return FRAME;
    if (rsp->offset > PORT_PAGE_SIZE || (uint32_t)len > PORT_PAGE_SIZE - rsp->offset)
        return WRONG;
    in->bufs[in->frame.nr_bufs++] =
        (struct port_buf){q->buffers.all[i].page, rsp->offset, (uint32_t)len};
    in->frame.len += (uint32_t)len;
    return FRAME;
}

/* One frame's answers, from in->at on. */
static enum progress read_frame(struct net_queue *q, struct incoming *in)
{
    enum progress progress = FRAME;
    struct netif_rx_response rsp;

    do {
        if (!next_answer(q, in, &rsp))
            return NOT_YET;
        progress = add_piece(q, in, &rsp);
        if (progress == WRONG || in->at != q->rx.rx.rsp_cons + 1)
            continue;
        in->frame.csum_blank = rsp.flags & NETRXF_csum_blank;
        in->frame.csum_good = rsp.flags & (NETRXF_csum_blank | NETRXF_data_validated);
        if (rsp.flags & NETRXF_extra_info)
            progress = read_extras(q, in);
    } while (progress == FRAME && (rsp.flags & NETRXF_more_data));
    return progress;
}

/* Take one frame and post its buffers again. Locked. */
static enum progress take_frame(struct net_queue *q)
{
    netif_rx_front_ring_t *ring = &q->rx.rx;
    struct incoming in = {.at = ring->rsp_cons, .frame.bufs = in.bufs};
    bool good = ring_answers(&q->rx, &in.prod);
    enum progress progress = good ? read_frame(q, &in) : WRONG;

    if (progress == NOT_YET && in.prod - ring->rsp_cons == NET_RING)
        return WRONG; /* it never ends */
    if (progress != FRAME)
        return progress;
    if (in.drop || !in.frame.len) {
        q->stats[PV_NET_RECEIVE_ERRORS]++;
    } else {
        q->stats[PV_NET_RECEIVED]++;
        q->net->config.ops->receive(q->net->config.data, q->rx.index, &in.frame);
    }
    for (; ring->rsp_cons != in.at; ring->rsp_cons++)
        post(q);
    return FRAME;
}

/* Post what was used. True: there is a frame that came meanwhile. Locked. */
static bool end_round(struct net_queue *q, bool left)
{
    netif_rx_sring_t *sring = q->rx.rx.sring;

    ring_push(&q->rx);
    if (left)
        return true;
    /* Not rsp_cons: half a frame may be there. */
    shared_store(&sring->rsp_event, q->rx.seen + 1);
    xen_mb();
    return shared_load(&sring->rsp_prod) != q->rx.seen;
}

bool net_rx_poll(struct net_queue *q, unsigned int budget, unsigned int *received)
{
    enum progress progress = FRAME;
    bool more = false;

    while (progress == FRAME) {
        unsigned long state = port_lock(&q->rx.lock);

        progress = budget && ring_usable(&q->rx) ? take_frame(q) : NOT_YET;
        if (progress == FRAME) {
            budget--;
            ++*received;
        }
        if (progress == FRAME && q->rx.rx.rsp_cons == q->rx.seen)
            progress = NOT_YET;
        if (progress == NOT_YET && ring_usable(&q->rx))
            more = end_round(q, !budget);
        port_unlock(&q->rx.lock, state);
    }
    if (progress == WRONG)
        front_break(q->rx.front, "answers that make no frame");
    return more;
}

/* ---- connections ---- */

static int open_ring(struct ring *ring)
{
    struct net_queue *q = net_queue_of(ring);
    netif_rx_sring_t *sring = port_page_address(ring->mem.pages);
    int rc = pool_open(&q->buffers, NET_RING, false);

    XEN_FRONT_RING_INIT(&ring->rx, sring, (size_t)PORT_PAGE_SIZE);
    if (rc)
        return rc;
    if (pool_want(ring->front->port, &q->buffers, NET_RING) < NET_RING)
        return -XEN_ENOMEM;
    while (!RING_FULL(&ring->rx))
        post(q);
    RING_PUSH_REQUESTS(&ring->rx); /* nobody listens yet: the connection itself tells */
    ring->pushed = ring->rx.req_prod_pvt;
    ring->notify = q->tx.event;
    return 0;
}

static unsigned int close_ring(struct ring *ring)
{
    pool_close(ring->front->port, &net_queue_of(ring)->buffers);
    return 0;
}

/* There are buffers. */
static void start(struct ring *ring)
{
    port_event_notify(ring->notify);
}

const struct ring_kind net_rx_kind = {.ref = "rx-ring-ref",
                                      .channel = "event-channel-rx",
                                      .follows = true,
                                      .open = open_ring,
                                      .close = close_ring,
                                      .start = start};
