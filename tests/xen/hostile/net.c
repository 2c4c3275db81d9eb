/* SPDX-License-Identifier: MIT */
/* A network card: it takes frames, and sends what no cable would bring. */
#include "hostile.h"
#include <stdio.h>
#include <string.h>
#include <xen/grant_table.h>
#include <xen/io/netif.h>

static uint16_t open_ids[256], last_id;
static unsigned int nr_open;
static uint8_t mac[6] = {0, 0x16, 0x3e, 0, 9, 0};

static void describe(struct hostile *h)
{
    char text[24];

    nr_open = 0;
    mac[5] = (uint8_t)h->device;
    snprintf(text, sizeof(text), "00:16:3e:00:09:%02x", mac[5]);
    store_put_front(h, "mac", text);
}

static bool attach(struct hostile *h, const char *queue)
{
    uint32_t tx, rx, tx_channel = 0, rx_channel = 0;

    if (!store_number(h, queue, "tx-ring-ref", &tx) || !store_number(h, queue, "rx-ring-ref", &rx))
        return false;
    if (!store_number(h, queue, "event-channel", &tx_channel) &&
        (!store_number(h, queue, "event-channel-tx", &tx_channel) ||
         !store_number(h, queue, "event-channel-rx", &rx_channel)))
        return false;
    if (!ring_attach(h, &tx, 1, tx_channel, sizeof(union netif_tx_sring_entry), 256, false) ||
        !ring_attach(h, &rx, 1, rx_channel, sizeof(union netif_rx_sring_entry), 256, true))
        return false;
    if (!rx_channel)
        h->rings[h->nr_rings - 1].port = -1;
    return true;
}

/* ---- frames from the guest ---- */

static void put_answer(struct ring *ring, uint16_t id, int16_t status)
{
    netif_tx_response_t *rsp = ring_slot(ring, ring->rsp_prod++);

    rsp->id = id;
    rsp->status = status;
    last_id = id;
}

static void serve(struct hostile *h, struct ring *ring, const void *request)
{
    netif_tx_request_t req;

    memcpy(&req, request, sizeof(req));
    if (often(h, h->keep ? 60 : 5))
        ring_hold(h, req.gref, false);
    if (often(h, 3) && nr_open < 256) {
        open_ids[nr_open++] = req.id;
        return;
    }
    if (!h->keep)
        ring_release(h);
    put_answer(ring, req.id, NETIF_RSP_OKAY);
}

/* ---- frames to the guest ---- */

static struct ring *any_rx(struct hostile *h)
{
    struct ring *r = h->nr_rings ? &h->rings[below(h, h->nr_rings / 2) * 2 + 1] : NULL;

    return r && r->incoming ? r : NULL;
}

/* The next buffer, mapped once: front-ends post the same again and again, or the mapping is old. */
static char *next_buffer(struct hostile *h, struct ring *r, netif_rx_request_t *req)
{
    if (r->req_cons == r->head->req_prod)
        return NULL;
    memcpy(req, ring_slot(r, r->req_cons++), sizeof(*req));
    return ring_buffer(h, r, req->id, req->gref);
}

static void put16(uint8_t *p, unsigned int n)
{
    p[0] = (uint8_t)(n >> 8);
    p[1] = (uint8_t)n;
}

/* Ethernet, IP and a transport that nearly are what they should be. */
static void make_frame(struct hostile *h, uint8_t *p, unsigned int len)
{
    static const uint16_t types[] = {0x0800, 0x0800, 0x0800, 0x86dd, 0x86dd,
                                     0x0806, 0x8100, 0,      0xffff};
    static const uint8_t transports[] = {6, 6, 17, 1, 0, 58, 44, 255};
    unsigned int type = types[below(h, 9)];

    fill(h, p, len < 1500 ? len : 1500);
    memcpy(p, mac, 6);
    put16(p + 12, type);
    p += 14;
    if (type == 0x0800) {
        p[0] = often(h, 80) ? 0x45 : (uint8_t)any(h);
        put16(p + 2, often(h, 80) ? len - 14 : any(h));
        put16(p + 6, often(h, 80) ? 0 : any(h));
        p[8] = 64;
        p[9] = transports[below(h, 8)];
        memcpy(p + 16, "\x0a\x00\x09\x01", 4);
    } else if (type == 0x86dd) {
        p[0] = 0x60;
        put16(p + 4, often(h, 80) ? len - 54 : any(h));
        p[6] = transports[below(h, 8)];
        p[7] = 64;
    }
}

static void put_frame(struct ring *r, uint16_t id, unsigned int offset, unsigned int flags, int len)
{
    netif_rx_response_t *rsp = ring_slot(r, r->rsp_prod++);

    *rsp = (netif_rx_response_t){
        .id = id, .offset = (uint16_t)offset, .flags = (uint16_t)flags, .status = (int16_t)len};
}

static void put_extra(struct ring *r, uint8_t type, uint8_t flags, uint16_t size, uint8_t gso)
{
    netif_extra_info_t *extra = ring_slot(r, r->rsp_prod++);

    *extra = (netif_extra_info_t){.type = type, .flags = flags};
    extra->u.gso.size = size;
    extra->u.gso.type = gso;
    r->req_cons++;
}

