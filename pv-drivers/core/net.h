/* SPDX-License-Identifier: MIT */
/* Between the files of the network front-end. */
#ifndef PVKIT_CORE_NET_H
#define PVKIT_CORE_NET_H

#include "netfront.h"
#include "shared.h"

#define NET_RING    256 /* slots of a page, both ways */
#define NET_NO_SLOT 0xffff

/* A piece of a frame that is out; its index is the id that the back-end echoes. */
struct net_tx_slot {
    struct port_grant grant;
    bool out;      /* not answered yet */
    bool bad;      /* first: some piece was not sent */
    uint16_t head; /* the frame's first slot */
    uint16_t next; /* the frame's next slot, or the next free one */
    uint16_t left; /* first: pieces of the frame without an answer */
    void *cookie;  /* first */
};

struct net_tx {
    struct port_lock lock;
    netif_tx_front_ring_t ring;
    struct ring_mem mem;
    struct port_event *event;
    RING_IDX pushed;
    bool live;
    uint16_t free, nr_free;
    struct net_tx_slot slots[NET_RING];
};

/*
 * Requests and answers keep their places on the ring, so the buffer of place i is always page i:
 * what was taken out is posted again as it is.
 */
struct net_rx {
    struct port_lock lock;
    netif_rx_front_ring_t ring;
    struct ring_mem mem;
    struct port_event *event; /* NULL: the sending side's serves both */
    RING_IDX pushed, seen;    /* req_prod as told, rsp_prod as last looked at */
    struct port_page *pages[NET_RING];
    struct port_grant grants[NET_RING];
};

struct net_queue {
    struct pv_net *net;
    unsigned int index;
    struct net_tx tx;
    struct net_rx rx;
    struct pv_net_stats stats;
};

struct pv_net {
    struct front front;
    struct pv_net_config config;
    struct pv_net_info info;
    struct net_queue queues[];
};

/* netfront.c */
/* Answers are told of, and taken, apart from frames that come. */
bool net_answers_apart(const struct pv_net *net);

/* netfront_tx.c */
void net_tx_init(struct net_tx *tx);
/* End what is out, without an answer; returns how many pieces the back-end does not let go of. */
unsigned int net_tx_recall(struct net_queue *q);
/* Take answers; true: there are more. */
bool net_tx_poll(struct net_queue *q);

/* netfront_rx.c */
/* Pages for all places of the ring, granted and posted. 0 or an error. */
int net_rx_fill(struct net_queue *q);
void net_rx_drain(struct net_queue *q);
bool net_rx_poll(struct net_queue *q, unsigned int budget, unsigned int *received);

#endif
