/* SPDX-License-Identifier: MIT */
/* hv-stub's own use of the store: the same requests as a guest's, from domain 0, without a ring. */
#include "xs.h"

#define CALLS_A_VISIT 16

static bool delivering; /* one CPU calls watchers at a time, so that events keep their order */

/* ---- requests */

/* Under the lock: serve a request made of strings; the reply is in c->reply. Returns its length or
 * a negative error. */
static int ask(struct xs_conn *c, uint32_t type, const char *path, const char *rest,
               size_t rest_len)
{
    size_t len = strlen(path) + 1;
    int err = 0;

    if (len + rest_len > XENSTORE_PAYLOAD_MAX)
        return -XEN_EINVAL;
    c->in = (struct xsd_sockmsg){.type = type, .len = (uint32_t)(len + rest_len)};
    memcpy(c->in_body, path, len);
    if (rest_len)
        memcpy(c->in_body + len, rest, rest_len);
    xs_request(c);
    if (c->reply.h.type == XS_ERROR)
        err = -xs_error_number(c->reply.body);
    xs_unsend(c);
    return err ? err : (int)c->reply.h.len;
}

/* A whole request; up to n bytes of its reply go to buf. */
static int request(uint32_t type, const char *path, const char *rest, size_t rest_len, char *buf,
                   size_t n)
{
    int rc = -XEN_ENOMEM;

    xs_enter();
    if (xs_conns[0])
        rc = ask(xs_conns[0], type, path, rest, rest_len);
    if (rc > 0 && buf)
        memcpy(buf, xs_conns[0]->reply.body, MIN((size_t)rc, n));
    xs_leave();
    if (!buf)
        xs_flush();
    return rc;
}

static int change(uint32_t type, const char *path, const char *rest, size_t rest_len)
{
    int rc = request(type, path, rest, rest_len, NULL, 0);

    return rc < 0 ? rc : 0;
}

int hv_xenstore_read(const char *path, char *buf, size_t n)
{
    int rc = request(XS_READ, path, NULL, 0, buf, n - 1);

    if (rc >= 0)
        buf[MIN((size_t)rc, n - 1)] = 0;
    return rc;
}

int hv_xenstore_read_u32(const char *path, uint32_t *value)
{
    char buf[16];
    int rc = hv_xenstore_read(path, buf, sizeof(buf));
    const char *end;
    uint64_t v;

    if (rc < 0)
        return rc;
    v = str_to_u64(buf, &end);
    if (!rc || end != buf + rc || v > UINT32_MAX || buf[1] == 'x')
        return -XEN_EINVAL;
    *value = (uint32_t)v;
    return 0;
}

int hv_xenstore_write(const char *path, const char *value)
{
    return change(XS_WRITE, path, value, strlen(value));
}

int hv_xenstore_printf(const char *path, const char *fmt, ...)
{
    char value[128];
    va_list ap;

    va_start(ap, fmt);
    hv_vsnprintf(value, sizeof(value), fmt, ap);
    va_end(ap);
    return hv_xenstore_write(path, value);
}

int hv_xenstore_mkdir(const char *path)
{
    return change(XS_MKDIR, path, NULL, 0);
}

int hv_xenstore_rm(const char *path)
{
    return change(XS_RM, path, NULL, 0);
}

int hv_xenstore_directory(const char *path, char *buf, size_t n)
{
    int rc = request(XS_DIRECTORY, path, NULL, 0, buf, n);

    return rc > 0 && (size_t)rc > n ? -XEN_E2BIG : rc;
}

int hv_xenstore_set_perms(const char *path, domid_t owner, char others, domid_t reader, char right)
{
    char text[24];
    int n = hv_snprintf(text, sizeof(text), "%c%u", others, owner) + 1;

    if (reader != owner)
        n += hv_snprintf(text + n, sizeof(text) - (size_t)n, "%c%u", right, reader) + 1;
    return change(XS_SET_PERMS, path, text, (size_t)n);
}

/* ---- watches */

int hv_xenstore_watch(const char *path, hv_xenstore_watch_fn fn, void *ctx)
{
    int err = XEN_ENOMEM;

    xs_enter();
    if (xs_conns[0])
        err = xs_watch_add(xs_conns[0], path, false, "", fn, ctx);
    if (!err)
        xs_watch_first_event(xs_conns[0]);
    xs_leave();
    xs_flush();
    return -err;
}

int hv_xenstore_unwatch(const char *path, hv_xenstore_watch_fn fn, void *ctx)
{
    int err = XEN_ENOENT;

    xs_enter();
    if (xs_conns[0])
        err = xs_watch_remove_fn(xs_conns[0], path, fn, ctx);
    xs_leave();
    return -err;
}

/* With the lock; dropped for the call. False: nothing was left to call. */
static bool call_next(struct xs_conn *c)
{
    char path[XS_MAX_ABS_PATH];
    hv_xenstore_watch_fn fn;
    void *ctx;

    xs_events_retry(c);
    if (!c->out)
        return false;
    fn = c->out->watch->fn;
    ctx = c->out->watch->ctx;
    strcpy_n(path, c->out->body, sizeof(path));
    xs_sent(c);
    xs_leave();
    fn(path, ctx);
    xs_enter();
    return true;
}

bool xs_deliver(void)
{
    struct xs_conn *c;
    bool more = true;

    if (!(READ_ONCE(xs_dirty) & 1))
        return true;
    xs_enter();
    c = xs_conns[0];
    if (delivering || !c) { /* who delivers sees what we have queued */
        xs_leave();
        return true;
    }
    delivering = true;
    for (uint32_t n = 0; more && n < CALLS_A_VISIT; n++)
        more = call_next(c);
    delivering = false;
    if (!more)
        xs_dirty &= ~1u;
    xs_leave();
    return !more;
}