/* A frame that follows the rules of the ring, whatever is in it. */
static void send_frame(struct hostile *h)
{
    static const uint16_t flags[] = {0, NETRXF_csum_blank | NETRXF_data_validated,
                                     NETRXF_data_validated, NETRXF_csum_blank};
    struct ring *r = any_rx(h);
    netif_rx_request_t req;
    unsigned int pieces = often(h, 60) ? 1 : 1 + below(h, 20), flag = flags[below(h, 4)];
    bool gso = often(h, 30);

    if (!r || r->head->req_prod - r->req_cons < pieces + 2)
        return;
    for (unsigned int i = 0; i < pieces; i++) {
        char *page = next_buffer(h, r, &req);
        unsigned int len = pieces > 1 && i + 1 < pieces ? 4096 : 60 + below(h, 1400);

        if (!page) { /* its place has to be answered */
            put_frame(r, req.id, 0, 0, NETIF_RSP_ERROR);
            break;
        }
        if (!i)
            make_frame(h, (uint8_t *)page, len);
        put_frame(r, req.id, 0,
                  (i ? 0 : flag) | (i + 1 < pieces ? NETRXF_more_data : 0) |
                      (!i && gso ? NETRXF_extra_info : 0),
                  (int)len);
        if (!i && gso)
            put_extra(r, XEN_NETIF_EXTRA_TYPE_GSO, 0, (uint16_t)(often(h, 50) ? 1448 : any(h)),
                      (uint8_t)(1 + below(h, 2)));
    }
    ring_publish(h, r);
    if (r->port < 0 && h->rings[0].port >= 0)
        xenevtchn_notify(h->events, (evtchn_port_t)h->rings[0].port);
}

static void idle(struct hostile *h)
{
    if (often(h, 50))
        send_frame(h);
    if (!nr_open || !h->nr_rings || !often(h, 20))
        return;
    while (nr_open)
        put_answer(&h->rings[0], open_ids[--nr_open], NETIF_RSP_OKAY);
    ring_publish(h, &h->rings[0]);
}

/* ---- what no back-end should do ---- */

static void say(struct hostile *h, uint16_t id, int16_t status)
{
    if (!h->nr_rings)
        return;
    put_answer(&h->rings[0], id, status);
    ring_publish(h, &h->rings[0]);
}

static void wrong_id(struct hostile *h)
{
    say(h, (uint16_t)(256 + below(h, 65280)), 0);
}

static void twice(struct hostile *h)
{
    say(h, last_id, 0);
}

static void not_sent(struct hostile *h)
{
    say(h, (uint16_t)below(h, 256), (int16_t)any(h));
}

static void null_answers(struct hostile *h)
{
    if (!h->nr_rings)
        return;
    for (unsigned int n = h->rings[0].head->req_prod - h->rings[0].rsp_prod; n && n < 257; n--)
        put_answer(&h->rings[0], (uint16_t)any(h), NETIF_RSP_NULL);
    ring_publish(h, &h->rings[0]);
}

/* Answers to buffers, each field right or any number. */
static void any_frames(struct hostile *h)
{
    struct ring *r = any_rx(h);

    for (unsigned int n = 1 + below(h, 30); r && n; n--) {
        netif_rx_request_t req = {0};

        next_buffer(h, r, &req);
        put_frame(r, often(h, 90) ? req.id : (uint16_t)any(h), often(h, 80) ? 0 : any(h),
                  often(h, 50) ? 0 : any(h), often(h, 70) ? (int)below(h, 4097) : (int)any(h));
    }
    if (r)
        ring_publish(h, r);
}

/* More and more pieces, or more and more words on one frame, and no end. */
static void endless(struct hostile *h)
{
    struct ring *r = any_rx(h);
    bool extras = often(h, 50);
    netif_rx_request_t req;

    if (!r || !next_buffer(h, r, &req))
        return;
    put_frame(r, req.id, 0, extras ? NETRXF_extra_info : NETRXF_more_data, 1000);
    for (unsigned int n = 1 + below(h, 255); n && r->req_cons != r->head->req_prod; n--) {
        if (extras) {
            put_extra(r, (uint8_t)(1 + below(h, 5)), XEN_NETIF_EXTRA_FLAG_MORE, 0, (uint8_t)any(h));
            continue;
        }
        next_buffer(h, r, &req);
        put_frame(r, req.id, 0, NETRXF_more_data, (int)below(h, 4097));
    }
    ring_publish(h, r);
}

static void carrier(struct hostile *h)
{
    store_put(h, "carrier", "%s", absurd(h));
}

static const struct node nodes[] = {
    {"feature-rx-copy", "1"},
    {"feature-sg", "1"},
    {"feature-no-csum-offload", "0"},
    {"feature-ipv6-csum-offload", "1"},
    {"feature-gso-tcpv4", "1"},
    {"feature-gso-tcpv6", "1"},
    {"feature-split-event-channels", "1"},
    {"multi-queue-max-queues", "2"},
    {"carrier", "1"},
    {"feature-xdp-headroom", "1"},
    {0},
};

static const struct move net_moves[] = {
    {"wrong-id", wrong_id},         {"twice", twice},       {"not-sent", not_sent},
    {"null-answers", null_answers}, {"frames", any_frames}, {"endless", endless},
    {"carrier", carrier},
};

const struct kind kind_vif = {.type = "vif",
                              .nodes = nodes,
                              .moves = net_moves,
                              .nr_moves = sizeof(net_moves) / sizeof(net_moves[0]),
                              .first = 1,
                              .step = 1,
                              .describe = describe,
                              .attach = attach,
                              .serve = serve,
                              .idle = idle};
