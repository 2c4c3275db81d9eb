/* SPDX-License-Identifier: MIT */
/* Between the files of the block front-end. */
#ifndef PVKIT_CORE_BLK_H
#define PVKIT_CORE_BLK_H

#include "blkfront.h"
#include "shared.h"

#define BLK_MAX_SEGMENTS 512  /* a page of descriptors */
#define BLK_DESCRIPTORS  32   /* such pages per queue; without one, requests go in parts */
#define BLK_PAGES        1024 /* of requests in flight, per queue at most */
#define BLK_NO_SLOT      0xffff

/* A ring request in flight; its index is the id that the back-end echoes. */
struct blk_slot {
    struct pv_blk_io *io;       /* NULL: not in flight */
    struct granted *pages;      /* in the order of the data */
    struct granted *descriptor; /* NULL: the segments are in the request */
    uint32_t buf, at, bytes;    /* where in the request's memory, and how much of it */
    uint16_t next;              /* free: the next free one */
};

/* All below the ring's lock. */
struct blk_queue {
    struct ring ring;
    struct pv_blk *blk;

    /* Requests in the order they came; those before `unissued` are in flight. */
    struct pv_blk_io *first, *last, *unissued;
    struct pv_blk_io *finished, **finished_end; /* `done` is due; linked by next */
    unsigned int pending;

    bool surplus; /* this connection has fewer queues: queue 0 takes the requests */
    struct blk_slot *slots;
    uint16_t free; /* slot */
    /* Persistent: pages that stay granted, and that data is copied from and to. Else bare. */
    struct granted_pool pages;
    struct granted_pool descriptors; /* of long requests */
};

struct pv_blk {
    struct pv_front front; /* first */
    struct pv_blk_config config;
    struct pv_blk_info info;
    uint64_t flags; /* VDISK_* */
    bool can_flush_cache;
    struct blk_queue queues[];
};

/* blkfront_ring.c */
/* Forget what was issued: it will be again. Returns how many requests must keep their grants. */
unsigned int blk_recall(struct blk_queue *q);
/* Another queue takes what was submitted, and will be. */
void blk_move(struct blk_queue *from, struct blk_queue *to);
/* Issue what waits, if the queue is live; unlocks. */
void blk_issue(struct blk_queue *q, unsigned long state);

#endif
