/* SPDX-License-Identifier: MIT */
/* The network front-end's side of a connection (front.c). */
#include "net.h"

/* ---- XenBus ---- */

#define FIELD(field) STORE_FIELD(struct pv_net, field)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct store_field offers[] = {
    {"feature-rx-copy", FIELD(rx_copy), 0, 1},
    {"feature-split-event-channels", FIELD(info.split_events), 0, 1},
};

static int negotiate(struct pv_front *front)
{
    struct pv_net *net = (struct pv_net *)front;

    store_read_fields(front->port, offers, COUNT(offers), net);
    if (!net->rx_copy) {
        port_log(front->port, "the back-end does not receive by copy");
        return -XEN_EOPNOTSUPP;
    }
    net->info.queues = front->queues;
    net->info.split_events &= net->config.split_events;
    front->split = net->info.split_events;
    return 0;
}

static int publish(struct pv_front *front, uint32_t tx)
{
    bool offload = ((struct pv_net *)front)->config.receive_offload;
    const struct store_option options[] = {
        {"request-rx-copy", 1, true},
        {"feature-rx-notify", 1, true},
        {"feature-sg", 1, true},
        {"feature-no-csum-offload", !offload, true},
        {"feature-gso-tcpv4", offload, true},
        {"feature-gso-tcpv6", offload, true},
        {"feature-ipv6-csum-offload", offload, true},
    };

    return store_write_options(front->port, tx, "", options, COUNT(options));
}

static const struct store_field features[] = {
    {"feature-sg", FIELD(info.can_sg), 0, 1},
    {"feature-no-csum-offload", FIELD(no_csum), 0, 1},
    {"feature-ipv6-csum-offload", FIELD(info.can_csum6), 0, 1},
    {"feature-gso-tcpv4", FIELD(info.can_gso4), 0, 1},
    {"feature-gso-tcpv6", FIELD(info.can_gso6), 0, 1},
};

static int connect(struct pv_front *front)
{
    struct pv_net *net = (struct pv_net *)front;
    struct pv_net_info *info = &net->info;

    store_read_fields(front->port, features, COUNT(features), net);
    info->can_csum = !net->no_csum;
    info->can_gso4 &= info->can_sg && info->can_csum;
    info->can_gso6 &= info->can_sg && info->can_csum6;
    pv_net_update(net);
    return 0;
}

void pv_net_update(struct pv_net *net)
{
    net->info.carrier = store_number(net->front.port, "carrier", 1) != 0;
}

/* ---- for users ---- */

bool pv_net_poll(struct pv_net *net, unsigned int queue, unsigned int budget,
                 unsigned int *received)
{
    struct net_queue *q = &net->queues[queue % net->config.queues];
    bool more = !net_answers_apart(net) && net_tx_poll(q);

    return net_rx_poll(q, budget, received) || more;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "aa:bb:cc:dd:ee:ff"; not a group's address. */
static bool parse_mac(const char *s, uint8_t mac[PV_NET_MAC])
{
    for (unsigned int i = 0; i < PV_NET_MAC; i++, s += 3) {
        int high = hex(s[0]), low = high < 0 ? -1 : hex(s[1]);

        if (low < 0 || s[2] != (i < PV_NET_MAC - 1 ? ':' : 0))
            return false;
        mac[i] = (uint8_t)(high << 4 | low);
    }
    return !(mac[0] & 1);
}

/* ---- life ---- */

static const struct front_ops front_ops = {negotiate, publish, connect};

struct pv_net *pv_net_new(struct port_dev *dev, const struct pv_net_config *config)
{
    struct pv_net *net = port_alloc(sizeof(*net) + config->queues * sizeof(net->queues[0]));
    char mac[24];

    if (!net)
        return NULL;
    front_init(&net->front, dev, &front_ops, config->queues, config->data);
    net->config = *config;
    net->info.queues = 1;
    for (unsigned int i = 0; i < config->queues; i++) {
        struct net_queue *q = &net->queues[i];

        q->net = net;
        front_add_ring(&net->front, &q->tx, i, &net_tx_kind, config->ops->event);
        front_add_ring(&net->front, &q->rx, i, &net_rx_kind, config->ops->event);
    }
    if (!port_store_read(dev, PORT_OURS, "mac", mac, sizeof(mac)) && parse_mac(mac, net->info.mac))
        return net;
    port_log(dev, "no valid MAC address");
    port_free(net);
    return NULL;
}

struct pv_front *pv_net_front(struct pv_net *net)
{
    return &net->front;
}

const struct pv_net_info *pv_net_info(const struct pv_net *net)
{
    return &net->info;
}

void pv_net_stats(const struct pv_net *net, uint64_t sums[PV_NET_STATS])
{
    for (unsigned int n = 0; n < PV_NET_STATS; n++) {
        sums[n] = 0;
        for (unsigned int i = 0; i < net->config.queues; i++)
            sums[n] += net->queues[i].stats[n];
    }
}
