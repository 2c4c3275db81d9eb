// SPDX-License-Identifier: MIT OR GPL-2.0
/* pv_netfront.ko: a Linux network device on the network front-end of core/. */
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/ip.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/rtnetlink.h>

#include "front.h"
#include "netfront.h"

#define ROOM     (PV_NET_MAX_SEND + 1) /* ring slots that a frame takes at most */
#define LINEAR   2048                  /* a frame up to this is one piece of memory */
#define HEADERS  128                   /* what of a longer one is looked at */
#define HEADROOM (NET_SKB_PAD + NET_IP_ALIGN)

static unsigned int max_queues = 4;
module_param(max_queues, uint, 0444);
MODULE_PARM_DESC(max_queues, "pairs of rings per device at most, one per processor at most");

struct net_q {
    struct net_dev *d;
    unsigned int index;
    struct napi_struct napi;
    struct sk_buff_head received; /* within one poll */
};

struct net_dev {
    struct port_dev port; /* first */
    struct pv_net *net;
    struct net_device *ndev;
    unsigned int queues; /* there are; pv_net_info() has those in use */
    struct net_q q[];
};

/* ---- out ---- */

static void describe(struct sk_buff *skb, struct port_buf *bufs, struct pv_net_frame *frame,
                     bool kick)
{
    const struct skb_shared_info *info = skb_shinfo(skb);
    unsigned int n = 0;

    bufs[n++] = (struct port_buf){(struct port_page *)virt_to_page(skb->data),
                                  offset_in_page(skb->data), skb_headlen(skb)};
    for (unsigned int i = 0; i < info->nr_frags; i++) {
        const skb_frag_t *frag = &info->frags[i];

        bufs[n++] = (struct port_buf){(struct port_page *)skb_frag_page(frag), skb_frag_off(frag),
                                      skb_frag_size(frag)};
    }
    *frame = (struct pv_net_frame){.bufs = bufs, .nr_bufs = n, .kick = kick};
    frame->csum_blank = skb->ip_summed == CHECKSUM_PARTIAL;
    if (skb_is_gso(skb)) {
        frame->gso = info->gso_type & SKB_GSO_TCPV6 ? PV_NET_GSO_TCPV6 : PV_NET_GSO_TCPV4;
        frame->gso_size = info->gso_size;
    }
}

static int send(struct net_dev *d, unsigned int queue, struct sk_buff *skb, bool kick)
{
    struct port_buf bufs[MAX_SKB_FRAGS + 1];
    struct pv_net_frame frame;
    int rc;

    describe(skb, bufs, &frame, kick);
    rc = pv_net_send(d->net, queue, &frame, skb);
    if (rc == -E2BIG && skb_is_nonlinear(skb) && !skb_linearize(skb))
        return send(d, queue, skb, kick);
    return rc;
}

/* Stop taking frames if a long one would not fit; but answers may just have come. */
static bool stop_if_full(struct net_dev *d, unsigned int queue, struct netdev_queue *txq)
{
    if (pv_net_room(d->net, queue) >= ROOM)
        return false;
    netif_tx_stop_queue(txq);
    smp_mb__after_atomic();
    if (pv_net_room(d->net, queue) >= ROOM)
        netif_tx_start_queue(txq);
    return true;
}

static netdev_tx_t net_xmit(struct sk_buff *skb, struct net_device *ndev)
{
    struct net_dev *d = netdev_priv(ndev);
    unsigned int queue = skb_get_queue_mapping(skb), len = skb->len;
    struct netdev_queue *txq = netdev_get_tx_queue(ndev, queue);
    bool more = netdev_xmit_more();
    int rc;

    skb_tx_timestamp(skb);
    rc = send(d, queue, skb, !more);
    if (rc == -EBUSY || rc == -ENOSPC) {
        stop_if_full(d, queue, txq);
        pv_net_kick(d->net, queue);
        return NETDEV_TX_BUSY;
    }
    if (rc) {
        ndev->stats.tx_dropped++;
        dev_kfree_skb_any(skb);
    } else {
        dev_sw_netstats_tx_add(ndev, 1, len);
    }
    if (stop_if_full(d, queue, txq) || (rc && !more))
        pv_net_kick(d->net, queue);
    return NETDEV_TX_OK;
}

