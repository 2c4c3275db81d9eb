/* SPDX-License-Identifier: MIT */
/*
 * Persistent grants: the back-end maps a page once and keeps it, and the data is copied, which
 * costs less than to map each page of each request and to take that back. A queue's pages come as
 * requests need them, and go with the connection.
 */
#include "blk.h"

int blk_bounces_open(struct blk_queue *q)
{
    unsigned long state;
    unsigned int got;

    q->bounces = port_alloc(BLK_BOUNCES * sizeof(q->bounces[0]));
    if (!q->bounces)
        return -XEN_ENOMEM;
    q->bounce_free = NULL;
    q->nr_bounces = q->nr_free_bounces = 0;
    state = port_lock(&q->lock);
    got = blk_bounces_want(q, BLKIF_MAX_SEGMENTS_PER_REQUEST);
    port_unlock(&q->lock, state);
    return got < BLKIF_MAX_SEGMENTS_PER_REQUEST ? -XEN_ENOMEM : 0;
}

void blk_bounces_close(struct blk_queue *q)
{
    for (unsigned int i = 0; q->bounces && i < q->nr_bounces; i++)
        port_grant_end_free(q->blk->front.port, q->bounces[i].grant, q->bounces[i].page);
    port_free(q->bounces);
    q->bounces = NULL;
}

static void put(struct blk_queue *q, struct blk_bounce *b)
{
    b->next = q->bounce_free;
    q->bounce_free = b;
    q->nr_free_bounces++;
}

unsigned int blk_bounces_want(struct blk_queue *q, unsigned int n)
{
    while (q->nr_free_bounces < n && q->nr_bounces < BLK_BOUNCES) {
        struct blk_bounce *b = &q->bounces[q->nr_bounces];

        b->page = port_page_alloc();
        if (!b->page)
            break;
        if (port_grant(q->blk->front.port, b->page, false, &b->grant)) {
            port_page_free(b->page);
            break;
        }
        q->nr_bounces++;
        put(q, b);
    }
    return q->nr_free_bounces;
}

struct blk_bounce *blk_bounce_take(struct blk_queue *q, struct blk_slot *s)
{
    struct blk_bounce *b = q->bounce_free;

    q->bounce_free = b->next;
    q->nr_free_bounces--;
    b->next = NULL;
    if (!s->bounces)
        s->bounces_end = &s->bounces;
    *s->bounces_end = b;
    s->bounces_end = &b->next;
    return b;
}

void blk_bounces_put(struct blk_queue *q, struct blk_slot *s)
{
    struct blk_bounce *b = s->bounces, *next;

    for (; b; b = next) {
        next = b->next;
        put(q, b);
    }
    s->bounces = NULL;
}
