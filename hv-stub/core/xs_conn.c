/* SPDX-License-Identifier: MIT */
/*
 * Connections: messages on their way out. Replies and events leave in the order they came up. The
 * next request is not looked at before the last reply is out, and events that find no room become
 * one per watch; so a peer that does not listen costs a fixed amount of memory.
 */
#include "xs.h"

spinlock_t xs_lock;
struct xs_conn *xs_conns[HV_MAX_DOMAINS];
uint32_t xs_dirty;

void xs_enter(void)
{
    spin_lock(&xs_lock);
}

void xs_leave(void)
{
    spin_unlock(&xs_lock);
}

static const struct {
    int number;
    const char *name;
} errors[] = {
#define E(x)         \
    {                \
        XEN_##x, #x, \
    }
    E(EINVAL), E(EACCES), E(EEXIST), E(EISDIR), E(ENOENT), E(ENOMEM), E(ENOSPC),
    E(EIO),    E(ENOSYS), E(EROFS),  E(EBUSY),  E(EAGAIN), E(E2BIG),  E(EPERM),
#undef E
};

const char *xs_error_name(int err)
{
    for (unsigned i = 0; i < ARRAY_SIZE(errors); i++)
        if (errors[i].number == err)
            return errors[i].name;
    return errors[0].name;
}

int xs_error_number(const char *name)
{
    for (unsigned i = 0; i < ARRAY_SIZE(errors); i++)
        if (!strcmp(errors[i].name, name))
            return errors[i].number;
    return XEN_EINVAL;
}

struct xs_conn *xs_conn_open(domid_t id, struct domain *d)
{
    struct xs_conn *c = hv_alloc(XS_CONN_SIZE);

    if (!c)
        return NULL;
    c->id = id;
    c->domain = d;
    c->last_watch = &c->watches;
    c->last_out = &c->out;
    c->next_tx = 1;
    xs_conns[id] = c;
    return c;
}

void xs_conn_reset(struct xs_conn *c)
{
    xs_watch_drop_all(c);
    xs_tx_drop_all(c);
    while (c->out)
        xs_sent(c);
    c->in_got = 0;
    c->ignored = false;
}

void xs_conn_close(struct xs_conn *c)
{
    xs_conns[c->id] = NULL;
    xs_dirty &= ~(1u << c->id);
    xs_conn_reset(c);
    hv_free(c, XS_CONN_SIZE);
}

static void send(struct xs_conn *c, struct xs_msg *m)
{
    m->next = NULL;
    *c->last_out = m;
    c->last_out = &m->next;
    xs_dirty |= 1u << c->id;
}

static void reply(struct xs_conn *c, uint32_t type, const void *body, uint32_t len)
{
    c->reply.h = c->in;
    c->reply.h.type = type;
    c->reply.h.len = len;
    if (len)
        memcpy(c->reply.body, body, len);
    c->replying = true;
    send(c, &c->reply);
}

void xs_reply(struct xs_conn *c, const void *body, uint32_t len)
{
    if (len > XENSTORE_PAYLOAD_MAX)
        xs_reply_error(c, XEN_E2BIG);
    else
        reply(c, c->in.type, body, len);
}

void xs_reply_error(struct xs_conn *c, int err)
{
    const char *name = xs_error_name(err);

    reply(c, XS_ERROR, name, (uint32_t)strlen(name) + 1);
}

/* ---- events */

static bool waits_already(const struct xs_conn *c, const struct xs_msg *m)
{
    for (const struct xs_msg *o = c->out; o; o = o->next)
        if (o->watch == m->watch && o->h.len == m->h.len && !memcmp(o->body, m->body, m->h.len) &&
            !(o == c->out && c->out_done))
            return true;
    return false;
}

static struct xs_msg *event_make(struct xs_conn *c, struct xs_watch *w, const char *path)
{
    const char *shown = path + MIN(w->strip, strlen(path));
    const char *token = w->path + w->path_len + 1;
    size_t path_len = strlen(shown) + 1, token_len = strlen(token) + 1;
    struct xs_msg *m = NULL;

    if (c->nr_events < XS_MAX_EVENTS)
        m = xs_alloc(c->id, sizeof(*m) + path_len + token_len);
    if (!m)
        return NULL;
    m->watch = w;
    m->h = (struct xsd_sockmsg){.type = XS_WATCH_EVENT, .len = (uint32_t)(path_len + token_len)};
    memcpy(m->body, shown, path_len);
    memcpy(m->body + path_len, token, token_len);
    return m;
}

void xs_event(struct xs_conn *c, struct xs_watch *w, const char *path)
{
    struct xs_msg *m = event_make(c, w, path);

    if (!m) {
        w->lost = c->lost = true;
        xs_dirty |= 1u << c->id;
    } else if (waits_already(c, m)) {
        xs_free(m);
    } else {
        c->nr_events++;
        send(c, m);
    }
}

void xs_events_forget(struct xs_conn *c, const struct xs_watch *w)
{
    struct xs_msg **at = &c->out, *m;

    while ((m = *at)) {
        if (m->watch != w) {
            at = &m->next;
        } else if (m == c->out && c->out_done) { /* half of it is out: the rest must follow */
            m->watch = NULL;
            at = &m->next;
        } else {
            *at = m->next;
            c->nr_events--;
            xs_free(m);
        }
    }
    c->last_out = at;
}

void xs_events_retry(struct xs_conn *c)
{
    if (!c->lost || c->nr_events >= XS_MAX_EVENTS / 2)
        return;
    c->lost = false;
    for (struct xs_watch *w = c->watches; w; w = w->next) {
        if (!w->lost)
            continue;
        w->lost = false;
        xs_event(c, w, w->path);
        if (w->lost) /* no room again */
            return;
    }
}

void xs_sent(struct xs_conn *c)
{
    struct xs_msg *m = c->out;

    c->out_done = 0;
    c->out = m->next;
    if (!c->out)
        c->last_out = &c->out;
    if (m == &c->reply) {
        c->replying = false;
    } else {
        c->nr_events--;
        xs_free(m);
    }
}

void xs_unsend(struct xs_conn *c)
{
    struct xs_msg **at = &c->out;

    while (*at != &c->reply)
        at = &(*at)->next;
    *at = c->reply.next;
    if (!*at)
        c->last_out = at;
    c->replying = false;
}
