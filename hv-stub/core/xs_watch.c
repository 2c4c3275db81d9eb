/* SPDX-License-Identifier: MIT */
/* Watches: who wants to know of changes below which path, and may know. */
#include "xs.h"

static const char *token_of(const struct xs_watch *w)
{
    return w->path + w->path_len + 1;
}

static struct xs_watch **find(struct xs_conn *c, const char *path, const char *token,
                              hv_xenstore_watch_fn fn, void *ctx)
{
    struct xs_watch **at = &c->watches;

    while (*at && (strcmp((*at)->path, path) || strcmp(token_of(*at), token) || (*at)->fn != fn ||
                   (*at)->ctx != ctx))
        at = &(*at)->next;
    return at;
}

static size_t strip_len(const struct xs_conn *c)
{
    char path[40];

    return (size_t)hv_snprintf(path, sizeof(path), "/local/domain/%u/", c->id);
}

int xs_watch_add(struct xs_conn *c, const char *path, bool relative, const char *token,
                 hv_xenstore_watch_fn fn, void *ctx)
{
    size_t path_len = strlen(path), token_len = strlen(token);
    struct xs_watch *w;

    if (*find(c, path, token, fn, ctx))
        return XEN_EEXIST;
    if (c->nr_watches > XS_MAX_WATCHES && !xs_privileged(c))
        return XEN_E2BIG;
    w = xs_alloc(c->id, sizeof(*w) + path_len + token_len + 2);
    if (!w)
        return XEN_ENOMEM;
    memset(w, 0, sizeof(*w));
    w->path_len = (uint32_t)path_len;
    w->hash = xs_hash(path, path_len);
    w->strip = relative ? (uint32_t)strip_len(c) : 0;
    w->fn = fn;
    w->ctx = ctx;
    memcpy(w->path, path, path_len + 1);
    memcpy(w->path + path_len + 1, token, token_len + 1);
    *c->last_watch = w;
    c->last_watch = &w->next;
    c->nr_watches++;
    return 0;
}

static int remove(struct xs_conn *c, struct xs_watch **at)
{
    struct xs_watch *w = *at;

    if (!w)
        return XEN_ENOENT;
    xs_events_forget(c, w);
    *at = w->next;
    if (!w->next)
        c->last_watch = at;
    c->nr_watches--;
    xs_free(w);
    return 0;
}

int xs_watch_remove(struct xs_conn *c, const char *path, const char *token)
{
    return remove(c, find(c, path, token, NULL, NULL));
}

int xs_watch_remove_fn(struct xs_conn *c, const char *path, hv_xenstore_watch_fn fn, void *ctx)
{
    return remove(c, find(c, path, "", fn, ctx));
}

void xs_watch_drop_all(struct xs_conn *c)
{
    while (c->watches)
        remove(c, &c->watches);
}

void xs_watch_first_event(struct xs_conn *c)
{
    struct xs_watch *w = container_of(c->last_watch, struct xs_watch, next);

    xs_event(c, w, w->path);
}

/* ---- firing */

/* c may know of the node if it may read it, as it is or was, or what it is in. */
static bool permitted(const struct xs_conn *c, const char *path, const struct xs_node *n,
                      const struct xs_node *was)
{
    const struct xs_node *above = NULL;

    if (xs_privileged(c))
        return true;
    if ((n && xs_node_perms_for(c, n) & XS_MAY_READ) ||
        (was && xs_node_perms_for(c, was) & XS_MAY_READ))
        return true;
    if (!n || path[0] == '@')
        return false;
    above = xs_db_find(path, xs_parent_len(path, strlen(path)));
    return above && xs_node_perms_for(c, above) & XS_MAY_READ;
}

/* Is path what w watches, or below it? */
static bool matches(const struct xs_watch *w, const char *path, size_t len, uint32_t hash,
                    bool exact)
{
    if (w->path_len == len)
        return w->hash == hash && !memcmp(w->path, path, len);
    if (exact || w->path_len > len)
        return false;
    if (w->path_len == 1) /* the root: everything but special names */
        return w->path[0] == '/' && path[0] == '/';
    return path[w->path_len] == '/' && !memcmp(w->path, path, w->path_len);
}

void xs_fire(struct xs_conn *c, const char *path, const struct xs_node *n,
             const struct xs_node *was, bool exact)
{
    size_t len = strlen(path);
    uint32_t hash = xs_hash(path, len);

    if (c->tx) {
        struct xs_access *a = xs_access_find(c->tx, path, len);

        a->fire = true;
        a->exact = exact;
        return;
    }
    for (uint32_t i = 0; i < HV_MAX_DOMAINS; i++) {
        struct xs_conn *to = xs_conns[i];

        if (!to || !to->watches || !permitted(to, path, n, was))
            continue;
        for (struct xs_watch *w = to->watches; w; w = w->next)
            if (matches(w, path, len, hash, exact))
                xs_event(to, w, path);
    }
}
