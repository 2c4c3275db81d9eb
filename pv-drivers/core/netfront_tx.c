/* SPDX-License-Identifier: MIT */
/* Frames go out: a ring slot per piece of a page, and one that says how to cut a long segment. */
#include "net.h"

#define DONE_AT_ONCE 32 /* frames handed back per turn of the lock */

/* ---- out ---- */

/* Does it need what the back-end does not do? */
static int check(const struct pv_net_info *info, const struct pv_net_frame *frame)
{
    if (frame->csum_blank && !info->can_csum && !info->can_csum6)
        return -XEN_EINVAL;
    if (frame->gso == PV_NET_GSO_NONE)
        return 0;
    if (!frame->csum_blank || !frame->gso_size)
        return -XEN_EINVAL;
    return (frame->gso == PV_NET_GSO_TCPV4 ? info->can_gso4 : info->can_gso6) ? 0 : -XEN_EINVAL;
}

/* A piece of a page, granted, into the slot `at`; `n` are there. */
static int put_piece(struct net_queue *q, const struct port_buf *p, uint16_t at, unsigned int n)
{
    struct net_slot *s = &q->slots[at];
    int rc;

    if (n == (q->net->info.can_sg ? PV_NET_MAX_SEND : 1))
        return -XEN_E2BIG;
    if (n == q->nr_free || RING_FREE_REQUESTS(&q->tx.tx) < 2)
        return -XEN_EBUSY;
    rc = port_grant(q->tx.front->port, p->page, true, &s->grant);
    if (rc)
        return rc;
    s->out = true;
    s->head = q->free;
    *RING_GET_REQUEST(&q->tx.tx, q->tx.tx.req_prod_pvt++) = (struct netif_tx_request){
        s->grant.ref, (uint16_t)p->offset, NETTXF_more_data, at, (uint16_t)p->len};
    return 0;
}

_Static_assert((int)PV_NET_GSO_TCPV4 == XEN_NETIF_GSO_TYPE_TCPV4 &&
                   (int)PV_NET_GSO_TCPV6 == XEN_NETIF_GSO_TYPE_TCPV6,
               "kinds of segments have the same numbers");

static void put_gso(struct net_queue *q, const struct pv_net_frame *frame)
{
    struct netif_extra_info *extra =
        (struct netif_extra_info *)RING_GET_REQUEST(&q->tx.tx, q->tx.tx.req_prod_pvt++);

    *extra = (struct netif_extra_info){
        .type = XEN_NETIF_EXTRA_TYPE_GSO,
        .u.gso = {.size = frame->gso_size, .type = (uint8_t)frame->gso},
    };
}

/* The frame's first request says more than the others, and the last one that it is. */
static void put_flags(struct net_queue *q, const struct pv_net_frame *frame, RING_IDX first,
                      unsigned int pieces, uint32_t bytes)
{
    struct netif_tx_request *req = RING_GET_REQUEST(&q->tx.tx, first);
    unsigned int flags = pieces > 1 ? NETTXF_more_data : 0;

    if (frame->csum_blank)
        flags |= NETTXF_csum_blank | NETTXF_data_validated;
    if (frame->gso != PV_NET_GSO_NONE)
        flags |= NETTXF_extra_info;
    req->flags = (uint16_t)flags;
    req->size = (uint16_t)bytes; /* the whole frame's */
    if (pieces > 1)
        RING_GET_REQUEST(&q->tx.tx, q->tx.tx.req_prod_pvt - 1)->flags = 0;
}

/* Nobody has seen them: the grants end. */
static void undo(struct net_queue *q, uint16_t end, RING_IDX before)
{
    for (uint16_t at = q->free; at != end; at = q->slots[at].next) {
        q->slots[at].out = false;
        port_grant_end(q->tx.front->port, q->slots[at].grant);
    }
    q->tx.tx.req_prod_pvt = before;
}

