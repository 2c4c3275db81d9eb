/* SPDX-License-Identifier: MIT */
/*
 * A small IPv4 stack: ARP, ICMP echo, UDP, DHCP, TCP. It runs on any struct nic and needs no clock,
 * no interrupts and no allocator: whoever uses it calls net_poll() with the time and net_flush()
 * when done with what that brought. Addresses and ports are numbers in host order.
 *
 * Left out: fragments, IP options (skipped), IPv6, urgent data, selective acknowledgements, data
 * out of order (dropped, and sent again by the peer).
 */
#ifndef SHIM_NET_H
#define SHIM_NET_H

#include <stdbool.h>
#include <stdint.h>
#include "nic.h"

#define NET_IP(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))

#define NET_SLOTS      64   /* packets on their way out */
#define NET_SLOT_SIZE  1536 /* header, and the payload of everything but TCP */
#define NET_UDP_MAX    1472
#define NET_NEIGHBOURS 16
#define NET_UDP_PORTS  4
#define NET_TCP_MAX    8

struct net;
struct tcp;

/* A packet under construction or on its way. */
struct net_slot {
    struct nic_packet packet; /* first */
    struct net *net;
    struct tcp *tcp; /* whose memory the later pieces are, or NULL */
    uint8_t bytes[NET_SLOT_SIZE];
};

struct net_neighbour {
    uint32_t ip; /* 0: free */
    bool known;
    uint8_t mac[NIC_MAC_LEN];
    uint64_t asked; /* when we last asked */
};

typedef void net_udp_fn(struct net *net, uint32_t from, uint16_t from_port, const void *data,
                        uint32_t len);

/* What happened so far. */
struct net_counts {
    uint64_t received, sent, malformed, bad_checksum, unwanted, no_room, retransmitted;
};

struct net {
    struct nic *nic;
    uint32_t ip, mask, gateway; /* ip 0: not known yet, everything is accepted */
    uint64_t now;
    uint64_t random;
    struct net_counts count;
    struct net_neighbour neighbours[NET_NEIGHBOURS];
    unsigned next_neighbour;
    struct {
        uint16_t port;
        net_udp_fn *receive;
    } udp[NET_UDP_PORTS];
    struct tcp *tcp[NET_TCP_MAX];
    void (*echo_reply)(struct net *net, uint32_t from, uint16_t id, uint16_t sequence);
    uint16_t packet_id;
    struct {
        uint32_t id, offered, server;
        uint64_t asked;
    } dhcp;
    bool kick; /* something was sent since the last kick */
    struct net_slot *free;
    struct net_slot slots[NET_SLOTS];
    uint8_t udp_data[NET_UDP_MAX];
};

/* Start on a card. `net` is zeroed and of the direct map; `random` makes sequence numbers unlike.
 */
void net_init(struct net *net, struct nic *nic, uint32_t ip, uint32_t mask, uint32_t gateway,
              uint64_t random);

/* Take what has arrived and let timers run. `now` in nanoseconds, never going back. True: more. */
bool net_poll(struct net *net, uint64_t now);

/* Send what is due: data, acknowledgements; notify the card once. */
void net_flush(struct net *net);

/* Is the link-layer address of `ip` (or of the gateway towards it) known? Asks for it if not. */
bool net_reachable(struct net *net, uint32_t ip);

/* These return false, and send nothing, while the neighbour is unknown or the card is full. */
bool net_ping(struct net *net, uint32_t to, uint16_t id, uint16_t sequence);
bool net_udp_send(struct net *net, uint32_t to, uint16_t to_port, uint16_t from_port,
                  const void *data, uint32_t len);

/* Call `receive` for what arrives at a port; NULL: no more. False: no room in the table. */
bool net_udp_listen(struct net *net, uint16_t port, net_udp_fn *receive);

/*
 * For a stack that was started with ip, mask and gateway 0: ask for an address, again every second.
 * To be called after each net_poll() until it returns true: the address is there.
 */
bool net_dhcp(struct net *net);

/* --- TCP -------------------------------------------------------------------------------------- */

enum tcp_state {
    TCP_CLOSED,
    TCP_LISTEN,
    TCP_SYN_SENT,
    TCP_SYN_RECEIVED,
    TCP_ESTABLISHED,
    TCP_FIN_WAIT,   /* our end is closed; acknowledged once una == next */
    TCP_CLOSE_WAIT, /* theirs is */
    TCP_LAST_ACK,   /* both are */
    TCP_TIME_WAIT,
};

/*
 * A connection. Memory and the ring for data to send belong to the caller, who zeroes the struct
 * and sets the first part.
 */
struct tcp {
    uint8_t *ring;        /* of the direct map */
    uint32_t ring_size;   /* a power of two */
    uint32_t window;      /* how much the peer may send ahead */
    uint32_t max_segment; /* payload at most, below what mss and card allow; 0: no limit */
    /*
     * Data has arrived, in order. Returns how much was taken; the peer sends the rest again. May
     * write, may not close.
     */
    uint32_t (*receive)(struct tcp *tcp, const void *data, uint32_t len);
    void *context;

    /* To be read by the caller. */
    enum tcp_state state;
    bool reset;         /* the peer broke the connection off */
    bool peer_closed;   /* nothing more will come */
    unsigned in_flight; /* packets that the card still has: ring must stay until 0 */
    uint32_t peer;
    uint16_t port, peer_port;

    /* The stack's: RFC 9293's names. Sequence numbers wrap. */
    struct net *net;
    uint32_t iss, una, nxt, max; /* max: highest ever sent */
    uint32_t head;               /* sequence number behind the last byte in the ring */
    uint32_t wnd, wl1, wl2;
    uint32_t rcv_nxt, rcv_acked; /* the latter as last told to the peer */
    uint32_t rcv_edge;           /* end of the window, as last told */
    uint8_t wnd_scale;
    uint16_t mss;
    uint32_t cwnd, ssthresh;
    unsigned dup_acks, backoff;
    bool close_wanted, ack_now, scale_ok;
    uint64_t timer; /* when to send again; 0: off */
    uint64_t rto, srtt, timed_at;
    uint32_t timed; /* sequence number that is being timed, if timed_at */
};

/* Wait for one connection at `port`; or open one. False: too many already. */
bool tcp_listen(struct net *net, struct tcp *tcp, uint16_t port);
bool tcp_connect(struct net *net, struct tcp *tcp, uint32_t to, uint16_t to_port);

/* Append to the ring what fits; how much that was. Leaves with the next net_flush() or tcp_push. */
uint32_t tcp_write(struct tcp *tcp, const void *data, uint32_t len);

/*
 * The same without a copy: contiguous room at the end of the ring, to be filled by the caller, and
 * how much of it was filled.
 */
uint32_t tcp_room(struct tcp *tcp, void **at);
void tcp_filled(struct tcp *tcp, uint32_t len);

/* Send what may be sent now. */
void tcp_push(struct tcp *tcp);

/* Bytes written that the peer has not acknowledged. */
uint32_t tcp_unacknowledged(const struct tcp *tcp);

/* No more will be written. The connection ends when all has been sent and the peer closes, too. */
void tcp_close(struct tcp *tcp);

/* Forget the connection, telling the peer if there is one. The ring: see in_flight. */
void tcp_abort(struct tcp *tcp);

#endif
