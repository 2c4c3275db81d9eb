/* SPDX-License-Identifier: MIT */
/* Ethernet and IPv4 (RFC 791): slots for sending, taking received frames apart. */
#include "stack.h"

#define IP_HEADER     20
#define TTL           64
#define DONT_FRAGMENT 0x4000
#define FRAGMENT      0x3fff /* more fragments, or an offset */

/* --- sending ---------------------------------------------------------------------------------- */

static void packet_done(struct nic_packet *packet)
{
    slot_give((struct net_slot *)packet);
}

struct net_slot *slot_take(struct net *net)
{
    struct net_slot *slot = net->free;

    if (!slot) {
        net->count.no_room++;
        return NULL;
    }
    net->free = (struct net_slot *)slot->packet.next;
    slot->packet = (struct nic_packet){.pieces = 1, .done = packet_done};
    slot->packet.piece[0].data = slot->bytes;
    slot->tcp = NULL;
    return slot;
}

void slot_give(struct net_slot *slot)
{
    struct net *net = slot->net;

    if (slot->tcp)
        slot->tcp->in_flight--;
    slot->packet.next = (struct nic_packet *)net->free;
    net->free = slot;
}

bool slot_send(struct net_slot *slot)
{
    struct net *net = slot->net;

    if (!net->nic->send(net->nic, &slot->packet)) {
        net->count.no_room++;
        slot_give(slot);
        return false;
    }
    net->kick = true;
    net->count.sent++;
    return true;
}

bool ip_send(struct net_slot *slot, uint32_t to, uint8_t proto, uint32_t len)
{
    struct net *net = slot->net;
    uint8_t *p = slot->bytes;

    if (!arp_find(net, to, p)) {
        slot_give(slot);
        return false;
    }
    memcpy(p + 6, net->nic->mac, NIC_MAC_LEN);
    put16(p + 12, ETHERTYPE_IP);
    p += IP_AT;
    put16(p, 0x4500);
    put16(p + 2, IP_HEADER + len);
    put16(p + 4, net->packet_id++);
    put16(p + 6, DONT_FRAGMENT);
    put16(p + 8, TTL << 8 | proto);
    put16(p + 10, 0);
    put32(p + 12, net->ip);
    put32(p + 16, to);
    put16(p + 10, ~sum_fold(sum_add(0, p, IP_HEADER)));
    return slot_send(slot);
}

/* --- receiving -------------------------------------------------------------------------------- */

static bool parse(struct net *net, struct view v, struct datagram *d, uint8_t *proto)
{
    uint8_t p[60];
    uint32_t have = view_copy(v, 0, p, sizeof(p)), header, total;

    if (have < IP_HEADER || p[0] >> 4 != 4)
        return false;
    header = (p[0] & 15) * 4;
    total = get16(p + 2);
    if (header < IP_HEADER || header > have || total < header || total > v.len)
        return false;
    if (sum_fold(sum_add(0, p, header)) != 0xffff) {
        net->count.bad_checksum++;
        return false;
    }
    if (get16(p + 6) & FRAGMENT)
        return false;
    d->from = get32(p + 12);
    d->to = get32(p + 16);
    d->body = (struct view){v.frame, v.at + header, total - header};
    *proto = p[9];
    return true;
}

static bool is_ours(const struct net *net, uint32_t to)
{
    return net->ip == 0 || to == net->ip || to == IP_BROADCAST || to == (net->ip | ~net->mask);
}

static void ip_input(struct net *net, struct view v)
{
    struct datagram d = {.trusted = v.frame->csum_trusted};
    uint8_t proto = 0;

    if (!parse(net, v, &d, &proto)) {
        net->count.malformed++;
        return;
    }
    if (!is_ours(net, d.to)) {
        net->count.unwanted++;
        return;
    }
    if (proto == PROTO_ICMP)
        icmp_input(net, &d);
    else if (proto == PROTO_UDP)
        udp_input(net, &d);
    else if (proto == PROTO_TCP && d.to == net->ip)
        tcp_input(net, &d);
    else
        net->count.unwanted++;
}

static void receive(struct nic *nic, const struct nic_frame *frame)
{
    struct net *net = nic->context;
    struct view v = {frame, NIC_HEADER, 0};
    uint8_t header[NIC_HEADER];

    net->count.received++;
    if (frame->len < NIC_HEADER || frame->len > NIC_MAX_FRAME) {
        net->count.malformed++;
        return;
    }
    view_copy((struct view){frame, 0, NIC_HEADER}, 0, header, sizeof(header));
    v.len = frame->len - NIC_HEADER;
    if (get16(header + 12) == ETHERTYPE_ARP)
        arp_input(net, v);
    else if (get16(header + 12) == ETHERTYPE_IP)
        ip_input(net, v);
    else
        net->count.unwanted++;
}

/* --- the user's side -------------------------------------------------------------------------- */

void net_init(struct net *net, struct nic *nic, uint32_t ip, uint32_t mask, uint32_t gateway,
              uint64_t random)
{
    net->nic = nic;
    net->ip = ip;
    net->mask = mask;
    net->gateway = gateway;
    net->random = random;
    for (unsigned i = 0; i < NET_SLOTS; i++) {
        net->slots[i].net = net;
        slot_give(&net->slots[i]);
    }
    nic->receive = receive;
    nic->context = net;
}

bool net_poll(struct net *net, uint64_t now)
{
    bool more;

    net->now = now;
    more = net->nic->poll(net->nic);
    tcp_timers(net);
    return more;
}

void net_flush(struct net *net)
{
    for (unsigned i = 0; i < NET_TCP_MAX; i++)
        if (net->tcp[i])
            tcp_output(net->tcp[i]);
    if (net->kick)
        net->nic->kick(net->nic);
    net->kick = false;
}
