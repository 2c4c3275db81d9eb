// SPDX-License-Identifier: MIT OR GPL-2.0
/* Frames between Linux's socket buffers and the core, and their statistics. */
#include <linux/etherdevice.h>
#include <linux/ip.h>
#include <linux/mm.h>

#include "net_linux.h"

#define ROOM    (PV_NET_MAX_SEND + 1) /* ring slots that a frame takes at most */
#define LINEAR  2048                  /* a frame up to this is one piece of memory */
#define HEADERS 128                   /* what of a longer one is looked at */

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
    if (rc != -E2BIG || skb_linearize(skb))
        return rc;
    describe(skb, bufs, &frame, kick);
    return pv_net_send(d->net, queue, &frame, skb);
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

netdev_tx_t net_xmit(struct sk_buff *skb, struct net_device *ndev)
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

void net_sent(void *data, unsigned int queue, void *cookie, bool good)
{
    if (good)
        dev_consume_skb_any(cookie);
    else
        dev_kfree_skb_any(cookie);
}

/* ---- in ---- */

static struct sk_buff *alloc_skb_for(struct net_dev *d, unsigned int len)
{
    struct sk_buff *skb;
    int error;

    if (len <= LINEAR) {
        skb = netdev_alloc_skb_ip_align(d->ndev, len);
        if (skb)
            skb_put(skb, len);
        return skb;
    }
    skb = alloc_skb_with_frags(NET_IP_ALIGN + HEADERS, len - HEADERS, PAGE_ALLOC_COSTLY_ORDER,
                               &error, GFP_ATOMIC | __GFP_NOWARN);
    if (!skb)
        return NULL;
    skb_reserve(skb, NET_IP_ALIGN);
    skb_put(skb, HEADERS);
    skb->data_len = len - HEADERS;
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
void net_receive(void *data, unsigned int queue, const struct pv_net_frame *frame)
{
    struct net_dev *d = data;
    struct sk_buff *skb;

    skb = frame->len < ETH_HLEN ? NULL : alloc_skb_for(d, frame->len);
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

void net_wake_if_room(struct net_q *q)
{
    struct netdev_queue *txq = netdev_get_tx_queue(q->d->ndev, q->index);

    smp_mb();
    if (netif_tx_queue_stopped(txq) && netif_carrier_ok(q->d->ndev) &&
        pv_net_room(q->d->net, q->index) >= ROOM)
        netif_tx_wake_queue(txq);
}

int net_poll(struct napi_struct *napi, int budget)
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

/* ---- statistics ---- */

static const char stat_names[][ETH_GSTRING_LEN] = {
    "core_sent", "core_received", "core_send_errors", "core_receive_errors", "queues",
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
    struct pv_net_stats s = pv_net_stats(d->net);

    data[0] = s.sent;
    data[1] = s.received;
    data[2] = s.send_errors;
    data[3] = s.receive_errors;
    data[4] = net_info(d)->queues;
}

const struct ethtool_ops net_ethtool_ops = {
    .get_link = ethtool_op_get_link,
    .get_sset_count = sset_count,
    .get_strings = get_strings,
    .get_ethtool_stats = get_stats,
    .get_ts_info = ethtool_op_get_ts_info,
};
