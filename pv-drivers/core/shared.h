/* SPDX-License-Identifier: MIT */
/*
 * What the front-ends have in common: a connection of rings, pages that stay granted, the memory of
 * requests, and parameters in XenStore. Private to core/.
 */
#ifndef PVKIT_CORE_SHARED_H
#define PVKIT_CORE_SHARED_H

#include "abi.h"
#include "pv_front.h"

#define RING_MAX_ORDER 4 /* pages of a ring: 16 at most */
#define LEAST(a, b)    ((a) < (b) ? (a) : (b))

/* ---- XenStore: shared.c ---- */

/* A decimal number below the other end's directory; `otherwise` if there is none that makes sense.
 */
uint64_t store_number(struct port_dev *dev, const char *key, uint64_t otherwise);

/* Such a number, and the field of a structure (of any size) that it goes to, `most` at most. */
struct store_field {
    const char *key;
    size_t offset, size;
    uint64_t otherwise, most;
};
#define STORE_FIELD(type, field) offsetof(type, field), sizeof(((type *)0)->field)

void store_read_fields(struct port_dev *dev, const struct store_field *fields, unsigned int n,
                       void *structure);

/* A number in our directory; or see that it is not there, from an earlier connection. */
struct store_option {
    const char *key;
    uint32_t value;
    bool there;
};

/* `prefix` stands before the keys. */
int store_write_options(struct port_dev *dev, uint32_t tx, const char *prefix,
                        const struct store_option *options, unsigned int n);

/* A key is built of text and decimal numbers; what does not fit is cut off. */
#define KEY_SIZE 40
void key_add(char key[KEY_SIZE], const char *text);
void key_add_number(char key[KEY_SIZE], uint32_t number);

/* ---- pages that stay granted: shared.c ---- */

struct granted {
    struct granted *next; /* free: the next free one */
    struct port_page *page;
    struct port_grant grant;
};

/* They are made when they are wanted, and live until all are let go. */
struct granted_pool {
    struct granted *all, *free;
    unsigned int nr, nr_free, most;
    bool bare; /* has no pages: a user grants some of his own */
};

/* 0 or -XEN_ENOMEM; closing what is not open is fine. [sleep] */
int pool_open(struct granted_pool *pool, unsigned int most, bool bare);
void pool_close(struct port_dev *dev, struct granted_pool *pool);
/* Try to have `n` free, now that there are not; returns how many there are. */
unsigned int pool_grow(struct port_dev *dev, struct granted_pool *pool, unsigned int n);

static inline unsigned int pool_want(struct port_dev *dev, struct granted_pool *pool,
                                     unsigned int n)
{
    return pool->nr_free >= n ? pool->nr_free : pool_grow(dev, pool, n);
}

/* There is a free one. */
static inline struct granted *pool_take(struct granted_pool *pool)
{
    struct granted *g = pool->free;

    pool->free = g->next;
    pool->nr_free--;
    return g;
}

static inline void pool_put(struct granted_pool *pool, struct granted *g)
{
    g->next = pool->free;
    pool->free = g;
    pool->nr_free++;
}

/* ---- memory of a request or frame, a page at a time ---- */

struct cursor {
    const struct port_buf *buf, *end;
    uint32_t at;
};

/* The next piece, which is within one page. False: there is none. */
static inline bool next_piece(struct cursor *c, struct port_buf *piece)
{
    uint32_t offset, rest;

    while (c->buf < c->end && c->at >= c->buf->len) {
        c->buf++;
        c->at = 0;
    }
    if (c->buf == c->end)
        return false;
    offset = c->buf->offset + c->at;
    rest = c->buf->len - c->at;
    piece->page = offset < PORT_PAGE_SIZE ? c->buf->page
                                          : port_page_next(c->buf->page, offset / PORT_PAGE_SIZE);
    piece->offset = offset % PORT_PAGE_SIZE;
    piece->len = LEAST(PORT_PAGE_SIZE - piece->offset, rest);
    c->at += piece->len;
    return true;
}

