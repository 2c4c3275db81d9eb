/* SPDX-License-Identifier: MIT */
/* A network interface as a PV device: what is in the store about it, and its connection. */
#include "netback.h"
#include "hv_backend.h"
#include "hv_grant.h"

#define NO_GRANT (~0u)

static struct netback *devices[HV_MAX_DOMAINS][HV_MAX_NICS];

/* ---- events and jobs */

static void queue_event(struct net_queue *q, evtchn_port_t port)
{
    if (port == q->rx_port)
        netback_rx_event(q);
    if (port == q->tx_port)
        netback_tx_event(q);
}

static void event(struct domain *d, evtchn_port_t port)
{
    for (unsigned i = 0; i < HV_MAX_NICS && devices[d->id][i]; i++)
        for (uint32_t k = 0; k < devices[d->id][i]->nr_queues; k++)
            queue_event(&devices[d->id][i]->queue[k], port);
}

static void resume(struct net_dev *dev)
{
    struct netback *nb = dev->data;

    for (uint32_t i = 0; i < nb->nr_queues; i++)
        job_raise(&nb->queue[i].job);
}

/* ---- nodes */

static int publish(struct xenbus_dev *bus)
{
    static const char *const yes[] = {
        "feature-sg",        "feature-gso-tcpv4",
        "feature-gso-tcpv6", "feature-ipv6-csum-offload",
        "feature-rx-copy",   "feature-split-event-channels",
    };
    int rc = 0;

    for (unsigned i = 0; i < ARRAY_SIZE(yes); i++)
        rc |= xenbus_write(bus, yes[i], "1");
    rc |= xenbus_write(bus, "feature-rx-flip", "0");
    rc |= xenbus_write(bus, "feature-no-csum-offload", "0");
    rc |= xenbus_printf(bus, "multi-queue-max-queues", "%u", NETBACK_QUEUES);
    rc |= xenbus_write(bus, "hotplug-status", "connected");
    return rc;
}

static int refuse(struct xenbus_dev *bus, const char *why)
{
    xenbus_complain(bus, XEN_EINVAL, why);
    return -XEN_EINVAL;
}

/* A number of the front-end's; one that is not there is 0. */
static uint32_t number(struct xenbus_dev *bus, const char *name)
{
    uint32_t v;

    return xenbus_read_u32(bus, name, &v) ? 0 : v;
}

static void read_features(struct netback *nb)
{
    struct xenbus_dev *bus = &nb->bus;

    nb->can_sg = number(bus, "feature-sg");
    nb->dev.offload = number(bus, "feature-no-csum-offload") ? 0 : NET_CAN_CSUM4;
    if (number(bus, "feature-ipv6-csum-offload"))
        nb->dev.offload |= NET_CAN_CSUM6;
    /* a long packet cannot be received without a checksum to be filled in */
    if (nb->can_sg && (nb->dev.offload & NET_CAN_CSUM4) && number(bus, "feature-gso-tcpv4"))
        nb->dev.offload |= NET_CAN_GSO4;
    if (nb->can_sg && (nb->dev.offload & NET_CAN_CSUM6) && number(bus, "feature-gso-tcpv6"))
        nb->dev.offload |= NET_CAN_GSO6;
}

/* ---- connecting */

static bool map_ring(struct xenbus_dev *bus, const char *dir, const char *name, grant_ref_t *ref,
                     void *page)
{
    char node[32];
    uint32_t v;

    hv_snprintf(node, sizeof(node), "%s%s", dir, name);
    if (xenbus_read_u32(bus, node, &v) || grant_hv_map(bus->d, v, true, page))
        return false;
    *ref = v;
    return true;
}

static bool bind(struct xenbus_dev *bus, const char *dir, const char *name, evtchn_port_t *port)
{
    char node[32];
    uint32_t v;

    hv_snprintf(node, sizeof(node), "%s%s", dir, name);
    if (xenbus_read_u32(bus, node, &v) || evtchn_bind_hv(bus->d, v, event))
        return false;
    *port = v;
    return true;
}

static bool bind_ports(struct net_queue *q, const char *dir)
{
    struct xenbus_dev *bus = &q->nb->bus;

    if (bind(bus, dir, "event-channel-tx", &q->tx_port))
        return bind(bus, dir, "event-channel-rx", &q->rx_port);
    if (!bind(bus, dir, "event-channel", &q->tx_port))
        return false;
    q->rx_port = q->tx_port;
    return true;
}

/* dir is "" or "queue-N/". What was done of it is undone by close_queue(). */
static int open_queue(struct net_queue *q, const char *dir)
{
    struct xenbus_dev *bus = &q->nb->bus;

    q->tx_ref = q->rx_ref = NO_GRANT;
    q->tx_port = q->rx_port = 0;
    if (!map_ring(bus, dir, "tx-ring-ref", &q->tx_ref, &q->tx) ||
        !map_ring(bus, dir, "rx-ring-ref", &q->rx_ref, &q->rx))
        return refuse(bus, "a ring is not granted");
    if (!bind_ports(q, dir))
        return refuse(bus, "event-channel is not a port that waits for the back-end");
    q->tx_cons = q->tx_rsp = READ_ONCE(q->tx->rsp_prod);
    q->rx_cons = READ_ONCE(q->rx->rsp_prod);
    q->progress = 0;
    q->broken = q->rx_full = false;
    q->why = NULL;
    netback_tx_init(q);
    q->job.owner = q->gather_job.owner = bus->d;
    return 0;
}

