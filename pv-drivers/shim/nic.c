/* SPDX-License-Identifier: MIT */
/*
 * The shim's network card on a PV network front-end. Words of the command line: netqueues= (1),
 * netevents= channels per queue (2, where the back-end has that).
 */
#include "front.h"
#include "io.h"
#include "kernel.h"
#include "mm.h"
#include "netfront.h"
#include "xen_drivers.h"
#include "xen_platform.h"

#define BUDGET 64 /* frames per queue and poll */

struct xen_nic {
    struct nic nic; /* first */
    struct port_dev dev;
    struct pv_net *net;
    unsigned queues;
    unsigned done; /* packets handed back since the last poll */
    struct pvk_xs_watch watch;
    char carrier[PVK_XENBUS_PATH + 10];
    uint8_t frame[NIC_MAX_FRAME];
};

/* ---- XenBus ---- */

static void read_abilities(struct xen_nic *x)
{
    const struct pv_net_info *info = pv_net_info(x->net);

    x->queues = info->queues;
    x->nic.can_csum = info->can_csum;
    x->nic.can_tso = info->can_gso4;
    x->nic.link = info->carrier && pv_state(x->dev.core) == PV_UP;
}

static void changed(struct port_dev *dev)
{
    read_abilities((struct xen_nic *)((char *)dev - offsetof(struct xen_nic, dev)));
}

static void carrier_changed(struct pvk_xs_watch *watch)
{
    struct xen_nic *x = watch->data;

    pv_net_update(x->net);
    read_abilities(x);
}

/* ---- frames ---- */

/* A flow stays on one queue: by the addresses and ports of an IPv4 packet. */
static unsigned choose_queue(const struct xen_nic *x, const struct nic_piece *headers)
{
    const uint8_t *bytes = headers->data;
    unsigned hash = 0;

    if (x->queues == 1)
        return 0;
    for (unsigned i = 26; i < 38 && i < headers->len; i++)
        hash = hash * 31 + bytes[i];
    return hash % x->queues;
}

static bool xen_send(struct nic *nic, struct nic_packet *packet)
{
    struct xen_nic *x = (struct xen_nic *)nic;
    struct port_buf bufs[NIC_MAX_PIECES];
    struct pv_net_frame frame = {
        .bufs = bufs,
        .nr_bufs = packet->pieces,
        .csum_blank = packet->csum_start,
        .gso = packet->gso_size ? PV_NET_GSO_TCPV4 : PV_NET_GSO_NONE,
        .gso_size = packet->gso_size,
    };

    for (unsigned i = 0; i < packet->pieces; i++) {
        uint64_t data = (uint64_t)packet->piece[i].data;

        bufs[i] = (struct port_buf){(struct port_page *)(data & PAGE_MASK),
                                    (uint32_t)(data & ~PAGE_MASK), packet->piece[i].len};
    }
    return !pv_net_send(x->net, choose_queue(x, &packet->piece[0]), &frame, packet);
}

static void sent(void *data, unsigned queue, void *cookie, bool good)
{
    struct xen_nic *x = data;
    struct nic_packet *packet = cookie;

    x->done++;
    packet->done(packet);
}

/* Taken out of the back-end's reach before anybody looks at it. */
static void receive(void *data, unsigned queue, const struct pv_net_frame *frame)
{
    struct xen_nic *x = data;
    struct nic_piece piece = {x->frame, frame->len};
    struct nic_frame out = {
        .piece = &piece, .pieces = 1, .len = frame->len, .csum_trusted = frame->csum_good};
    uint32_t at = 0;

    if (frame->len > sizeof(x->frame))
        return;
    for (unsigned i = 0; i < frame->nr_bufs; i++) {
        const struct port_buf *b = &frame->bufs[i];

        memcpy(x->frame + at, (char *)port_page_address(b->page) + b->offset, b->len);
        at += b->len;
    }
    if (x->nic.receive)
        x->nic.receive(&x->nic, &out);
}

static bool on_event(void *data, unsigned queue)
{
    io_notify();
    return true;
}

static const struct pv_net_ops net_ops = {receive, sent, on_event, NULL};

static void xen_kick(struct nic *nic)
{
    struct xen_nic *x = (struct xen_nic *)nic;

    for (unsigned q = 0; q < x->queues; q++)
        pv_net_kick(x->net, q);
}

static bool xen_poll(struct nic *nic)
{
    struct xen_nic *x = (struct xen_nic *)nic;
    unsigned received = 0;
    bool more = false;

    x->done = 0;
    for (unsigned q = 0; q < x->queues; q++)
        more |= pv_net_poll(x->net, q, BUDGET, &received);
    xen_kick(nic); /* answers sent from receive() */
    if (!received && !x->done)
        front_serve(&x->dev);
    return more;
}

/* ---- life ---- */

/* What open() has got so far goes. */
static void free_nic(struct xen_nic *x)
{
    if (front_close(&x->dev))
        kfree(x);
}

static void xen_close(struct nic *nic)
{
    struct xen_nic *x = (struct xen_nic *)nic;

    pvk_xs_unwatch(xen_store(), &x->watch);
    free_nic(x);
}

static int open_net(struct xen_nic *x)
{
    struct pv_net_config config = {
        .queues = (unsigned)cmdline_number("netqueues", 1),
        .split_events = cmdline_number("netevents", 2) == 2,
        .receive_offload = true,
        .ops = &net_ops,
        .data = x,
    };

    x->net = pv_net_new(&x->dev, &config);
    if (!x->net)
        return -XEN_EINVAL;
    x->dev.core = pv_net_front(x->net);
    memcpy(x->nic.mac, pv_net_info(x->net)->mac, NIC_MAC_LEN);
    return 0;
}

static void watch_carrier(struct xen_nic *x)
{
    format(x->carrier, sizeof(x->carrier), "%s/carrier", x->dev.bus.other);
    pvk_xs_watch(xen_store(), &x->watch, x->carrier, carrier_changed, x);
}

static void init(struct xen_nic *x)
{
    x->nic = (struct nic){.name = "xen",
                          .mtu = 1500,
                          .send = xen_send,
                          .kick = xen_kick,
                          .poll = xen_poll,
                          .close = xen_close};
    x->queues = 1;
}

struct nic *xen_nic_open(unsigned unit)
{
    struct xen_nic *x = kzalloc(sizeof(*x));
    int rc;

    if (!x)
        return NULL;
    init(x);
    rc = front_begin(&x->dev, "vif", unit, true, changed);
    if (rc) {
        kfree(x);
        return NULL;
    }
    rc = open_net(x);
    if (!rc)
        rc = front_connect(&x->dev);
    if (!rc) {
        watch_carrier(x);
        return &x->nic;
    }
    printk("xen: network card %u does not connect: error %d\n", unit, rc);
    free_nic(x);
    return NULL;
}
