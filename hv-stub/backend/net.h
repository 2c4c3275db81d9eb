/* SPDX-License-Identifier: MIT */
/* What the files of the virtual switch share. */
#ifndef BACKEND_NET_H
#define BACKEND_NET_H

#include "hv_net.h"

#define ETH_HEAD  14
#define IP4_MIN   20
#define IP6_HEAD  40
#define TCP_MIN   20
#define UDP_HEAD  8
#define PROTO_TCP 6
#define PROTO_UDP 17

/* ---- net_frame.c. Numbers in frames are big-endian and at any address. */
static inline uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}
static inline uint32_t get32(const uint8_t *p)
{
    return (uint32_t)get16(p) << 16 | get16(p + 2);
}
static inline void put16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}
static inline void put32(uint8_t *p, uint32_t v)
{
    put16(p, v >> 16);
    put16(p + 2, v);
}

/* Where things are in a frame with a TCP or UDP packet. */
struct net_headers {
    bool ip6;
    uint8_t proto;    /* PROTO_* */
    uint16_t l4;      /* offset of the TCP or UDP header; that of IP is ETH_HEAD */
    uint16_t payload; /* of what follows it */
    uint32_t end;     /* of the packet; there may be padding behind */
};
/* False if it is no whole TCP or UDP packet, or its headers are longer than the frame's first
 * segment. */
bool net_parse(const struct net_frame *f, struct net_headers *h);
/* Checksum field := sum of the pseudo header for a packet that ends at `end`. */
void net_csum_pseudo(uint8_t *head, const struct net_headers *h, uint32_t end);
/* Checksum field := the checksum; the frame is NET_CSUM_OK then. */
void net_csum_fill(struct net_frame *f, const struct net_headers *h);
/* Of an IPv4 header. */
void net_csum_ip(uint8_t *ip, uint32_t len);

/* ---- net_gso.c */
/* Less would mean more headers than data, and more work than a sender paid for. */
#define NET_MIN_GSO 48
/* Can it be cut up? */
bool net_gso_valid(const struct net_frame *f, const struct net_headers *h);
/* Cut up f for a receiver that cannot do it, at f->progress, and give it the pieces. NET_FULL: it
 * is to go on later. At most NET_GSO_BATCH at once: NET_FULL too, but *batch is set. */
#define NET_GSO_BATCH 64
enum net_result net_gso_send(struct net_port *to, struct net_frame *f, const struct net_headers *h,
                             bool *batch);

/* ---- net_port.c */
extern struct net_port *net_ports[NET_MAX_PORTS];
extern uint32_t net_nr_ports, net_uplink_index; /* the latter NET_MAX_PORTS: none */
/* Who has this address, NULL if nobody. */
struct net_port *net_lookup(const uint8_t mac[6]);
/* Senders of this port may go on. Takes its lock. */
void net_resume(struct net_port *p);
/* Timers of ports. */
void net_stall_fire(struct timer *t);
void net_credit_fire(struct timer *t);

/* ---- net_switch.c: a frame that its receiver can take as it is. Its rx lock is held. */
enum net_result net_put(struct net_port *to, const struct net_frame *f);

#endif
