/* SPDX-License-Identifier: MIT */
/*
 * A back-end of disks or network cards that attacks its front-end: a program for dom0. A device is
 * made as a toolstack makes it, but of a kind that no driver of dom0's kernel takes; it is served
 * well until the front-end trusts it, and in between comes what the seed chose out of the moves.
 */
#ifndef PVKIT_HOSTILE_BACKEND_H
#define PVKIT_HOSTILE_BACKEND_H

#include <stdbool.h>
#include <stdint.h>
#include <xenevtchn.h>
#include <xengnttab.h>
#include <xenstore.h>
#include <xen/io/xenbus.h>

#define MAX_RINGS 8
#define MAX_PAGES 16
#define MAX_HELD  512
#define RX_PAGES  256

/* A ring, seen from its indices; entries follow 64 bytes after its start. */
struct ring {
    volatile struct {
        uint32_t req_prod, req_event, rsp_prod, rsp_event;
    } * head;
    unsigned int pages, entry, entries; /* bytes of an entry; how many */
    uint32_t req_cons, rsp_prod;        /* ours */
    int port;                           /* negative: none */
    bool incoming;                      /* requests are buffers for frames */
    char *buffers[RX_PAGES];            /* of those, mapped */
};

struct hostile;
struct node {
    const char *key, *good;
};
struct move {
    const char *name;
    void (*make)(struct hostile *h);
};

/* Disks, or cards. */
struct kind {
    const char *type;                   /* "vbd" */
    const struct node *nodes;           /* of the back-end; the last has no key */
    const struct move *moves;           /* besides those of all kinds */
    unsigned int nr_moves, first, step; /* first: the first device's number */
    void (*describe)(struct hostile *h);
    /* Find a queue's rings. */
    bool (*attach)(struct hostile *h, const char *queue);
    /* One request, copied. */
    void (*serve)(struct hostile *h, struct ring *ring, const void *request);
    /* Whenever there is time. */
    void (*idle)(struct hostile *h);
};
extern const struct kind kind_vbd, kind_vif;

struct hostile {
    struct xs_handle *xs;
    xenevtchn_handle *events;
    xengnttab_handle *grants;
    unsigned int domid, device;
    const struct kind *kind;
    char front[80], back[80];
    uint64_t random;
    uint64_t may; /* the moves of this seed, one bit each */
    unsigned int theirs, mine;
    bool connected, silent, keep, vanished;
    struct ring rings[MAX_RINGS];
    unsigned int nr_rings;
    struct {
        void *at;
        unsigned int count;
    } held[MAX_HELD];
    unsigned int nr_held;
    /* Of all seeds. */
    unsigned long connections, requests, made;
};

/* main.c */
uint32_t any(struct hostile *h); /* any number */
static inline uint32_t below(struct hostile *h, uint32_t limit)
{
    return (uint32_t)((uint64_t)any(h) * limit >> 32);
}
static inline bool often(struct hostile *h, unsigned int percent)
{
    return below(h, 100) < percent;
}
void fill(struct hostile *h, void *at, unsigned int len);

/* store.c: nodes of the two directories */
void store_make(struct hostile *h);
void store_remove(struct hostile *h);
void store_put(struct hostile *h, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void store_put_front(struct hostile *h, const char *key, const char *value);
/* A number in the front-end's directory. */
bool store_number(struct hostile *h, const char *prefix, const char *key, uint32_t *number);
void store_state(struct hostile *h, unsigned int state);
const char *absurd(struct hostile *h);

/* ring.c */
bool ring_attach(struct hostile *h, const uint32_t *refs, unsigned int pages, uint32_t channel,
                 unsigned int entry, unsigned int entries, bool incoming);
void *ring_slot(struct ring *ring, uint32_t index);
void ring_publish(struct hostile *h, struct ring *ring);
void ring_serve(struct hostile *h);
/* Map one of the front-end's pages and keep it; NULL: there is none. */
char *ring_hold(struct hostile *h, uint32_t ref, bool writable);
/* A buffer for frames, mapped as long as the ring is. */
char *ring_buffer(struct hostile *h, struct ring *ring, unsigned int id, uint32_t ref);
/* Unmap what is kept. */
void ring_release(struct hostile *h);
/* Let go of the rings. */
void ring_detach(struct hostile *h);
struct ring *ring_any(struct hostile *h);

/* moves.c */
extern const struct move moves[];
extern const unsigned int nr_moves;
bool connect_back(struct hostile *h);
void disconnect_back(struct hostile *h);
void make_move(struct hostile *h);
unsigned int count_moves(const struct hostile *h);

#endif
