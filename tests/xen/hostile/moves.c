/* SPDX-License-Identifier: MIT */
/* What back-ends of all kinds do wrong. */
#include "hostile.h"
#include <unistd.h>

/* ---- states ---- */

bool connect_back(struct hostile *h)
{
    uint32_t queues = 1;

    store_number(h, "", "multi-queue-num-queues", &queues);
    h->silent = false;
    if (queues <= 1) {
        h->connected = h->kind->attach(h, "");
    } else {
        for (unsigned int i = 0; i < queues && i < MAX_RINGS; i++) {
            char prefix[] = "queue-0/";

            prefix[6] = (char)('0' + i);
            h->connected |= h->kind->attach(h, prefix);
        }
    }
    if (!h->connected) {
        ring_detach(h);
        return false;
    }
    h->connections++;
    store_state(h, XenbusStateConnected);
    return true;
}

void disconnect_back(struct hostile *h)
{
    ring_detach(h);
    if (!h->keep)
        ring_release(h);
    h->connected = false;
}

static void some_state(struct hostile *h)
{
    if (often(h, 25))
        store_put(h, "state", "%s", absurd(h));
    else
        store_put(h, "state", "%u", below(h, 10));
}

static void state_and_back(struct hostile *h)
{
    some_state(h);
    store_put(h, "state", "%u", h->mine);
}

static void many_states(struct hostile *h)
{
    for (unsigned int i = 0; i < 20; i++)
        some_state(h);
    store_put(h, "state", "%u", h->mine);
}

static void online(struct hostile *h)
{
    store_put(h, "online", "%u", below(h, 2));
}

static void close_at_once(struct hostile *h)
{
    store_state(h, XenbusStateClosed);
}

static void restart(struct hostile *h)
{
    store_put(h, "online", "1");
    store_state(h, often(h, 50) ? XenbusStateClosing : XenbusStateClosed);
    if (often(h, 50))
        usleep(below(h, 20000));
    disconnect_back(h);
    h->vanished = false;
    store_state(h, often(h, 80) ? XenbusStateInitWait : XenbusStateInitialising);
}

static void vanish(struct hostile *h)
{
    xs_rm(h->xs, XBT_NULL, h->back);
    h->vanished = true;
}

/* ---- nodes ---- */

static void nonsense(struct hostile *h)
{
    unsigned int n = 0;

    while (h->kind->nodes[n].key)
        n++;
    for (unsigned int i = 0; i < 2; i++)
        store_put(h, h->kind->nodes[below(h, n)].key, "%s", absurd(h));
}

/* They are read when a connection is made. */
static void nonsense_again(struct hostile *h)
{
    nonsense(h);
    restart(h);
}

/* ---- rings ---- */

static void storm(struct hostile *h)
{
    for (unsigned int n = 500 + below(h, 3000); n; n--) {
        struct ring *r = ring_any(h);

        if (r && r->port >= 0)
            xenevtchn_notify(h->events, (evtchn_port_t)r->port);
    }
}

static void indices(struct hostile *h)
{
    struct ring *r = ring_any(h);
    uint32_t to;

    if (!r)
        return;
    switch (below(h, 6)) {
    case 0:
        to = any(h);
        break;
    case 1:
        to = r->rsp_prod - 1 - below(h, 4);
        break;
    case 2:
        to = r->rsp_prod + r->entries + below(h, 2);
        break;
    case 3:
        to = r->rsp_prod + (1u << 31);
        break;
    case 4:
        to = r->head->req_prod + 1;
        break;
    default:
        to = r->head->req_prod;
    }
    if (often(h, 50)) {
        r->head->req_prod = any(h);
        r->head->rsp_event = any(h);
    }
    r->head->rsp_prod = to;
    if (r->port >= 0)
        xenevtchn_notify(h->events, (evtchn_port_t)r->port);
}

/* There and back, faster than anybody looks. */
static void flicker(struct hostile *h)
{
    struct ring *r = ring_any(h);

    if (!r)
        return;
    for (unsigned int n = 0; n < 20000; n++) {
        r->head->rsp_prod = r->rsp_prod + (n & 1);
        if (n % 500 == 0 && r->port >= 0)
            xenevtchn_notify(h->events, (evtchn_port_t)r->port);
    }
    r->head->rsp_prod = r->rsp_prod;
}

/* Entries only, or the indices as well. */
static void scribble(struct hostile *h)
{
    struct ring *r = ring_any(h);
    unsigned int skip = often(h, 70) ? 64 : 0;

    if (!r)
        return;
    for (unsigned int n = 0; n < 10; n++)
        fill(h, (char *)r->head + skip, r->pages * 4096 - skip);
    ring_publish(h, r);
}

/* Pages of requests, that it was given to read or write, change all the time. */
static void scribble_held(struct hostile *h)
{
    struct ring *r = ring_any(h);
    char *buffer = r ? r->buffers[below(h, RX_PAGES)] : NULL;

    if (buffer)
        fill(h, buffer, 4096);
    if (h->nr_held)
        fill(h, h->held[below(h, h->nr_held)].at, 4096);
}

static void be_silent(struct hostile *h)
{
    h->silent = often(h, 60);
}

static void keep(struct hostile *h)
{
    h->keep = !h->keep;
}

const struct move moves[] = {
    {"state", some_state},
    {"state-and-back", state_and_back},
    {"states", many_states},
    {"online", online},
    {"closed", close_at_once},
    {"restart", restart},
    {"vanish", vanish},
    {"nonsense", nonsense_again},
    {"storm", storm},
    {"indices", indices},
    {"flicker", flicker},
    {"scribble", scribble},
    {"pages", scribble_held},
    {"silent", be_silent},
    {"keep", keep},
};
const unsigned int nr_moves = sizeof(moves) / sizeof(moves[0]);

unsigned int count_moves(const struct hostile *h)
{
    return nr_moves + h->kind->nr_moves;
}

/* One of those that the seed has chosen. */
void make_move(struct hostile *h)
{
    unsigned int n = below(h, (uint32_t)__builtin_popcountll(h->may));
    uint64_t may = h->may;

    if (!may)
        return;
    for (; n; n--)
        may &= may - 1;
    n = (unsigned int)__builtin_ctzll(may);
    (n < nr_moves ? &moves[n] : &h->kind->moves[n - nr_moves])->make(h);
    h->made++;
}
