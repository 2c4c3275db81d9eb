/* SPDX-License-Identifier: MIT */
/* Messages to and from the store, a piece at a time. */
#include <pvkit/arch.h>
#include <pvkit/hypercall/event.h>
#include <pvkit/xenstore.h>

#include "string.h"

/* Names of errors on the wire; any other is -XEN_EINVAL. */
static const struct {
    const char *name;
    int number;
} errors[] = {
    {"EINVAL", XEN_EINVAL}, {"EACCES", XEN_EACCES}, {"EEXIST", XEN_EEXIST}, {"EISDIR", XEN_EISDIR},
    {"ENOENT", XEN_ENOENT}, {"ENOMEM", XEN_ENOMEM}, {"ENOSPC", XEN_ENOSPC}, {"EIO", XEN_EIO},
    {"ENOSYS", XEN_ENOSYS}, {"EROFS", XEN_EROFS},   {"EBUSY", XEN_EBUSY},   {"EAGAIN", XEN_EAGAIN},
    {"E2BIG", XEN_E2BIG},   {"EPERM", XEN_EPERM},   {"EQUOTA", XEN_ENOSPC},
};

static int error_number(const char *name)
{
    for (unsigned int i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if (str_equal(errors[i].name, name))
            return -errors[i].number;
    return -XEN_EINVAL;
}

void pvk_xs_init(struct pvk_xs *xs, struct xenstore_domain_interface *ring, evtchn_port_t port,
                 pvk_xs_wait *wait, void *data)
{
    *xs = (struct pvk_xs){.ring = ring, .port = port, .wait = wait, .wait_data = data};
    ring->rsp_cons = ring->rsp_prod;
}

static void finish(struct pvk_xs *xs, int result)
{
    xs->busy = false;
    xs->result = result;
}

/* The other end broke the protocol: no request will ever be answered. */
static void give_up(struct pvk_xs *xs)
{
    xs->broken = true;
    if (xs->busy)
        finish(xs, -XEN_EIO);
}

/* ---- out */

static bool more_to_send(const struct pvk_xs *xs)
{
    return xs->busy && xs->part < xs->nr_parts;
}

static void send(struct pvk_xs *xs)
{
    struct xenstore_domain_interface *r = xs->ring;
    uint32_t prod = *(volatile XENSTORE_RING_IDX *)&r->req_prod, start = prod;
    uint32_t cons = *(volatile XENSTORE_RING_IDX *)&r->req_cons;

    if (prod - cons > XENSTORE_RING_SIZE) {
        give_up(xs);
        return;
    }
    pvk_arch_mb(); /* a slot is free before it is written */
    while (more_to_send(xs) && prod - cons < XENSTORE_RING_SIZE) {
        const struct pvk_xs_part *p = &xs->parts[xs->part];

        if (xs->sent == p->n) {
            xs->part++;
            xs->sent = 0;
            continue;
        }
        r->req[MASK_XENSTORE_IDX(prod++)] = ((const char *)p->p)[xs->sent++];
    }
    if (prod == start)
        return;
    pvk_arch_wmb(); /* the bytes are there before they count */
    *(volatile XENSTORE_RING_IDX *)&r->req_prod = prod;
    hypercall_evtchn_send(xs->port);
}

/* ---- in */

/* Whose is the token? It comes from outside, so it is compared, not followed. */
static void fire(struct pvk_xs *xs)
{
    char token[PVK_XS_TOKEN_SIZE];

    for (struct pvk_xs_watch *w = xs->watches; w; w = w->next) {
        str_hex(token, (uintptr_t)w);
        if (str_equal(token, xs->word))
            w->fired = true;
    }
}

static bool is_reply(const struct pvk_xs *xs)
{
    return xs->in.type != XS_WATCH_EVENT && xs->busy && xs->in.req_id == xs->out.req_id;
}

static void body_byte(struct pvk_xs *xs, uint32_t at, char c)
{
    bool event = xs->in.type == XS_WATCH_EVENT;

    if (event && !xs->in_token) {
        xs->in_token = c == 0; /* the path ends */
    } else if (event || xs->in.type == XS_ERROR) {
        if (xs->word_len < sizeof(xs->word) - 1)
            xs->word[xs->word_len++] = c;
    } else if (is_reply(xs) && at < xs->room) {
        xs->reply[at] = c;
    }
}

static void message_done(struct pvk_xs *xs)
{
    xs->word[xs->word_len] = 0;
    if (xs->in.type == XS_WATCH_EVENT) {
        fire(xs);
    } else if (is_reply(xs)) {
        xs->reply_len = xs->in.len;
        if (xs->in.type == XS_ERROR)
            finish(xs, error_number(xs->word));
        else if (xs->in.type != xs->out.type)
            finish(xs, -XEN_EIO);
        else
            finish(xs, xs->reply && xs->in.len > xs->room ? -XEN_E2BIG : 0);
    }
    xs->got = xs->word_len = 0;
    xs->in_token = false;
}

/* False: that cannot be. */
static bool take(struct pvk_xs *xs, char c)
{
    if (xs->got < sizeof(xs->in)) {
        ((char *)&xs->in)[xs->got++] = c;
        if (xs->got < sizeof(xs->in))
            return true;
        if (xs->in.len > XENSTORE_PAYLOAD_MAX)
            return false;
    } else {
        body_byte(xs, xs->got++ - (uint32_t)sizeof(xs->in), c);
    }
    if (xs->got == sizeof(xs->in) + xs->in.len)
        message_done(xs);
    return true;
}

static void receive(struct pvk_xs *xs)
{
    struct xenstore_domain_interface *r = xs->ring;
    uint32_t cons = *(volatile XENSTORE_RING_IDX *)&r->rsp_cons, start = cons;
    uint32_t prod = *(volatile XENSTORE_RING_IDX *)&r->rsp_prod;

    if (prod - cons > XENSTORE_RING_SIZE) {
        give_up(xs);
        return;
    }
    pvk_arch_rmb(); /* the bytes are as new as the index */
    while (cons != prod) {
        if (!take(xs, r->rsp[MASK_XENSTORE_IDX(cons++)])) {
            give_up(xs);
            return;
        }
    }
    if (cons == start)
        return;
    pvk_arch_mb(); /* the bytes were read before their slots are free */
    *(volatile XENSTORE_RING_IDX *)&r->rsp_cons = cons;
    pvk_arch_mb(); /* either the store sees the room, or we see that it has filled the ring */
    if (*(volatile XENSTORE_RING_IDX *)&r->rsp_prod - start >= XENSTORE_RING_SIZE)
        hypercall_evtchn_send(xs->port);
}

/* ---- requests */

int pvk_xs_start(struct pvk_xs *xs, uint32_t type, uint32_t tx, const struct pvk_xs_part *parts,
                 unsigned int nr_parts, char *reply, uint32_t room)
{
    uint32_t len = 0;

    if (xs->busy)
        return -XEN_EBUSY;
    if (nr_parts >= PVK_XS_PARTS)
        return -XEN_E2BIG;
    for (unsigned int i = 0; i < nr_parts; i++) {
        if (parts[i].n > XENSTORE_PAYLOAD_MAX - len)
            return -XEN_E2BIG;
        len += parts[i].n;
        xs->parts[i + 1] = parts[i];
    }
    xs->out = (struct xsd_sockmsg){.type = type, .req_id = ++xs->next_id, .tx_id = tx, .len = len};
    xs->parts[0] = (struct pvk_xs_part){&xs->out, sizeof(xs->out)};
    xs->nr_parts = nr_parts + 1;
    xs->part = xs->sent = 0;
    xs->reply = reply;
    xs->room = room;
    xs->busy = true;
    pvk_xs_poll(xs);
    return 0;
}

bool pvk_xs_poll(struct pvk_xs *xs)
{
    if (xs->broken) {
        give_up(xs);
        return true;
    }
    receive(xs);
    if (more_to_send(xs))
        send(xs);
    return !xs->busy;
}

int pvk_xs_result(const struct pvk_xs *xs, uint32_t *len)
{
    if (len)
        *len = xs->reply_len;
    return xs->result;
}

int pvk_xs_call(struct pvk_xs *xs, uint32_t type, uint32_t tx, const struct pvk_xs_part *parts,
                unsigned int nr_parts, char *reply, uint32_t room, uint32_t *len)
{
    int rc = pvk_xs_start(xs, type, tx, parts, nr_parts, reply, room);

    if (rc)
        return rc;
    while (!pvk_xs_poll(xs)) {
        if (xs->wait)
            xs->wait(xs->wait_data);
        else
            pvk_arch_relax();
    }
    return pvk_xs_result(xs, len);
}

/* ---- watches */

static void forget(struct pvk_xs *xs, struct pvk_xs_watch *watch)
{
    struct pvk_xs_watch **at = &xs->watches;

    while (*at && *at != watch)
        at = &(*at)->next;
    if (*at)
        *at = watch->next;
}

int pvk_xs_watch(struct pvk_xs *xs, struct pvk_xs_watch *watch, const char *path,
                 void (*fn)(struct pvk_xs_watch *watch), void *data)
{
    char token[PVK_XS_TOKEN_SIZE];
    struct pvk_xs_part parts[] = {{path, str_size(path)}, {token, sizeof(token)}};
    int rc;

    str_hex(token, (uintptr_t)watch);
    *watch = (struct pvk_xs_watch){.next = xs->watches, .fn = fn, .data = data, .path = path};
    xs->watches = watch; /* first, for its first event may come with the reply */
    rc = pvk_xs_call(xs, XS_WATCH, 0, parts, 2, NULL, 0, NULL);
    if (rc)
        forget(xs, watch);
    return rc;
}

int pvk_xs_unwatch(struct pvk_xs *xs, struct pvk_xs_watch *watch)
{
    char token[PVK_XS_TOKEN_SIZE];
    struct pvk_xs_part parts[] = {{watch->path, str_size(watch->path)}, {token, sizeof(token)}};

    str_hex(token, (uintptr_t)watch);
    forget(xs, watch);
    return pvk_xs_call(xs, XS_UNWATCH, 0, parts, 2, NULL, 0, NULL);
}

/* The first that fired, moved to the end so that the others get their turn. */
static struct pvk_xs_watch *next_fired(struct pvk_xs *xs)
{
    struct pvk_xs_watch *w = xs->watches, **at;

    while (w && !w->fired)
        w = w->next;
    if (!w)
        return NULL;
    forget(xs, w);
    for (at = &xs->watches; *at; at = &(*at)->next)
        ;
    *at = w;
    w->next = NULL;
    return w;
}

bool pvk_xs_deliver(struct pvk_xs *xs, unsigned int budget)
{
    struct pvk_xs_watch *w;

    pvk_xs_poll(xs);
    while ((w = next_fired(xs)) != NULL) {
        if (!budget--)
            return true;
        w->fired = false; /* before it looks: a change after its look fires it again */
        w->fn(w);
    }
    return false;
}
