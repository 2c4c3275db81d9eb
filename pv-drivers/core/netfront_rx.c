/* SPDX-License-Identifier: MIT */
/* Frames come in. */
#include "net.h"

static bool usable(const struct net_queue *q)
{
    return q->rx.ring.sring && q->net->front.state != PV_BROKEN;
}

/* ---- buffers ---- */

static void post(struct net_rx *rx)
{
    unsigned int i = rx->ring.req_prod_pvt & (NET_RING - 1);
    struct netif_rx_request *req = RING_GET_REQUEST(&rx->ring, rx->ring.req_prod_pvt++);

    req->id = (uint16_t)i;
    req->pad = 0;
    req->gref = rx->grants[i].ref;
}

static void push(struct net_rx *rx, struct port_event *event)
{
    bool notify;

    if (rx->ring.req_prod_pvt == rx->pushed)
        return;
    RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&rx->ring, notify);
    rx->pushed = rx->ring.req_prod_pvt;
    if (notify)
        port_event_notify(event);
}

int net_rx_fill(struct net_queue *q)
{
    struct net_rx *rx = &q->rx;

    rx->pushed = rx->seen = 0;
    for (unsigned int i = 0; i < NET_RING; i++) {
        int rc = -XEN_ENOMEM;

        rx->pages[i] = port_page_alloc();
        if (rx->pages[i])
            rc = port_grant(q->net->front.port, rx->pages[i], false, &rx->grants[i]);
        if (rc) {
            if (rx->pages[i])
                port_page_free(rx->pages[i]);
            rx->pages[i] = NULL;
            return rc;
        }
        post(rx);
    }
    RING_PUSH_REQUESTS(&rx->ring); /* nobody listens yet: the connection itself tells */
    rx->pushed = rx->ring.req_prod_pvt;
    return 0;
}

void net_rx_drain(struct net_queue *q)
{
    struct net_rx *rx = &q->rx;

    for (unsigned int i = 0; i < NET_RING; i++) {
        if (rx->pages[i])
            port_grant_end_free(q->net->front.port, rx->grants[i], rx->pages[i]);
        rx->pages[i] = NULL;
    }
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

/* Answers that say more about the frame stand behind its first one. */
static enum progress read_extras(struct net_rx *rx, struct incoming *in)
{
    struct netif_rx_response raw;
    struct netif_extra_info extra;

    _Static_assert(sizeof(extra) == sizeof(raw), "one in place of the other");
    do {
        if (in->at == in->prod)
            return NOT_YET;
        RING_COPY_RESPONSE(&rx->ring, in->at, &raw);
        __builtin_memcpy(&extra, &raw, sizeof(extra));
        in->at++;
        if (extra.type == XEN_NETIF_EXTRA_TYPE_NONE || extra.type >= XEN_NETIF_EXTRA_TYPE_MAX)
            return WRONG;
        if (extra.type != XEN_NETIF_EXTRA_TYPE_GSO)
            continue;
        in->frame.gso_size = extra.u.gso.size;
        if (extra.u.gso.type == XEN_NETIF_GSO_TYPE_TCPV4)
            in->frame.gso = PV_NET_GSO_TCPV4;
        else if (extra.u.gso.type == XEN_NETIF_GSO_TYPE_TCPV6)
            in->frame.gso = PV_NET_GSO_TCPV6;
        in->drop |= !extra.u.gso.size || in->frame.gso == PV_NET_GSO_NONE;
    } while (extra.flags & XEN_NETIF_EXTRA_FLAG_MORE);
    return FRAME;
}

static enum progress add_piece(struct net_rx *rx, struct incoming *in,
                               const struct netif_rx_response *rsp)
{
    unsigned int i = (in->at - 1) & (NET_RING - 1);

    if (rsp->id != i)
        return WRONG;
    if (rsp->status < 0) {
        in->drop = true;
        return FRAME;
    }
    if (rsp->offset > PORT_PAGE_SIZE || (uint32_t)rsp->status > PORT_PAGE_SIZE - rsp->offset)
        return WRONG;
    if (in->frame.nr_bufs == PV_NET_MAX_BUFS) {
        in->drop = true;
        return FRAME;
    }
    in->bufs[in->frame.nr_bufs++] =
        (struct port_buf){rx->pages[i], rsp->offset, (uint32_t)rsp->status};
    in->frame.len += (uint32_t)rsp->status;
    return FRAME;
}

/* One frame's answers, from in->at on. */
static enum progress read_frame(struct net_rx *rx, struct incoming *in)
{
    enum progress progress = FRAME;
    struct netif_rx_response rsp;
    bool first = true;

    do {
        if (in->at == in->prod)
            return NOT_YET;
        RING_COPY_RESPONSE(&rx->ring, in->at, &rsp);
        in->at++;
        progress = add_piece(rx, in, &rsp);
        if (first) {
            in->frame.csum_blank = rsp.flags & NETRXF_csum_blank;
            in->frame.csum_good = rsp.flags & (NETRXF_csum_blank | NETRXF_data_validated);
        }
        if (first && progress == FRAME && (rsp.flags & NETRXF_extra_info))
            progress = read_extras(rx, in);
        first = false;
    } while (progress == FRAME && (rsp.flags & NETRXF_more_data));
    return progress;
}

/* Take one frame and post its buffers again. Returns what is wrong, or NULL. Locked. */
static const char *take_frame(struct net_queue *q, bool *took)
{
    struct net_rx *rx = &q->rx;
    struct incoming in = {.at = rx->ring.rsp_cons};
    enum progress progress;

    in.prod = shared_load(&rx->ring.sring->rsp_prod);
    rx->seen = in.prod;
    if (in.prod - in.at > rx->pushed - in.at)
        return "more frames than buffers";
    in.frame.bufs = in.bufs;
    progress = in.at == in.prod ? NOT_YET : read_frame(rx, &in);
    if (progress == WRONG || (progress == NOT_YET && in.prod - rx->ring.rsp_cons == NET_RING))
        return "answer that makes no frame";
    *took = progress == FRAME;
    if (progress == NOT_YET)
        return NULL;
    if (in.drop || !in.frame.len) {
        q->stats.receive_errors++;
    } else {
        q->stats.received++;
        q->net->config.ops->receive(q->net->config.data, q->index, &in.frame);
    }
    while (rx->ring.rsp_cons != in.at) {
        rx->ring.rsp_cons++;
        post(rx);
    }
    return NULL;
}

/* Post what was used. True: there is a frame that came meanwhile. Locked. */
static bool end_round(struct net_queue *q, bool left)
{
    struct net_rx *rx = &q->rx;

    push(rx, rx->event ? rx->event : q->tx.event);
    if (left)
        return true;
    shared_store(&rx->ring.sring->rsp_event,
                 rx->seen + 1); /* not rsp_cons: half a frame may be there */
    xen_mb();
    return shared_load(&rx->ring.sring->rsp_prod) != rx->seen;
}

bool net_rx_poll(struct net_queue *q, unsigned int budget, unsigned int *received)
{
    const char *wrong = NULL;
    bool again = true, more = false;

    while (again) {
        unsigned long state = port_lock(&q->rx.lock);
        bool took = false;

        if (usable(q) && budget)
            wrong = take_frame(q, &took);
        again = took && q->rx.ring.rsp_cons != q->rx.seen;
        if (usable(q) && !again && !wrong)
            more = end_round(q, !budget);
        port_unlock(&q->rx.lock, state);
        budget -= took;
        *received += took;
    }
    if (wrong)
        front_break(&q->net->front, wrong);
    return more;
}