static void net_sent(void *data, unsigned int queue, void *cookie, bool good)
{
    if (good)
        dev_consume_skb_any(cookie);
    else
        dev_kfree_skb_any(cookie);
}

/* ---- in ---- */

static struct sk_buff *alloc_skb_for(unsigned int len)
{
    unsigned int linear = len <= LINEAR ? len : HEADERS;
    struct sk_buff *skb;
    int error;

    skb = alloc_skb_with_frags(HEADROOM + linear, len - linear, PAGE_ALLOC_COSTLY_ORDER, &error,
                               GFP_ATOMIC | __GFP_NOWARN);
    if (!skb)
        return NULL;
    skb_reserve(skb, HEADROOM);
    skb_put(skb, linear);
    skb->data_len = len - linear;
    skb->len = len;
    return skb;
}

/* Out of the back-end's reach, before anybody looks at it. */
static bool copy(struct sk_buff *skb, const struct pv_net_frame *frame)
{
    unsigned int at = 0;

    for (unsigned int i = 0; i < frame->nr_bufs; at += frame->bufs[i++].len) {
        const struct port_buf *b = &frame->bufs[i];

        if (skb_store_bits(skb, at, port_page_address(b->page) + b->offset, b->len))
            return false;
    }
    return true;
}

/* Under the core's lock, so it goes no further than into a list. */
static void net_receive(void *data, unsigned int queue, const struct pv_net_frame *frame)
{
    struct net_dev *d = data;
    struct sk_buff *skb;

    skb = frame->len < ETH_HLEN ? NULL : alloc_skb_for(frame->len);
    if (!skb || !copy(skb, frame)) {
        d->ndev->stats.rx_dropped++;
        dev_kfree_skb_any(skb);
        return;
    }
    skb->ip_summed = frame->csum_blank  ? CHECKSUM_PARTIAL
                     : frame->csum_good ? CHECKSUM_UNNECESSARY
                                        : CHECKSUM_NONE;
    if (frame->gso != PV_NET_GSO_NONE) {
        skb_shinfo(skb)->gso_size = frame->gso_size;
        skb_shinfo(skb)->gso_type =
            SKB_GSO_DODGY | (frame->gso == PV_NET_GSO_TCPV4 ? SKB_GSO_TCPV4 : SKB_GSO_TCPV6);
    }
    __skb_queue_tail(&d->q[queue].received, skb);
}

/* What the back-end says of checksums and segments has to agree with the headers. */
static bool believable(struct sk_buff *skb)
{
    bool recalculate = skb_is_gso(skb) && skb->ip_summed != CHECKSUM_PARTIAL;

    if (recalculate)
        skb->ip_summed = CHECKSUM_PARTIAL;
    if (skb->ip_summed != CHECKSUM_PARTIAL)
        return true;
    skb_reset_network_header(skb);
    return !skb_checksum_setup(skb, recalculate);
}

static void deliver(struct net_q *q)
{
    struct net_device *ndev = q->d->ndev;
    struct sk_buff *skb;

    while ((skb = __skb_dequeue(&q->received))) {
        unsigned int len = skb->len;

        skb->protocol = eth_type_trans(skb, ndev);
        if (!believable(skb)) {
            ndev->stats.rx_errors++;
            kfree_skb(skb);
            continue;
        }
        skb_record_rx_queue(skb, q->index);
        dev_sw_netstats_rx_add(ndev, len);
        napi_gro_receive(&q->napi, skb);
    }
}

static void net_wake_if_room(struct net_q *q)
{
    struct netdev_queue *txq = netdev_get_tx_queue(q->d->ndev, q->index);

    smp_mb();
    if (netif_tx_queue_stopped(txq) && netif_carrier_ok(q->d->ndev) &&
        pv_net_room(q->d->net, q->index) >= ROOM)
        netif_tx_wake_queue(txq);
}

