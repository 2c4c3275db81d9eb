/* SPDX-License-Identifier: MIT */
/* The network front-end's connection: rings are made, offered, used, and let go of. */
#include "net.h"

/* ---- a queue's rings ---- */

/* Something was written since we looked: if not, the port may have events come less often. The
 * rings stay as long as their channels. */
static bool news(const struct net_queue *q)
{
    const netif_rx_sring_t *rx = shared_load(&q->rx.ring.sring);
    const netif_tx_sring_t *tx = shared_load(&q->tx.ring.sring);

    if (rx && shared_load(&rx->rsp_prod) != q->rx.seen)
        return true;
    return !net_answers_apart(q->net) && tx && shared_load(&tx->rsp_prod) != q->tx.ring.rsp_cons;
}

static bool handle_event(void *data)
{
    struct net_queue *q = data;
    bool any = news(q);

    return q->net->config.ops->event(q->net->config.data, q->index) && any;
}

static bool handle_answers(void *data)
{
    struct net_queue *q = data;

    return q->net->config.ops->answered(q->net->config.data, q->index);
}

bool net_answers_apart(const struct pv_net *net)
{
    return net->info.split_events && net->config.ops->answered;
}

static int open_queue(struct net_queue *q)
{
    struct port_dev *port = q->net->front.port;
    int rc = ring_mem_open(port, &q->tx.mem, 0);

    if (!rc)
        rc = ring_mem_open(port, &q->rx.mem, 0);
    if (rc)
        return rc;
    XEN_FRONT_RING_INIT(&q->tx.ring, (netif_tx_sring_t *)port_page_address(q->tx.mem.pages),
                        (long)PORT_PAGE_SIZE);
    XEN_FRONT_RING_INIT(&q->rx.ring, (netif_rx_sring_t *)port_page_address(q->rx.mem.pages),
                        (long)PORT_PAGE_SIZE);
    net_tx_init(&q->tx);
    rc = net_rx_fill(q);
    if (rc)
        return rc;
    q->tx.event = port_event_open(port, q->index,
                                  net_answers_apart(q->net) ? handle_answers : handle_event, q);
    if (!q->tx.event)
        return -XEN_ENOSPC;
    if (q->net->info.split_events)
        q->rx.event = port_event_open(port, q->index, handle_event, q);
    return q->net->info.split_events && !q->rx.event ? -XEN_ENOSPC : 0;
}

static void stop_queue(struct net_queue *q)
{
    unsigned long state = port_lock(&q->tx.lock);

    q->tx.live = false;
    port_unlock(&q->tx.lock, state);
}

/* Returns how many pieces of frames the back-end does not let go of. */
static unsigned int close_queue(struct net_queue *q)
{
    struct port_dev *port = q->net->front.port;
    unsigned long state;

    stop_queue(q);
    state = port_lock(&q->tx.lock);
    q->tx.ring.sring = NULL;
    port_unlock(&q->tx.lock, state);
    state = port_lock(&q->rx.lock);
    q->rx.ring.sring = NULL;
    port_unlock(&q->rx.lock, state);
    port_event_close(q->tx.event);
    port_event_close(q->rx.event);
    q->tx.event = q->rx.event = NULL;
    net_rx_drain(q);
    ring_mem_close(port, &q->rx.mem);
    ring_mem_close(port, &q->tx.mem);
    return net_tx_recall(q);
}

/* ---- XenBus ---- */

static int open_rings(struct pv_net *net)
{
    struct port_dev *port = net->front.port;
    unsigned int most;
    int rc = 0;

    if (net->front.state != PV_DOWN)
        return net->front.state == PV_PUBLISHED ? 0 : -XEN_EIO;
    most = store_limit(port, "multi-queue-max-queues", 1, net->config.queues);
    if (!store_number(port, "feature-rx-copy", 0)) {
        port_log(port, "the back-end does not receive by copy");
        return -XEN_EOPNOTSUPP;
    }
    net->info.queues = most ? most : 1;
    net->info.split_events =
        net->config.split_events && store_number(port, "feature-split-event-channels", 0);
    for (unsigned int i = 0; i < net->info.queues && !rc; i++)
        rc = open_queue(&net->queues[i]);
    if (!rc && front_become(&net->front, PV_PUBLISHED))
        return 0;
    for (unsigned int i = 0; i < net->info.queues; i++)
        close_queue(&net->queues[i]);
    return rc ? rc : -XEN_EIO;
}

