/* SPDX-License-Identifier: MIT */
/* Frames go out: a ring slot per piece of a page, and one that says how to cut a long segment. */
#include "net.h"

#define DONE_AT_ONCE 32 /* frames handed back per turn of the lock */

void net_tx_init(struct net_tx *tx)
{
    for (unsigned int i = 0; i < NET_RING; i++)
        tx->slots[i] = (struct net_tx_slot){.next = (uint16_t)(i + 1)};
    tx->slots[NET_RING - 1].next = NET_NO_SLOT;
    tx->free = 0;
    tx->nr_free = NET_RING;
    tx->pushed = 0;
}

static void free_frame(struct net_tx *tx, uint16_t head)
{
    for (uint16_t i = head, next; i != NET_NO_SLOT; i = next) {
        next = tx->slots[i].next;
        tx->slots[i].next = tx->free;
        tx->free = i;
        tx->nr_free++;
    }
}

static bool usable(const struct net_queue *q)
{
    return q->tx.ring.sring && q->net->front.state != PV_BROKEN;
}

/* ---- out ---- */

/* Pieces of pages, and bytes. */
static unsigned int measure(const struct pv_net_frame *frame, uint32_t *bytes)
{
    unsigned int n = 0;

    *bytes = 0;
    for (unsigned int i = 0; i < frame->nr_bufs; i++) {
        const struct port_buf *b = &frame->bufs[i];

        if (!b->len)
            continue;
        n += (b->offset % PORT_PAGE_SIZE + b->len + PORT_PAGE_SIZE - 1) / PORT_PAGE_SIZE;
        *bytes += b->len;
        if (*bytes > PV_NET_MAX_LEN)
            return n;
    }
    return n;
}

static int check(const struct pv_net *net, const struct pv_net_frame *frame, unsigned int pieces,
                 uint32_t bytes)
{
    const struct pv_net_info *info = &net->info;

    if (!bytes || bytes > PV_NET_MAX_LEN)
        return -XEN_EINVAL;
    if (pieces > (info->can_sg ? PV_NET_MAX_SEND : 1))
        return -XEN_E2BIG;
    if (frame->csum_blank && !info->can_csum && !info->can_csum6)
        return -XEN_EINVAL;
    if (frame->gso == PV_NET_GSO_NONE)
        return 0;
    if (!frame->csum_blank || !frame->gso_size)
        return -XEN_EINVAL;
    return (frame->gso == PV_NET_GSO_TCPV4 ? info->can_gso4 : info->can_gso6) ? 0 : -XEN_EINVAL;
}

static void put_gso(struct net_tx *tx, const struct pv_net_frame *frame)
{
    struct netif_extra_info *extra =
        (struct netif_extra_info *)RING_GET_REQUEST(&tx->ring, tx->ring.req_prod_pvt++);

    extra->type = XEN_NETIF_EXTRA_TYPE_GSO;
    extra->flags = 0;
    extra->u.gso.size = frame->gso_size;
    extra->u.gso.type =
        frame->gso == PV_NET_GSO_TCPV4 ? XEN_NETIF_GSO_TYPE_TCPV4 : XEN_NETIF_GSO_TYPE_TCPV6;
    extra->u.gso.pad = 0;
    extra->u.gso.features = 0;
}

/* The frame's first request says more than the others. */
static void put_first(struct net_tx *tx, const struct pv_net_frame *frame,
                      struct netif_tx_request *req, uint32_t bytes)
{
    req->size = (uint16_t)bytes; /* the whole frame's */
    if (frame->csum_blank)
        req->flags |= NETTXF_csum_blank | NETTXF_data_validated;
    if (frame->gso != PV_NET_GSO_NONE) {
        req->flags |= NETTXF_extra_info;
        put_gso(tx, frame);
    }
}

/* A piece of a page, granted, into the slot `at`. */
static int put_piece(struct net_queue *q, struct port_page *page, uint32_t offset, uint32_t len,
                     uint16_t at, bool more)
{
    struct net_tx *tx = &q->tx;
    struct netif_tx_request *req;
    int rc = port_grant(q->net->front.port, page, true, &tx->slots[at].grant);

    if (rc)
        return rc;
    req = RING_GET_REQUEST(&tx->ring, tx->ring.req_prod_pvt++);
    req->gref = tx->slots[at].grant.ref;
    req->offset = (uint16_t)offset;
    req->flags = more ? NETTXF_more_data : 0;
    req->id = at;
    req->size = (uint16_t)len;
    tx->slots[at].out = true;
    tx->slots[at].head = tx->free;
    return 0;
}

