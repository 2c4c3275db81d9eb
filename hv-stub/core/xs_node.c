/* SPDX-License-Identifier: MIT */
/* Nodes: a table from path to node, what a path may look like, who may do what. */
#include "xs.h"

#define BUCKETS 4096
#define REL_MAX 2048 /* of a path, what follows /local/domain/<id>/ not counting that */

static struct xs_node *buckets[BUCKETS];
static uint32_t owned[HV_MAX_DOMAINS];

uint32_t xs_hash(const char *path, size_t len)
{
    uint32_t h = 2166136261u;

    while (len--)
        h = (h ^ (uint8_t)*path++) * 16777619u;
    return h ^ h >> 15;
}

/* 24: the head of a record in xenstored's database, which counts there. */
size_t xs_node_size(const struct xs_parts *p)
{
    return 24 + p->nr_perms * 8 + p->data_len + p->child_len + p->more_len;
}

struct xs_parts xs_parts_of(struct xs_node *n)
{
    return (struct xs_parts){
        .path = xs_node_path(n),
        .path_len = n->path_len,
        .nr_perms = n->nr_perms,
        .perm = n->perm,
        .data = xs_node_data(n),
        .child = xs_node_children(n),
        .data_len = n->data_len,
        .child_len = n->child_len,
    };
}

static char *append(char *to, const char *from, uint32_t n)
{
    if (n)
        memcpy(to, from, n);
    return to + n;
}

struct xs_node *xs_node_make(domid_t id, const struct xs_parts *p)
{
    size_t size = sizeof(struct xs_node) + p->nr_perms * sizeof(p->perm[0]) + p->path_len + 1 +
                  p->data_len + p->child_len + p->more_len;
    struct xs_node *n = xs_alloc(id, size);
    char *to;

    if (!n)
        return NULL;
    n->hash = xs_hash(p->path, p->path_len);
    n->path_len = p->path_len;
    n->nr_perms = p->nr_perms;
    n->data_len = p->data_len;
    n->child_len = p->child_len + p->more_len;
    memcpy(n->perm, p->perm, p->nr_perms * sizeof(p->perm[0]));
    to = append(xs_node_path(n), p->path, p->path_len);
    *to++ = 0;
    to = append(to, p->data, p->data_len);
    to = append(to, p->child, p->child_len);
    if (p->more_len)
        *append(to, p->more_child, p->more_len - 1) = 0;
    return n;
}

/* Where the pointer to the node is, or would be. */
static struct xs_node **find_slot(const char *path, size_t len, uint32_t hash)
{
    struct xs_node **at = &buckets[hash % BUCKETS];

    while (*at &&
           ((*at)->hash != hash || (*at)->path_len != len || memcmp(xs_node_path(*at), path, len)))
        at = &(*at)->next;
    return at;
}

struct xs_node *xs_db_find(const char *path, size_t len)
{
    return *find_slot(path, len, xs_hash(path, len));
}

void xs_db_put(struct xs_node *n)
{
    struct xs_node **at = find_slot(xs_node_path(n), n->path_len, n->hash), *old = *at;

    n->next = old ? old->next : NULL;
    *at = n;
    owned[n->perm[0].id]++;
    if (!old)
        return;
    owned[old->perm[0].id]--;
    xs_free(old);
}

void xs_db_remove(struct xs_node *n)
{
    *find_slot(xs_node_path(n), n->path_len, n->hash) = n->next;
    owned[n->perm[0].id]--;
    xs_free(n);
}

bool xs_node_drop_child(struct xs_node *n, const char *name)
{
    char *list = xs_node_children(n);
    uint32_t len = (uint32_t)strlen(name) + 1, at = 0;

    while (at < n->child_len) {
        uint32_t this = (uint32_t)strlen(list + at) + 1;

        if (this == len && !memcmp(list + at, name, len)) {
            memmove(list + at, list + at + len, n->child_len - at - len);
            n->child_len -= len;
            return true;
        }
        at += this;
    }
    return false;
}

uint32_t xs_nodes_owned(domid_t id)
{
    return owned[id];
}

struct xs_node *xs_db_owned(domid_t id)
{
    for (uint32_t i = 0; owned[id] && i < BUCKETS; i++)
        for (struct xs_node *n = buckets[i]; n; n = n->next)
            if (n->perm[0].id == id)
                return n;
    return NULL;
}

static bool valid_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '-' && c <= '9' && c != '.') ||
           c == '_' || c == '@';
}

/* "/local/domain/<id>/" does not count for a path's length. */
static size_t local_prefix(const char *path)
{
    static const char local[] = "/local/domain/";
    size_t at = sizeof(local) - 1;

    if (strncmp(path, local, at))
        return 0;
    while (path[at] >= '0' && path[at] <= '9')
        at++;
    return at > sizeof(local) - 1 && path[at] == '/' ? at + 1 : 0;
}

bool xs_path_valid(const char *path)
{
    size_t len = strlen(path);

    if (path[0] != '/' || (path[len - 1] == '/' && len > 1) || len > local_prefix(path) + REL_MAX)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!valid_char(path[i]) || (path[i] == '/' && path[i + 1] == '/'))
            return false;
    return true;
}

size_t xs_parent_len(const char *path, size_t len)
{
    while (len > 1 && path[len - 1] != '/')
        len--;
    return len > 1 ? len - 1 : 1;
}

unsigned xs_perms_for(const struct xs_conn *c, const struct xs_perm *p, uint32_t n)
{
    unsigned may = c->domain && domain_observes(c->domain) ? XS_MAY_READ : 0;

    if (xs_privileged(c) || p[0].id == c->id)
        return XS_MAY_READ | XS_MAY_WRITE | XS_OWNS;
    for (uint32_t i = 1; i < n; i++)
        if (p[i].id == c->id)
            return p[i].may | may;
    return p[0].may | may;
}