static int put_channels(struct net_queue *q, uint32_t tx)
{
    struct pv_net *net = q->net;
    struct port_dev *port = net->front.port;
    bool split = net->info.split_events;
    char key[KEY_SIZE];
    uint32_t number = port_event_number(q->tx.event);
    int rc;

    key_queue(key, net->info.queues, q->index, "event-channel");
    rc = store_option(port, tx, key, number, !split);
    key_queue(key, net->info.queues, q->index, "event-channel-tx");
    if (!rc)
        rc = store_option(port, tx, key, number, split);
    key_queue(key, net->info.queues, q->index, "event-channel-rx");
    if (!rc)
        rc = store_option(port, tx, key, split ? port_event_number(q->rx.event) : 0, split);
    return rc;
}

static int publish_queue(struct net_queue *q, uint32_t tx)
{
    struct pv_net *net = q->net;
    char key[KEY_SIZE];
    int rc;

    key_queue(key, net->info.queues, q->index, "tx-ring-ref");
    rc = ring_mem_publish(net->front.port, tx, &q->tx.mem, key);
    key_queue(key, net->info.queues, q->index, "rx-ring-ref");
    if (!rc)
        rc = ring_mem_publish(net->front.port, tx, &q->rx.mem, key);
    return rc ? rc : put_channels(q, tx);
}

static int publish_features(struct pv_net *net, uint32_t tx)
{
    bool offload = net->config.receive_offload;
    const struct {
        const char *key;
        bool on;
    } features[] = {
        {"request-rx-copy", true},
        {"feature-rx-notify", true},
        {"feature-sg", true},
        {"feature-no-csum-offload", !offload},
        {"feature-gso-tcpv4", offload},
        {"feature-gso-tcpv6", offload},
        {"feature-ipv6-csum-offload", offload},
    };
    int rc = 0;

    for (unsigned int i = 0; !rc && i < sizeof(features) / sizeof(features[0]); i++)
        rc = store_put(net->front.port, tx, features[i].key, features[i].on);
    return rc;
}

int pv_net_publish(struct pv_net *net, uint32_t tx)
{
    int rc = open_rings(net);

    if (!rc)
        rc = store_option(net->front.port, tx, "multi-queue-num-queues", net->info.queues,
                          net->info.queues > 1);
    for (unsigned int i = 0; !rc && i < net->info.queues; i++)
        rc = publish_queue(&net->queues[i], tx);
    return rc ? rc : publish_features(net, tx);
}

void pv_net_update(struct pv_net *net)
{
    net->info.carrier = store_number(net->front.port, "carrier", 1) != 0;
}

int pv_net_connect(struct pv_net *net)
{
    struct port_dev *port = net->front.port;
    struct pv_net_info *info = &net->info;

    info->can_sg = store_number(port, "feature-sg", 0);
    info->can_csum = !store_number(port, "feature-no-csum-offload", 0);
    info->can_csum6 = store_number(port, "feature-ipv6-csum-offload", 0);
    info->can_gso4 = info->can_sg && info->can_csum && store_number(port, "feature-gso-tcpv4", 0);
    info->can_gso6 = info->can_sg && info->can_csum6 && store_number(port, "feature-gso-tcpv6", 0);
    pv_net_update(net);
    if (!front_become(&net->front, PV_UP))
        return -XEN_EIO;
    for (unsigned int i = 0; i < info->queues; i++) {
        struct net_queue *q = &net->queues[i];
        unsigned long state = port_lock(&q->tx.lock);

        q->tx.live = q->tx.ring.sring != NULL;
        port_event_notify(q->rx.event ? q->rx.event : q->tx.event); /* there are buffers */
        port_unlock(&q->tx.lock, state);
    }
    return 0;
}

