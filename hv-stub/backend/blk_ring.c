/* SPDX-License-Identifier: MIT */
/* The shared ring of <xen/io/ring.h>, on pages that need not be next to each other. */
#include "blk.h"

#define HEADER       64u /* bytes before the first entry */
#define ENTRY        ((uint32_t)sizeof(union blk_any_request))
#define MEMORY_FENCE __atomic_thread_fence(__ATOMIC_SEQ_CST)

_Static_assert(offsetof(struct blkif_sring, ring) == HEADER, "xen/io/ring.h");

static struct blkif_sring *shared(const struct blk_ring *r)
{
    return r->page[0];
}

/* An entry may lie on two pages. */
static void copy(const struct blk_ring *r, uint32_t index, void *buf, uint32_t n, bool out)
{
    uint32_t at = HEADER + (index & (r->entries - 1)) * ENTRY;

    while (n) {
        char *p = (char *)r->page[at / PAGE_SIZE] + at % PAGE_SIZE;
        uint32_t part = MIN(n, (uint32_t)(PAGE_SIZE - at % PAGE_SIZE));

        if (out)
            memcpy(p, buf, part);
        else
            memcpy(buf, p, part);
        buf = (char *)buf + part;
        at += part;
        n -= part;
    }
}

/* ---- responses */

/* Show the responses; true if the front-end wants to hear of them. */
static bool push(struct blk_ring *r)
{
    struct blkif_sring *s = shared(r);
    uint32_t old = r->rsp_shown, new = r->rsp_prod;

    if (old == new)
        return false;
    r->rsp_shown = new;
    __atomic_store_n(&s->rsp_prod, new, __ATOMIC_RELEASE);
    MEMORY_FENCE;
    return new - READ_ONCE(s->rsp_event) < new - old;
}

void blk_ring_respond(struct blk_req *q, int16_t status)
{
    struct blkif_response rsp = {.id = q->id, .operation = q->op, .status = status};
    struct blk_ring *r = q->ring;
    struct blk_req *next = NULL;
    bool raise;

    spin_lock(&r->lock);
    copy(r, r->rsp_prod++, &rsp, sizeof(rsp), true);
    if (q->barrier)
        r->barrier = false;
    q->next_free = r->free;
    r->free = q;
    if (--r->in_flight == 1) {
        next = r->waiting_barrier;
        r->waiting_barrier = NULL;
    }
    raise = !r->serving;
    spin_unlock(&r->lock);
    if (raise)
        job_raise(&r->job); /* shows it, and goes on with what waits for slots */
    if (next)
        blk_req_run(next);
}

bool blk_ring_hold(struct blk_req *q)
{
    struct blk_ring *r = q->ring;
    bool wait;

    if (!q->barrier)
        return false;
    spin_lock(&r->lock);
    wait = r->in_flight > 1;
    if (wait)
        r->waiting_barrier = q;
    spin_unlock(&r->lock);
    return wait;
}

/* ---- requests */

static uint32_t requests_there(struct blk_ring *r)
{
    uint32_t prod = __atomic_load_n(&shared(r)->req_prod, __ATOMIC_ACQUIRE);

    if (prod - r->rsp_prod > r->entries)
        r->broken = true;
    return r->broken ? 0 : prod - r->req_cons;
}

/* How many may be taken. Who closes is served what was in the ring by then: Linux waits for it, and
 * does not issue it again. */
static uint32_t to_take(struct blk_ring *r)
{
    uint32_t n = requests_there(r);

    return r->closing ? MIN(n, r->last - r->req_cons) : n;
}

/* The next request with a slot for it; NULL: there is none, or it must wait. Locked. */
static struct blk_req *take(struct blk_ring *r, union blk_any_request *any)
{
    struct blk_req *q = r->free;

    if (!q || r->barrier || !to_take(r))
        return NULL;
    copy(r, r->req_cons++, any, sizeof(*any), false);
    r->free = q->next_free;
    r->in_flight++;
    q->barrier = blk_req_is_barrier(any);
    r->barrier = q->barrier;
    return q;
}

/* Nothing more for now: ask to be told. True: something came meanwhile. */
static bool more_came(struct blk_ring *r)
{
    if (r->barrier || !r->free)
        return false; /* the next response begins another pass */
    if (to_take(r))
        return true;
    if (r->closing)
        return false;
    WRITE_ONCE(shared(r)->req_event, r->req_cons + 1);
    MEMORY_FENCE;
    return requests_there(r);
}

static void serve_locked(struct blk_ring *r)
{
    union blk_any_request any;
    uint32_t pages = 0;
    struct blk_req *q;

    for (unsigned n = 0; n < BLK_BATCH && pages < BLK_BATCH_PAGES && (q = take(r, &any)); n++) {
        spin_unlock(&r->lock);
        pages += blk_req_begin(q, &any);
        spin_lock(&r->lock);
    }
}

bool blk_ring_serve(struct blk_ring *r)
{
    bool broke, more, notify, drained;

    spin_lock(&r->lock);
    if (!r->live) {
        spin_unlock(&r->lock);
        return false;
    }
    broke = !r->broken;
    r->serving++;
    serve_locked(r);
    notify = push(r);
    more = more_came(r);
    r->serving--;
    drained = r->closing && !r->in_flight && !r->serving && !to_take(r);
    broke &= r->broken;
    spin_unlock(&r->lock);
    if (notify)
        evtchn_notify_hv(r->dev->bus.d, r->port);
    if (broke)
        xenbus_fail(&r->dev->bus, "the request index of the ring makes no sense");
    if (drained)
        xenbus_wake(&r->dev->bus);
    return more;
}

