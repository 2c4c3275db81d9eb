/* SPDX-License-Identifier: MIT */
/*
 * The guest's store page (struct xenstore_domain_interface). It is the guest's: indices are copied
 * and checked, bytes leave it once, and a ring that makes no sense gets its error field set and is
 * left alone until the guest reconnects. Messages pass in pieces of any size both ways, because a
 * guest says that there is room only after the ring was full.
 *
 * One visit serves so many requests, or takes so long: with deep trees and transactions a request
 * may take milliseconds. A guest that sends faster is served again later, after four times what the
 * visit took, so that its flood neither keeps a CPU in the hypervisor nor others from the store.
 */
#include "xs.h"

#define REQUESTS_A_VISIT 32
#define VISIT_NS         1000000
#define REST_NS          1000000ull /* until the next visit, at least */

static struct timer timers[HV_MAX_DOMAINS];

static struct xenstore_domain_interface *page_of(const struct xs_conn *c)
{
    struct frame *f = c->domain ? c->domain->store_frame : NULL;

    return f ? mfn_to_virt(frame_mfn(f)) : NULL;
}

static void ignore(struct xs_conn *c, struct xenstore_domain_interface *r, uint32_t why)
{
    xs_conn_reset(c);
    c->ignored = true;
    WRITE_ONCE(r->error, why);
}

/* ---- in */

/* As much of one message as is there. True: it is complete. *moved: bytes were taken. */
static bool take(struct xs_conn *c, struct xenstore_domain_interface *r, bool *moved)
{
    uint32_t cons = READ_ONCE(r->req_cons);
    uint32_t prod = __atomic_load_n(&r->req_prod, __ATOMIC_ACQUIRE);
    uint32_t total = sizeof(c->in);

    if (prod - cons > XENSTORE_RING_SIZE) {
        ignore(c, r, XENSTORE_ERROR_RINGIDX);
        return false;
    }
    for (;;) {
        char ch;

        if (c->in_got >= sizeof(c->in)) {
            if (c->in.len > XENSTORE_PAYLOAD_MAX) {
                ignore(c, r, XENSTORE_ERROR_PROTO);
                return false;
            }
            total = sizeof(c->in) + c->in.len;
        }
        if (c->in_got == total || cons == prod)
            break;
        ch = r->req[MASK_XENSTORE_IDX(cons++)];
        if (c->in_got < sizeof(c->in))
            ((char *)&c->in)[c->in_got] = ch;
        else
            c->in_body[c->in_got - sizeof(c->in)] = ch;
        c->in_got++;
        *moved = true;
    }
    __atomic_store_n(&r->req_cons, cons, __ATOMIC_RELEASE);
    return c->in_got >= sizeof(c->in) && c->in_got == total;
}

/* ---- out */

/* What fits of the messages that wait. True: something went out. */
static bool drain(struct xs_conn *c, struct xenstore_domain_interface *r)
{
    uint32_t prod = READ_ONCE(r->rsp_prod), start = prod;
    uint32_t cons = __atomic_load_n(&r->rsp_cons, __ATOMIC_ACQUIRE);

    if (prod - cons > XENSTORE_RING_SIZE) {
        ignore(c, r, XENSTORE_ERROR_RINGIDX);
        return false;
    }
    xs_events_retry(c);
    while (c->out && prod - cons < XENSTORE_RING_SIZE) {
        struct xs_msg *m = c->out;

        r->rsp[MASK_XENSTORE_IDX(prod++)] = c->out_done < sizeof(m->h)
                                                ? ((char *)&m->h)[c->out_done]
                                                : m->body[c->out_done - sizeof(m->h)];
        if (++c->out_done == sizeof(m->h) + m->h.len)
            xs_sent(c);
    }
    __atomic_store_n(&r->rsp_prod, prod, __ATOMIC_RELEASE);
    return prod != start;
}

static void notify(uint32_t who)
{
    for (uint32_t i = 1; i < nr_domains; i++)
        if (who & 1u << i)
            evtchn_notify_hv(domains[i], domains[i]->store_port);
}

