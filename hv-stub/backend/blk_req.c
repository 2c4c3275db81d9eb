/* SPDX-License-Identifier: MIT */
/*
 * One request, from the copy of its ring entry to its response. The pages of its segments are
 * mapped and handed to the disk as they are: a driver lets its device reach them, the RAM disk
 * copies. They are given back when the disk is done with them, not before, whatever becomes of the
 * front-end meanwhile.
 */
#include "blk.h"
#include "hv_grant.h"

#define SECTORS_PER_PAGE (PAGE_SIZE / DISK_SECTOR)

static struct domain *domain_of(const struct blk_req *q)
{
    return q->ring->dev->bus.d;
}

static void unmap(struct blk_req *q)
{
    for (uint32_t i = 0; i < q->nr_mapped; i++)
        grant_hv_unmap(domain_of(q), q->ref[i], q->writes_mem,
                       (void *)((uintptr_t)q->seg[i].p & PAGE_MASK));
    q->nr_mapped = 0;
}

/* ---- the disk's part */

static void finish(struct blk_req *q, int err)
{
    int16_t status = err == 0                 ? BLKIF_RSP_OKAY
                     : err == -XEN_EOPNOTSUPP ? BLKIF_RSP_EOPNOTSUPP
                                              : BLKIF_RSP_ERROR;

    unmap(q);
    blk_ring_respond(q, status);
}

static void done(struct disk_io *io, int err)
{
    struct blk_req *q = container_of(io, struct blk_req, io);

    if (err || !q->phases)
        finish(q, err);
    else
        blk_req_run(q);
}

/* The phases come one after the other, each from the end of the one before. */
void blk_req_run(struct blk_req *q)
{
    uint8_t phase = q->phases & -q->phases;

    q->phases &= (uint8_t)~phase;
    q->io.op = phase == BLK_DATA ? q->data_op : DISK_FLUSH;
    disk_submit(q->ring->dev->disk, &q->io);
}

/* ---- checking */

static bool map_segment(struct blk_req *q, const struct blkif_request_segment *s)
{
    uint32_t i = q->nr_mapped;
    void *page;

    if (s->first_sect > s->last_sect || s->last_sect >= SECTORS_PER_PAGE)
        return false;
    if (grant_hv_map(domain_of(q), s->gref, q->writes_mem, &page))
        return false;
    q->ref[i] = s->gref;
    q->seg[i].p = (char *)page + s->first_sect * DISK_SECTOR;
    q->seg[i].bytes = (s->last_sect - s->first_sect + 1u) * DISK_SECTOR;
    q->io.sectors += s->last_sect - s->first_sect + 1u;
    q->nr_mapped++;
    return true;
}

/* False: something about them is wrong. */
static bool map_segments(struct blk_req *q, const struct blkif_request_segment *s, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (!map_segment(q, &s[i]))
            return false;
    q->io.nr_segs = n;
    return true;
}

static bool check_plain(struct blk_req *q, const struct blkif_request *rq)
{
    q->io.sector = rq->sector_number;
    return rq->nr_segments <= BLKIF_MAX_SEGMENTS_PER_REQUEST &&
           map_segments(q, rq->seg, rq->nr_segments);
}

static bool check_indirect(struct blk_req *q, const struct blkif_request_indirect *rq)
{
    struct blkif_request_segment seg[BLK_SEGMENTS];
    uint32_t n = rq->nr_segments;

    _Static_assert(sizeof(seg) <= PAGE_SIZE, "one page of descriptors");
    q->op = rq->indirect_op;
    q->io.sector = rq->sector_number;
    if (n == 0 || n > BLK_SEGMENTS || rq->indirect_op > BLKIF_OP_WRITE)
        return false;
    q->data_op = rq->indirect_op == BLKIF_OP_READ ? DISK_READ : DISK_WRITE;
    q->writes_mem = q->data_op == DISK_READ;
    if (grant_hv_read(domain_of(q), rq->indirect_grefs[0], 0, seg, n * sizeof(seg[0])))
        return false;
    return map_segments(q, seg, n);
}

static int check_discard(struct blk_req *q, const struct blkif_request_discard *rq)
{
    q->data_op = DISK_DISCARD;
    q->io.sector = rq->sector_number;
    q->io.sectors = rq->nr_sectors;
    return rq->flag & BLKIF_DISCARD_SECURE ? -XEN_EOPNOTSUPP : 0;
}

/* 0, and what there is to do, or the error to answer. */
static int check(struct blk_req *q, const union blk_any_request *any)
{
    bool data = any->rw.nr_segments;

    q->data_op = DISK_WRITE;
    switch (q->op) {
    case BLKIF_OP_READ:
        q->data_op = DISK_READ;
        q->writes_mem = true;
        /* fall through */
    case BLKIF_OP_WRITE:
        q->phases = BLK_DATA;
        return data && check_plain(q, &any->rw) ? 0 : -XEN_EIO;
    case BLKIF_OP_WRITE_BARRIER:
        q->phases = data ? BLK_PRE_FLUSH | BLK_DATA | BLK_POST_FLUSH : BLK_PRE_FLUSH;
        return check_plain(q, &any->rw) ? 0 : -XEN_EIO;
    case BLKIF_OP_FLUSH_DISKCACHE:
        q->phases = data ? BLK_PRE_FLUSH | BLK_DATA : BLK_PRE_FLUSH;
        return check_plain(q, &any->rw) ? 0 : -XEN_EIO;
    case BLKIF_OP_INDIRECT:
        q->phases = BLK_DATA;
        return check_indirect(q, &any->indirect) ? 0 : -XEN_EIO;
    case BLKIF_OP_DISCARD:
        q->phases = BLK_DATA;
        return check_discard(q, &any->discard);
    }
    return -XEN_EOPNOTSUPP;
}

uint32_t blk_req_begin(struct blk_req *q, const union blk_any_request *any)
{
    uint32_t pages;
    int err;

    q->op = any->rw.operation;
    q->id = q->op == BLKIF_OP_INDIRECT ? any->indirect.id : any->rw.id;
    q->writes_mem = false;
    q->nr_mapped = 0;
    q->io.nr_segs = 0;
    q->io.sectors = 0;
    q->io.done = done;
    err = check(q, any);
    pages = q->nr_mapped;
    if (err)
        finish(q, err);
    else if (!blk_ring_hold(q))
        blk_req_run(q);
    return pages;
}
