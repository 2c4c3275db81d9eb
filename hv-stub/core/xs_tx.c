/* SPDX-License-Identifier: MIT */
/*
 * What a request sees and changes: the nodes themselves, or in a transaction copies of those it
 * touched. A commit succeeds if every node the transaction touched still is what it was when it
 * was touched first, "not there" included; then the copies take the place of the nodes at once.
 */
#include "xs.h"

static uint64_t generation; /* of the last change */

struct xs_tx *xs_tx_find(const struct xs_conn *c, uint32_t id)
{
    struct xs_tx *tx = c->tx_list;

    while (tx && tx->id != id)
        tx = tx->next;
    return tx;
}

struct xs_access *xs_access_find(const struct xs_tx *tx, const char *path, size_t len)
{
    uint32_t hash = xs_hash(path, len);

    for (struct xs_access *a = tx->first; a; a = a->next)
        if (a->hash == hash && !strncmp(a->path, path, len) && !a->path[len])
            return a;
    return NULL;
}

/* Remember the node as it is now. */
static struct xs_access *access_add(struct xs_conn *c, const char *path, size_t len, int *err)
{
    struct xs_tx *tx = c->tx;
    struct xs_node *n = xs_db_find(path, len);
    struct xs_access *a;

    *err = XEN_ENOSPC;
    if (tx->nr >= XS_MAX_TX_NODES && !xs_privileged(c))
        return NULL;
    *err = XEN_ENOMEM;
    a = xs_alloc(c->id, sizeof(*a) + len + 1);
    if (!a)
        return NULL;
    memset(a, 0, sizeof(*a));
    a->seen = n ? n->generation : XS_NONE;
    a->hash = xs_hash(path, len);
    memcpy(a->path, path, len);
    a->path[len] = 0;
    if (n) {
        struct xs_parts p = xs_parts_of(n);

        a->copy = xs_node_make(c->id, &p);
        if (!a->copy) {
            xs_free(a);
            return NULL;
        }
        a->copy->generation = n->generation;
    }
    *tx->last = a;
    tx->last = &a->next;
    tx->nr++;
    return a;
}

struct xs_node *xs_view(struct xs_conn *c, const char *path, size_t len, int *err)
{
    struct xs_access *a;
    struct xs_node *n;

    if (!c->tx) {
        n = xs_db_find(path, len);
    } else {
        a = xs_access_find(c->tx, path, len);
        if (!a)
            a = access_add(c, path, len, err);
        if (!a) {
            c->tx->failed = true;
            return NULL;
        }
        n = a->copy;
    }
    if (!n)
        *err = XEN_ENOENT;
    return n;
}

static struct xs_access *own_access(struct xs_conn *c, struct xs_node *n)
{
    struct xs_access *a = xs_access_find(c->tx, xs_node_path(n), n->path_len);

    HV_ASSERT(a); /* nothing changes that was not viewed */
    a->modified = true;
    return a;
}

void xs_store(struct xs_conn *c, struct xs_node *n)
{
    struct xs_access *a;

    n->generation = ++generation;
    if (!c->tx) {
        xs_db_put(n);
        return;
    }
    a = own_access(c, n);
    if (a->copy) {
        c->tx->created -= a->copy->perm[0].id == c->id;
        xs_free(a->copy);
    }
    c->tx->created += n->perm[0].id == c->id;
    a->copy = n;
}

void xs_drop(struct xs_conn *c, struct xs_node *n)
{
    struct xs_access *a;

    if (!c->tx) {
        xs_db_remove(n);
        return;
    }
    a = own_access(c, n);
    c->tx->created -= n->perm[0].id == c->id;
    xs_free(a->copy);
    a->copy = NULL;
}

void xs_touch(struct xs_conn *c, struct xs_node *n)
{
    n->generation = ++generation;
    if (c->tx)
        own_access(c, n);
}

uint32_t xs_nodes_used(const struct xs_conn *c)
{
    int64_t n = (int64_t)xs_nodes_owned(c->id) + (c->tx ? c->tx->created : 0);

    return n > 0 ? (uint32_t)n : 0;
}

int xs_tx_start(struct xs_conn *c, uint32_t *id)
{
    struct xs_tx *tx;

    if (c->tx)
        return XEN_EBUSY;
    if (c->nr_tx > XS_MAX_TX && !xs_privileged(c))
        return XEN_ENOSPC;
    tx = xs_alloc(c->id, sizeof(*tx));
    if (!tx)
        return XEN_ENOMEM;
    memset(tx, 0, sizeof(*tx));
    tx->last = &tx->first;
    do
        tx->id = c->next_tx++;
    while (!tx->id || xs_tx_find(c, tx->id));
    tx->next = c->tx_list;
    c->tx_list = tx;
    c->nr_tx++;
    *id = tx->id;
    return 0;
}

static void tx_free(struct xs_tx *tx)
{
    for (struct xs_access *a = tx->first, *next; a; a = next) {
        next = a->next;
        if (a->copy)
            xs_free(a->copy);
        xs_free(a);
    }
    xs_free(tx);
}

/* Take it out of the list of c. */
static void unlink_tx(struct xs_conn *c, struct xs_tx *tx)
{
    struct xs_tx **at = &c->tx_list;

    while (*at != tx)
        at = &(*at)->next;
    *at = tx->next;
    c->nr_tx--;
}

static int conflicts(const struct xs_tx *tx)
{
    for (const struct xs_access *a = tx->first; a; a = a->next) {
        const struct xs_node *n = xs_db_find(a->path, strlen(a->path));

        if ((n ? n->generation : XS_NONE) != a->seen)
            return XEN_EAGAIN;
    }
    return 0;
}

/* One node takes effect; c->tx is NULL by now, so its watches fire at once. */
static void apply(struct xs_conn *c, struct xs_access *a)
{
    size_t len = strlen(a->path);
    struct xs_node *was = xs_db_find(a->path, len), *n = a->copy;

    /* A removed node is shown to its watchers while it is there. */
    if (a->fire && (!n || !a->modified))
        xs_fire(c, a->path, was, NULL, a->exact);
    if (!a->modified)
        return;
    if (a->fire && n)
        xs_fire(c, a->path, n, was, a->exact);
    if (n) {
        a->copy = NULL;
        n->generation = ++generation;
        xs_db_put(n);
    } else if (was) {
        xs_db_remove(was);
    }
}

int xs_tx_end(struct xs_conn *c, bool commit)
{
    struct xs_tx *tx = c->tx;
    int err = 0;

    if (!tx)
        return XEN_ENOENT;
    if (commit && tx->failed)
        err = XEN_ENOMEM;
    else if (commit && !xs_privileged(c) && tx->created > 0 && xs_nodes_used(c) > XS_MAX_NODES)
        err = XEN_ENOSPC;
    else if (commit)
        err = conflicts(tx);
    c->tx = NULL;
    unlink_tx(c, tx);
    if (commit && !err)
        for (struct xs_access *a = tx->first; a; a = a->next)
            apply(c, a);
    tx_free(tx);
    return err;
}

void xs_tx_drop_all(struct xs_conn *c)
{
    c->tx = NULL;
    while (c->tx_list) {
        struct xs_tx *tx = c->tx_list;

        unlink_tx(c, tx);
        tx_free(tx);
    }
}