static int net_poll(struct napi_struct *napi, int budget)
{
    struct net_q *q = container_of(napi, struct net_q, napi);
    unsigned int received = 0;
    bool more = pv_net_poll(q->d->net, q->index, budget, &received);

    deliver(q);
    net_wake_if_room(q);
    if (more || received >= budget)
        return budget;
    napi_complete_done(napi, received);
    return received;
}

/* ---- the device ---- */

static bool on_event(void *data, unsigned int queue)
{
    struct net_dev *d = data;

    napi_schedule(&d->q[queue].napi);
    return true;
}

/* Not by NAPI, whose turn it would be twice for a byte and its echo. */
static bool on_answers(void *data, unsigned int queue)
{
    struct net_dev *d = data;
    bool any = pv_net_reap(d->net, queue);

    net_wake_if_room(&d->q[queue]);
    return any;
}

static const struct pv_net_ops net_ops = {net_receive, net_sent, on_event, on_answers};

static int net_open(struct net_device *ndev)
{
    struct net_dev *d = netdev_priv(ndev);

    for (unsigned int i = 0; i < d->queues; i++) {
        napi_enable(&d->q[i].napi);
        on_event(d, i); /* what came while we were down */
    }
    netif_tx_start_all_queues(ndev);
    return 0;
}

static int net_stop(struct net_device *ndev)
{
    struct net_dev *d = netdev_priv(ndev);

    netif_tx_stop_all_queues(ndev);
    for (unsigned int i = 0; i < d->queues; i++)
        napi_disable(&d->q[i].napi);
    return 0;
}

static netdev_features_t fix_features(struct net_device *ndev, netdev_features_t features)
{
    struct net_dev *d = netdev_priv(ndev);
    const struct pv_net_info *info = pv_net_info(d->net);

    if (!info->can_sg)
        features &= ~NETIF_F_SG;
    if (!info->can_csum)
        features &= ~NETIF_F_IP_CSUM;
    if (!info->can_csum6)
        features &= ~NETIF_F_IPV6_CSUM;
    if (!info->can_gso4)
        features &= ~NETIF_F_TSO;
    if (!info->can_gso6)
        features &= ~NETIF_F_TSO6;
    return features;
}

static const struct net_device_ops device_ops = {
    .ndo_open = net_open,
    .ndo_stop = net_stop,
    .ndo_start_xmit = net_xmit,
    .ndo_fix_features = fix_features,
    .ndo_get_stats64 = dev_get_tstats64,
    .ndo_set_mac_address = eth_mac_addr,
    .ndo_validate_addr = eth_validate_addr,
};

/* ---- statistics ---- */

static const char stat_names[][ETH_GSTRING_LEN] = {
    [PV_NET_SENT] = "core_sent",
    [PV_NET_RECEIVED] = "core_received",
    [PV_NET_SEND_ERRORS] = "core_send_errors",
    [PV_NET_RECEIVE_ERRORS] = "core_receive_errors",
    [PV_NET_STATS] = "queues",
};

static int sset_count(struct net_device *ndev, int set)
{
    return set == ETH_SS_STATS ? ARRAY_SIZE(stat_names) : -EOPNOTSUPP;
}

static void get_strings(struct net_device *ndev, u32 set, u8 *data)
{
    if (set == ETH_SS_STATS)
        memcpy(data, stat_names, sizeof(stat_names));
}

static void get_stats(struct net_device *ndev, struct ethtool_stats *stats, u64 *data)
{
    struct net_dev *d = netdev_priv(ndev);

    pv_net_stats(d->net, data);
    data[PV_NET_STATS] = pv_net_info(d->net)->queues;
}

static const struct ethtool_ops ethtool_ops = {
    .get_link = ethtool_op_get_link,
    .get_sset_count = sset_count,
    .get_strings = get_strings,
    .get_ethtool_stats = get_stats,
    .get_ts_info = ethtool_op_get_ts_info,
};

/* ---- XenBus ---- */

static void changed(struct port_dev *port)
{
    struct net_dev *d = container_of(port, struct net_dev, port);

    pv_net_update(d->net);
    if (pv_net_info(d->net)->carrier && pv_state(port->core) == PV_UP)
        netif_carrier_on(d->ndev);
    else
        netif_carrier_off(d->ndev);
}

