/* SPDX-License-Identifier: MIT */
/*
 * Block back-end: what blk_*.c share.
 *
 *   blk_dev.c   the device: nodes, connecting, letting go
 *   blk_ring.c  the shared ring: requests out of it, responses into it, notification
 *   blk_req.c   one request: checked, its pages mapped, given to the disk, answered
 *
 * The ring's pages are the front-end's: every index and every request is copied once, by
 * blk_ring.c, and what is used afterwards is the copy. A request takes one of the ring's slots from
 * the moment it leaves the shared ring until its response is written, so a front-end can have no
 * more under way than there are slots; the rest waits in its own memory.
 *
 * Lock: blk_ring.lock, inside which only the event lock may be taken. The disk is called, and calls
 * back, without it.
 */
#ifndef BACKEND_BLK_H
#define BACKEND_BLK_H

#include "hv_disk.h"
#include "hv_job.h"
#include "xenbus.h"

#include <xen/io/blkif.h>

#define BLK_MAX_RINGS   4
#define BLK_MAX_ORDER   4 /* of ring pages */
#define BLK_MAX_PAGES   (1u << BLK_MAX_ORDER)
#define BLK_SLOTS       64 /* per ring, at most */
#define BLK_SEGMENTS    64 /* per request, with indirect segments */
#define BLK_BATCH       64 /* requests served in one go, and … */
#define BLK_BATCH_PAGES 64 /* … as many as have so many pages together */

struct blk_ring;

enum blk_phase {
    BLK_PRE_FLUSH = 1,  /* all that was written before is on the medium, then … */
    BLK_DATA = 2,       /* … the request itself … */
    BLK_POST_FLUSH = 4, /* … and it is on the medium */
};

struct blk_req {
    struct disk_io io;
    struct blk_ring *ring;
    struct blk_req *next_free;
    uint64_t id;
    uint8_t op;      /* for the response */
    uint8_t data_op; /* enum disk_op of BLK_DATA */
    uint8_t phases;  /* enum blk_phase bits left to do */
    bool barrier;    /* nothing before it is under way, nothing behind it begins */
    bool writes_mem; /* pages are mapped to be written to */
    uint32_t nr_mapped;
    struct disk_seg seg[BLK_SEGMENTS];
    grant_ref_t ref[BLK_SEGMENTS];
};

struct blk_ring {
    struct blk_dev *dev;
    struct job job; /* serves it when nobody else does */
    evtchn_port_t port;
    uint32_t nr_pages, entries;
    void *page[BLK_MAX_PAGES];
    grant_ref_t ref[BLK_MAX_PAGES];
    struct blk_req *reqs;
    uint32_t nr_slots;

    spinlock_t lock;
    bool live;    /* connected */
    bool closing; /* takes no more than was there then: before `last` */
    bool broken;  /* its indices make no sense: left alone */
    bool barrier; /* one is under way, or waits */
    uint32_t serving;
    uint32_t in_flight;
    uint32_t req_cons, rsp_prod, last;
    uint32_t rsp_shown; /* responses before it are in the shared index */
    bool gathers;       /* requests are left until several are there: blk_ring.c */
    bool gathered_full;
    uint32_t served_alone, gather_every, gather_seen;
    struct job gather_job;
    struct blk_req *free, *waiting_barrier;
};

struct blk_dev {
    struct xenbus_dev bus;
    struct disk_user *disk;
    uint32_t nr_rings;
    struct blk_ring ring[BLK_MAX_RINGS];
};

union blk_any_request {
    struct blkif_request rw;
    struct blkif_request_discard discard;
    struct blkif_request_indirect indirect;
};
_Static_assert(sizeof(union blk_any_request) == 112, "xen/io/blkif.h");
_Static_assert(sizeof(struct blkif_response) == 16, "xen/io/blkif.h");

/* ---- blk_dev.c: all there are; they outlive their domains */
extern struct blk_dev *blk_devices[HV_MAX_DOMAINS][HV_MAX_DISKS];

/* ---- blk_ring.c */
/* Set up on the nr_pages mapped pages: indices, slots. 0 or -XEN_ENOMEM. */
int blk_ring_open(struct blk_ring *r);
/* Take no more. True: nothing is under way any more, and nothing of r is in use by anybody; false:
 * xenbus_wake() follows. */
bool blk_ring_drain(struct blk_ring *r);
/* After that: free the slots. */
void blk_ring_close(struct blk_ring *r);
/* The front-end has sent something. True: that is served later, with what follows it. */
bool blk_ring_gather(struct blk_ring *r);
/* Serve a batch of requests; true if more are there and can be served now. */
bool blk_ring_serve(struct blk_ring *r);
/* Is q a barrier that has to wait? Then blk_req_run() follows when all before it is done. */
bool blk_ring_hold(struct blk_req *q);
/* The response to a request that is done with; its slot is free afterwards. */
void blk_ring_respond(struct blk_req *q, int16_t status);

/* ---- blk_req.c */
/* Carry out a request that q was taken for, or refuse it. How many pages it has: q may be in use
 * for another one on return. */
uint32_t blk_req_begin(struct blk_req *q, const union blk_any_request *any);
/* The barrier may go on. */
void blk_req_run(struct blk_req *q);
/* Does this request have to wait for all before it? */
static inline bool blk_req_is_barrier(const union blk_any_request *any)
{
    return any->rw.operation == BLKIF_OP_WRITE_BARRIER;
}

#endif