/* ---- connections: front.c ---- */

/* Pages of a ring, contiguous in our memory. */
struct ring_mem {
    struct port_page *pages; /* NULL: there are none */
    unsigned int order;
    struct port_grant grants[1u << RING_MAX_ORDER];
};

struct ring;

/* What is of a ring's kind. All but answers may sleep. */
struct ring_kind {
    const char *ref;     /* the key of its pages */
    const char *channel; /* the key of its channel, where each ring has one; NULL: never */
    bool follows;        /* else the ring before it has the channel for both */
    /* Set the ring's indices, and make what its requests need. 0 or an error. */
    int (*open)(struct ring *ring);
    /* Undo that; no handler runs any more. Returns how many requests the back-end holds. */
    unsigned int (*close)(struct ring *ring);
    void (*start)(struct ring *ring); /* it is live; NULL: nothing to do */
    void (*fail)(struct ring *ring);  /* the device is abandoned; NULL: the same */
};

/* Entries of any kind: the ring's head is the same for all. */
DEFINE_RING_TYPES(any, uint8_t, uint8_t);

struct ring {
    struct ring *next; /* of the front-end */
    struct pv_front *front;
    const struct ring_kind *kind;
    unsigned int index; /* of its queue */
    bool (*on_event)(void *data, unsigned int queue);

    /* Below `lock`, but only changed where one may sleep. */
    struct port_lock lock;
    bool live; /* may issue */
    union {    /* sring NULL: there is none */
        any_front_ring_t any;
        blkif_front_ring_t blk;
        netif_tx_front_ring_t tx;
        netif_rx_front_ring_t rx;
    };
    RING_IDX pushed, seen; /* req_prod as told, rsp_prod as last looked at */
    struct ring_mem mem;
    struct port_event *event;  /* its own */
    struct port_event *notify; /* that the back-end is told by */
};

/* What is of the device's kind. [sleep] */
struct front_ops {
    /* Before rings are made: set ring_order and split, by what the back-end offers. */
    int (*negotiate)(struct pv_front *front);
    /* Write what is not the rings'. */
    int (*publish)(struct pv_front *front, uint32_t tx);
    /* Read the rest. */
    int (*connect)(struct pv_front *front);
};

/* The part that every front-end begins with. */
struct pv_front {
    struct port_dev *port;
    const struct front_ops *ops;
    void *data;            /* for on_event() */
    struct port_lock lock; /* of state */
    enum pv_state state;
    unsigned int max_queues, queues; /* there are; in use */
    unsigned int ring_order;
    bool split; /* each ring has a channel of its own */
    struct ring *rings, **rings_end;
};

void front_init(struct pv_front *front, struct port_dev *dev, const struct front_ops *ops,
                unsigned int queues, void *data);
void front_add_ring(struct pv_front *front, struct ring *ring, unsigned int queue,
                    const struct ring_kind *kind, bool (*on_event)(void *, unsigned int));
/* The back-end broke the protocol. */
void front_break(struct pv_front *front, const char *why);

/* There is a ring, and a back-end to be trusted that far. Locked, as what follows. */
static inline bool ring_usable(const struct ring *ring)
{
    return ring->any.sring && ring->front->state != PV_BROKEN;
}

/* Let the back-end see what was issued. */
static inline void ring_push(struct ring *ring)
{
    bool notify;

    if (!ring_usable(ring) || ring->any.req_prod_pvt == ring->pushed)
        return;
    RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&ring->any, notify);
    ring->pushed = ring->any.req_prod_pvt;
    if (notify)
        port_event_notify(ring->notify);
}

/* How far there are answers; false: to more than was asked. */
static inline bool ring_answers(struct ring *ring, RING_IDX *prod)
{
    ring->seen = *prod = shared_load(&ring->any.sring->rsp_prod);
    return *prod - ring->any.rsp_cons <= ring->pushed - ring->any.rsp_cons;
}

#endif
