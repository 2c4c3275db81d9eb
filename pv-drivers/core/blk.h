/* SPDX-License-Identifier: MIT */
/* Between the files of the block front-end. */
#ifndef PVKIT_CORE_BLK_H
#define PVKIT_CORE_BLK_H

#include "blkfront.h"
#include "shared.h"

#define BLK_MAX_SEGMENTS 512 /* a page of descriptors */
#define BLK_INDIRECTS    32  /* pages of descriptors per queue; without one, requests go in parts */
#define BLK_BOUNCES      1024 /* persistent pages per queue at most */
#define BLK_NO_SLOT      0xffff

/* Descriptors of a long request; the page stays granted for the life of the ring. */
struct blk_indirect {
    struct blk_indirect *next; /* free: the next free one */
    struct port_page *page;
    struct port_grant grant;
    struct port_grant grants[]; /* of the request's pages */
};

/* A page that stays granted, and that data is copied from and to. */
struct blk_bounce {
    struct blk_bounce *next; /* of the same request, or free */
    struct port_page *page;
    struct port_grant grant;
};

/* A ring request in flight; its index is the id that the back-end echoes. */
struct blk_slot {
    struct pv_blk_io *io; /* NULL: not in flight */
    struct blk_indirect *indirect;
    uint16_t nr_grants; /* that were not ended yet */
    uint16_t nr_segments;
    uint16_t next; /* free: the next free one */
    /* Persistent: pages in the order of the data, which is so many sectors from here on. */
    struct blk_bounce *bounces, **bounces_end;
    uint32_t buf, at, sectors;
    struct port_grant direct[BLKIF_MAX_SEGMENTS_PER_REQUEST];
};

/* All below `lock`, but what is the device's. */
struct blk_queue {
    struct pv_blk *blk;
    unsigned int index;
    struct port_lock lock;

    /* Requests in the order they came; those before `unissued` are in flight. */
    struct pv_blk_io *first, *last, *unissued;
    struct pv_blk_io *finished, **finished_end; /* `done` is due; linked by next */
    unsigned int pending;

    bool live;    /* may issue */
    bool surplus; /* this connection has fewer queues: queue 0 takes the requests */
    blkif_front_ring_t ring;
    RING_IDX pushed; /* what the back-end knows of */
    struct ring_mem mem;
    struct port_event *event;
    struct blk_slot *slots;
    uint16_t free, in_flight;
    struct blk_indirect *indirects[BLK_INDIRECTS], *indirect_free;
    struct blk_bounce *bounces, *bounce_free; /* NULL: not persistent */
    unsigned int nr_bounces, nr_free_bounces; /* granted; of them free */
};

struct pv_blk {
    struct front front;
    struct pv_blk_config config;
    struct pv_blk_info info;
    uint8_t flush_op;
    struct blk_queue queues[];
};

/* blkfront_bounce.c: persistent grants */
/* Room for the pages, and as many as a request needs. 0 or an error. */
int blk_bounces_open(struct blk_queue *q);
void blk_bounces_close(struct blk_queue *q);
/* Try to have `n` free; returns how many there are. Locked, like all that follows. */
unsigned int blk_bounces_want(struct blk_queue *q, unsigned int n);
/* A free one for the slot; there is one. */
struct blk_bounce *blk_bounce_take(struct blk_queue *q, struct blk_slot *s);
/* The slot's become free. */
void blk_bounces_put(struct blk_queue *q, struct blk_slot *s);

/* blkfront_ring.c */
/* Forget what was issued: it will be again. Returns how many requests must keep their grants. */
unsigned int blk_recall(struct blk_queue *q);
/* Finish all requests with an error but those whose pages are in use. Locked. */
void blk_fail_all(struct blk_queue *q, int error);
/* Call `done` of finished requests; no lock held. */
unsigned int blk_deliver(struct blk_queue *q);

/* To the end of the list; locked. */
static inline void blk_append(struct blk_queue *q, struct pv_blk_io *io)
{
    io->next = NULL;
    io->prev = q->last;
    *(q->last ? &q->last->next : &q->first) = io;
    q->last = io;
    if (!q->unissued)
        q->unissued = io;
    q->pending++;
}

#endif