/* With the lock: fill the rings of those with something to send. Returns whom to notify. */
static uint32_t drain_dirty(void)
{
    uint32_t who = 0, dirty = xs_dirty & ~1u;

    xs_dirty &= 1;
    for (uint32_t i = 1; dirty; i++) {
        struct xs_conn *c = dirty & 1u << i ? xs_conns[i] : NULL;
        struct xenstore_domain_interface *r = c ? page_of(c) : NULL;

        dirty &= ~(1u << i);
        if (r && !c->ignored && drain(c, r))
            who |= 1u << i;
    }
    return who;
}

void xs_flush(void)
{
    uint32_t who;

    xs_enter();
    who = drain_dirty();
    xs_leave();
    notify(who);
    if (!xs_deliver())
        timer_set(&timers[0], hv_now() + REST_NS);
}

/* ---- visits */

/* As xenstore-ring.txt has it: everything is forgotten, both rings are empty. */
static bool reconnect(struct xs_conn *c, struct xenstore_domain_interface *r)
{
    if (READ_ONCE(r->connection) != XENSTORE_RECONNECT)
        return false;
    xs_conn_reset(c);
    r->req_cons = r->req_prod = r->rsp_cons = r->rsp_prod = 0;
    r->error = XENSTORE_ERROR_NONE;
    __atomic_store_n(&r->connection, XENSTORE_CONNECTED, __ATOMIC_RELEASE);
    return true;
}

/* One request, if one is complete and the last one's reply is out. *moved: the guest may care. */
static bool serve_one(struct xs_conn *c, bool *moved)
{
    struct xenstore_domain_interface *r = page_of(c);

    if (!r)
        return false;
    *moved |= reconnect(c, r);
    if (c->ignored)
        return false;
    *moved |= drain(c, r);
    if (c->ignored || c->replying || !take(c, r, moved))
        return false;
    c->in_got = 0;
    xs_request(c);
    return true;
}

static void serve(domid_t id)
{
    uint64_t start = hv_now(), took = 0;
    bool more = true;

    for (uint32_t n = 0; more && n < REQUESTS_A_VISIT && took < VISIT_NS; n++) {
        bool moved = false;
        uint32_t who;

        xs_enter();
        more = xs_conns[id] && serve_one(xs_conns[id], &moved);
        who = drain_dirty();
        xs_leave();
        notify(moved ? who | 1u << id : who);
        took = hv_now() - start;
    }
    if (more)
        timer_set(&timers[id], start + took + MAX(REST_NS, 4 * took));
    xs_flush();
}

static void again(struct timer *t)
{
    domid_t id = (domid_t)(t - timers);

    if (id)
        serve(id);
    else
        xs_flush();
}

void hv_xenstore_event(struct domain *d, evtchn_port_t port)
{
    serve(d->id);
}

/* ---- life */

static void tell_features(struct xenstore_domain_interface *r)
{
    r->server_features = XENSTORE_SERVER_FEATURE_RECONNECTION | XENSTORE_SERVER_FEATURE_ERROR;
}

void xs_ring_restart(struct domain *d)
{
    struct xenstore_domain_interface *r;
    struct xs_conn *c;

    xs_enter();
    c = xs_conns[d->id];
    r = c ? page_of(c) : NULL;
    if (c)
        xs_conn_reset(c);
    if (r) {
        memset(r, 0, sizeof(*r));
        tell_features(r);
    }
    xs_leave();
}

int xs_ring_start(domid_t id, struct domain *d)
{
    struct xenstore_domain_interface *r;
    struct xs_conn *c;

    timer_init(&timers[id], 0, again, NULL);
    xs_enter();
    c = xs_conn_open(id, d);
    r = c ? page_of(c) : NULL;
    if (r)
        tell_features(r);
    xs_leave();
    return c ? 0 : -XEN_ENOMEM;
}

void xs_ring_end(struct domain *d)
{
    struct frame *f;

    xs_enter();
    if (xs_conns[d->id])
        xs_conn_close(xs_conns[d->id]);
    f = d->store_frame;
    d->store_frame = NULL;
    xs_leave();
    if (f)
        frame_put_and_type(f);
    if (timers[d->id].fn)
        timer_cancel(&timers[d->id]);
}
