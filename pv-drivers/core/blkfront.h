/* SPDX-License-Identifier: MIT */
/*
 * A block front-end, <xen/io/blkif.h>: requests in, completions out, over one or several rings.
 *
 * Requests may be submitted from any context at any time, connected (pv_front.h) or not (they
 * wait): those without an answer are kept over a disconnection and issued again, so that a restart
 * of the back-end loses and repeats nothing that its user can see. Only pv_abandon() fails them.
 *
 * The back-end is not trusted. What it writes is copied once and checked; if it makes no sense the
 * device is broken (port_broken()), and nothing else. A page it was given is the caller's again
 * only when no grant leads to it any more.
 */
#ifndef PVKIT_BLKFRONT_H
#define PVKIT_BLKFRONT_H

#include "port.h"
#include "pv_front.h"

#define PV_BLK_SECTOR 512 /* the unit of sector numbers here, whatever the disk's sector size */

enum pv_blk_op {
    PV_BLK_READ,
    PV_BLK_WRITE,
    PV_BLK_FLUSH, /* all writes done before this was submitted become durable */
    PV_BLK_DISCARD,
};

/* A request, in the caller's memory; the upper part is filled by him. His again when done. */
struct pv_blk_io {
    enum pv_blk_op op;
    uint64_t sector;     /* first */
    uint64_t nr_sectors; /* for a discard; else what the buffers hold */
    /* Read and write: memory, stays as it is until done. Pieces are multiples of 512 bytes at
     * multiples of 512; the sum is a multiple of the disk's sector size. Any length. */
    const struct port_buf *bufs;
    unsigned int nr_bufs;
    bool kick; /* issue it at once, without a pv_blk_kick() */
    /*
     * Called once, from pv_blk_submit(), _kick(), _poll(), or pv_abandon(), no lock held: may
     * submit. error: 0; -XEN_EIO; -XEN_EINVAL: beyond the end, misaligned; -XEN_EROFS;
     * -XEN_EOPNOTSUPP: no discard.
     */
    void (*done)(struct pv_blk_io *io, int error);

    /* The core's. */
    struct pv_blk_io *next, *prev;
    uint64_t sent; /* sectors issued */
    uint32_t buf, at;
    uint16_t parts; /* ring requests without an answer */
    bool issued;    /* nothing is left to issue */
    int error;
};

/* What the port wants at most, and gets where the back-end offers it. */
struct pv_blk_config {
    unsigned int queues;     /* 1 or more */
    unsigned int ring_order; /* pages of a ring, as power of two; up to 4 */
    unsigned int segments;   /* pages per request by indirect descriptors, up to 512; 0: none */
    bool persistent; /* pages stay granted, and data is copied, if the back-end likes that */
    /* The back-end notified: pv_blk_poll() the queue, now or later. From port_event_fn. */
    bool (*event)(void *data, unsigned int queue);
    void *data;
};

/* What the back-end offers; valid once connected, changes with a new connection. */
struct pv_blk_info {
    uint64_t sectors;                    /* of 512 bytes */
    uint32_t sector_size, physical_size; /* bytes */
    bool readonly, can_flush, can_discard, persistent;
    uint32_t discard_granularity, discard_alignment; /* bytes */
    unsigned int queues, ring_order, segments;       /* in use; segments 0: direct only */
    unsigned int depth;                              /* ring requests per queue */
};

struct pv_blk;

/* A device that is DOWN, or NULL: no memory. [sleep] */
struct pv_blk *pv_blk_new(struct port_dev *dev, const struct pv_blk_config *config);
/*
 * Its connection, with which it is freed. Over a disconnection requests stay; pv_abandon() fails
 * them.
 */
struct pv_front *pv_blk_front(struct pv_blk *blk);

const struct pv_blk_info *pv_blk_info(const struct pv_blk *blk);

/* Take a request; pv_blk_kick(), or io->kick, makes the back-end hear of it. Any queue number will
 * do. [any] */
void pv_blk_submit(struct pv_blk *blk, unsigned int queue, struct pv_blk_io *io);
/* Issue what was submitted, as far as there is room, and notify if the back-end waits. [any] */
void pv_blk_kick(struct pv_blk *blk, unsigned int queue);
/*
 * Complete what was answered and issue what waits; adds the number of completed requests to *done.
 * True: there is more, call again; false: an event will come. Bounded. [any], but not from done
 */
bool pv_blk_poll(struct pv_blk *blk, unsigned int queue, unsigned int *done);
/* Requests not done yet, in all queues. */
unsigned int pv_blk_pending(struct pv_blk *blk);

#endif
