/* SPDX-License-Identifier: MIT */
/* From a front-end's transmit ring to the switch. */
#include "hv_grant.h"
#include "net.h"
#include "netback.h"

#define FENCE __atomic_thread_fence(__ATOMIC_SEQ_CST)

/* A packet's pages while it is sent. */
struct pinned {
    uint8_t head[NET_HEAD];
    void *page[NETBACK_SLOTS];
    uint32_t nr;
};

/* ---- responses */

/* Of all slots of a packet: the n requests at q->tx_cons, and extras behind the first. */
static void respond(struct net_queue *q, const struct netback_packet *p, int16_t status)
{
    for (uint32_t i = 0; i < p->nr_reqs + p->nr_extras; i++) {
        bool extra = i > 0 && i <= p->nr_extras;
        uint32_t k = i > 0 ? i - p->nr_extras : 0;
        union netif_tx_sring_entry *e = &q->tx->ring[q->tx_rsp++ % NETIF_ENTRIES];

        /* of slots beyond those kept, which are refused, the ring still has the request */
        if (!extra)
            e->rsp.id = k < NETBACK_SLOTS ? p->req[k].id : READ_ONCE(e->req.id);
        e->rsp.status = extra ? NETIF_RSP_NULL : status;
    }
    q->tx_cons = q->tx_rsp;
    q->progress = 0;
}

/* Show the responses given since `old`; does the front-end want to hear of them? */
static bool push(struct net_queue *q, uint32_t old)
{
    if (q->tx_rsp == old)
        return false;
    __atomic_store_n(&q->tx->rsp_prod, q->tx_rsp, __ATOMIC_RELEASE);
    FENCE;
    return q->tx_rsp - READ_ONCE(q->tx->rsp_event) < q->tx_rsp - old;
}

/* ---- one packet */

static void unpin(struct net_queue *q, const struct netback_packet *p, const struct pinned *m)
{
    for (uint32_t i = 0; i < m->nr; i++)
        grant_hv_unpin(q->nb->bus.d, p->req[i].gref, false, m->page[i]);
    grant_hv_end(q->nb->bus.d);
}

static bool pin(struct net_queue *q, const struct netback_packet *p, struct pinned *m)
{
    if (!grant_hv_begin(q->nb->bus.d))
        return false;
    for (m->nr = 0; m->nr < p->nr_reqs; m->nr++)
        if (grant_hv_pin(q->nb->bus.d, p->req[m->nr].gref, false, &m->page[m->nr])) {
            unpin(q, p, m);
            return false;
        }
    return true;
}

/* The start of the packet becomes private: what is checked must not change. */
static void build(const struct netback_packet *p, struct pinned *m, struct net_frame *f)
{
    struct net_seg *s = f->seg;

    *s++ = (struct net_seg){m->head, 0};
    for (uint32_t i = 0; i < p->nr_reqs; i++) {
        char *data = (char *)m->page[i] + p->req[i].offset;
        uint32_t n = p->req[i].size, part = MIN(n, NET_HEAD - f->seg[0].len);

        if (part) {
            memcpy(m->head + f->seg[0].len, data, part);
            f->seg[0].len += part;
        }
        if (n > part)
            *s++ = (struct net_seg){data + part, n - part};
    }
    f->nr_segs = (uint32_t)(s - f->seg);
    f->len = p->len;
    f->gso_type = p->gso_type;
    f->gso_size = p->gso_size;
    f->flags = 0;
    if (p->req[0].flags & NETTXF_csum_blank)
        f->flags = NET_CSUM_BLANK | NET_CSUM_OK;
    else if (p->req[0].flags & NETTXF_data_validated)
        f->flags = NET_CSUM_OK;
}

/* In units of a packet in one page for one receiver, some 1400 instructions. */
static uint32_t cost(const struct netback_packet *p, const uint8_t *head)
{
    return (head[0] & 1 ? net_nr_ports : 1) * (1 + p->len / (uint32_t)PAGE_SIZE);
}

/* False: it has to wait. Adds to *spent. */
static bool send(struct net_queue *q, const struct netback_packet *p, uint32_t *spent)
{
    struct net_frame f;
    struct pinned m;
    bool sent;

    if (p->len < 14 || !pin(q, p, &m)) {
        respond(q, p, NETIF_RSP_ERROR);
        ++*spent;
        return true;
    }
    build(p, &m, &f);
    *spent += cost(p, m.head);
    f.progress = q->progress;
    sent = net_send(q->nb->port, &f);
    unpin(q, p, &m);
    q->progress = f.progress;
    if (sent)
        respond(q, p, NETIF_RSP_OKAY);
    return sent;
}

/* ---- the ring */

