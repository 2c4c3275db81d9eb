/* SPDX-License-Identifier: MIT */
/*
 * The virtual switch (backend/net_*.c) and what is plugged into it.
 *
 * Each network interface of a domain is a port, from boot or since it was attached. Two
 * devices may be plugged into it: emulated hardware, and a PV back-end with the same address, which
 * receives alone while it is connected. Both may send. The uplink is one more port.
 *
 * Addresses are not learnt: a port has one address as long as it exists, and what it sends must
 * come from there, so no table can be filled or poisoned by guests. Broadcast and multicast go to
 * all others, unicast to its port, or else to the uplink.
 *
 * A frame is copied once: receive() copies it from where the sender has it, guests' pages included,
 * to where the receiver wants it.
 *
 * Locks. net_send() takes the lock of the receiving port (rx) and calls receive() under it, and
 * receive() never sends; so a sender may hold a lock of its own for sending, but none that its own
 * receive() takes.
 *
 * Who cannot take a frame now says NET_FULL. A sender that can keep it then waits, until the
 * receiver calls net_room(), for NET_STALL_NS at most: after that the receiver counts as stalled
 * and all frames to it are dropped until it takes one again. Broadcasts wait for nobody.
 */
#ifndef HV_NET_H
#define HV_NET_H

#include "hv.h"

#define NET_STALL_NS  100000000ull
#define NET_MAX_FRAME (65535 + 14) /* with segmentation left to the receiver */
#define NET_MTU_FRAME 1514         /* without; no frame check sequence */
#define NET_HEAD      136          /* Ethernet, IP and TCP headers with options fit */
#define NET_MAX_SEGS  20
#define NET_MAX_PORTS 64 /* a bit each in a word */

struct net_port;

struct net_seg {
    void *p;
    uint32_t len;
};

enum net_gso { NET_GSO_NONE, NET_GSO_TCP4, NET_GSO_TCP6 };

/* Properties of a frame, in flags. */
#define NET_CSUM_BLANK (1u << 0) /* the TCP or UDP checksum covers the pseudo header only */
#define NET_CSUM_OK    (1u << 1) /* … is known to be right, or need not be checked */
#define NET_NOWAIT     (1u << 2) /* the sender cannot keep it: drop it if there is no room */

/*
 * A frame, in its sender's memory during net_send(). seg[0] is private to the hypervisor, and holds
 * the first NET_HEAD bytes or all of a shorter frame; the switch changes it (checksums). What the
 * others point at may change at any moment.
 */
struct net_frame {
    struct net_seg seg[NET_MAX_SEGS];
    uint32_t nr_segs;
    uint32_t len; /* sum of all segments */
    uint8_t flags;
    uint8_t gso_type;
    uint16_t gso_size; /* payload per packet; meaningful with gso_type */
    /* In: 0 for a new frame. When net_send() returned false: how far it got, to be given back with
     * the next call. */
    uint32_t progress;
};

/* What a device can receive, in net_dev.offload. */
#define NET_CAN_CSUM4 (1u << 0) /* NET_CSUM_BLANK in IPv4 */
#define NET_CAN_CSUM6 (1u << 1)
#define NET_CAN_GSO4  (1u << 2) /* frames up to NET_MAX_FRAME, of type NET_GSO_TCP4 */
#define NET_CAN_GSO6  (1u << 3)

enum net_result { NET_TAKEN, NET_FULL, NET_DROPPED };

struct net_dev {
    /* Copy the frame out (net_copy()); f is valid during the call only. The port's rx lock is held,
     * nobody else is in here. NET_FULL: there is no room now, and net_room() will be called. */
    enum net_result (*receive)(struct net_dev *dev, const struct net_frame *f);
    /* net_send() returned false earlier: try again. Called with locks held, so only job_raise() or
     * the like. May come without need. */
    void (*resume)(struct net_dev *dev);
    uint32_t offload; /* NET_CAN_* */
    void *data;       /* the owner's */
};

enum net_plug { NET_HARDWARE, NET_PV, NET_PLUGS };

struct net_stats {
    uint64_t tx_packets, tx_bytes; /* sent by the port's device, and taken by the switch */
    uint64_t tx_drops;             /* not taken: not its address, malformed */
    uint64_t rx_packets, rx_bytes; /* received by it */
    uint64_t rx_drops;             /* there was no room, or nothing plugged in */
    uint64_t waits;                /* how often a sender had to wait for it */
};

struct net_port {
    uint8_t mac[6];
    domid_t domid; /* 0: the uplink */
    uint32_t number;
    bool hot;     /* by net_attach(): no emulated hardware is plugged in */
    bool removed; /* it is not there, but may be another one later */
    struct net_stats stats;

    /* the switch's own */
    spinlock_t lock; /* rx: receiving, plug[], full_since */
    struct net_dev *plug[NET_PLUGS];
    struct net_dev *receiver; /* one of them, or NULL */
    uint32_t index;           /* among all ports */
    uint64_t waiters;         /* bits of ports that wait for room here */
    uint64_t full_since;      /* 0: took the last frame */
    struct timer stall_timer; /* ends the waiting */
    spinlock_t credit_lock;
    uint64_t rate;  /* bytes per second that may be sent; 0: any number */
    int64_t credit; /* bytes; less than 0: not yet */
    uint64_t credit_at;
    struct timer credit_timer; /* the sender waits for credit */
};

/* ---- backend/net_port.c */
/* Make the ports of a domain, from its module line; 0 or -XEN_ENOSPC. At boot. */
int nets_open(domid_t id, const struct domain_config *cfg);
/* One more, with the lowest free number; NULL, and *wrong says why not. For one caller at a time.
 */
struct net_port *net_attach(domid_t id, const struct net_config *n, const char **wrong);
/* It goes: nothing is plugged in any more. From anywhere. */
void net_detach(struct net_port *p);
/* Interface i of a domain, i < HV_MAX_NICS; NULL: it has no such one. */
struct net_port *net_port(domid_t id, uint32_t i);
/* Make the port of the uplink and plug its driver in. It receives what is for nobody here, and all
 * that is for everybody. At boot; NULL if there is one already. */
struct net_port *net_uplink(const uint8_t mac[6], struct net_dev *dev);
/* dev receives from now on, unless it is hardware and a PV device is plugged in. */
void net_plug(struct net_port *p, enum net_plug which, struct net_dev *dev);
/* No call into that device is going on or begins after the return. */
void net_unplug(struct net_port *p, enum net_plug which);

/* ---- backend/net_switch.c */
/*
 * Send a frame from a port. True: it was delivered or dropped, and nobody uses it any more. False:
 * it has to wait (for room at its receiver, for the port's rate, because it is a long one): keep
 * it, and call again with the same frame and its `progress` when resume() was called.
 */
bool net_send(struct net_port *from, struct net_frame *f);
/* After NET_FULL: there is room again, for a frame of the largest size the device takes. Takes the
 * rx lock; calls resume() of the senders who wait. */
void net_room(struct net_port *p);

/* ---- backend/net_frame.c: reading a frame from its start, in pieces */
struct net_cursor {
    const struct net_seg *seg;
    uint32_t off; /* in *seg */
};
static inline struct net_cursor net_cursor(const struct net_frame *f)
{
    return (struct net_cursor){f->seg, 0};
}
/* The next n bytes, of which there must be as many. */
void net_copy(struct net_cursor *c, void *dst, uint32_t n);

#endif
