/* SPDX-License-Identifier: MIT */
/*
 * Block requests on the ring.
 *
 * A queue's requests stand in one list in the order they came. `unissued` points to the first
 * that is not completely on the ring; a request too long for one ring request goes in parts.
 * What is in flight is known by slots, and a slot's number is the id the back-end echoes.
 *
 * With persistent grants the back-end maps a page once and keeps it, and the data is copied, which
 * costs less than to map each page of each request and to take that back.
 */
#include "blk.h"

#define ROUNDS 4 /* of one poll */

static const uint8_t operations[] = {
    [PV_BLK_READ] = BLKIF_OP_READ,
    [PV_BLK_WRITE] = BLKIF_OP_WRITE,
    [PV_BLK_FLUSH] = BLKIF_OP_WRITE_BARRIER,
    [PV_BLK_DISCARD] = BLKIF_OP_DISCARD,
};

/* ---- slots ---- */

static struct blk_slot *take_slot(struct blk_queue *q, struct pv_blk_io *io)
{
    struct blk_slot *s = &q->slots[q->free];

    q->free = s->next;
    s->io = io;
    io->parts++;
    return s;
}

/* False: the back-end still uses pages of the request; those, and the slot, stay as they are. */
static bool free_slot(struct blk_queue *q, struct blk_slot *s)
{
    while (s->pages) {
        struct granted *g = s->pages;

        if (q->pages.bare && !port_grant_end(q->ring.front->port, g->grant))
            return false;
        s->pages = g->next;
        pool_put(&q->pages, g);
    }
    if (s->descriptor)
        pool_put(&q->descriptors, s->descriptor);
    s->descriptor = NULL;
    s->io->parts--;
    s->io = NULL;
    s->next = q->free;
    q->free = (uint16_t)(s - q->slots);
    return true;
}

/* ---- the list ---- */

static void begin(struct pv_blk_io *io)
{
    io->sent = io->buf = io->at = 0;
    io->issued = false;
    io->error = 0;
}

/* To the end of the list. */
static void append(struct blk_queue *q, struct pv_blk_io *io)
{
    begin(io);
    io->parts = 0;
    io->next = NULL;
    io->prev = q->last;
    *(q->last ? &q->last->next : &q->first) = io;
    q->last = io;
    if (!q->unissued)
        q->unissued = io;
    q->pending++;
}

void blk_move(struct blk_queue *from, struct blk_queue *to)
{
    unsigned long state = port_lock(&from->ring.lock);
    struct pv_blk_io *io = from->first, *next;

    from->surplus = true;
    from->first = from->last = from->unissued = NULL;
    from->pending = 0;
    port_unlock(&from->ring.lock, state);
    state = port_lock(&to->ring.lock);
    for (; io; io = next) {
        next = io->next;
        append(to, io);
    }
    port_unlock(&to->ring.lock, state);
}

/* If there is nothing more to issue, and no answer to wait for, it is done. */
static void finish(struct blk_queue *q, struct pv_blk_io *io)
{
    if (io->issued && q->unissued == io)
        q->unissued = io->next;
    if (!io->issued || io->parts)
        return;
    *(io->prev ? &io->prev->next : &q->first) = io->next;
    *(io->next ? &io->next->prev : &q->last) = io->prev;
    q->pending--;
    io->next = NULL;
    *q->finished_end = io;
    q->finished_end = &io->next;
}

/* The rest of it is not worth issuing. */
static void fail(struct blk_queue *q, struct pv_blk_io *io, int error)
{
    io->error = error;
    io->issued = true;
    finish(q, io);
}

/* The finished requests. */
static struct pv_blk_io *detach(struct blk_queue *q)
{
    struct pv_blk_io *io = q->finished;

    q->finished = NULL;
    q->finished_end = &q->finished;
    return io;
}

/* No lock held. */
static unsigned int call_done(struct pv_blk_io *io)
{
    struct pv_blk_io *next;
    unsigned int n = 0;

    for (; io; io = next, n++) {
        next = io->next;
        io->done(io, io->error);
    }
    return n;
}

/* ---- requests go out ---- */

/* Before the first part: is it a request this disk can take? It may have changed since submission.
 */
