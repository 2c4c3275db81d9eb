/* SPDX-License-Identifier: MIT */
/* Between the files of the stack: headers on the wire, checksums, sending. */
#ifndef SHIM_NET_STACK_H
#define SHIM_NET_STACK_H

#include "kernel.h"
#include "net.h"

#define ETHERTYPE_IP  0x0800
#define ETHERTYPE_ARP 0x0806
#define PROTO_ICMP    1
#define PROTO_TCP     6
#define PROTO_UDP     17
#define IP_BROADCAST  0xffffffffU

#define IP_AT  NIC_HEADER /* offsets in frames that we send */
#define L4_AT  (NIC_HEADER + 20)
#define UDP_AT (L4_AT + 8)

static inline uint16_t get16(const uint8_t *p)
{
    return p[0] << 8 | p[1];
}

static inline uint32_t get32(const uint8_t *p)
{
    return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static inline void put16(uint8_t *p, uint16_t v)
{
    p[0] = v >> 8;
    p[1] = v;
}

static inline void put32(uint8_t *p, uint32_t v)
{
    put16(p, v >> 16);
    put16(p + 2, v);
}

/* Ones' complement sum of `len` bytes added to `sum`; and its last step. An odd piece is last. */
uint32_t sum_add(uint32_t sum, const void *data, uint32_t len);
uint16_t sum_fold(uint32_t sum);
uint32_t sum_pseudo(uint32_t from, uint32_t to, uint8_t proto, uint32_t len);

/* A view into a received frame: `len` bytes from `at` on. */
struct view {
    const struct nic_frame *frame;
    uint32_t at, len;
};

/* Copy up to `len` bytes from offset `from` of the view; how much that was. */
uint32_t view_copy(struct view v, uint32_t from, void *to, uint32_t len);
uint32_t view_sum(struct view v, uint32_t sum);
/* The contiguous bytes from offset `from` on; their number, 0 at the end. */
uint32_t view_bytes(struct view v, uint32_t from, const uint8_t **at);

/* An IPv4 packet received: addresses and the transport's part. */
struct datagram {
    uint32_t from, to;
    struct view body;
    bool trusted; /* the transport's checksum need not be checked */
};

/* A slot to build a packet in, NULL if none is free; it goes to the card, or back. */
struct net_slot *slot_take(struct net *net);
void slot_give(struct net_slot *slot);

/*
 * Complete the headers before L4_AT for a packet whose transport part is `len` bytes (those after
 * the first piece included), and send it. Takes the slot. False: no neighbour or no room.
 */
bool ip_send(struct net_slot *slot, uint32_t to, uint8_t proto, uint32_t len);

/* Hand the frame to the card. Takes the slot. */
bool slot_send(struct net_slot *slot);

/* ip.c to the others. */
void arp_input(struct net *net, struct view v);
bool arp_find(struct net *net, uint32_t ip, uint8_t *mac);
void icmp_input(struct net *net, const struct datagram *d);
void udp_input(struct net *net, const struct datagram *d);
void tcp_input(struct net *net, const struct datagram *d);

/* tcp.c: a connection begins with a new sequence number; and is over. */
void tcp_start(struct tcp *tcp);
void tcp_detach(struct tcp *tcp);

/* tcp_output.c: send what may be sent; set or stop the timer; let due timers act. */
void tcp_output(struct tcp *tcp);
void tcp_arm(struct tcp *tcp);
void tcp_timers(struct net *net);
/* The first unacknowledged segment once more. */
void tcp_retransmit_first(struct tcp *tcp);
/* A segment without a connection: TCP_RST, perhaps with TCP_ACK. */
void tcp_reset(struct net *net, uint32_t peer, uint16_t port, uint16_t peer_port, uint32_t seq,
               uint32_t ack, uint8_t flags);

#define TCP_FIN 1
#define TCP_SYN 2
#define TCP_RST 4
#define TCP_PSH 8
#define TCP_ACK 16

#define TCP_RTO_MIN  (200 * NS_PER_MS)
#define TCP_RTO_MAX  (3 * NS_PER_SEC)
#define TCP_RTO_INIT NS_PER_SEC
#define TCP_LINGER   NS_PER_SEC
#define TCP_SCALE    4 /* of the window we announce */

static inline bool seq_before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

#endif
