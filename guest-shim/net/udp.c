/* SPDX-License-Identifier: MIT */
/* ICMP echo (RFC 792) and UDP (RFC 768). */
#include "stack.h"

#define ECHO_REPLY   0
#define ECHO_REQUEST 8
#define ICMP_HEADER  8
#define UDP_HEADER   8

/* --- ICMP ------------------------------------------------------------------------------------- */

static void icmp_finish(struct net_slot *slot, uint32_t to, uint32_t len)
{
    uint8_t *p = slot->bytes + L4_AT;

    put16(p + 2, 0);
    put16(p + 2, ~sum_fold(sum_add(0, p, len)));
    slot->packet.piece[0].len = L4_AT + len;
    ip_send(slot, to, PROTO_ICMP, len);
}

bool net_ping(struct net *net, uint32_t to, uint16_t id, uint16_t sequence)
{
    struct net_slot *slot;
    uint8_t *p;

    if (!net_reachable(net, to))
        return false;
    slot = slot_take(net);
    if (!slot)
        return false;
    p = slot->bytes + L4_AT;
    put16(p, ECHO_REQUEST << 8);
    put16(p + 4, id);
    put16(p + 6, sequence);
    memset(p + ICMP_HEADER, 0x5a, 48);
    icmp_finish(slot, to, ICMP_HEADER + 48);
    return true;
}

static void answer(struct net *net, const struct datagram *d)
{
    struct net_slot *slot;

    if (d->body.len > NET_UDP_MAX || d->to != net->ip)
        return;
    slot = slot_take(net);
    if (!slot)
        return;
    view_copy(d->body, 0, slot->bytes + L4_AT, d->body.len);
    put16(slot->bytes + L4_AT, ECHO_REPLY << 8);
    icmp_finish(slot, d->from, d->body.len);
}

void icmp_input(struct net *net, const struct datagram *d)
{
    uint8_t p[ICMP_HEADER];

    if (view_copy(d->body, 0, p, sizeof(p)) < sizeof(p)) {
        net->count.malformed++;
    } else if (sum_fold(view_sum(d->body, 0)) != 0xffff) {
        net->count.bad_checksum++;
    } else if (p[0] == ECHO_REQUEST) {
        answer(net, d);
    } else if (p[0] == ECHO_REPLY && net->echo_reply) {
        net->echo_reply(net, d->from, get16(p + 4), get16(p + 6));
    }
}

/* --- UDP -------------------------------------------------------------------------------------- */

bool net_udp_send(struct net *net, uint32_t to, uint16_t to_port, uint16_t from_port,
                  const void *data, uint32_t len)
{
    struct net_slot *slot;
    uint16_t sum;
    uint8_t *p;

    if (len > NET_UDP_MAX || !net_reachable(net, to))
        return false;
    slot = slot_take(net);
    if (!slot)
        return false;
    p = slot->bytes + L4_AT;
    put16(p, from_port);
    put16(p + 2, to_port);
    put16(p + 4, UDP_HEADER + len);
    put16(p + 6, 0);
    memcpy(p + UDP_HEADER, data, len);
    sum = ~sum_fold(
        sum_add(sum_pseudo(net->ip, to, PROTO_UDP, UDP_HEADER + len), p, UDP_HEADER + len));
    put16(p + 6, sum ? sum : 0xffff);
    slot->packet.piece[0].len = UDP_AT + len;
    return ip_send(slot, to, PROTO_UDP, UDP_HEADER + len);
}

bool net_udp_listen(struct net *net, uint16_t port, net_udp_fn *receive)
{
    int room = -1;

    for (unsigned i = 0; i < NET_UDP_PORTS; i++) {
        if (net->udp[i].receive && net->udp[i].port == port) {
            net->udp[i].receive = receive;
            return true;
        }
        if (!net->udp[i].receive)
            room = i;
    }
    if (room < 0)
        return false;
    net->udp[room].port = port;
    net->udp[room].receive = receive;
    return true;
}

static bool checksum_good(const struct datagram *d, uint32_t len, uint16_t sum)
{
    struct view v = {d->body.frame, d->body.at, len};

    return d->trusted || sum == 0 ||
           sum_fold(view_sum(v, sum_pseudo(d->from, d->to, PROTO_UDP, len))) == 0xffff;
}

void udp_input(struct net *net, const struct datagram *d)
{
    uint8_t p[UDP_HEADER];
    uint32_t len;

    if (view_copy(d->body, 0, p, sizeof(p)) < sizeof(p) || get16(p + 4) < UDP_HEADER ||
        get16(p + 4) > d->body.len || get16(p + 4) - UDP_HEADER > NET_UDP_MAX) {
        net->count.malformed++;
        return;
    }
    len = get16(p + 4);
    if (!checksum_good(d, len, get16(p + 6))) {
        net->count.bad_checksum++;
        return;
    }
    len = view_copy(d->body, UDP_HEADER, net->udp_data, len - UDP_HEADER);
    for (unsigned i = 0; i < NET_UDP_PORTS; i++)
        if (net->udp[i].receive && net->udp[i].port == get16(p + 2)) {
            net->udp[i].receive(net, d->from, get16(p), net->udp_data, len);
            return;
        }
    net->count.unwanted++;
}