static int check(const struct pv_blk_info *info, struct pv_blk_io *io)
{
    uint64_t bytes = 0, unit = info->sector_size / PV_BLK_SECTOR;

    if (io->op == PV_BLK_FLUSH)
        return 0;
    if (info->readonly && io->op != PV_BLK_READ)
        return -XEN_EROFS;
    if (io->op == PV_BLK_DISCARD && !info->can_discard)
        return -XEN_EOPNOTSUPP;
    if (io->op != PV_BLK_DISCARD) {
        for (unsigned int i = 0; i < io->nr_bufs; i++) {
            if (io->bufs[i].offset % PV_BLK_SECTOR || io->bufs[i].len % PV_BLK_SECTOR)
                return -XEN_EINVAL;
            bytes += io->bufs[i].len;
        }
        io->nr_sectors = bytes / PV_BLK_SECTOR;
    }
    if (!io->nr_sectors || io->nr_sectors % unit || io->sector % unit ||
        io->sector > info->sectors || io->nr_sectors > info->sectors - io->sector)
        return -XEN_EINVAL;
    return 0;
}

static struct cursor cursor_of(const struct pv_blk_io *io)
{
    return (struct cursor){io->bufs + io->buf, io->bufs + io->nr_bufs, io->at};
}

/* How many pieces fit into `limit` segments, and the bytes in them, whole sectors of the disk. */
static unsigned int plan(const struct blk_queue *q, const struct pv_blk_io *io, unsigned int limit,
                         uint32_t *bytes)
{
    struct cursor c = cursor_of(io);
    struct port_buf p;
    unsigned int n = 0;

    for (*bytes = 0; n < limit && next_piece(&c, &p); n++)
        *bytes += p.len;
    *bytes -= *bytes % q->blk->info.sector_size;
    return n;
}

static void *address(const struct granted *g, const struct port_buf *p)
{
    return (char *)port_page_address(g ? g->page : p->page) + p->offset;
}

/* Let the back-end use a piece: the page itself, or a copy. NULL: not now. */
static struct granted *share(struct blk_queue *q, const struct pv_blk_io *io,
                             const struct port_buf *p)
{
    struct granted *g = pool_take(&q->pages);
    bool write = io->op == PV_BLK_WRITE;

    if (!q->pages.bare && write)
        __builtin_memcpy(address(g, p), address(NULL, p), p->len);
    if (q->pages.bare && port_grant(q->ring.front->port, p->page, write, &g->grant)) {
        pool_put(&q->pages, g);
        return NULL;
    }
    return g;
}

/* Describe `bytes` of the request in `segs`, memory the back-end reads. The number of segments. */
static int describe(struct blk_queue *q, struct blk_slot *s, struct pv_blk_io *io,
                    struct blkif_request_segment *segs, uint32_t bytes)
{
    struct cursor c = cursor_of(io);
    struct granted **end = &s->pages;
    struct port_buf p;
    int n = 0;

    s->buf = io->buf;
    s->at = io->at;
    s->bytes = bytes;
    for (uint32_t left = bytes; left && next_piece(&c, &p); left -= p.len) {
        if (p.len > left) { /* the disk's sectors are larger than the pieces */
            c.at -= p.len - left;
            p.len = left;
        }
        *end = share(q, io, &p);
        if (!*end)
            return -XEN_ENOSPC;
        segs[n].gref = (*end)->grant.ref;
        segs[n].first_sect = (uint8_t)(p.offset / PV_BLK_SECTOR);
        segs[n++].last_sect = (uint8_t)((p.offset + p.len) / PV_BLK_SECTOR - 1);
        end = &(*end)->next;
        *end = NULL;
    }
    io->buf = (uint32_t)(c.buf - io->bufs);
    io->at = c.at;
    io->sent += bytes / PV_BLK_SECTOR;
    return n;
}

/* As much of the data as a ring request holds; its beginning is filled in. */
static int put_data(struct blk_queue *q, struct blk_slot *s, struct pv_blk_io *io,
                    blkif_request_t *req)
{
    struct port_dev *port = q->ring.front->port;
    unsigned int n, limit = BLKIF_MAX_SEGMENTS_PER_REQUEST;
    blkif_request_indirect_t *ind = (blkif_request_indirect_t *)req;
    uint32_t bytes;
    int rc;

    if (q->blk->info.segments && pool_want(port, &q->descriptors, 1))
        limit = q->blk->info.segments;
    n = plan(q, io, limit, &bytes);
    if (!bytes)
        return -XEN_EINVAL;
    if (pool_want(port, &q->pages, n) < n)
        n = plan(q, io, q->pages.nr_free, &bytes);
    if (!bytes)
        return -XEN_ENOSPC; /* more come back with answers */
    if (n <= BLKIF_MAX_SEGMENTS_PER_REQUEST) {
        rc = describe(q, s, io, req->seg, bytes);
        req->nr_segments = (uint8_t)rc;
        return rc;
    }
    s->descriptor = pool_take(&q->descriptors);
    rc = describe(q, s, io, port_page_address(s->descriptor->page), bytes);
    ind->operation = BLKIF_OP_INDIRECT;
    ind->indirect_op = operations[io->op];
    ind->nr_segments = (uint16_t)rc;
    ind->handle = 0;
    ind->indirect_grefs[0] = s->descriptor->grant.ref;
    return rc;
}

