/* SPDX-License-Identifier: MIT */
/* Ports of the virtual switch: made at boot, found by address, plugged into. */
#include "net.h"

#define HASH 128 /* twice the ports, so that there is always an empty place */

struct net_port *net_ports[NET_MAX_PORTS];
uint32_t net_nr_ports, net_uplink_index = NET_MAX_PORTS;

static uint8_t by_mac[HASH]; /* index of a port + 1 */

static uint32_t hash(const uint8_t mac[6])
{
    return (mac[5] + 31u * mac[4] + 7u * mac[3]) % HASH;
}

struct net_port *net_lookup(const uint8_t mac[6])
{
    for (uint32_t i = hash(mac); by_mac[i]; i = (i + 1) % HASH) {
        struct net_port *p = net_ports[by_mac[i] - 1];

        if (!memcmp(p->mac, mac, 6))
            return p;
    }
    return NULL;
}

static struct net_port *add_port(const uint8_t mac[6], domid_t domid, uint32_t number)
{
    struct net_port *p;
    uint32_t i = hash(mac);

    if (net_nr_ports == NET_MAX_PORTS || net_lookup(mac))
        return NULL;
    p = hv_alloc(sizeof(*p));
    if (!p)
        return NULL;
    memcpy(p->mac, mac, 6);
    p->domid = domid;
    p->number = number;
    p->index = net_nr_ports;
    timer_init(&p->stall_timer, 0, net_stall_fire, p);
    timer_init(&p->credit_timer, 0, net_credit_fire, p);
    while (by_mac[i])
        i = (i + 1) % HASH;
    net_ports[net_nr_ports++] = p;
    by_mac[i] = (uint8_t)net_nr_ports;
    return p;
}

int nets_open(domid_t id, const struct domain_config *cfg)
{
    for (uint32_t i = 0; i < cfg->nr_nics; i++) {
        const struct net_config *n = &cfg->nic[i];
        uint8_t xen[6] = {0x00, 0x16, 0x3e, 0x00, (uint8_t)id, (uint8_t)i};
        struct net_port *p = add_port(n->has_mac ? n->mac : xen, id, i);

        if (!p)
            return -XEN_ENOSPC;
        p->rate = n->rate_kib * 1024ull;
    }
    return 0;
}

struct net_port *net_port(domid_t id, uint32_t number)
{
    for (uint32_t i = 0; i < net_nr_ports; i++)
        if (net_ports[i]->domid == id && net_ports[i]->number == number)
            return net_ports[i];
    return NULL;
}

struct net_port *net_uplink(const uint8_t mac[6], struct net_dev *dev)
{
    struct net_port *p = net_uplink_index == NET_MAX_PORTS ? add_port(mac, 0, 0) : NULL;

    if (!p)
        return NULL;
    net_uplink_index = p->index;
    net_plug(p, NET_HARDWARE, dev);
    return p;
}

static void plug(struct net_port *p, enum net_plug which, struct net_dev *dev)
{
    spin_lock(&p->lock);
    p->plug[which] = dev;
    p->receiver = p->plug[NET_PV] ? p->plug[NET_PV] : p->plug[NET_HARDWARE];
    p->full_since = 0;
    spin_unlock(&p->lock);
}

void net_plug(struct net_port *p, enum net_plug which, struct net_dev *dev)
{
    plug(p, which, dev);
}

void net_unplug(struct net_port *p, enum net_plug which)
{
    plug(p, which, NULL);
    net_room(p); /* who waits for it need not */
}

void net_resume(struct net_port *p)
{
    spin_lock(&p->lock);
    for (uint32_t i = 0; i < NET_PLUGS; i++)
        if (p->plug[i])
            p->plug[i]->resume(p->plug[i]);
    spin_unlock(&p->lock);
}
