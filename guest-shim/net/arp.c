/* SPDX-License-Identifier: MIT */
/* Who has which address (RFC 826). */
#include "stack.h"

#define ARP_LEN     28
#define ARP_REQUEST 1
#define ARP_REPLY   2
#define ASK_AGAIN   (200 * NS_PER_MS)

static const uint8_t everybody[NIC_MAC_LEN] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

static void send(struct net *net, uint16_t op, const uint8_t *to, const uint8_t *target,
                 uint32_t target_ip)
{
    struct net_slot *slot = slot_take(net);
    uint8_t *p;

    if (!slot)
        return;
    p = slot->bytes;
    memcpy(p, to, NIC_MAC_LEN);
    memcpy(p + 6, net->nic->mac, NIC_MAC_LEN);
    put16(p + 12, ETHERTYPE_ARP);
    p += NIC_HEADER;
    put16(p, 1);
    put16(p + 2, ETHERTYPE_IP);
    p[4] = NIC_MAC_LEN;
    p[5] = 4;
    put16(p + 6, op);
    memcpy(p + 8, net->nic->mac, NIC_MAC_LEN);
    put32(p + 14, net->ip);
    memcpy(p + 18, target, NIC_MAC_LEN);
    put32(p + 24, target_ip);
    slot->packet.piece[0].len = NIC_HEADER + ARP_LEN;
    slot_send(slot);
}

static struct net_neighbour *lookup(struct net *net, uint32_t ip)
{
    for (unsigned i = 0; i < NET_NEIGHBOURS; i++)
        if (net->neighbours[i].ip == ip)
            return &net->neighbours[i];
    return NULL;
}

/* An entry for a neighbour that we want to talk to; the oldest makes room. */
static struct net_neighbour *make(struct net *net, uint32_t ip)
{
    struct net_neighbour *n = &net->neighbours[net->next_neighbour++ % NET_NEIGHBOURS];

    *n = (struct net_neighbour){.ip = ip};
    return n;
}

bool arp_find(struct net *net, uint32_t ip, uint8_t *mac)
{
    static const uint8_t nobody[NIC_MAC_LEN];
    struct net_neighbour *n;

    if (ip == IP_BROADCAST || ip == (net->ip | ~net->mask)) {
        memcpy(mac, everybody, NIC_MAC_LEN);
        return true;
    }
    if ((ip ^ net->ip) & net->mask)
        ip = net->gateway;
    if (!ip)
        return false;
    n = lookup(net, ip);
    if (!n)
        n = make(net, ip);
    if (!n->known && (n->asked == 0 || net->now - n->asked > ASK_AGAIN)) {
        n->asked = net->now + 1;
        send(net, ARP_REQUEST, everybody, nobody, ip);
    }
    memcpy(mac, n->mac, NIC_MAC_LEN);
    return n->known;
}

bool net_reachable(struct net *net, uint32_t ip)
{
    uint8_t mac[NIC_MAC_LEN];

    return arp_find(net, ip, mac);
}

/* Whoever asks for us is believed about itself; others only if they are in the table. */
void arp_input(struct net *net, struct view v)
{
    uint8_t p[ARP_LEN];
    struct net_neighbour *n;
    uint32_t from;
    bool for_us;

    if (view_copy(v, 0, p, sizeof(p)) < sizeof(p) || get16(p) != 1 ||
        get16(p + 2) != ETHERTYPE_IP || p[4] != NIC_MAC_LEN || p[5] != 4) {
        net->count.malformed++;
        return;
    }
    from = get32(p + 14);
    for_us = net->ip && get32(p + 24) == net->ip;
    if (from == 0 || from == net->ip || p[8] & 1)
        return;
    n = lookup(net, from);
    if (!n && for_us && get16(p + 6) == ARP_REQUEST)
        n = make(net, from);
    if (n) {
        memcpy(n->mac, p + 8, NIC_MAC_LEN);
        n->known = true;
    }
    if (for_us && get16(p + 6) == ARP_REQUEST)
        send(net, ARP_REPLY, p + 8, p + 8, from);
}
