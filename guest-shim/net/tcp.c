/* SPDX-License-Identifier: MIT */
/* TCP (RFC 9293): connections as their user sees them. */
#include "stack.h"

static uint64_t next_random(struct net *net)
{
    uint64_t x = net->random += 0x9e3779b97f4a7c15UL;

    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9UL;
    x = (x ^ x >> 27) * 0x94d049bb133111ebUL;
    return x ^ x >> 31;
}

static bool attach(struct net *net, struct tcp *tcp)
{
    for (unsigned i = 0; i < NET_TCP_MAX; i++) {
        if (net->tcp[i])
            continue;
        net->tcp[i] = tcp;
        tcp->net = net;
        return true;
    }
    return false;
}

void tcp_detach(struct tcp *tcp)
{
    tcp->state = TCP_CLOSED;
    tcp->timer = 0;
    for (unsigned i = 0; i < NET_TCP_MAX; i++)
        if (tcp->net->tcp[i] == tcp)
            tcp->net->tcp[i] = NULL;
}

void tcp_start(struct tcp *tcp)
{
    tcp->iss = next_random(tcp->net);
    tcp->una = tcp->nxt = tcp->max = tcp->iss;
    tcp->head = tcp->iss + 1;
    tcp->mss = tcp->net->nic->mtu - 40;
    tcp->rto = TCP_RTO_INIT;
    tcp->ssthresh = ~0U;
}

bool tcp_listen(struct net *net, struct tcp *tcp, uint16_t port)
{
    tcp->port = port;
    tcp->state = TCP_LISTEN;
    return attach(net, tcp);
}

bool tcp_connect(struct net *net, struct tcp *tcp, uint32_t to, uint16_t to_port)
{
    if (!attach(net, tcp))
        return false;
    tcp->peer = to;
    tcp->peer_port = to_port;
    tcp->port = 49152 + next_random(net) % 16384;
    tcp_start(tcp);
    tcp->state = TCP_SYN_SENT;
    return true;
}

/* Bytes of the ring in use. */
static uint32_t used(const struct tcp *tcp)
{
    uint32_t first = tcp->una == tcp->iss ? tcp->iss + 1 : tcp->una;

    return tcp->head - first;
}

uint32_t tcp_room(struct tcp *tcp, void **at)
{
    uint32_t index = (tcp->head - tcp->iss - 1) & (tcp->ring_size - 1);
    uint32_t free, end = tcp->ring_size - index;

    if (tcp->close_wanted || tcp->state < TCP_SYN_SENT || tcp->state > TCP_CLOSE_WAIT)
        return 0;
    free = tcp->ring_size - used(tcp);
    *at = tcp->ring + index;
    return free < end ? free : end;
}

void tcp_filled(struct tcp *tcp, uint32_t len)
{
    tcp->head += len;
}

uint32_t tcp_write(struct tcp *tcp, const void *data, uint32_t len)
{
    uint32_t done = 0, n;
    void *at;

    while (done < len && (n = tcp_room(tcp, &at))) {
        n = n < len - done ? n : len - done;
        memcpy(at, (const uint8_t *)data + done, n);
        tcp_filled(tcp, n);
        done += n;
    }
    return done;
}

void tcp_push(struct tcp *tcp)
{
    tcp_output(tcp);
}

uint32_t tcp_unacknowledged(const struct tcp *tcp)
{
    return tcp->close_wanted && tcp->una == tcp->head + 1 ? 0 : used(tcp);
}

void tcp_close(struct tcp *tcp)
{
    if (tcp->state == TCP_ESTABLISHED || tcp->state == TCP_CLOSE_WAIT) {
        tcp->state = tcp->state == TCP_ESTABLISHED ? TCP_FIN_WAIT : TCP_LAST_ACK;
        tcp->close_wanted = true;
    } else if (tcp->state != TCP_CLOSED && tcp->state < TCP_ESTABLISHED) {
        tcp_abort(tcp);
    }
}

void tcp_abort(struct tcp *tcp)
{
    if (tcp->state == TCP_CLOSED)
        return;
    if (tcp->state > TCP_SYN_SENT && tcp->state != TCP_TIME_WAIT)
        tcp_reset(tcp->net, tcp->peer, tcp->port, tcp->peer_port, tcp->nxt, 0, TCP_RST);
    tcp_detach(tcp);
}