void netback_broken(struct net_queue *q, const char *why)
{
    WRITE_ONCE(q->broken, true);
    __atomic_store_n(&q->why, why, __ATOMIC_RELEASE);
}

/* Slots there to be served. */
static uint32_t waiting(struct net_queue *q)
{
    uint32_t n = __atomic_load_n(&q->tx->req_prod, __ATOMIC_ACQUIRE) - q->tx_cons;

    if (n > NETIF_ENTRIES) {
        netback_broken(q, "impossible number of requests in the transmit ring");
        return 0;
    }
    return n;
}

/* False: no more can be done now. */
static bool serve_one(struct net_queue *q, uint32_t slots, uint32_t *spent)
{
    struct netback_packet p;
    const char *why;

    switch (netback_parse(q->tx, q->tx_cons, slots, &p, &why)) {
    case NETBACK_FATAL_ERROR:
        netback_broken(q, why);
        return false;
    case NETBACK_REFUSED:
        respond(q, &p, NETIF_RSP_ERROR);
        ++*spent;
        return true;
    default:
        return send(q, &p, spent);
    }
}

/* Locked. True: there is more, for another time. */
static bool serve(struct net_queue *q)
{
    uint32_t slots, spent = 0;

    for (;;) {
        while (!READ_ONCE(q->broken) && (slots = waiting(q))) {
            if (spent >= NETBACK_BATCH)
                return true;
            if (!serve_one(q, slots, &spent))
                return false; /* resume() raises the job, or it is over */
        }
        if (READ_ONCE(q->broken))
            return false;
        WRITE_ONCE(q->tx->req_event, q->tx_cons + 1);
        FENCE;
        if (!waiting(q))
            return false;
    }
}

bool netback_tx_serve(struct net_queue *q)
{
    bool more = false, notify = false;
    const char *why;

    spin_lock(&q->tx_lock);
    if (q->live && !READ_ONCE(q->broken)) {
        uint32_t old = q->tx_rsp;

        more = serve(q);
        notify = push(q, old);
        q->served_at = hv_now();
    }
    spin_unlock(&q->tx_lock);
    if (notify)
        evtchn_notify_hv(q->nb->bus.d, q->tx_port);
    if (unlikely(READ_ONCE(q->why)) && (why = __atomic_exchange_n(&q->why, NULL, __ATOMIC_ACQUIRE)))
        xenbus_fail(&q->nb->bus, why);
    return more;
}

/* ---- gathering
 *
 * Packets that are sent together wake their receiver once, and Linux's TCP makes one packet of what
 * is written while another one is under way. So they are left until the vcpu stops, or for a while:
 * a short one if there are other CPUs, on which the receiver may run.
 */

static bool serve_job(struct job *j)
{
    return netback_tx_serve(j->data);
}

static bool serve_gathered(struct job *j)
{
    struct net_queue *q = j->data;

    if (netback_tx_serve(q))
        job_raise(&q->job);
    return false;
}

static uint64_t gather_waits(struct job *j)
{
    const struct net_queue *q = j->data;

    return nr_cpus == 1 ? READ_ONCE(q->gather_end) : 0;
}

void netback_tx_init(struct net_queue *q)
{
    if (q->job.fn)
        return;
    job_init(&q->job, serve_job, q);
    job_init(&q->gather_job, serve_gathered, q);
    q->gather_job.waits = gather_waits;
}

/* Does the front-end want to hear of the next packet for it? If not it is busy looking. */
static bool waits_for_events(const struct net_queue *q)
{
    return READ_ONCE(q->rx->rsp_event) - q->rx_cons - 1 < NETIF_ENTRIES;
}

/* Send it at once: another CPU has nothing else to do, and nothing was sent lately; or the
 * front-end, which does not stop, looks for the answer. */
static bool is_urgent(const struct net_queue *q, uint64_t now)
{
    return nr_cpus > 1 && (!waits_for_events(q) ||
                           (now - q->served_at >= NETBACK_QUIET && sched_idle_elsewhere()));
}

static bool leave(struct net_queue *q)
{
    uint64_t now = hv_now();
    uint32_t slots;
    bool later = false;

    spin_lock(&q->tx_lock);
    if (q->live && !READ_ONCE(q->broken) && (slots = waiting(q))) {
        later = slots < NETBACK_MOST && !is_urgent(q, now);
        WRITE_ONCE(q->gather_end, now + NETBACK_GATHER);
        if (later)
            WRITE_ONCE(q->tx->req_event, q->tx_cons + NETBACK_MOST);
    }
    spin_unlock(&q->tx_lock);
    return later;
}

void netback_tx_event(struct net_queue *q)
{
    if (leave(q))
        job_raise_lazy(&q->gather_job);
    else if (netback_tx_serve(q))
        job_raise(&q->job);
}
