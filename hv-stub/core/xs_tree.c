/* SPDX-License-Identifier: MIT */
/* Finding, making and removing nodes on behalf of a connection. */
#include "xs.h"

/* What c may do with the nearest node above that exists. */
static unsigned perms_above(struct xs_conn *c, const char *path)
{
    size_t len = strlen(path);
    int err;

    do {
        struct xs_node *n;

        len = xs_parent_len(path, len);
        n = xs_view(c, path, len, &err);
        if (n)
            return xs_node_perms_for(c, n);
        if (err != XEN_ENOENT)
            return 0;
    } while (len > 1);
    return 0;
}

struct xs_node *xs_get(struct xs_conn *c, const char *path, unsigned want, int *err)
{
    struct xs_node *n;

    *err = XEN_EINVAL;
    if (!xs_path_valid(path))
        return NULL;
    n = xs_view(c, path, strlen(path), err);
    if (n && (xs_node_perms_for(c, n) & want) == want)
        return n;
    /* Whether something exists is told to those only who may see what is there. */
    if (n || (*err != XEN_ENOMEM && !(perms_above(c, path) & want)))
        *err = XEN_EACCES;
    return NULL;
}

static bool too_big(const struct xs_conn *c, const struct xs_parts *p)
{
    return !xs_privileged(c) && xs_node_size(p) >= XS_MAX_NODE_SIZE;
}

int xs_replace(struct xs_conn *c, const struct xs_parts *p)
{
    struct xs_node *n;

    if (too_big(c, p))
        return XEN_ENOSPC;
    n = xs_node_make(c->id, p);
    if (!n)
        return XEN_ENOMEM;
    xs_store(c, n);
    return 0;
}

static uint32_t name_len(const char *name)
{
    uint32_t n = 0;

    while (name[n] && name[n] != '/')
        n++;
    return n;
}

/* The node of the first len bytes of path, below it only the one that path goes on with. */
static int make_one(struct xs_conn *c, const char *path, size_t len, const struct xs_perm *perm,
                    uint32_t nr_perms, const char *data, uint32_t data_len)
{
    struct xs_parts p = {
        .path = path, .path_len = (uint32_t)len, .nr_perms = nr_perms, .perm = perm};

    if (!xs_privileged(c) && xs_nodes_used(c) >= XS_MAX_NODES)
        return XEN_ENOSPC;
    if (path[len]) {
        p.more_child = path + len + 1;
        p.more_len = name_len(p.more_child) + 1;
    } else {
        p.data = data;
        p.data_len = data_len;
    }
    return xs_replace(c, &p);
}

/* Take back what was made of at least len bytes, down to what was there before. */
static void unmake(struct xs_conn *c, const char *path, size_t len, size_t until)
{
    int err;

    for (size_t at = strlen(path); at > until; at = xs_parent_len(path, at))
        if (at >= len)
            xs_drop(c, xs_view(c, path, at, &err));
}

/* The parent, whose path is the first `above` bytes, gets one more child. */
static int add_child(struct xs_conn *c, struct xs_node *parent, const char *path, size_t above)
{
    struct xs_parts p = xs_parts_of(parent);

    p.more_child = path + above + (above > 1);
    p.more_len = name_len(p.more_child) + 1;
    return xs_replace(c, &p);
}

int xs_create(struct xs_conn *c, const char *path, const char *data, uint32_t data_len)
{
    struct xs_perm perm[XS_PERMS_ROOM];
    size_t whole = strlen(path), above = whole, len;
    struct xs_node *parent;
    uint32_t nr;
    int err = 0;

    do {
        above = xs_parent_len(path, above);
        parent = xs_view(c, path, above, &err);
        if (!parent && (err != XEN_ENOENT || above == 1))
            return err;
    } while (!parent);
    /* Permissions come from above, but what a guest makes is its own. */
    nr = parent->nr_perms;
    memcpy(perm, parent->perm, nr * sizeof(perm[0]));
    if (!xs_privileged(c))
        perm[0].id = c->id;
    for (len = whole; len > above; len = xs_parent_len(path, len)) {
        err = make_one(c, path, len, perm, nr, data, data_len);
        if (err)
            break;
        if (xs_parent_len(path, len) == above) {
            err = add_child(c, parent, path, above);
            if (err)
                unmake(c, path, len, above);
            return err;
        }
    }
    unmake(c, path, len + 1, above);
    return err;
}

/* The deepest first child at or below the node at `path`, which is extended to it. */
static struct xs_node *descend(struct xs_conn *c, char *path, int *err)
{
    size_t len = strlen(path);

    for (;;) {
        struct xs_node *n = xs_view(c, path, len, err);
        size_t more;

        if (!n || !n->child_len)
            return n;
        more = strlen(xs_node_children(n));
        path[len] = '/';
        memcpy(path + len + 1, xs_node_children(n), more + 1);
        len += more + 1;
    }
}

int xs_remove(struct xs_conn *c, const char *path)
{
    static char at[XS_MAX_ABS_PATH + XENSTORE_PAYLOAD_MAX]; /* under the lock */
    size_t whole = strlen(path), len;
    int err = 0;

    memcpy(at, path, whole + 1);
    do {
        struct xs_node *n = descend(c, at, &err), *parent;
        size_t above;

        len = strlen(at);
        above = xs_parent_len(at, len);
        parent = n ? xs_view(c, at, above, &err) : NULL;
        if (!parent)
            return err;
        xs_fire(c, at, n, NULL, len > whole);
        xs_drop(c, n);
        xs_node_drop_child(parent, at + above + (above > 1));
        xs_touch(c, parent);
        at[above] = 0;
    } while (len > whole);
    return 0;
}