static bool run(struct job *j)
{
    return blk_ring_serve(j->data);
}

/* ---- gathering
 *
 * A disk that is done at once answers each request before its front-end has come to the next one,
 * at the price of an interrupt each. A front-end that has more to send right away is better off
 * with one interrupt for all. So now and then a request is left alone until the front-end stops;
 * if several are there by then, it goes on like that.
 */

#define GATHER_MOST  32u   /* are served at once */
#define GATHER_LEAST 3u    /* with fewer it is not worth it */
#define GATHER_EVERY 64u   /* requests: to see how many there would be. If too few: */
#define GATHER_RARER 8192u /* … twice as many, up to this */

/* How many wait, if the index makes sense: blk_ring_serve() finds out. */
static uint32_t peek(const struct blk_ring *r)
{
    return READ_ONCE(shared(r)->req_prod) - r->req_cons;
}

bool blk_ring_gather(struct blk_ring *r)
{
    uint32_t most = MIN(GATHER_MOST, r->entries), n;
    bool later = false;

    spin_lock(&r->lock);
    if (r->live && !r->closing && r->dev->disk->disk->instant) {
        r->gathers |= ++r->served_alone > r->gather_every;
        n = r->gathers ? peek(r) : 0;
        later = n && n < most;
        r->gathered_full |= n >= most;
        r->gather_seen = n;
        if (later)
            WRITE_ONCE(shared(r)->req_event, r->req_cons + most);
    }
    spin_unlock(&r->lock);
    if (later)
        job_raise_lazy(&r->gather_job);
    return later;
}

/* More came since it was asked last: wait for still more. */
static uint64_t gather_waits(struct job *j)
{
    struct blk_ring *r = j->data;
    uint32_t n, seen;

    spin_lock(&r->lock);
    n = r->live ? peek(r) : 0;
    seen = r->gather_seen;
    r->gather_seen = n;
    spin_unlock(&r->lock);
    return n > seen ? hv_now() + JOB_LAZY_NS : 0;
}

static bool serve_gathered(struct job *j)
{
    struct blk_ring *r = j->data;

    spin_lock(&r->lock);
    r->gathers = r->gathered_full || (r->live && peek(r) >= GATHER_LEAST);
    r->gather_every = r->gathers ? GATHER_EVERY : MIN(2 * r->gather_every, GATHER_RARER);
    r->gathered_full = false;
    r->served_alone = 0;
    spin_unlock(&r->lock);
    return blk_ring_serve(r);
}

/* ---- life */

/* A power of two, as the macros of ring.h have it. */
static uint32_t entries_on(uint32_t pages)
{
    uint32_t fit = (pages * (uint32_t)PAGE_SIZE - HEADER) / ENTRY, n = 1;

    while (n * 2 <= fit)
        n *= 2;
    return n;
}

int blk_ring_open(struct blk_ring *r)
{
    uint32_t slots;

    r->entries = entries_on(r->nr_pages);
    slots = MIN(r->entries, (uint32_t)BLK_SLOTS);

    r->reqs = hv_alloc(slots * sizeof(*r->reqs));
    if (!r->reqs)
        return -XEN_ENOMEM;
    r->nr_slots = slots;
    r->free = NULL;
    for (uint32_t i = slots; i-- > 0;) {
        r->reqs[i].ring = r;
        r->reqs[i].io.seg = r->reqs[i].seg;
        r->reqs[i].next_free = r->free;
        r->free = &r->reqs[i];
    }
    if (!r->job.fn) {
        job_init(&r->job, run, r);
        job_init(&r->gather_job, serve_gathered, r);
        r->gather_job.waits = gather_waits;
    }
    r->job.owner = r->gather_job.owner = r->dev->bus.d;
    spin_lock(&r->lock);
    r->rsp_prod = r->rsp_shown = r->req_cons = READ_ONCE(shared(r)->rsp_prod);
    r->in_flight = 0;
    r->gather_every = GATHER_EVERY;
    r->closing = r->broken = r->barrier = r->gathers = false;
    r->served_alone = 0;
    r->live = true;
    spin_unlock(&r->lock);
    return 0;
}

bool blk_ring_drain(struct blk_ring *r)
{
    bool drained, notify, left;

    spin_lock(&r->lock);
    if (r->live && !r->closing)
        r->last = r->req_cons + (r->dev->bus.orderly ? MIN(requests_there(r), r->entries) : 0);
    r->closing = true;
    left = r->live && to_take(r);
    drained = !r->in_flight && !r->serving && !left;
    notify = r->live && drained && push(r);
    if (drained)
        r->live = false;
    spin_unlock(&r->lock);
    if (notify)
        evtchn_notify_hv(r->dev->bus.d, r->port);
    if (left)
        job_raise(&r->job);
    return drained;
}

void blk_ring_close(struct blk_ring *r)
{
    if (r->reqs)
        hv_free(r->reqs, r->nr_slots * sizeof(*r->reqs));
    r->reqs = NULL;
}
