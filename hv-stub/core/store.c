/* SPDX-License-Identifier: MIT */
/*
 * An empty XenStore (xen/io/xs_wire.h). Kernels wait for answers from it while they boot, so every
 * request gets one: nothing exists, nothing may be written, watches are accepted and fire once, as
 * they do when they are set. The ring is the guest's: indices are copied and checked, a message is
 * taken out of it once, and a ring that makes no sense is left alone.
 */
#include "store.h"

#include <xen/io/xs_wire.h>

#define KEEP_BYTES    512 /* of a request's payload; longer ones are refused */
#define MESSAGES_A_GO 64
#define REPLY_MAX     (2 * sizeof(struct xsd_sockmsg) + KEEP_BYTES + 64)

struct store {
    spinlock_t lock; /* one CPU at a time serves a ring */
    struct xsd_sockmsg msg;
    uint32_t got; /* bytes of header and payload taken so far */
    char payload[KEEP_BYTES];
};

static struct store stores[HV_MAX_DOMAINS];

static struct xenstore_domain_interface *ring_page(struct domain *d)
{
    return d->store_frame ? mfn_to_virt(frame_mfn(d->store_frame)) : NULL;
}

void store_init(struct domain *d)
{
    stores[d->id].got = 0;
}

/* ---- taking requests out */

static char *slot(struct store *s, uint32_t at)
{
    if (at < sizeof(s->msg))
        return (char *)&s->msg + at;
    at -= sizeof(s->msg);
    return at < KEEP_BYTES ? &s->payload[at] : NULL;
}

/* As much of one message as is there. True: it is complete. */
static bool take(struct store *s, struct xenstore_domain_interface *r)
{
    uint32_t cons = READ_ONCE(r->req_cons);
    uint32_t prod = __atomic_load_n(&r->req_prod, __ATOMIC_ACQUIRE);
    uint32_t total = sizeof(s->msg);

    if (prod - cons > XENSTORE_RING_SIZE)
        return false;
    for (;;) {
        char *to;

        if (s->got >= sizeof(s->msg))
            total = sizeof(s->msg) + MIN(s->msg.len, (uint32_t)XENSTORE_PAYLOAD_MAX);
        if (s->got == total || cons == prod)
            break;
        to = slot(s, s->got++);
        if (to)
            *to = r->req[MASK_XENSTORE_IDX(cons)];
        cons++;
    }
    __atomic_store_n(&r->req_cons, cons, __ATOMIC_RELEASE);
    return s->got >= sizeof(s->msg) && s->got == total;
}

/* ---- answering */

static void put(struct xenstore_domain_interface *r, uint32_t *prod, const void *p, uint32_t n)
{
    for (const char *c = p; n--; c++)
        r->rsp[MASK_XENSTORE_IDX((*prod)++)] = *c;
}

static void put_message(struct xenstore_domain_interface *r, uint32_t *prod, struct xsd_sockmsg m,
                        uint32_t type, const void *body, uint32_t len)
{
    m.type = type;
    m.len = len;
    put(r, prod, &m, sizeof(m));
    put(r, prod, body, len);
}

/* The payload is two strings, as a watch's path and token must be. */
static bool two_strings(const struct store *s)
{
    uint32_t ends = 0;

    for (uint32_t i = 0; i < s->msg.len; i++)
        ends += !s->payload[i];
    return ends == 2 && !s->payload[s->msg.len - 1];
}

/* "/local/domain/<id>" for a payload "<id>" */
static bool domain_path(const struct store *s, char *buf, size_t n)
{
    const char *end;
    uint64_t id;

    if (!s->msg.len || s->payload[s->msg.len - 1])
        return false;
    id = str_to_u64(s->payload, &end);
    hv_snprintf(buf, n, "/local/domain/%lu", (unsigned long)id);
    return end != s->payload && !*end;
}

/* The body of the answer; NULL: an error, whose name goes to *error. */
static const char *answer(const struct store *s, char *buf, size_t n, const char **error)
{
    *error = "EINVAL";
    if (s->msg.len > KEEP_BYTES)
        return NULL;
    switch (s->msg.type) {
    case XS_WATCH:
        return two_strings(s) ? "OK" : NULL;
    case XS_UNWATCH:
    case XS_RESET_WATCHES:
    case XS_TRANSACTION_END:
        return "OK";
    case XS_TRANSACTION_START:
        return "1";
    case XS_IS_DOMAIN_INTRODUCED:
        return "F";
    case XS_GET_DOMAIN_PATH:
        return domain_path(s, buf, n) ? buf : NULL;
    case XS_READ:
    case XS_DIRECTORY:
    case XS_DIRECTORY_PART:
    case XS_GET_PERMS:
    case XS_RM:
        *error = "ENOENT";
        return NULL;
    case XS_WRITE:
    case XS_MKDIR:
    case XS_SET_PERMS:
        *error = "EACCES";
        return NULL;
    }
    *error = "ENOSYS";
    return NULL;
}

static void reply(struct store *s, struct xenstore_domain_interface *r)
{
    uint32_t prod = READ_ONCE(r->rsp_prod);
    const char *error, *body;
    char buf[40];

    body = answer(s, buf, sizeof(buf), &error);
    if (!body) {
        put_message(r, &prod, s->msg, XS_ERROR, error, (uint32_t)strlen(error) + 1);
    } else {
        put_message(r, &prod, s->msg, s->msg.type, body, (uint32_t)strlen(body) + 1);
        if (s->msg.type == XS_WATCH)
            put_message(r, &prod, (struct xsd_sockmsg){0}, XS_WATCH_EVENT, s->payload, s->msg.len);
    }
    __atomic_store_n(&r->rsp_prod, prod, __ATOMIC_RELEASE);
    s->got = 0;
}

static bool has_room(struct xenstore_domain_interface *r)
{
    uint32_t used = READ_ONCE(r->rsp_prod) - __atomic_load_n(&r->rsp_cons, __ATOMIC_ACQUIRE);

    return used <= XENSTORE_RING_SIZE - REPLY_MAX;
}

void store_event(struct domain *d, evtchn_port_t port)
{
    struct store *s = &stores[d->id];
    struct xenstore_domain_interface *r;
    uint32_t n = 0;

    spin_lock(&s->lock);
    r = ring_page(d);
    /* A guest that takes answers out sends an event, so waiting for room loses nothing. */
    while (r && n < MESSAGES_A_GO && has_room(r) && take(s, r)) {
        reply(s, r);
        n++;
    }
    spin_unlock(&s->lock);
    if (r) /* also when only a part of a request was taken: there is room for the rest */
        evtchn_notify_hv(d, port);
}

void store_release(struct domain *d)
{
    struct frame *f;

    spin_lock(&stores[d->id].lock);
    f = d->store_frame;
    d->store_frame = NULL;
    spin_unlock(&stores[d->id].lock);
    if (f)
        frame_put_and_type(f);
}