/* One request per piece. All of them, or none. */
static int put_frame(struct net_queue *q, const struct pv_net_frame *frame, void *cookie)
{
    struct cursor c = {frame->bufs, frame->bufs + frame->nr_bufs, 0};
    struct net_slot *first = &q->slots[q->free], *last = first;
    RING_IDX before = q->tx.tx.req_prod_pvt;
    uint16_t at = q->free, n = 0;
    int rc = -XEN_EINVAL; /* there is nothing in it */
    uint32_t bytes = 0;

    for (struct port_buf p; next_piece(&c, &p); n++) {
        bytes += p.len;
        rc = bytes > PV_NET_MAX_LEN ? -XEN_EINVAL : put_piece(q, &p, at, n);
        if (rc)
            break;
        if (!n && frame->gso != PV_NET_GSO_NONE)
            put_gso(q, frame);
        last = &q->slots[at];
        at = last->next;
    }
    if (rc) {
        undo(q, at, before);
        return rc;
    }
    put_flags(q, frame, before, n, bytes);
    first->left = n;
    first->bad = false;
    first->cookie = cookie;
    last->next = NET_NO_SLOT;
    q->free = at;
    q->nr_free = (uint16_t)(q->nr_free - n);
    q->stats[PV_NET_SENT]++;
    return 0;
}

static struct net_queue *queue_of(struct pv_net *net, unsigned int queue)
{
    return &net->queues[queue % net->info.queues];
}

int pv_net_send(struct pv_net *net, unsigned int queue, const struct pv_net_frame *frame,
                void *cookie)
{
    struct net_queue *q = queue_of(net, queue);
    unsigned long state = port_lock(&q->tx.lock);
    int rc = -XEN_ENOTCONN;
    bool answers = false;

    if (q->tx.live && ring_usable(&q->tx)) {
        rc = check(&net->info, frame);
        if (!rc)
            rc = put_frame(q, frame, cookie);
        if (frame->kick)
            ring_push(&q->tx);
        answers = net_answers_apart(net) && RING_HAS_UNCONSUMED_RESPONSES(&q->tx.tx);
    }
    port_unlock(&q->tx.lock, state);
    if (answers)
        pv_net_reap(net, queue);
    return rc;
}

void pv_net_kick(struct pv_net *net, unsigned int queue)
{
    struct net_queue *q = queue_of(net, queue);
    unsigned long state = port_lock(&q->tx.lock);

    ring_push(&q->tx);
    port_unlock(&q->tx.lock, state);
}

unsigned int pv_net_room(struct pv_net *net, unsigned int queue)
{
    const struct net_queue *q = queue_of(net, queue);
    unsigned int slots = shared_load(&q->tx.live) ? shared_load(&q->nr_free) : 0;
    unsigned int out = shared_load(&q->tx.tx.req_prod_pvt) - shared_load(&q->tx.tx.rsp_cons);

    return NET_RING - out < slots ? NET_RING - out : slots;
}

/* ---- answers ---- */

struct done {
    void *cookie;
    bool good;
};

static void free_frame(struct net_queue *q, uint16_t head)
{
    for (uint16_t i = head, next; i != NET_NO_SLOT; i = next) {
        next = q->slots[i].next;
        q->slots[i].next = q->free;
        q->free = i;
        q->nr_free++;
    }
}

/* A piece was answered; true if that was the frame's last, which goes to *done. */
static bool piece_done(struct net_queue *q, uint16_t id, bool good, struct done *done)
{
    uint16_t head = q->slots[id].head;
    struct net_slot *first = &q->slots[head];

    q->slots[id].out = false;
    first->bad |= !good;
    if (--first->left)
        return false;
    *done = (struct done){first->cookie, !first->bad};
    q->stats[PV_NET_SEND_ERRORS] += first->bad;
    free_frame(q, head);
    return true;
}