/* Nobody has seen them: the grants end. */
static void undo(struct net_queue *q, uint16_t end, RING_IDX before)
{
    struct net_tx *tx = &q->tx;

    for (uint16_t at = tx->free; at != end; at = tx->slots[at].next) {
        tx->slots[at].out = false;
        port_grant_end(q->net->front.port, tx->slots[at].grant);
    }
    tx->ring.req_prod_pvt = before;
}

/* One request per piece. All of them, or none. */
static int put_pieces(struct net_queue *q, const struct pv_net_frame *frame, unsigned int pieces,
                      uint32_t bytes)
{
    struct net_tx *tx = &q->tx;
    RING_IDX before = tx->ring.req_prod_pvt;
    uint16_t head = tx->free, at = head, last = head;
    unsigned int n = 0;

    for (const struct port_buf *b = frame->bufs; n < pieces; b++) {
        struct port_page *page = b->page;
        uint32_t offset = b->offset, len;

        if (offset >= PORT_PAGE_SIZE)
            page = port_page_next(page, offset / PORT_PAGE_SIZE);
        offset %= PORT_PAGE_SIZE;
        for (uint32_t left = b->len; left; left -= len, offset = 0, n++) {
            int rc;

            len = PORT_PAGE_SIZE - offset < left ? PORT_PAGE_SIZE - offset : left;
            rc = put_piece(q, page, offset, len, at, n + 1 < pieces);
            if (rc) {
                undo(q, at, before);
                return rc;
            }
            if (!n)
                put_first(tx, frame, RING_GET_REQUEST(&tx->ring, before), bytes);
            if (len < left)
                page = port_page_next(page, 1);
            last = at;
            at = tx->slots[at].next;
        }
    }
    tx->free = at;
    tx->nr_free = (uint16_t)(tx->nr_free - n);
    tx->slots[last].next = NET_NO_SLOT;
    tx->slots[head].left = (uint16_t)n;
    tx->slots[head].bad = false;
    return 0;
}

static int send(struct net_queue *q, const struct pv_net_frame *frame, void *cookie)
{
    struct net_tx *tx = &q->tx;
    uint32_t bytes;
    unsigned int pieces;
    int rc;

    if (!tx->live || !usable(q))
        return -XEN_ENOTCONN;
    pieces = measure(frame, &bytes);
    rc = check(q->net, frame, pieces, bytes);
    if (rc)
        return rc;
    if (tx->nr_free < pieces || RING_FREE_REQUESTS(&tx->ring) <= pieces)
        return -XEN_EBUSY;
    tx->slots[tx->free].cookie = cookie;
    rc = put_pieces(q, frame, pieces, bytes);
    if (rc)
        return rc;
    q->stats.sent++;
    return 0;
}

static struct net_queue *queue_of(struct pv_net *net, unsigned int queue)
{
    return &net->queues[queue % net->info.queues];
}

/* Let the back-end see what was put on the ring. Locked. */
static void push(struct net_queue *q)
{
    struct net_tx *tx = &q->tx;
    bool notify;

    if (!usable(q) || tx->ring.req_prod_pvt == tx->pushed)
        return;
    RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&tx->ring, notify);
    tx->pushed = tx->ring.req_prod_pvt;
    if (notify)
        port_event_notify(tx->event);
}

int pv_net_send(struct pv_net *net, unsigned int queue, const struct pv_net_frame *frame,
                void *cookie)
{
    struct net_queue *q = queue_of(net, queue);
    unsigned long state = port_lock(&q->tx.lock);
    int rc = send(q, frame, cookie);
    bool answers;

    if (frame->kick)
        push(q);
    answers = net_answers_apart(net) && usable(q) && RING_HAS_UNCONSUMED_RESPONSES(&q->tx.ring);
    port_unlock(&q->tx.lock, state);
    if (answers)
        pv_net_reap(net, queue);
    return rc;
}

void pv_net_kick(struct pv_net *net, unsigned int queue)
{
    struct net_queue *q = queue_of(net, queue);
    unsigned long state = port_lock(&q->tx.lock);

    push(q);
    port_unlock(&q->tx.lock, state);
}

