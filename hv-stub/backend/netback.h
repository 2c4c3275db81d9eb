/* SPDX-License-Identifier: MIT */
/*
 * Network back-end (<xen/io/netif.h>): what netback_*.c share.
 *
 *   netback.c        the device: nodes, connecting, letting go
 *   netback_parse.c  one packet's slots taken from the transmit ring and checked
 *   netback_tx.c     what the front-end sends, to the switch
 *   netback_rx.c     what the switch has for it, into the buffers it posted
 *
 * Each slot is copied once, before it is looked at; what cannot be trusted afterwards is only the
 * data. A front-end that breaks the ring's protocol loses its device, no more.
 *
 * Locks: net_queue.tx_lock for sending; receiving is under the lock of the port (hv_net.h).
 */
#ifndef BACKEND_NETBACK_H
#define BACKEND_NETBACK_H

#include "hv_job.h"
#include "hv_net.h"
#include "xenbus.h"

#include <xen/io/netif.h>

#define NETBACK_QUEUES 4
#define NETBACK_SLOTS  XEN_NETIF_NR_SLOTS_MIN /* a packet may have; with more it is refused */
#define NETBACK_FATAL  20  /* … with so many the device is closed, as Linux's */
#define NETBACK_BATCH  256 /* served in one go, as netback_tx.c:cost() counts */
#define NETIF_ENTRIES  256u
#define NETBACK_MOST   128u        /* slots; more are not left until the front-end stops */
#define NETBACK_QUIET  300000ull   /* ns without a packet */
#define NETBACK_GATHER 10000000ull /* ns to leave packets for where there is one CPU: a turn */

_Static_assert(NETBACK_SLOTS + 1 < NET_MAX_SEGS, "a private head, and a spare for the switch");

/* A packet of the front-end's. */
struct netback_packet {
    struct netif_tx_request req[NETBACK_SLOTS]; /* the first one's size is its own, not the sum */
    uint32_t nr_reqs;                           /* entries of req, or more if it is refused */
    uint32_t nr_extras;
    uint32_t len;
    uint8_t gso_type; /* enum net_gso */
    uint16_t gso_size;
};

enum netback_parsed {
    NETBACK_GOOD,
    NETBACK_REFUSED, /* its slots are answered with an error */
    NETBACK_FATAL_ERROR,
};

struct netback;

struct net_queue {
    struct netback *nb;
    struct job job;        /* sends when the front-end's own notification cannot */
    struct job gather_job; /* sends what was left until its vcpu stops */
    evtchn_port_t tx_port, rx_port;
    grant_ref_t tx_ref, rx_ref;

    spinlock_t tx_lock;
    bool live;       /* connected; tx_lock */
    bool broken;     /* a ring makes no sense: both are left alone */
    const char *why; /* … which has to be said yet, with no lock held */
    struct netif_tx_sring *tx;
    uint32_t tx_cons, tx_rsp;
    uint32_t progress;   /* of the packet at tx_cons, which waits */
    uint64_t served_at;  /* hv_now() when packets were last sent */
    uint64_t gather_end; /* … and until when they may be left */

    struct netif_rx_sring *rx;
    uint32_t rx_cons; /* requests used, and responses given */
    bool rx_full;     /* somebody may wait for buffers */
};

struct netback {
    struct xenbus_dev bus;
    struct net_port *port;
    struct net_dev dev;
    bool can_sg;
    uint32_t nr_queues;
    struct net_queue queue[NETBACK_QUEUES];
};

/* ---- netback_parse.c */
/* The packet at q->tx_cons, of n slots at most (n > 0). *why is the text for a fatal error. */
enum netback_parsed netback_parse(const struct netif_tx_sring *ring, uint32_t at, uint32_t n,
                                  struct netback_packet *p, const char **why);

/* ---- netback_tx.c */
/* The front-end broke the protocol; whoever calls netback_tx_serve() next says so. */
void netback_broken(struct net_queue *q, const char *why);
/* Send packets that cost up to NETBACK_BATCH; true if more are there. */
bool netback_tx_serve(struct net_queue *q);
/* The front-end has something to send: now, or with what follows it. */
void netback_tx_event(struct net_queue *q);
/* Jobs for that: set up once. */
void netback_tx_init(struct net_queue *q);

/* ---- netback_rx.c */
enum net_result netback_receive(struct net_dev *dev, const struct net_frame *f);
/* The front-end posted buffers, perhaps. */
void netback_rx_event(struct net_queue *q);

#endif
