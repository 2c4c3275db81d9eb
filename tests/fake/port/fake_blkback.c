/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_blkback.h"

static void offer(struct port_dev *dev, const char *key, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
    fake_offer(dev, key, text);
}

void back_offer(struct blkback *b, struct port_dev *dev, uint64_t sectors, unsigned int order,
                unsigned int queues, unsigned int segments)
{
    b->dev = dev;
    b->sectors = sectors;
    if (!b->disk)
        b->disk = calloc(sectors, 512);
    offer(dev, "max-ring-page-order", order);
    offer(dev, "multi-queue-max-queues", queues);
    offer(dev, "feature-max-indirect-segments", segments);
    offer(dev, "feature-flush-cache", 1);
    offer(dev, "feature-discard", 1);
    offer(dev, "sectors", sectors);
    offer(dev, "sector-size", 512);
    offer(dev, "info", 0);
}

static bool connect_queue(struct blkback *b, unsigned int i, unsigned int order, bool multi)
{
    struct back_queue *q = &b->queue[i];
    char key[48], prefix[24] = "";

    memset(q, 0, sizeof(*q));
    if (multi)
        snprintf(prefix, sizeof(prefix), "queue-%u/", i);
    q->pages = 1u << order;
    for (unsigned int n = 0; n < q->pages; n++) {
        if (order)
            snprintf(key, sizeof(key), "%sring-ref%u", prefix, n);
        else
            snprintf(key, sizeof(key), "%sring-ref", prefix);
        q->refs[n] = fake_wrote_number(b->dev, key);
        if (!fake_map(b->dev, q->refs[n], true))
            return false;
    }
    q->window = b->dev->grants[q->refs[0]].page;
    for (unsigned int n = 0; n < q->pages; n++)
        assert((char *)b->dev->grants[q->refs[n]].page == (char *)q->window + 4096 * n);
    snprintf(key, sizeof(key), "%sevent-channel", prefix);
    q->event = fake_wrote_number(b->dev, key);
    BACK_RING_INIT(&q->ring, (blkif_sring_t *)q->window, 4096l << order);
    return true;
}

bool back_connect(struct blkback *b)
{
    uint32_t queues = fake_wrote_number(b->dev, "multi-queue-num-queues");
    uint32_t order = fake_wrote_number(b->dev, "ring-page-order");

    assert(!strcmp(fake_wrote(b->dev, "protocol"), "x86_64-abi"));
    b->nr_queues = queues == ~0u ? 1 : queues;
    for (unsigned int i = 0; i < b->nr_queues; i++)
        if (!connect_queue(b, i, order == ~0u ? 0 : order, queues != ~0u))
            return false;
    return true;
}

void back_disconnect(struct blkback *b)
{
    for (unsigned int i = 0; i < b->nr_queues; i++)
        for (unsigned int n = 0; n < b->queue[i].pages; n++)
            fake_unmap(b->dev, b->queue[i].refs[n]);
    b->nr_queues = 0;
}

unsigned int back_take(struct blkback *b, unsigned int queue)
{
    struct back_queue *q = &b->queue[queue];
    int more;

    do {
        while (RING_HAS_UNCONSUMED_REQUESTS(&q->ring)) {
            struct back_request *r = &q->taken[q->nr_taken++];

            assert(q->nr_taken <= RING_SIZE(&q->ring));
            RING_COPY_REQUEST(&q->ring, q->ring.req_cons, &r->req);
            r->status = BLKIF_RSP_OKAY;
            q->ring.req_cons++;
            b->requests++;
        }
        RING_FINAL_CHECK_FOR_REQUESTS(&q->ring, more);
    } while (more);
    return q->nr_taken;
}

static void copy(struct blkback *b, bool write, uint64_t sector,
                 const struct blkif_request_segment *seg, unsigned int n)
{
    assert(!b->unit || sector % b->unit == 0);
    for (; n--; seg++) {
        unsigned int first = seg->first_sect, count = seg->last_sect - first + 1u;
        char *page = fake_map(b->dev, seg->gref, !write);

        assert(page && seg->last_sect >= first && seg->last_sect < 8);
        assert(sector + count <= b->sectors);
        if (write)
            memcpy(b->disk + sector * 512, page + first * 512, count * 512);
        else
            memcpy(page + first * 512, b->disk + sector * 512, count * 512);
        if (!b->keep_maps)
            fake_unmap(b->dev, seg->gref);
        sector += count;
        b->segments++;
    }
    assert(!b->unit || sector % b->unit == 0);
}

static void work(struct blkback *b, const blkif_request_t *req)
{
    const blkif_request_indirect_t *ind = (const void *)req;
    const blkif_request_discard_t *dis = (const void *)req;

    switch (req->operation) {
    case BLKIF_OP_READ:
    case BLKIF_OP_WRITE:
        assert(req->nr_segments && req->nr_segments <= 11);
        copy(b, req->operation == BLKIF_OP_WRITE, req->sector_number, req->seg, req->nr_segments);
        break;
    case BLKIF_OP_INDIRECT: {
        void *page = fake_map(b->dev, ind->indirect_grefs[0], false);

        assert(page && ind->nr_segments > 11 && ind->nr_segments <= 512);
        copy(b, ind->indirect_op == BLKIF_OP_WRITE, ind->sector_number, page, ind->nr_segments);
        fake_unmap(b->dev, ind->indirect_grefs[0]);
        b->indirect++;
        break;
    }
    case BLKIF_OP_FLUSH_DISKCACHE:
    case BLKIF_OP_WRITE_BARRIER:
        b->flushes++;
        break;
    case BLKIF_OP_DISCARD:
        assert(dis->sector_number + dis->nr_sectors <= b->sectors);
        memset(b->disk + dis->sector_number * 512, 0, dis->nr_sectors * 512);
        b->discards++;
        break;
    default:
        assert(!"an operation that is none");
    }
}

void back_answer(struct blkback *b, unsigned int queue, unsigned int i)
{
    struct back_queue *q = &b->queue[queue];
    struct back_request *r = &q->taken[i];
    blkif_response_t *rsp = RING_GET_RESPONSE(&q->ring, q->ring.rsp_prod_pvt);

    if (!b->status)
        work(b, &r->req);
    rsp->id = r->req.id;
    rsp->operation = r->req.operation;
    rsp->status = b->status;
    q->ring.rsp_prod_pvt++;
    *r = q->taken[--q->nr_taken];
}

void back_push(struct blkback *b, unsigned int queue)
{
    struct back_queue *q = &b->queue[queue];
    bool notify;

    RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&q->ring, notify);
    if (notify) {
        b->events++;
        fake_raise(b->dev, q->event);
    }
}

unsigned int back_serve(struct blkback *b, unsigned int queue)
{
    struct back_queue *q = &b->queue[queue];
    unsigned int n = back_take(b, queue), all = n;

    while (n--) {
        struct back_request first = q->taken[0];

        memmove(&q->taken[0], &q->taken[1], n * sizeof(first));
        q->taken[n] = first;
        back_answer(b, queue, n);
    }
    if (all)
        back_push(b, queue);
    return all;
}
