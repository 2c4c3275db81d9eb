/* SPDX-License-Identifier: MIT */
/* Between the files of the network front-end. */
#ifndef PVKIT_CORE_NET_H
#define PVKIT_CORE_NET_H

#include "netfront.h"
#include "shared.h"

#define NET_RING    256 /* slots of a page, both ways */
#define NET_NO_SLOT 0xffff

/* A piece of a frame that is out; its index is the id that the back-end echoes. */
struct net_slot {
    struct port_grant grant;
    bool out;      /* not answered yet */
    bool bad;      /* first: some piece was not sent */
    uint16_t head; /* the frame's first slot */
    uint16_t next; /* the frame's next slot, or the next free one */
    uint16_t left; /* first: pieces of the frame without an answer */
    void *cookie;  /* first */
};

struct net_queue {
    struct ring tx, rx;
    struct pv_net *net;
    uint64_t stats[PV_NET_STATS];

    /* Below the lock of tx. */
    uint16_t free, nr_free;
    struct net_slot slots[NET_RING];

    /*
     * Below the lock of rx. Requests and answers keep their places on the ring, so the buffer of
     * place i is always page i: what was taken out is posted again as it is.
     */
    struct granted_pool buffers;
};

struct pv_net {
    struct pv_front front; /* first */
    struct pv_net_config config;
    struct pv_net_info info;
    bool rx_copy, no_csum;
    struct net_queue queues[];
};

/* Answers are told of, and taken, apart from frames that come. */
static inline bool net_answers_apart(const struct pv_net *net)
{
    return net->front.split && net->config.ops->answered;
}

static inline struct net_queue *net_queue_of(const struct ring *ring)
{
    return &((struct pv_net *)ring->front)->queues[ring->index];
}

extern const struct ring_kind net_tx_kind, net_rx_kind;

/* netfront_tx.c */
/* Take answers; true: there are more. */
bool net_tx_poll(struct net_queue *q);

/* netfront_rx.c */
bool net_rx_poll(struct net_queue *q, unsigned int budget, unsigned int *received);

#endif
