/* SPDX-License-Identifier: MIT */
/* A disk. Its data is what happens to be in the pages, or chance. */
#include "hostile.h"
#include <stdio.h>
#include <string.h>
#include <xen/grant_table.h>
#include <xen/io/blkif.h>

#define REMEMBERED 64

static uint64_t seen[REMEMBERED]; /* ids that were answered */
static unsigned int nr_seen;
static uint64_t open_ids[REMEMBERED]; /* ids that were not */
static unsigned int nr_open;

static void describe(struct hostile *h)
{
    nr_seen = nr_open = 0;
}

static bool attach(struct hostile *h, const char *queue)
{
    uint32_t order = 0, refs[MAX_PAGES], channel = 0;
    unsigned int pages;

    store_number(h, "", "ring-page-order", &order);
    pages = 1u << (order & 7);
    if (pages > MAX_PAGES || !store_number(h, queue, "event-channel", &channel))
        return false;
    for (unsigned int i = 0; i < pages; i++) {
        char key[24] = "ring-ref";

        if (order)
            snprintf(key, sizeof(key), "ring-ref%u", i);
        if (!store_number(h, queue, key, &refs[i]))
            return false;
    }
    return ring_attach(h, refs, pages, channel, sizeof(union blkif_sring_entry),
                       __CONST_RING_SIZE(blkif, 4096 * pages), false);
}

static void put_answer(struct ring *ring, uint64_t id, uint8_t op, int16_t status)
{
    blkif_response_t *rsp = ring_slot(ring, ring->rsp_prod++);

    rsp->id = id;
    rsp->operation = op;
    rsp->status = status;
    seen[nr_seen++ % REMEMBERED] = id;
}

static void touch_pages(struct hostile *h, const blkif_request_t *req)
{
    const blkif_request_indirect_t *ind = (const void *)req;
    bool indirect = req->operation == BLKIF_OP_INDIRECT;

    for (unsigned int i = 0; !indirect && i < req->nr_segments && i < 11; i++) {
        char *page = ring_hold(h, req->seg[i].gref, req->operation == BLKIF_OP_READ);

        if (page && req->operation == BLKIF_OP_READ)
            fill(h, page, 4096);
    }
    if (indirect) {
        const struct blkif_request_segment *segs =
            (const void *)ring_hold(h, ind->indirect_grefs[0], false);

        for (unsigned int i = 0; segs && i < ind->nr_segments && i < 40; i++)
            ring_hold(h, segs[i].gref, ind->indirect_op == BLKIF_OP_READ);
    }
}

static void serve(struct hostile *h, struct ring *ring, const void *request)
{
    blkif_request_t req;

    memcpy(&req, request, sizeof(req));
    if (often(h, h->keep ? 60 : 15))
        touch_pages(h, &req);
    if (often(h, 5) && nr_open < REMEMBERED) {
        open_ids[nr_open++] = req.id;
        return;
    }
    if (!h->keep)
        ring_release(h);
    put_answer(ring, req.id, req.operation, BLKIF_RSP_OKAY);
}

/* Those left open are answered, sooner or later. */
static void idle(struct hostile *h)
{
    if (!nr_open || !h->nr_rings || !often(h, 20))
        return;
    if (!h->keep)
        ring_release(h);
    while (nr_open)
        put_answer(&h->rings[0], open_ids[--nr_open], BLKIF_OP_READ, BLKIF_RSP_OKAY);
    ring_publish(h, &h->rings[0]);
}

static void say(struct hostile *h, uint64_t id, int16_t status)
{
    struct ring *r = ring_any(h);

    if (!r)
        return;
    put_answer(r, id, (uint8_t)any(h), status);
    ring_publish(h, r);
}

static void wrong_id(struct hostile *h)
{
    static const uint64_t ids[] = {32, 128, 255, 0xffff, 0x10000, ~0ull, 1ull << 32, 1ull << 63};

    say(h, ids[below(h, 8)] + below(h, 2), 0);
}

static void twice(struct hostile *h)
{
    if (nr_seen)
        say(h, seen[below(h, nr_seen < REMEMBERED ? nr_seen : REMEMBERED)], 0);
}

static void not_sent(struct hostile *h)
{
    say(h, below(h, 128), 0);
}

/* A request that waits is answered with any status. */
static void any_status(struct hostile *h)
{
    static const int16_t statuses[] = {-1, -2, -3, 1, 2, 0x7fff, -0x8000, 0x100};
    struct ring *r = ring_any(h);
    blkif_request_t req;

    if (!r || r->req_cons == r->head->req_prod)
        return;
    memcpy(&req, ring_slot(r, r->req_cons++), sizeof(req));
    put_answer(r, req.id, (uint8_t)any(h), statuses[below(h, 8)]);
    ring_publish(h, r);
}

/* Answered while its pages are still mapped. */
static void early(struct hostile *h)
{
    struct ring *r = ring_any(h);
    blkif_request_t req;

    if (!r || r->req_cons == r->head->req_prod)
        return;
    memcpy(&req, ring_slot(r, r->req_cons++), sizeof(req));
    touch_pages(h, &req);
    put_answer(r, req.id, req.operation, BLKIF_RSP_OKAY);
    ring_publish(h, r);
}

static const struct node nodes[] = {
    {"sectors", "65536"},
    {"sector-size", "512"},
    {"physical-sector-size", "512"},
    {"info", "0"},
    {"mode", "w"},
    {"feature-flush-cache", "1"},
    {"feature-barrier", "1"},
    {"feature-discard", "1"},
    {"discard-granularity", "512"},
    {"discard-alignment", "0"},
    {"feature-persistent", "0"},
    {"feature-max-indirect-segments", "256"},
    {"max-ring-page-order", "2"},
    {"multi-queue-max-queues", "2"},
    {0},
};

static const struct move blk_moves[] = {
    {"wrong-id", wrong_id},     {"twice", twice}, {"not-sent", not_sent},
    {"any-status", any_status}, {"early", early},
};

/* xvdb and on: xvda is somebody's who can be trusted. */
const struct kind kind_vbd = {.type = "vbd",
                              .nodes = nodes,
                              .moves = blk_moves,
                              .nr_moves = sizeof(blk_moves) / sizeof(blk_moves[0]),
                              .first = 51712 + 16,
                              .step = 16,
                              .describe = describe,
                              .attach = attach,
                              .serve = serve,
                              .idle = idle};
