/* SPDX-License-Identifier: MIT */
/*
 * The XenStore, private to core/xs_*.c. Behaviour follows Xen 4.17's xenstored where a client can
 * see it: order of checks, errors, order of events, limits.
 *
 * One lock guards everything; it is held for one request at a time. What a request can cost is
 * bounded by the limits below, so is the time others wait. Inside it only the page allocator's lock
 * is taken.
 *
 *   xs_alloc.c   memory, counted per domain          xs_tx.c     what a request sees and changes
 *   xs_node.c    nodes, paths, permissions           xs_tree.c   making and removing nodes
 *   xs_watch.c   watches and their events            xs_ops.c    requests
 *   xs_conn.c    connections and their messages      xs_ring.c   the guest's page
 *   xs_hv.c      hv-stub's own requests              xs_domain.c nodes of a new domain, the end
 */
#ifndef CORE_XS_H
#define CORE_XS_H

#include "hv_xenstore.h"

#include <xen/io/xs_wire.h>

/* Limits per domain, those of xenstored; domain 0 has none of the first six. */
#define XS_MAX_NODES     1000 /* nodes it owns */
#define XS_MAX_NODE_SIZE 2048 /* value, names of children and permissions together */
#define XS_MAX_WATCHES   128
#define XS_MAX_TX        10   /* transactions at once */
#define XS_MAX_TX_NODES  1024 /* nodes one transaction may touch */
#define XS_MAX_PERMS     5    /* per node */
#define XS_MAX_MEMORY    (2u << 20)
#define XS_MAX_EVENTS    64 /* waiting to be taken; more become one per watch */
#define XS_MAX_ABS_PATH  3072

/* What XS_SET_PERMS takes for us at most. */
#define XS_PERMS_ROOM 64

enum { XS_MAY_READ = 1, XS_MAY_WRITE = 2, XS_OWNS = 4 };

struct xs_perm {
    uint16_t id;
    uint16_t may; /* XS_MAY_*; the first entry's are those of everybody not listed */
};

/* One block: the struct, permissions, path with its 0, value, children (names, each with a 0). */
struct xs_node {
    struct xs_node *next; /* in its bucket */
    uint64_t generation;
    uint32_t hash;
    uint32_t path_len;
    uint32_t nr_perms;
    uint32_t data_len;
    uint32_t child_len;
    uint32_t unused;
    struct xs_perm perm[];
};
_Static_assert(offsetof(struct xs_node, perm) == sizeof(struct xs_node), "an array may follow");

/* The parts of a node, to make one from. */
struct xs_parts {
    const char *path;
    uint32_t path_len;
    uint32_t nr_perms;
    const struct xs_perm *perm;
    const char *data, *child;
    uint32_t data_len, child_len;
    const char *more_child; /* one more name; more_len counts a 0 that need not be there */
    uint32_t more_len;
};

/* A node a transaction has seen. */
struct xs_access {
    struct xs_access *next;
    uint64_t seen;        /* generation then; XS_NONE: it did not exist */
    struct xs_node *copy; /* as the transaction sees it; NULL: it does not exist */
    uint32_t hash;
    bool modified;
    bool fire, exact; /* watches to fire with the commit */
    char path[];
};
#define XS_NONE (~0ull)

struct xs_tx {
    struct xs_tx *next;
    uint32_t id;
    uint32_t nr;
    int32_t created; /* nodes of the connection's own domain, less those removed */
    bool failed;     /* it could not remember something: cannot be committed */
    struct xs_access *first, **last;
};

struct xs_watch {
    struct xs_watch *next;
    uint32_t hash;
    uint32_t path_len;
    uint32_t strip;          /* so much of a path is left out of events */
    bool lost;               /* an event had no room: report the watch's own path when there is */
    hv_xenstore_watch_fn fn; /* domain 0's */
    void *ctx;
    char path[]; /* and the token behind its 0 */
};

struct xs_msg {
    struct xs_msg *next;
    struct xs_watch *watch; /* of an event */
    struct xsd_sockmsg h;   /* directly before the body: they go out together */
    char body[];
};

struct xs_conn {
    domid_t id;
    bool ignored;          /* the peer broke the protocol; until it reconnects */
    bool replying;         /* the reply waits in the queue: no next request before it is out */
    bool lost;             /* some watch has `lost` set */
    struct domain *domain; /* NULL: hv-stub itself */
    struct xs_tx *tx;      /* of the request being served */
    struct xs_tx *tx_list;
    uint32_t nr_tx, next_tx;
    struct xs_watch *watches, **last_watch;
    uint32_t nr_watches;
    struct xs_msg *out, **last_out;
    uint32_t nr_events;
    uint32_t out_done; /* bytes of the first message already in the ring */
    uint32_t in_got;   /* bytes of header and payload taken so far */
    struct xsd_sockmsg in;
    char in_body[XENSTORE_PAYLOAD_MAX + 1];
    struct xs_msg reply; /* with room for the longest body */
};

#define XS_CONN_SIZE (sizeof(struct xs_conn) + XENSTORE_PAYLOAD_MAX)

extern spinlock_t xs_lock;
extern struct xs_conn *xs_conns[HV_MAX_DOMAINS]; /* by domain id */
extern uint32_t xs_dirty;                        /* bit per connection with something to send */

/* Take and drop the lock. */
void xs_enter(void);
void xs_leave(void);

static inline bool xs_privileged(const struct xs_conn *c)
{
    return c->id == 0;
}

/* ---- xs_alloc.c */
/* Memory on the account of a domain, not cleared. NULL: none, or it has used up what it may. */
void *xs_alloc(domid_t id, size_t n);
void xs_free(void *p);
uint32_t xs_memory_used(domid_t id);