_Static_assert(offsetof(blkif_request_indirect_t, sector_number) ==
                       offsetof(blkif_request_t, sector_number) &&
                   offsetof(blkif_request_discard_t, sector_number) ==
                       offsetof(blkif_request_t, sector_number),
               "what all kinds of requests have is at one place");

/* One ring request's worth. -XEN_EBUSY, -XEN_ENOSPC: no room now. */
static int issue_part(struct blk_queue *q, struct pv_blk_io *io)
{
    blkif_request_t *req = RING_GET_REQUEST(&q->ring.blk, q->ring.blk.req_prod_pvt);
    struct blk_slot *s;
    int rc = 0;

    if (q->free == BLK_NO_SLOT)
        return -XEN_EBUSY;
    s = take_slot(q, io);
    req->operation = operations[io->op];
    if (io->op == PV_BLK_FLUSH && q->blk->can_flush_cache)
        req->operation = BLKIF_OP_FLUSH_DISKCACHE;
    req->nr_segments = 0;
    req->handle = 0;
    req->id = (uint64_t)(s - q->slots);
    req->sector_number = io->op == PV_BLK_FLUSH ? 0 : io->sector + io->sent;
    if (io->op == PV_BLK_READ || io->op == PV_BLK_WRITE) {
        rc = put_data(q, s, io, req);
    } else {
        if (io->op == PV_BLK_DISCARD)
            ((blkif_request_discard_t *)req)->nr_sectors = io->nr_sectors;
        io->sent = io->nr_sectors;
    }
    if (rc < 0) { /* nobody has seen it */
        free_slot(q, s);
        return rc;
    }
    q->ring.blk.req_prod_pvt++;
    io->issued = io->op == PV_BLK_FLUSH || io->sent >= io->nr_sectors;
    return 0;
}

static void fail_all(struct blk_queue *q)
{
    for (struct pv_blk_io *io = q->first, *next; io; io = next) {
        next = io->next;
        fail(q, io, -XEN_EIO);
    }
}

/* Put on the ring what fits, and let the back-end see it. */
static void issue(struct blk_queue *q)
{
    int rc = 0;

    if (q->ring.front->state == PV_GONE)
        fail_all(q);
    while (q->ring.live && q->unissued) {
        struct pv_blk_io *io = q->unissued;

        rc = io->sent ? 0 : check(&q->blk->info, io);
        if (!rc && io->op == PV_BLK_FLUSH && !q->blk->info.can_flush)
            io->issued = true; /* what is done is durable */
        else if (!rc)
            rc = issue_part(q, io);
        if (rc == -XEN_EBUSY || rc == -XEN_ENOSPC)
            break;
        if (rc)
            fail(q, io, rc);
        else
            finish(q, io);
    }
    ring_push(&q->ring);
}

/* ---- answers come in ---- */

static int outcome(struct pv_blk *blk, const struct pv_blk_io *io, int16_t status)
{
    if (status != BLKIF_RSP_EOPNOTSUPP)
        return status == BLKIF_RSP_OKAY ? 0 : -XEN_EIO;
    if (io->op == PV_BLK_DISCARD)
        blk->info.can_discard = false;
    if (io->op == PV_BLK_FLUSH)
        blk->info.can_flush = false;
    return io->op == PV_BLK_FLUSH ? 0 : -XEN_EOPNOTSUPP;
}

/* What was read goes from the persistent pages to where it is wanted. */
static void copy_in(const struct blk_slot *s)
{
    struct cursor c = {s->io->bufs + s->buf, s->io->bufs + s->io->nr_bufs, s->at};
    const struct granted *g = s->pages;
    uint32_t left = s->bytes;

    for (struct port_buf p; left && next_piece(&c, &p); g = g->next) {
        uint32_t len = LEAST(p.len, left);

        __builtin_memcpy(address(NULL, &p), address(g, &p), len);
        left -= len;
    }
}