void pv_net_stop(struct pv_net *net)
{
    for (unsigned int i = 0; i < net->config.queues; i++)
        stop_queue(&net->queues[i]);
    front_become(&net->front, PV_STOPPED);
}

static unsigned int close_all(struct pv_net *net)
{
    unsigned int held = 0;

    for (unsigned int i = 0; i < net->config.queues; i++)
        held += close_queue(&net->queues[i]);
    return held;
}

void pv_net_disconnect(struct pv_net *net)
{
    if (close_all(net))
        front_break(&net->front, "the connection ended while pages of frames are still in use");
    else
        front_become(&net->front, PV_DOWN);
}

unsigned int pv_net_abandon(struct pv_net *net)
{
    pv_net_disconnect(net);
    front_become(&net->front, PV_GONE);
    return close_all(net);
}

/* ---- for users ---- */

bool pv_net_poll(struct pv_net *net, unsigned int queue, unsigned int budget,
                 unsigned int *received)
{
    struct net_queue *q = &net->queues[queue % net->config.queues];
    bool more = !net_answers_apart(net) && net_tx_poll(q);

    return net_rx_poll(q, budget, received) || more;
}

/* "aa:bb:cc:dd:ee:ff"; not a group's address. */
static bool parse_mac(const char *s, uint8_t mac[PV_NET_MAC])
{
    for (unsigned int i = 0; i < PV_NET_MAC * 3; i++, s++) {
        unsigned int digit;

        if (i % 3 == 2) {
            if (*s != (i == PV_NET_MAC * 3 - 1 ? 0 : ':'))
                return false;
            continue;
        }
        if (*s >= '0' && *s <= '9')
            digit = (unsigned int)(*s - '0');
        else if ((*s | 32) >= 'a' && (*s | 32) <= 'f')
            digit = (unsigned int)((*s | 32) - 'a' + 10);
        else
            return false;
        mac[i / 3] = (uint8_t)(mac[i / 3] << 4 | digit);
    }
    return !(mac[0] & 1);
}

static bool read_identity(struct pv_net *net)
{
    char text[24];

    if (port_store_read(net->front.port, PORT_OURS, "mac", text, sizeof(text)))
        return false;
    if (parse_mac(text, net->info.mac))
        return true;
    port_log(net->front.port, "no MAC address: %s", text);
    return false;
}

struct pv_net *pv_net_new(struct port_dev *dev, const struct pv_net_config *config)
{
    struct pv_net *net = port_alloc(sizeof(*net) + config->queues * sizeof(net->queues[0]));

    if (!net)
        return NULL;
    net->config = *config;
    net->info.queues = 1;
    front_init(&net->front, dev);
    for (unsigned int i = 0; i < config->queues; i++) {
        struct net_queue *q = &net->queues[i];

        q->net = net;
        q->index = i;
        port_lock_init(&q->tx.lock);
        port_lock_init(&q->rx.lock);
    }
    if (read_identity(net))
        return net;
    port_free(net);
    return NULL;
}

void pv_net_free(struct pv_net *net)
{
    port_free(net);
}

enum pv_state pv_net_state(const struct pv_net *net)
{
    return net->front.state;
}

const struct pv_net_info *pv_net_info(const struct pv_net *net)
{
    return &net->info;
}

struct pv_net_stats pv_net_stats(struct pv_net *net)
{
    struct pv_net_stats sum = {0};

    for (unsigned int i = 0; i < net->config.queues; i++) {
        const struct pv_net_stats *s = &net->queues[i].stats;

        sum.sent += s->sent;
        sum.received += s->received;
        sum.send_errors += s->send_errors;
        sum.receive_errors += s->receive_errors;
    }
    return sum;
}