/* ---- xs_node.c */
static inline char *xs_node_path(struct xs_node *n)
{
    return (char *)&n->perm[n->nr_perms];
}
static inline char *xs_node_data(struct xs_node *n)
{
    return xs_node_path(n) + n->path_len + 1;
}
static inline char *xs_node_children(struct xs_node *n)
{
    return xs_node_data(n) + n->data_len;
}
uint32_t xs_hash(const char *path, size_t len);
/* As a domain's limit counts it. */
size_t xs_node_size(const struct xs_parts *p);
struct xs_parts xs_parts_of(struct xs_node *n);
/* A node that is nowhere yet, on the account of domain id. */
struct xs_node *xs_node_make(domid_t id, const struct xs_parts *p);
struct xs_node *xs_db_find(const char *path, size_t len);
/* Enter it, or put it in the place of the one with its path, which is freed. */
void xs_db_put(struct xs_node *n);
void xs_db_remove(struct xs_node *n); /* and free */
/* Leave name out of the list of children; false if it is not there. */
bool xs_node_drop_child(struct xs_node *n, const char *name);
uint32_t xs_nodes_owned(domid_t id);
/* Any node owned by id; NULL: none. */
struct xs_node *xs_db_owned(domid_t id);
bool xs_path_valid(const char *path);
/* Length of the path of what is above; "/" is above the first level. */
size_t xs_parent_len(const char *path, size_t len);
unsigned xs_perms_for(const struct xs_conn *c, const struct xs_perm *p, uint32_t n);
static inline unsigned xs_node_perms_for(const struct xs_conn *c, const struct xs_node *n)
{
    return xs_perms_for(c, n->perm, n->nr_perms);
}

/* ---- xs_tx.c */
/* The node as the request sees it. NULL: *err is XEN_ENOENT, or why it cannot be said. */
struct xs_node *xs_view(struct xs_conn *c, const char *path, size_t len, int *err);
/* Change what was viewed: a new node in its place, none, or (touch) changed where it is. */
void xs_store(struct xs_conn *c, struct xs_node *n);
void xs_drop(struct xs_conn *c, struct xs_node *n);
void xs_touch(struct xs_conn *c, struct xs_node *n);
/* Nodes its domain owns, as the request sees it. */
uint32_t xs_nodes_used(const struct xs_conn *c);
struct xs_tx *xs_tx_find(const struct xs_conn *c, uint32_t id);
struct xs_access *xs_access_find(const struct xs_tx *tx, const char *path, size_t len);
int xs_tx_start(struct xs_conn *c, uint32_t *id);
/* End c->tx. 0, or a XEN_E* number. */
int xs_tx_end(struct xs_conn *c, bool commit);
void xs_tx_drop_all(struct xs_conn *c);

/* ---- xs_tree.c. Errors are positive XEN_E* numbers, 0 is success. */
/* The node if c may do all of `want` with it. NULL: *err. */
struct xs_node *xs_get(struct xs_conn *c, const char *path, unsigned want, int *err);
int xs_create(struct xs_conn *c, const char *path, const char *data, uint32_t len);
int xs_replace(struct xs_conn *c, const struct xs_parts *p);
/* Remove the node and all below it, telling watchers. */
int xs_remove(struct xs_conn *c, const char *path);

/* ---- xs_watch.c */
int xs_watch_add(struct xs_conn *c, const char *path, bool relative, const char *token,
                 hv_xenstore_watch_fn fn, void *ctx);
int xs_watch_remove(struct xs_conn *c, const char *path, const char *token);
int xs_watch_remove_fn(struct xs_conn *c, const char *path, hv_xenstore_watch_fn fn, void *ctx);
void xs_watch_drop_all(struct xs_conn *c);
/* The first event of the watch added last. */
void xs_watch_first_event(struct xs_conn *c);
/* path changed, c did it. n: the node, if it still is there; was: it before, if that matters.
 * exact: only watches of exactly that path. Within a transaction: when that is committed. */
void xs_fire(struct xs_conn *c, const char *path, const struct xs_node *n,
             const struct xs_node *was, bool exact);

/* ---- xs_conn.c */
struct xs_conn *xs_conn_open(domid_t id, struct domain *d);
/* Forget watches, transactions and messages. */
void xs_conn_reset(struct xs_conn *c);
void xs_conn_close(struct xs_conn *c);
/* The reply to the request being served. */
void xs_reply(struct xs_conn *c, const void *body, uint32_t len);
void xs_reply_error(struct xs_conn *c, int err);
void xs_event(struct xs_conn *c, struct xs_watch *w, const char *path);
/* Events of w are not wanted any more. */
void xs_events_forget(struct xs_conn *c, const struct xs_watch *w);
/* Events that had no room: is there some now? */
void xs_events_retry(struct xs_conn *c);
/* Take the reply back out of the queue: who asked reads it in place. */
void xs_unsend(struct xs_conn *c);
/* The first message of the queue is out. */
void xs_sent(struct xs_conn *c);
const char *xs_error_name(int err);
int xs_error_number(const char *name);

/* ---- xs_ops.c: serve the request in c->in; leaves a reply. */
void xs_request(struct xs_conn *c);

/* ---- xs_ring.c */
int xs_ring_start(domid_t id, struct domain *d); /* open its connection: 0 or -XEN_ENOMEM */
void xs_ring_restart(struct domain *d);          /* an empty ring and a connection without a past */
void xs_ring_end(struct domain *d);
/* Send what waits, everywhere; call without the lock, after changing anything. */
void xs_flush(void);

/* ---- xs_hv.c */
/* Call hv-stub's own watchers, without the lock. False: some are left for later. */
bool xs_deliver(void);

#endif