/* One answer, our copy of it. Returns what is wrong with it, or NULL. */
static const char *answer(struct blk_queue *q, const blkif_response_t *rsp)
{
    struct blk_slot *s;
    struct pv_blk_io *io;
    int error;

    if (rsp->id >= RING_SIZE(&q->ring.blk) || !q->slots[rsp->id].io)
        return "answer to a request that is not in flight";
    s = &q->slots[rsp->id];
    io = s->io;
    error = outcome(q->blk, io, rsp->status);
    if (!error && !q->pages.bare && io->op == PV_BLK_READ)
        copy_in(s);
    if (!free_slot(q, s))
        return "answer while pages of the request are still in use";
    if (!error)
        error = io->error; /* of another part */
    if (error)
        fail(q, io, error);
    else
        finish(q, io);
    return NULL;
}

static const char *take_answers(struct blk_queue *q)
{
    const char *wrong = NULL;
    RING_IDX prod;

    if (!ring_answers(&q->ring, &prod))
        return "more answers than requests";
    while (q->ring.blk.rsp_cons != prod && !wrong) {
        blkif_response_t rsp;

        RING_COPY_RESPONSE(&q->ring.blk, q->ring.blk.rsp_cons, &rsp);
        q->ring.blk.rsp_cons++;
        wrong = answer(q, &rsp);
    }
    return wrong;
}

/* Take answers; then issue what waits and what `done` submitted, whose answers may be there at
 * once: no event is asked for before. True: there is more. */
static bool poll_round(struct blk_queue *q, unsigned int *done)
{
    struct port_lock *lock = &q->ring.lock;
    unsigned long state = port_lock(lock);
    const char *wrong = ring_usable(&q->ring) ? take_answers(q) : NULL;
    struct pv_blk_io *finished;
    int more = 0;

    if (wrong) {
        q->ring.live = false;
        q->ring.blk.sring = NULL;
    }
    finished = detach(q);
    if (finished) {
        port_unlock(lock, state);
        *done += call_done(finished);
        state = port_lock(lock);
    }
    issue(q);
    if (ring_usable(&q->ring))
        RING_FINAL_CHECK_FOR_RESPONSES(&q->ring.blk, more);
    finished = detach(q); /* refused on the way */
    port_unlock(lock, state);
    if (wrong)
        front_break(q->ring.front, wrong);
    *done += call_done(finished);
    return more;
}

/* ---- for users ---- */

bool pv_blk_poll(struct pv_blk *blk, unsigned int queue, unsigned int *done)
{
    struct blk_queue *q = &blk->queues[queue % blk->config.queues];

    for (unsigned int rounds = 0; rounds < ROUNDS; rounds++)
        if (!poll_round(q, done))
            return false;
    return true;
}

void blk_issue(struct blk_queue *q, unsigned long state)
{
    struct pv_blk_io *refused;

    issue(q);
    refused = detach(q);
    port_unlock(&q->ring.lock, state);
    call_done(refused);
}

/* The queue that is in use for this one, locked. */
static struct blk_queue *lock_queue(struct pv_blk *blk, unsigned int queue, unsigned long *state)
{
    struct blk_queue *q = &blk->queues[queue % blk->config.queues];

    *state = port_lock(&q->ring.lock);
    if (!q->surplus)
        return q;
    port_unlock(&q->ring.lock, *state);
    q = &blk->queues[0];
    *state = port_lock(&q->ring.lock);
    return q;
}

void pv_blk_submit(struct pv_blk *blk, unsigned int queue, struct pv_blk_io *io)
{
    bool kick = io->kick; /* it may be done, and gone */
    unsigned long state;
    struct blk_queue *q = lock_queue(blk, queue, &state);

    append(q, io);
    if (kick)
        blk_issue(q, state);
    else
        port_unlock(&q->ring.lock, state);
}

void pv_blk_kick(struct pv_blk *blk, unsigned int queue)
{
    unsigned long state;
    struct blk_queue *q = lock_queue(blk, queue, &state);

    blk_issue(q, state);
}

/* ---- for connections ---- */

unsigned int blk_recall(struct blk_queue *q)
{
    unsigned int held = 0;

    for (unsigned int i = 0; q->slots && i < RING_SIZE(&q->ring.blk); i++)
        held += q->slots[i].io && !free_slot(q, &q->slots[i]);
    for (struct pv_blk_io *io = q->first; io; io = io->next)
        begin(io);
    q->unissued = q->first;
    return held;
}