static int connected(struct port_dev *port)
{
    struct net_dev *d = container_of(port, struct net_dev, port);
    bool registered = d->ndev->reg_state == NETREG_REGISTERED;
    int rc = 0;

    d->ndev->max_mtu = pv_net_info(d->net)->can_sg ? PV_NET_MAX_LEN - ETH_HLEN : ETH_DATA_LEN;
    rtnl_lock();
    netif_set_real_num_tx_queues(d->ndev, pv_net_info(d->net)->queues);
    netif_set_real_num_rx_queues(d->ndev, pv_net_info(d->net)->queues);
    if (registered)
        netdev_update_features(d->ndev);
    rtnl_unlock();
    if (!registered)
        rc = register_netdev(d->ndev);
    if (rc)
        return rc;
    changed(port);
    for (unsigned int i = 0; netif_running(d->ndev) && i < pv_net_info(d->net)->queues; i++) {
        netif_tx_wake_queue(netdev_get_tx_queue(d->ndev, i));
        on_event(d, i);
    }
    return 0;
}

static void set_up(struct net_dev *d)
{
    struct net_device *ndev = d->ndev;

    ndev->netdev_ops = &device_ops;
    ndev->ethtool_ops = &ethtool_ops;
    ndev->hw_features =
        NETIF_F_SG | NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM | NETIF_F_TSO | NETIF_F_TSO6;
    ndev->features = ndev->hw_features | NETIF_F_RXCSUM | NETIF_F_GSO_ROBUST;
    ndev->min_mtu = ETH_MIN_MTU;
    ndev->max_mtu = ETH_DATA_LEN;
    netif_set_tso_max_size(ndev, PV_NET_MAX_LEN);
    eth_hw_addr_set(ndev, pv_net_info(d->net)->mac);
    SET_NETDEV_DEV(ndev, d->port.device);
    netif_carrier_off(ndev);
    for (unsigned int i = 0; i < d->queues; i++) {
        d->q[i].d = d;
        d->q[i].index = i;
        __skb_queue_head_init(&d->q[i].received);
        netif_napi_add(ndev, &d->q[i].napi, net_poll);
    }
}

static void remove(struct port_dev *port)
{
    struct net_dev *d = container_of(port, struct net_dev, port);

    if (d->ndev->reg_state == NETREG_REGISTERED)
        unregister_netdev(d->ndev);
    pv_free(port->core); /* frames that are held stay allocated, without their owner */
}

static struct port_dev *probe(struct device *device, const struct front_driver *driver)
{
    unsigned int queues = clamp(max_queues, 1u, num_online_cpus());
    struct net_device *ndev = devm_alloc_etherdev_mqs(
        device, struct_size((struct net_dev *)0, q, queues), queues, queues);
    struct net_dev *d = ndev ? netdev_priv(ndev) : NULL;
    struct pv_net_config config = {.queues = queues,
                                   .split_events = true,
                                   .receive_offload = true,
                                   .ops = &net_ops,
                                   .data = d};

    if (!d)
        return NULL;
    d->port = (struct port_dev){.device = device, .driver = driver};
    d->ndev = ndev;
    d->queues = queues;
    ndev->tstats = devm_netdev_alloc_pcpu_stats(device, struct pcpu_sw_netstats);
    d->net = ndev->tstats ? pv_net_new(&d->port, &config) : NULL;
    if (!d->net)
        return NULL;
    set_up(d);
    return front_begin(&d->port, pv_net_front(d->net));
}

static struct front_driver net_driver = {
    .type = "vif",
    .name = KBUILD_MODNAME,
    .owner = THIS_MODULE,
    .at_once = true,
    .watch = "carrier",
    .probe = probe,
    .connected = connected,
    .changed = changed,
    .remove = remove,
};
module_driver(net_driver, front_register, front_unregister);

MODULE_DESCRIPTION("pvkit: PV network front-end");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_ALIAS("xen:vif");
MODULE_ALIAS("xennet");
