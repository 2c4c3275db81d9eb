/* SPDX-License-Identifier: MIT */
/*
 * Block requests on the ring.
 *
 * A queue's requests stand in one list in the order they came. `unissued` points to the first
 * that is not completely on the ring; a request too long for one ring request goes in parts.
 * What is in flight is known by slots, and a slot's number is the id the back-end echoes.
 */
#include "blk.h"

#define ROUNDS 4 /* of one poll */

#define SECTORS_PER_PAGE (PORT_PAGE_SIZE / PV_BLK_SECTOR)

/* ---- memory of a request, a page at a time ---- */

struct cursor {
    const struct port_buf *buf, *end;
    uint32_t at;
};

struct piece {
    struct port_page *page;
    uint32_t offset, len;
};

static struct cursor cursor_of(const struct pv_blk_io *io)
{
    return (struct cursor){io->bufs + io->buf, io->bufs + io->nr_bufs, io->at};
}

static bool next_piece(struct cursor *c, struct piece *p)
{
    uint32_t offset, rest;

    while (c->buf < c->end && c->at >= c->buf->len) {
        c->buf++;
        c->at = 0;
    }
    if (c->buf == c->end)
        return false;
    offset = c->buf->offset + c->at;
    p->page = port_page_next(c->buf->page, offset / PORT_PAGE_SIZE);
    p->offset = offset % PORT_PAGE_SIZE;
    p->len = PORT_PAGE_SIZE - p->offset;
    rest = c->buf->len - c->at;
    if (p->len > rest)
        p->len = rest;
    c->at += p->len;
    return true;
}

/* How many pieces fit into `limit` segments, and the sectors in them, whole ones of the disk. */
static unsigned int plan(const struct blk_queue *q, const struct pv_blk_io *io, unsigned int limit,
                         uint32_t *sectors)
{
    struct cursor c = cursor_of(io);
    struct piece p;
    unsigned int n = 0;
    uint32_t bytes = 0;

    for (; n < limit && next_piece(&c, &p); n++)
        bytes += p.len;
    *sectors = (bytes - bytes % q->blk->info.sector_size) / PV_BLK_SECTOR;
    return n;
}

/* ---- slots ---- */

static struct port_grant *slot_grants(struct blk_slot *s)
{
    return s->indirect ? s->indirect->grants : s->direct;
}

/* True when no page of the slot can be reached any more. */
static bool end_grants(struct blk_queue *q, struct blk_slot *s)
{
    struct port_grant *grants = slot_grants(s);

    while (s->nr_grants && port_grant_end(q->blk->front.port, grants[s->nr_grants - 1]))
        s->nr_grants--;
    return !s->nr_grants;
}

static void free_slot(struct blk_queue *q, struct blk_slot *s)
{
    if (s->indirect) {
        s->indirect->next = q->indirect_free;
        q->indirect_free = s->indirect;
    }
    if (s->bounces)
        blk_bounces_put(q, s);
    s->indirect = NULL;
    s->io = NULL;
    s->next = q->free;
    q->free = (uint16_t)(s - q->slots);
    q->in_flight--;
}

/* ---- the list ---- */

static void finish(struct blk_queue *q, struct pv_blk_io *io)
{
    *(io->prev ? &io->prev->next : &q->first) = io->next;
    *(io->next ? &io->next->prev : &q->last) = io->prev;
    if (q->unissued == io)
        q->unissued = io->next;
    q->pending--;
    io->next = NULL;
    *q->finished_end = io;
    q->finished_end = &io->next;
}

/* The finished requests; locked. */
static struct pv_blk_io *detach(struct blk_queue *q)
{
    struct pv_blk_io *io = q->finished;

    q->finished = NULL;
    q->finished_end = &q->finished;
    return io;
}

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

unsigned int blk_deliver(struct blk_queue *q)
{
    unsigned long state = port_lock(&q->lock);
    struct pv_blk_io *io = detach(q);

    port_unlock(&q->lock, state);
    return call_done(io);
}

/* ---- requests go out ---- */

/* Before the first part: is it a request this disk can take? It may have changed since submission.
 */
