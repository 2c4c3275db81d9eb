/* SPDX-License-Identifier: MIT */
/* Between the files of the network harness: the stack on the card that the command line names. */
#ifndef SHIM_KERNEL_NET_RUN_H
#define SHIM_KERNEL_NET_RUN_H

#include "kernel.h"
#include "net.h"

/* Services of a server, which the client side uses: TCP ports, and UDP's echo. */
#define PORT_ECHO       7
#define PORT_STREAM_64  5001
#define PORT_STREAM_MTU 5002
#define PORT_STREAM_64K 5003
#define PORT_QUIT       5009 /* UDP: the client is done */

#define STREAM_SMALL 64
#define STREAM_LARGE 65536
#define RING_BYTES   (256 * 1024)
#define NET_WINDOW   (256 * 1024)

/*
 * Open the card and start the stack with address ip= (otherwise by the MAC: 00:16:3e:00:N:x is
 * 10.0.2.100 + N; otherwise 10.0.2.15) and gateway= (otherwise 10.0.2.2), or those of a lease with
 * ip=dhcp. NULL: no card, or no lease.
 */
struct net *net_start(void);
void net_stop(struct net *net);

/* Flush, wait for something to happen, take it. */
void net_step(struct net *net);

/* Steps until done(context), for `ns` at most. True if it is. */
bool net_until(struct net *net, uint64_t ns, bool (*done)(void *context), void *context);

/* A ring for a connection, of `bytes` (a power of two), from the page allocator; NULL when out. */
uint8_t *net_ring(uint32_t bytes);

/*
 * How much a peer may send ahead in segments of `segment` bytes: `wanted`, or less if the card has
 * no room for it.
 */
uint32_t net_window(const struct net *net, uint32_t wanted, uint32_t segment);

/* Connect, again if nobody listens yet: a server needs a moment after each connection. */
bool net_connect(struct net *net, struct tcp *tcp, uint32_t to, uint16_t port);

/* An address in the usual notation, ended by a blank, comma, colon or the end; 0 if it is none. */
uint32_t net_parse_ip(const char *text);

/* netpeer=ADDRESS, or 0. */
uint32_t net_peer(void);

/* net_server.c: serve until a client says it is done. */
void net_serve(struct net *net);

/* Tell the server so. */
void net_quit(struct net *net, uint32_t server);

#endif