/* Take answers until `done` is full. Returns what is wrong, or NULL. */
static const char *take_answers(struct net_queue *q, struct done *done, unsigned int *n)
{
    netif_tx_front_ring_t *ring = &q->tx.tx;
    RING_IDX prod;

    if (!ring_answers(&q->tx, &prod))
        return "more answers than frames were sent";
    while (ring->rsp_cons != prod && *n < DONE_AT_ONCE) {
        struct netif_tx_response rsp;

        RING_COPY_RESPONSE(ring, ring->rsp_cons, &rsp);
        ring->rsp_cons++;
        if (rsp.status == NETIF_RSP_NULL) /* where the words on cutting were */
            continue;
        if (rsp.id >= NET_RING || !q->slots[rsp.id].out)
            return "answer to a frame that is not out";
        if (!port_grant_end(q->tx.front->port, q->slots[rsp.id].grant))
            return "answer while a page of the frame is still in use";
        *n += piece_done(q, rsp.id, rsp.status == NETIF_RSP_OKAY, &done[*n]);
    }
    return NULL;
}

/*
 * No event for each answer: when half of what is out is answered is early enough, and the last one
 * always makes an event, for then half is none.
 */
static bool more_answers(netif_tx_front_ring_t *ring)
{
    RING_IDX out = ring->req_prod_pvt - ring->rsp_cons;

    if (RING_HAS_UNCONSUMED_RESPONSES(ring))
        return true;
    shared_store(&ring->sring->rsp_event, ring->rsp_cons + out / 2 + 1);
    xen_mb();
    return RING_HAS_UNCONSUMED_RESPONSES(ring);
}

static void hand_back(struct net_queue *q, const struct done *done, unsigned int n)
{
    for (unsigned int i = 0; i < n; i++)
        q->net->config.ops->sent(q->net->config.data, q->tx.index, done[i].cookie, done[i].good);
}

bool net_tx_poll(struct net_queue *q)
{
    struct done done[DONE_AT_ONCE];
    unsigned int n = 0;
    const char *wrong = NULL;
    bool more = false;
    unsigned long state = port_lock(&q->tx.lock);

    if (ring_usable(&q->tx)) {
        wrong = take_answers(q, done, &n);
        more = !wrong && more_answers(&q->tx.tx);
    }
    if (wrong)
        q->tx.live = false;
    port_unlock(&q->tx.lock, state);
    if (wrong)
        front_break(q->tx.front, wrong);
    hand_back(q, done, n);
    return more;
}

bool pv_net_reap(struct pv_net *net, unsigned int queue)
{
    struct net_queue *q = queue_of(net, queue);
    RING_IDX before = shared_load(&q->tx.tx.rsp_cons);

    while (net_tx_poll(q)) /* each turn is one that somebody has sent */
        ;
    return shared_load(&q->tx.tx.rsp_cons) != before;
}

/* ---- connections ---- */

static int open_ring(struct ring *ring)
{
    struct net_queue *q = (struct net_queue *)ring;
    netif_tx_sring_t *sring = port_page_address(ring->mem.pages);
    const struct pv_net_ops *ops = q->net->config.ops;

    XEN_FRONT_RING_INIT(&ring->tx, sring, (size_t)PORT_PAGE_SIZE);
    for (unsigned int i = 0; i < NET_RING; i++)
        q->slots[i].next = (uint16_t)(i + 1 < NET_RING ? i + 1 : NET_NO_SLOT);
    q->free = 0;
    q->nr_free = NET_RING;
    ring->on_event = net_answers_apart(q->net) ? ops->answered : ops->event;
    return 0;
}

/* What is out ends without an answer. */
static unsigned int close_ring(struct ring *ring)
{
    struct net_queue *q = (struct net_queue *)ring;
    unsigned int held = 0;

    for (uint16_t i = 0; i < NET_RING; i++) {
        unsigned long state = port_lock(&ring->lock);
        struct done done;
        unsigned int n = 0;

        if (q->slots[i].out && port_grant_end(ring->front->port, q->slots[i].grant))
            n = piece_done(q, i, false, &done);
        held += q->slots[i].out;
        port_unlock(&ring->lock, state);
        hand_back(q, &done, n);
    }
    return held;
}

const struct ring_kind net_tx_kind = {
    .ref = "tx-ring-ref", .channel = "event-channel-tx", .open = open_ring, .close = close_ring};