static int connect(struct xenbus_dev *bus)
{
    struct netback *nb = container_of(bus, struct netback, bus);
    uint32_t queues = 1;
    char dir[12] = "";
    int rc;

    if (!number(bus, "request-rx-copy"))
        return refuse(bus, "request-rx-copy must be 1");
    if (!number(bus, "feature-rx-notify"))
        return refuse(bus, "feature-rx-notify must be 1");
    if (xenbus_read_u32(bus, "multi-queue-num-queues", &queues) == -XEN_EINVAL || !queues ||
        queues > NETBACK_QUEUES)
        return refuse(bus, "multi-queue-num-queues is more than offered");
    read_features(nb);
    for (uint32_t i = 0; i < queues; i++) {
        if (queues > 1)
            hv_snprintf(dir, sizeof(dir), "queue-%u/", i);
        nb->nr_queues = i + 1;
        rc = open_queue(&nb->queue[i], dir);
        if (rc)
            return rc;
    }
    for (uint32_t i = 0; i < queues; i++)
        nb->queue[i].live = true;
    net_plug(nb->port, NET_PV, &nb->dev);
    resume(&nb->dev); /* requests may wait already */
    return 0;
}

static void close_queue(struct net_queue *q)
{
    struct domain *d = q->nb->bus.d;

    spin_lock(&q->tx_lock); /* who was serving it has left */
    q->live = false;
    spin_unlock(&q->tx_lock);
    if (q->tx_port)
        evtchn_unbind_hv(d, q->tx_port, event);
    if (q->rx_port && q->rx_port != q->tx_port)
        evtchn_unbind_hv(d, q->rx_port, event);
    if (q->tx_ref != NO_GRANT)
        grant_hv_unmap(d, q->tx_ref, true, q->tx);
    if (q->rx_ref != NO_GRANT)
        grant_hv_unmap(d, q->rx_ref, true, q->rx);
}

static bool release(struct xenbus_dev *bus)
{
    struct netback *nb = container_of(bus, struct netback, bus);

    net_unplug(nb->port, NET_PV);
    for (uint32_t i = 0; i < nb->nr_queues; i++)
        close_queue(&nb->queue[i]);
    nb->nr_queues = 0;
    return true;
}

/* ---- the device */

static void removed(struct xenbus_dev *bus)
{
    net_detach(container_of(bus, struct netback, bus)->port);
}

static const struct xenbus_ops ops = {publish, connect, release, removed};

/* What a toolstack writes beside what every device has. */
static int describe(struct netback *nb)
{
    const struct net_port *p = nb->port;
    struct xenbus_dev *bus = &nb->bus;
    char mac[18], handle[4];
    int rc = 0;

    hv_snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", p->mac[0], p->mac[1], p->mac[2],
                p->mac[3], p->mac[4], p->mac[5]);
    hv_snprintf(handle, sizeof(handle), "%u", p->number);
    rc |= xenbus_write(bus, "handle", handle);
    rc |= xenbus_write(bus, "mac", mac);
    rc |= xenbus_write(bus, "type", "vif");
    rc |= xenbus_write(bus, "bridge", "switch");
    if (p->rate) /* bytes in microseconds, as xl writes it */
        rc |= xenbus_printf(bus, "rate", "%lu,50000", (unsigned long)(p->rate / 20));
    rc |= xenbus_write_front(bus, "handle", handle);
    rc |= xenbus_write_front(bus, "mac", mac);
    rc |= xenbus_write_front(bus, "mtu", "1500");
    return rc;
}

int net_backend_attach(struct domain *d, struct net_port *port)
{
    struct netback *nb = devices[d->id][port->number]; /* of an earlier life */
    int rc;

    if (!nb)
        nb = hv_alloc(sizeof(*nb));
    if (!nb)
        return -XEN_ENOMEM;
    nb->port = port;
    nb->bus.fixed = xenbus_emulated(d) && !port->hot;
    nb->dev = (struct net_dev){.receive = netback_receive, .resume = resume, .data = nb};
    for (uint32_t i = 0; i < NETBACK_QUEUES; i++)
        nb->queue[i].nb = nb;
    devices[d->id][port->number] = nb;
    rc = xenbus_create(&nb->bus, d, &ops, "vif", port->number);
    if (!rc)
        rc = describe(nb);
    if (!rc)
        rc = xenbus_start(&nb->bus);
    if (rc)
        xenbus_abandon(&nb->bus);
    return rc;
}

/* For tests of front-ends. */
static void restart_all(struct timer *t)
{
    xenbus_restart_all(&ops);
    timer_set(t, hv_now() + hv_opt.net_restart_ms * 1000000ull);
}

int net_backend_start(struct domain *d)
{
    static struct timer restarts;
    struct net_port *p;
    int rc = 0;

    if (hv_opt.net_restart_ms && !restarts.fn) {
        timer_init(&restarts, 0, restart_all, NULL);
        timer_set(&restarts, hv_now() + hv_opt.net_restart_ms * 1000000ull);
    }

    for (uint32_t i = 0; !rc && i < HV_MAX_NICS; i++)
        if ((p = net_port(d->id, i)))
            rc = net_backend_attach(d, p);
    return rc;
}