unsigned int pv_net_room(struct pv_net *net, unsigned int queue)
{
    const struct net_tx *tx = &queue_of(net, queue)->tx;
    unsigned int slots = shared_load(&tx->live) ? shared_load(&tx->nr_free) : 0;
    unsigned int out = shared_load(&tx->ring.req_prod_pvt) - shared_load(&tx->ring.rsp_cons);

    return NET_RING - out < slots ? NET_RING - out : slots;
}

/* ---- answers ---- */

struct done {
    void *cookie;
    bool good;
};

/* A piece was answered; true if that was the frame's last, which goes to *done. */
static bool piece_done(struct net_queue *q, uint16_t id, bool good, struct done *done)
{
    struct net_tx *tx = &q->tx;
    uint16_t head = tx->slots[id].head;

    tx->slots[id].out = false;
    tx->slots[head].bad |= !good;
    if (--tx->slots[head].left)
        return false;
    *done = (struct done){tx->slots[head].cookie, !tx->slots[head].bad};
    if (tx->slots[head].bad)
        q->stats.send_errors++;
    free_frame(tx, head);
    return true;
}

/* Take answers until `done` is full. Returns what is wrong, or NULL. */
static const char *take_answers(struct net_queue *q, struct done *done, unsigned int *n)
{
    struct net_tx *tx = &q->tx;
    RING_IDX prod = shared_load(&tx->ring.sring->rsp_prod);

    if (prod - tx->ring.rsp_cons > tx->pushed - tx->ring.rsp_cons)
        return "more answers than frames were sent";
    while (tx->ring.rsp_cons != prod && *n < DONE_AT_ONCE) {
        struct netif_tx_response rsp;

        RING_COPY_RESPONSE(&tx->ring, tx->ring.rsp_cons, &rsp);
        tx->ring.rsp_cons++;
        if (rsp.status == NETIF_RSP_NULL) /* where the words on cutting were */
            continue;
        if (rsp.id >= NET_RING || !tx->slots[rsp.id].out)
            return "answer to a frame that is not out";
        if (!port_grant_end(q->net->front.port, tx->slots[rsp.id].grant))
            return "answer while a page of the frame is still in use";
        *n += piece_done(q, rsp.id, rsp.status == NETIF_RSP_OKAY, &done[*n]);
    }
    return NULL;
}

/*
 * No event for each answer: when half of what is out is answered is early enough, and the last one
 * always makes an event, for then half is none.
 */
static bool more_answers(struct net_tx *tx)
{
    RING_IDX out = tx->ring.req_prod_pvt - tx->ring.rsp_cons;

    if (RING_HAS_UNCONSUMED_RESPONSES(&tx->ring))
        return true;
    shared_store(&tx->ring.sring->rsp_event, tx->ring.rsp_cons + out / 2 + 1);
    xen_mb();
    return RING_HAS_UNCONSUMED_RESPONSES(&tx->ring);
}

static void hand_back(struct net_queue *q, const struct done *done, unsigned int n)
{
    for (unsigned int i = 0; i < n; i++)
        q->net->config.ops->sent(q->net->config.data, q->index, done[i].cookie, done[i].good);
}

bool net_tx_poll(struct net_queue *q)
{
    struct done done[DONE_AT_ONCE];
    unsigned int n = 0;
    const char *wrong = NULL;
    bool more = false;
    unsigned long state = port_lock(&q->tx.lock);

    if (usable(q)) {
        wrong = take_answers(q, done, &n);
        more = !wrong && more_answers(&q->tx);
    }
    if (wrong)
        q->tx.live = false;
    port_unlock(&q->tx.lock, state);
    if (wrong)
        front_break(&q->net->front, wrong);
    hand_back(q, done, n);
    return more;
}

bool pv_net_reap(struct pv_net *net, unsigned int queue)
{
    struct net_queue *q = queue_of(net, queue);
    RING_IDX before = shared_load(&q->tx.ring.rsp_cons);

    while (net_tx_poll(q)) /* each turn is one that somebody has sent */
        ;
    return shared_load(&q->tx.ring.rsp_cons) != before;
}

unsigned int net_tx_recall(struct net_queue *q)
{
    unsigned int held = 0;

    for (uint16_t i = 0; i < NET_RING; i++) {
        struct done done;
        unsigned int n = 0;
        unsigned long state = port_lock(&q->tx.lock);

        if (q->tx.slots[i].out) {
            if (port_grant_end(q->net->front.port, q->tx.slots[i].grant))
                n = piece_done(q, i, false, &done);
            else
                held++;
        }
        port_unlock(&q->tx.lock, state);
        hand_back(q, &done, n);
    }
    return held;
}