static int check(const struct blk_queue *q, struct pv_blk_io *io)
{
    const struct pv_blk_info *info = &q->blk->info;
    uint64_t bytes = 0, unit = info->sector_size / PV_BLK_SECTOR;

    if (io->op == PV_BLK_FLUSH)
        return 0;
    if (info->readonly && io->op != PV_BLK_READ)
        return -XEN_EROFS;
    if (io->op == PV_BLK_DISCARD) {
        if (!info->can_discard)
            return -XEN_EOPNOTSUPP;
    } else {
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

/* Let the back-end use a piece: the page itself, or a copy. */
static int share_piece(struct blk_queue *q, struct blk_slot *s, const struct pv_blk_io *io,
                       const struct piece *p, grant_ref_t *ref)
{
    struct port_grant *grant;
    int rc;

    if (q->bounces) {
        struct blk_bounce *b = blk_bounce_take(q, s);

        if (io->op == PV_BLK_WRITE)
            __builtin_memcpy((char *)port_page_address(b->page) + p->offset,
                             (char *)port_page_address(p->page) + p->offset, p->len);
        *ref = b->grant.ref;
        return 0;
    }
    grant = &slot_grants(s)[s->nr_grants];
    rc = port_grant(q->blk->front.port, p->page, io->op == PV_BLK_WRITE, grant);
    if (rc)
        return rc;
    s->nr_grants++;
    *ref = grant->ref;
    return 0;
}

/* Grant `sectors` of the request and describe them in `segs`, memory the back-end reads. */
static int describe(struct blk_queue *q, struct blk_slot *s, struct pv_blk_io *io,
                    struct blkif_request_segment *segs, uint32_t sectors)
{
    struct cursor c = cursor_of(io);
    struct piece p;
    uint32_t left = sectors * PV_BLK_SECTOR;

    s->buf = io->buf;
    s->at = io->at;
    s->sectors = sectors;
    s->nr_segments = 0;
    while (left && next_piece(&c, &p)) {
        struct blkif_request_segment *seg = &segs[s->nr_segments++];
        int rc;

        if (p.len > left) { /* the disk's sectors are larger than the pieces */
            c.at -= p.len - left;
            p.len = left;
        }
        rc = share_piece(q, s, io, &p, &seg->gref);
        if (rc)
            return rc;
        seg->first_sect = (uint8_t)(p.offset / PV_BLK_SECTOR);
        seg->last_sect = (uint8_t)((p.offset + p.len) / PV_BLK_SECTOR - 1);
        left -= p.len;
    }
    io->buf = (uint32_t)(c.buf - io->bufs);
    io->at = c.at;
    io->sent += sectors;
    return 0;
}

static int put_data(struct blk_queue *q, struct blk_slot *s, struct pv_blk_io *io,
                    blkif_request_t *req)
{
    uint8_t op = io->op == PV_BLK_READ ? BLKIF_OP_READ : BLKIF_OP_WRITE;
    uint64_t sector = io->sector + io->sent;
    struct blkif_request_segment *segs = req->seg;
    uint32_t sectors;
    unsigned int n;
    int rc;

    n = plan(q, io, q->indirect_free ? q->blk->info.segments : BLKIF_MAX_SEGMENTS_PER_REQUEST,
             &sectors);
    if (q->bounces && blk_bounces_want(q, n) < n) {
        n = plan(q, io, q->nr_free_bounces, &sectors);
        if (!sectors)
            return -XEN_ENOSPC; /* more come back with answers */
    }
    if (n > BLKIF_MAX_SEGMENTS_PER_REQUEST) {
        s->indirect = q->indirect_free;
        q->indirect_free = s->indirect->next;
        segs = port_page_address(s->indirect->page);
    }
    if (!sectors)
        return -XEN_EINVAL;
    rc = describe(q, s, io, segs, sectors);
    if (rc)
        return rc;
    if (s->indirect) {
        blkif_request_indirect_t *ind = (blkif_request_indirect_t *)req;

        ind->operation = BLKIF_OP_INDIRECT;
        ind->indirect_op = op;
        ind->nr_segments = s->nr_segments;
        ind->handle = 0;
        ind->sector_number = sector;
        ind->indirect_grefs[0] = s->indirect->grant.ref;
    } else {
        req->operation = op;
        req->nr_segments = (uint8_t)s->nr_segments;
        req->handle = 0;
        req->sector_number = sector;
    }
    return 0;
}

static void put_other(struct blk_queue *q, struct pv_blk_io *io, blkif_request_t *req)
{
    if (io->op == PV_BLK_FLUSH) {
        req->operation = q->blk->flush_op;
        req->nr_segments = 0;
        req->handle = 0;
        req->sector_number = 0;
    } else {
        blkif_request_discard_t *discard = (blkif_request_discard_t *)req;

        discard->operation = BLKIF_OP_DISCARD;
        discard->flag = 0;
        discard->handle = 0;
        discard->sector_number = io->sector;
        discard->nr_sectors = io->nr_sectors;
    }
    io->sent = io->nr_sectors;
}

/* One ring request's worth. -XEN_EBUSY, -XEN_ENOSPC: no room now. */
static int issue_part(struct blk_queue *q, struct pv_blk_io *io)
{
    blkif_request_t *req = RING_GET_REQUEST(&q->ring, q->ring.req_prod_pvt);
    struct blk_slot *s;
    int rc = 0;

    if (q->free == BLK_NO_SLOT)
        return -XEN_EBUSY;
    s = &q->slots[q->free];
    if (io->op == PV_BLK_READ || io->op == PV_BLK_WRITE)
        rc = put_data(q, s, io, req);
    else
        put_other(q, io, req);
    q->free = s->next;
    q->in_flight++;
    if (rc) { /* nobody has seen it: its grants end at once */
        end_grants(q, s);
        free_slot(q, s);
        return rc;
    }
    req->id = (uint64_t)(s - q->slots);
    s->io = io;
    q->ring.req_prod_pvt++;
    io->parts++;
    io->issued = io->op == PV_BLK_FLUSH || io->sent >= io->nr_sectors;
    return 0;
}

/* Put on the ring what fits. Locked. */
static void issue(struct blk_queue *q)
{
    if (q->blk->front.state == PV_GONE)
        blk_fail_all(q, -XEN_EIO);
    while (q->live && q->unissued) {
        struct pv_blk_io *io = q->unissued;
        int rc = io->error;

        if (!rc && !io->sent)
            rc = check(q, io);
        if (!rc && io->op == PV_BLK_FLUSH && !q->blk->info.can_flush)
            io->issued = true; /* what is done is durable */
        else if (!rc)
            rc = issue_part(q, io);
        if (rc == -XEN_EBUSY || rc == -XEN_ENOSPC)
            return;
        if (rc) {
            io->error = rc;
            io->issued = true;
        }
        if (io->issued)
            q->unissued = io->next;
        if (io->issued && !io->parts)
            finish(q, io);
    }
}

/* There is a ring, and a back-end to be trusted that far. */
static bool usable(const struct blk_queue *q)
{
    return q->ring.sring && q->blk->front.state != PV_BROKEN;
}

/* Let the back-end see what was issued. Locked. */
static void push(struct blk_queue *q)
{
    bool notify;

    if (!usable(q) || q->ring.req_prod_pvt == q->pushed)
        return;
    RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&q->ring, notify);
    q->pushed = q->ring.req_prod_pvt;
    if (notify)
        port_event_notify(q->event);
}

/* ---- answers come in ---- */

static int outcome(struct pv_blk *blk, const struct pv_blk_io *io, int16_t status)
{
    if (status == BLKIF_RSP_OKAY)
        return 0;
    if (status != BLKIF_RSP_EOPNOTSUPP)
        return -XEN_EIO;
    if (io->op == PV_BLK_DISCARD)
        blk->info.can_discard = false;
    if (io->op == PV_BLK_FLUSH)
        blk->info.can_flush = false;
    return io->op == PV_BLK_FLUSH ? 0 : -XEN_EOPNOTSUPP;
}

/* What was read goes from the persistent pages to where it is wanted. */
static void copy_in(const struct blk_slot *s, const struct pv_blk_io *io)
{
    struct cursor c = {io->bufs + s->buf, io->bufs + io->nr_bufs, s->at};
    uint32_t left = s->sectors * PV_BLK_SECTOR;
    struct piece p;

    for (const struct blk_bounce *b = s->bounces; b && next_piece(&c, &p); b = b->next) {
        uint32_t len = p.len < left ? p.len : left;

        __builtin_memcpy((char *)port_page_address(p.page) + p.offset,
                         (char *)port_page_address(b->page) + p.offset, len);
        left -= len;
    }
}

/* One answer, our copy of it. Returns what is wrong with it, or NULL. */
static const char *answer(struct blk_queue *q, const blkif_response_t *rsp)
{
    struct blk_slot *s;
    struct pv_blk_io *io;
    int error;

    if (rsp->id >= RING_SIZE(&q->ring) || !q->slots[rsp->id].io)
        return "answer to a request that is not in flight";
    s = &q->slots[rsp->id];
    if (!end_grants(q, s))
        return "answer while pages of the request are still in use";
    io = s->io;
    error = outcome(q->blk, io, rsp->status);
    if (s->bounces && io->op == PV_BLK_READ && !error)
        copy_in(s, io);
    free_slot(q, s);
    io->parts--;
    if (!io->error)
        io->error = error;
    if (io->error && !io->issued) { /* the rest of it is not worth issuing */
        io->issued = true;
        if (q->unissued == io)
            q->unissued = io->next;
    }
    if (io->issued && !io->parts)
        finish(q, io);
    return NULL;
}

static const char *take_answers(struct blk_queue *q)
{
    RING_IDX prod = shared_load(&q->ring.sring->rsp_prod);
    const char *wrong = NULL;

    if (prod - q->ring.rsp_cons > q->in_flight)
        return "more answers than requests";
    while (q->ring.rsp_cons != prod && !wrong) {
        blkif_response_t rsp;

        RING_COPY_RESPONSE(&q->ring, q->ring.rsp_cons, &rsp);
        q->ring.rsp_cons++;
        wrong = answer(q, &rsp);
    }
    return wrong;
}

/* Take answers; then issue what waits and what `done` submitted, whose answers may be there at
 * once: no event is asked for before. True: there is more. */
static bool poll_round(struct blk_queue *q, unsigned int *done)
{
    unsigned long state = port_lock(&q->lock);
    const char *wrong = usable(q) ? take_answers(q) : NULL;
    struct pv_blk_io *finished;
    int more = 0;

    if (wrong) {
        q->live = false;
        q->ring.sring = NULL;
    }
    finished = detach(q);
    if (finished) {
        port_unlock(&q->lock, state);
        *done += call_done(finished);
        state = port_lock(&q->lock);
    }
    issue(q);
    push(q);
    if (usable(q))
        RING_FINAL_CHECK_FOR_RESPONSES(&q->ring, more);
    finished = detach(q); /* refused on the way */
    port_unlock(&q->lock, state);
    if (wrong)
        front_break(&q->blk->front, wrong);
    *done += call_done(finished);
    return more;
}

/* ---- for users ---- */

static struct blk_queue *queue_of(struct pv_blk *blk, unsigned int queue)
{
    return &blk->queues[queue % blk->config.queues];
}

bool pv_blk_poll(struct pv_blk *blk, unsigned int queue, unsigned int *done)
{
    struct blk_queue *q = queue_of(blk, queue);
    unsigned int rounds = 0;

    while (poll_round(q, done))
        if (++rounds == ROUNDS)
            return true;
    return false;
}

/* Locked; unlocks. */
static void issue_and_push(struct blk_queue *q, unsigned long state)
{
    struct pv_blk_io *refused;

    issue(q);
    push(q);
    refused = detach(q);
    port_unlock(&q->lock, state);
    call_done(refused);
}

void pv_blk_submit(struct pv_blk *blk, unsigned int queue, struct pv_blk_io *io)
{
    struct blk_queue *q = queue_of(blk, queue);
    bool kick = io->kick; /* it may be done, and gone */
    unsigned long state = port_lock(&q->lock);

    if (q->surplus) {
        port_unlock(&q->lock, state);
        q = &blk->queues[0];
        state = port_lock(&q->lock);
    }
    io->sent = io->buf = io->at = 0;
    io->parts = 0;
    io->issued = false;
    io->error = 0;
    blk_append(q, io);
    if (kick)
        issue_and_push(q, state);
    else
        port_unlock(&q->lock, state);
}

void pv_blk_kick(struct pv_blk *blk, unsigned int queue)
{
    struct blk_queue *q = queue_of(blk, queue);

    if (q->surplus)
        q = &blk->queues[0];
    issue_and_push(q, port_lock(&q->lock));
}

/* ---- for connections ---- */

unsigned int blk_recall(struct blk_queue *q)
{
    unsigned int held = 0;

    for (struct pv_blk_io *io = q->first; io; io = io->next) {
        io->sent = io->buf = io->at = 0;
        io->parts = 0;
        io->issued = false;
        io->error = 0;
    }
    for (unsigned int i = 0; q->slots && i < q->ring.nr_ents; i++) {
        struct blk_slot *s = &q->slots[i];

        if (!s->io)
            continue;
        if (end_grants(q, s)) {
            free_slot(q, s);
        } else {
            s->io->parts++;
            held++;
        }
    }
    q->unissued = q->first;
    return held;
}

void blk_fail_all(struct blk_queue *q, int error)
{
    struct pv_blk_io *io, *next;

    for (io = q->first; io; io = next) {
        next = io->next;
        io->error = error;
        io->issued = true;
        if (!io->parts)
            finish(q, io);
    }
    q->unissued = NULL;
}
