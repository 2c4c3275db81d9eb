/* SPDX-License-Identifier: MIT */
/* Ports of the virtual switch: made, found by address, plugged into. */
#include "net.h"

/* Index of a port + 1. Twice as many as ports, so that there is always an empty place. */
#define HASH 128
struct by_mac {
    uint8_t port[HASH];
};

struct net_port *net_ports[NET_MAX_PORTS];
uint32_t net_nr_ports, net_uplink_index = NET_MAX_PORTS;
static spinlock_t change_lock; /* of which ports there are */

static struct by_mac tables[2], *by_mac = &tables[0]; /* the other is for the next change */

static uint32_t hash(const uint8_t mac[6])
{
    return (mac[5] + 31u * mac[4] + 7u * mac[3]) % HASH;
}

struct net_port *net_lookup(const uint8_t mac[6])
{
    const struct by_mac *t = READ_ONCE(by_mac);
    uint32_t i = hash(mac);
    uint8_t n;

    /* Each place is read once: two changes later the table is filled anew. */
    for (; (n = READ_ONCE(t->port[i])); i = (i + 1) % HASH) {
        struct net_port *p = net_ports[n - 1];

        if (!memcmp(p->mac, mac, 6))
            return p;
    }
    return NULL;
}

/* Senders look things up meanwhile. One who still has the older of the two tables may miss a port.
 */
static void fill_table(void)
{
    struct by_mac *t = by_mac == &tables[0] ? &tables[1] : &tables[0];

    memset(t, 0, sizeof(*t));
    for (uint32_t n = 0; n < net_nr_ports; n++) {
        uint32_t i = hash(net_ports[n]->mac);

        if (net_ports[n]->removed)
            continue;
        while (t->port[i])
            i = (i + 1) % HASH;
        t->port[i] = (uint8_t)(n + 1);
    }
    __atomic_store_n(&by_mac, t, __ATOMIC_RELEASE);
}

/* One that was removed keeps its place: others may know it by its index. */
static struct net_port *free_port(void)
{
    struct net_port *p;

    for (uint32_t i = 0; i < net_nr_ports; i++)
        if (READ_ONCE(net_ports[i]->removed))
            return net_ports[i];
    p = net_nr_ports < NET_MAX_PORTS ? hv_alloc(sizeof(*p)) : NULL;
    if (!p)
        return NULL;
    p->index = net_nr_ports;
    p->removed = true;
    timer_init(&p->stall_timer, 0, net_stall_fire, p);
    timer_init(&p->credit_timer, 0, net_credit_fire, p);
    net_ports[net_nr_ports] = p;
    __atomic_store_n(&net_nr_ports, net_nr_ports + 1, __ATOMIC_RELEASE);
    return p;
}

static struct net_port *add_port(const uint8_t mac[6], domid_t domid, uint32_t number)
{
    struct net_port *p = net_lookup(mac) ? NULL : free_port();

    if (!p)
        return NULL;
    memcpy(p->mac, mac, 6);
    p->domid = domid;
    p->number = number;
    p->rate = 0;
    p->credit = 0;
    p->hot = false;
    p->stats = (struct net_stats){0};
    spin_lock(&change_lock);
    WRITE_ONCE(p->removed, false);
    fill_table();
    spin_unlock(&change_lock);
    return p;
}

void net_detach(struct net_port *p)
{
    timer_cancel(&p->credit_timer);
    spin_lock(&change_lock);
    WRITE_ONCE(p->removed, true);
    fill_table();
    spin_unlock(&change_lock);
}

static struct net_port *open_port(domid_t id, uint32_t i, const struct net_config *n)
{
    uint8_t xen[6] = {0x00, 0x16, 0x3e, 0x00, (uint8_t)id, (uint8_t)i};
    struct net_port *p = add_port(n->has_mac ? n->mac : xen, id, i);

    if (p)
        p->rate = n->rate_kib * 1024ull;
    return p;
}

int nets_open(domid_t id, const struct domain_config *cfg)
{
    for (uint32_t i = 0; i < cfg->nr_nics; i++)
        if (!open_port(id, i, &cfg->nic[i]))
            return -XEN_ENOSPC;
    return 0;
}

struct net_port *net_attach(domid_t id, const struct net_config *n, const char **wrong)
{
    struct net_port *p;
    uint32_t i = 0;

    while (i < HV_MAX_NICS && net_port(id, i))
        i++;
    *wrong = "it can have no more";
    if (i == HV_MAX_NICS)
        return NULL;
    *wrong = "its address is taken";
    p = open_port(id, i, n);
    if (p)
        p->hot = true;
    return p;
}

struct net_port *net_port(domid_t id, uint32_t number)
{
    for (uint32_t i = 0; i < net_nr_ports; i++)
        if (net_ports[i]->domid == id && net_ports[i]->number == number &&
            !READ_ONCE(net_ports[i]->removed))
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
