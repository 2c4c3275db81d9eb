/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "fake_netback.h"

void nb_offer(struct netback *b, struct port_dev *dev, unsigned int queues, bool split)
{
    char text[8];

    b->dev = dev;
    snprintf(text, sizeof(text), "%u", queues);
    fake_offer(dev, "multi-queue-max-queues", text);
    fake_offer(dev, "feature-split-event-channels", split ? "1" : "0");
    fake_offer(dev, "feature-rx-copy", "1");
    fake_offer(dev, "feature-sg", "1");
    fake_offer(dev, "feature-gso-tcpv4", "1");
    fake_offer(dev, "feature-gso-tcpv6", "1");
    fake_offer(dev, "feature-ipv6-csum-offload", "1");
}

static uint32_t number(struct netback *b, unsigned int queue, const char *name)
{
    char key[48];

    if (b->nr_queues > 1)
        snprintf(key, sizeof(key), "queue-%u/%s", queue, name);
    else
        snprintf(key, sizeof(key), "%s", name);
    return fake_wrote_number(b->dev, key);
}

bool nb_connect(struct netback *b)
{
    uint32_t queues = fake_wrote_number(b->dev, "multi-queue-num-queues");

    b->nr_queues = queues == ~0u ? 1 : queues;
    assert(fake_wrote_number(b->dev, "request-rx-copy") == 1);
    for (unsigned int i = 0; i < b->nr_queues; i++) {
        struct nb_queue *q = &b->queue[i];
        void *tx, *rx;

        memset(q, 0, sizeof(*q));
        q->tx_ref = number(b, i, "tx-ring-ref");
        q->rx_ref = number(b, i, "rx-ring-ref");
        tx = fake_map(b->dev, q->tx_ref, true);
        rx = fake_map(b->dev, q->rx_ref, true);
        if (!tx || !rx)
            return false;
        BACK_RING_INIT(&q->tx, (netif_tx_sring_t *)tx, 4096l);
        BACK_RING_INIT(&q->rx, (netif_rx_sring_t *)rx, 4096l);
        q->tx_event = number(b, i, "event-channel-tx");
        q->rx_event = number(b, i, "event-channel-rx");
        if (q->tx_event == ~0u)
            q->tx_event = q->rx_event = number(b, i, "event-channel");
    }
    return true;
}

void nb_disconnect(struct netback *b)
{
    for (unsigned int i = 0; i < b->nr_queues; i++) {
        fake_unmap(b->dev, b->queue[i].tx_ref);
        fake_unmap(b->dev, b->queue[i].rx_ref);
    }
    b->nr_queues = 0;
}

static bool next_request(struct nb_queue *q, struct netif_tx_request *req)
{
    int more;

    RING_FINAL_CHECK_FOR_REQUESTS(&q->tx, more);
    if (!more)
        return false;
    RING_COPY_REQUEST(&q->tx, q->tx.req_cons, req);
    q->tx.req_cons++;
    q->extra[q->nr_taken] = false;
    q->taken[q->nr_taken++] = *req;
    return true;
}

bool nb_take(struct netback *b, unsigned int queue, struct nb_frame *out)
{
    struct nb_queue *q = &b->queue[queue];
    struct netif_tx_request req, extra;
    struct port_page *pages[32];
    uint32_t at = 0, rest = 0;

    if (!next_request(q, &req))
        return false;
    memset(out, 0, sizeof(*out));
    out->flags = req.flags;
    out->len = req.size;
    if (req.flags & NETTXF_extra_info) {
        assert(next_request(q, &extra));
        q->extra[q->nr_taken - 1] = true;
        memcpy(&out->gso, &extra, sizeof(out->gso));
        assert(!(out->gso.flags & XEN_NETIF_EXTRA_FLAG_MORE));
    }
    /* The first piece's length is what the others leave of the frame. */
    struct netif_tx_request pieces[32] = {req};
    unsigned int n = 1;

    while (pieces[n - 1].flags & NETTXF_more_data) {
        assert(n < 18 && next_request(q, &pieces[n]));
        rest += pieces[n++].size;
    }
    assert(rest <= out->len);
    pieces[0].size = (uint16_t)(out->len - rest);
    for (unsigned int i = 0; i < n; i++) {
        assert(pieces[i].offset + pieces[i].size <= 4096);
        pages[i] = fake_map(b->dev, pieces[i].gref, false);
        assert(pages[i]);
        memcpy(out->data + at, (char *)pages[i] + pieces[i].offset, pieces[i].size);
        fake_unmap(b->dev, pieces[i].gref);
        at += pieces[i].size;
    }
    out->slots = n;
    return true;
}

void nb_answer(struct netback *b, unsigned int queue, unsigned int n, int16_t status)
{
    struct nb_queue *q = &b->queue[queue];
    bool notify;

    assert(n <= q->nr_taken);
    for (unsigned int i = 0; i < n; i++) {
        struct netif_tx_response *rsp = RING_GET_RESPONSE(&q->tx, q->tx.rsp_prod_pvt);

        rsp->id = q->taken[i].id;
        rsp->status = q->extra[i] ? NETIF_RSP_NULL : status;
        q->tx.rsp_prod_pvt++;
    }
    q->nr_taken -= n;
    memmove(q->taken, q->taken + n, q->nr_taken * sizeof(q->taken[0]));
    memmove(q->extra, q->extra + n, q->nr_taken * sizeof(q->extra[0]));
    RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&q->tx, notify);
    if (notify) {
        b->events++;
        fake_raise(b->dev, q->tx_event);
    }
}

unsigned int nb_buffers(struct netback *b, unsigned int queue)
{
    struct nb_queue *q = &b->queue[queue];

    return q->rx.sring->req_prod - q->rx.req_cons;
}

static struct netif_rx_response *respond(struct nb_queue *q, struct netif_rx_request *req)
{
    RING_COPY_REQUEST(&q->rx, q->rx.req_cons, req);
    q->rx.req_cons++;
    return RING_GET_RESPONSE(&q->rx, q->rx.rsp_prod_pvt++);
}

void nb_deliver(struct netback *b, unsigned int queue, const uint8_t *data, uint32_t len,
                uint32_t piece, uint16_t flags, uint16_t gso_size)
{
    struct nb_queue *q = &b->queue[queue];
    struct netif_rx_request req;

    for (uint32_t at = 0, n; at < len; at += n) {
        uint32_t room = 4096 - (at ? 0 : 64); /* the first begins somewhere within its page */
        struct netif_rx_response *rsp = respond(q, &req);
        char *page = fake_map(b->dev, req.gref, true);

        n = piece < room ? piece : room;
        n = n < len - at ? n : len - at;
        assert(page);
        memcpy(page + (at ? 0 : 64), data + at, n);
        fake_unmap(b->dev, req.gref);
        *rsp = (struct netif_rx_response){req.id, at ? 0 : 64, at ? 0 : flags, (int16_t)n};
        if (at + n < len)
            rsp->flags |= NETRXF_more_data;
        if (!at && gso_size) {
            struct netif_extra_info gso = {.type = XEN_NETIF_EXTRA_TYPE_GSO};

            rsp->flags |= NETRXF_extra_info;
            gso.u.gso.size = gso_size;
            gso.u.gso.type = XEN_NETIF_GSO_TYPE_TCPV4;
            memcpy(respond(q, &req), &gso, sizeof(gso));
        }
    }
}

void nb_push(struct netback *b, unsigned int queue)
{
    struct nb_queue *q = &b->queue[queue];
    bool notify;

    RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&q->rx, notify);
    if (notify) {
        b->events++;
        fake_raise(b->dev, q->rx_event);
    }
}
