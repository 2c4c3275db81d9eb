/* SPDX-License-Identifier: MIT */
/*
 * A network front-end, <xen/io/netif.h>: frames out and in, over one or several pairs of rings.
 *
 * Frames that are out when a connection (pv_front.h) ends are lost, as frames may be; the device
 * comes up again with the next connection.
 *
 * Sending grants the frame's own pages until the back-end has answered. Receiving is by copy: pages
 * of the core's own are granted once per connection and posted again and again, and the port takes
 * a frame out of them, once, before it looks at it. The back-end is not trusted: what it writes is
 * copied once and checked, and what makes no sense makes the device broken (port_broken()).
 */
#ifndef PVKIT_NETFRONT_H
#define PVKIT_NETFRONT_H

#include "port.h"
#include "pv_front.h"

#define PV_NET_MAC      6
#define PV_NET_MAX_BUFS 19    /* pieces of a received frame */
#define PV_NET_MAX_SEND 18    /* ring slots, that is pieces of pages, of a frame to send */
#define PV_NET_MAX_LEN  65535 /* of a frame to send, Ethernet header included */

/* The numbers are the ABI's. */
enum pv_net_gso { PV_NET_GSO_NONE, PV_NET_GSO_TCPV4, PV_NET_GSO_TCPV6 };

/* An Ethernet frame without checksum sequence. */
struct pv_net_frame {
    const struct port_buf *bufs;
    unsigned int nr_bufs;
    uint32_t len;        /* received: the sum over the pieces; to send: ignored */
    bool csum_blank;     /* TCP or UDP: where the checksum belongs is that of the pseudo-header */
    bool csum_good;      /* received: the checksum is good, or blank */
    enum pv_net_gso gso; /* a long TCP segment, with a blank checksum */
    uint16_t gso_size;   /* payload of a segment on the wire */
    bool kick;           /* to send: at once, without a pv_net_kick() */
};

/* What the port does; `queue` as it gave it. `data` is of the configuration. */
struct pv_net_ops {
    /*
     * A frame came, from within pv_net_poll(). Its memory is the back-end's still: copy, then look.
     * May send. The queue's receive lock is held: no pv_net_poll() from here, and no sleep.
     */
    void (*receive)(void *data, unsigned int queue, const struct pv_net_frame *frame);
    /*
     * A frame's memory is the sender's again; no lock held. From reap, poll, disconnect or abandon,
     * and from send if there is answered().
     */
    void (*sent)(void *data, unsigned int queue, void *cookie, bool good);
    /* The back-end notified: pv_net_poll() the queue, now or later. From port_event_fn. */
    bool (*event)(void *data, unsigned int queue);
    /*
     * The same of answers to what was sent, where these have a channel of their own: then
     * pv_net_reap() takes them, and so does pv_net_send() on the way, but not pv_net_poll(). NULL:
     * event() is for both.
     */
    bool (*answered)(void *data, unsigned int queue);
};

/* What the port wants at most, and gets where the back-end offers it. */
struct pv_net_config {
    unsigned int queues;  /* 1 or more */
    bool split_events;    /* a channel each for sending and receiving */
    bool receive_offload; /* it can take blank checksums and long segments */
    const struct pv_net_ops *ops;
    void *data;
};

/* What there is; the MAC address from the start, the rest once connected. */
struct pv_net_info {
    uint8_t mac[PV_NET_MAC];
    bool carrier;             /* the back-end says that the link is up */
    bool can_sg;              /* frames in pieces, and longer than a page */
    bool can_csum, can_csum6; /* it fills in blank checksums (IPv4, IPv6) */
    bool can_gso4, can_gso6;  /* it cuts long TCP segments */
    unsigned int queues;
    bool split_events;
};

struct pv_net;

/* Counted since pv_net_new(); for diagnostics. */
enum pv_net_stat {
    PV_NET_SENT,
    PV_NET_RECEIVED,
    PV_NET_SEND_ERRORS,
    PV_NET_RECEIVE_ERRORS,
    PV_NET_STATS,
};

/* A device that is DOWN, or NULL: no memory, or no valid MAC address in our directory. [sleep] */
struct pv_net *pv_net_new(struct port_dev *dev, const struct pv_net_config *config);
/* Its connection, with which it is freed. Frames that are out when it ends are lost. */
struct pv_front *pv_net_front(struct pv_net *net);
/* The back-end's directory has changed (its node "carrier"): look again. [sleep] */
void pv_net_update(struct pv_net *net);

const struct pv_net_info *pv_net_info(const struct pv_net *net);
void pv_net_stats(const struct pv_net *net, uint64_t sums[PV_NET_STATS]);

/*
 * Put a frame on the ring; pv_net_kick() makes the back-end hear of it. Its memory is the core's
 * until sent(cookie). 0; or it is the sender's still: -XEN_EBUSY: no room, some comes with a later
 * poll; -XEN_ENOSPC: no grants; -XEN_ENOTCONN; -XEN_E2BIG: too many pieces; -XEN_EINVAL: empty, too
 * long, or in need of what the back-end does not do. [any]
 */
int pv_net_send(struct pv_net *net, unsigned int queue, const struct pv_net_frame *frame,
                void *cookie);
void pv_net_kick(struct pv_net *net, unsigned int queue); /* [any] */
/*
 * Ring slots that are free; a frame takes one per piece of a page, and one if it has gso. A guess
 * while others send or reap. [any]
 */
unsigned int pv_net_room(struct pv_net *net, unsigned int queue);
/* Take back what was sent. True: something was. An event comes for what is still out. [any] */
bool pv_net_reap(struct pv_net *net, unsigned int queue);
/*
 * Take back what was sent, and receive up to `budget` frames, whose number is added to *received.
 * True: there may be more, call again; false: an event will come. One at a time per queue. [any]
 */
bool pv_net_poll(struct pv_net *net, unsigned int queue, unsigned int budget,
                 unsigned int *received);

#endif
