// SPDX-License-Identifier: MIT OR GPL-2.0
/* pv_netfront.ko: a Linux network device on the network front-end of core/. */
#include <linux/delay.h>
#include <linux/etherdevice.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>

#include "net_linux.h"

#define PATIENCE_MS 5000 /* for frames that the back-end does not let go of */

static unsigned int max_queues = 4;
module_param(max_queues, uint, 0444);
MODULE_PARM_DESC(max_queues, "pairs of rings per device at most, one per processor at most");

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
    const struct pv_net_info *info = net_info(netdev_priv(ndev));

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

/* ---- XenBus ---- */

static struct net_dev *net_dev_of(struct port_dev *port)
{
    return container_of(port, struct net_dev, port);
}

static int publish(struct port_dev *port, u32 tx)
{
    return pv_net_publish(net_dev_of(port)->net, tx);
}

static void set_carrier(struct net_dev *d)
{
    if (!d->registered)
        return; /* not any more: nobody may hear of it */
    if (net_info(d)->carrier && pv_net_state(d->net) == PV_UP)
        netif_carrier_on(d->ndev);
    else
        netif_carrier_off(d->ndev);
}

static void look(struct port_dev *port)
{
    struct net_dev *d = net_dev_of(port);

    pv_net_update(d->net);
    set_carrier(d);
}

static int appear(struct net_dev *d)
{
    int rc = register_netdev(d->ndev);

    if (rc)
        return rc;
    d->registered = true;
    front_watch(&d->port, "carrier");
    return 0;
}

static int connect(struct port_dev *port)
{
    struct net_dev *d = net_dev_of(port);
    int rc = pv_net_connect(d->net);

    if (rc)
        return rc;
    d->ndev->max_mtu = net_info(d)->can_sg ? PV_NET_MAX_LEN - ETH_HLEN : ETH_DATA_LEN;
    rtnl_lock();
    netif_set_real_num_tx_queues(d->ndev, net_info(d)->queues);
    netif_set_real_num_rx_queues(d->ndev, net_info(d)->queues);
    if (d->registered)
        netdev_update_features(d->ndev);
    rtnl_unlock();
    if (!d->registered)
        rc = appear(d);
    if (rc)
        return rc;
    set_carrier(d);
    for (unsigned int i = 0; netif_running(d->ndev) && i < net_info(d)->queues; i++) {
        netif_tx_wake_queue(netdev_get_tx_queue(d->ndev, i));
        on_event(d, i);
    }
    return 0;
}

static void stop(struct port_dev *port)
{
    struct net_dev *d = net_dev_of(port);

    pv_net_stop(d->net);
    set_carrier(d);
}

static void disconnect(struct port_dev *port)
{
    pv_net_disconnect(net_dev_of(port)->net);
}

static void abandon(struct port_dev *port)
{
    struct net_dev *d = net_dev_of(port);

    for (unsigned int ms = 0; pv_net_abandon(d->net); ms += 10) {
        if (ms >= PATIENCE_MS) {
            dev_err(port->device, "the back-end keeps pages of frames\n");
            d->held = true;
            __module_get(THIS_MODULE);
            return;
        }
        msleep(10);
    }
    set_carrier(d);
}

static const struct front_ops ops = {
    .publish = publish,
    .connect = connect,
    .stop = stop,
    .disconnect = disconnect,
    .abandon = abandon,
    .look = look,
    .at_once = true,
};

static void set_up(struct net_dev *d, struct net_device *ndev, struct device *parent)
{
    ndev->netdev_ops = &device_ops;
    ndev->ethtool_ops = &net_ethtool_ops;
    ndev->hw_features =
        NETIF_F_SG | NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM | NETIF_F_TSO | NETIF_F_TSO6;
    ndev->features = ndev->hw_features | NETIF_F_RXCSUM | NETIF_F_GSO_ROBUST;
    ndev->min_mtu = ETH_MIN_MTU;
    ndev->max_mtu = ETH_DATA_LEN;
    netif_set_tso_max_size(ndev, PV_NET_MAX_LEN);
    eth_hw_addr_set(ndev, net_info(d)->mac);
    SET_NETDEV_DEV(ndev, parent);
    netif_carrier_off(ndev);
    for (unsigned int i = 0; i < d->queues; i++) {
        d->q[i].d = d;
        d->q[i].index = i;
        __skb_queue_head_init(&d->q[i].received);
        netif_napi_add(ndev, &d->q[i].napi, net_poll);
    }
}

static struct port_dev *probe(struct device *device)
{
    unsigned int queues = clamp(max_queues, 1u, num_online_cpus());
    struct pv_net_config config = {
        .queues = queues, .split_events = true, .receive_offload = true, .ops = &net_ops};
    struct net_device *ndev =
        alloc_etherdev_mqs(struct_size((struct net_dev *)0, q, queues), queues, queues);
    struct net_dev *d;

    if (!ndev)
        return ERR_PTR(-ENOMEM);
    d = config.data = netdev_priv(ndev);
    d->ndev = ndev;
    d->queues = queues;
    front_begin(&d->port, device, &ops);
    ndev->tstats = netdev_alloc_pcpu_stats(struct pcpu_sw_netstats);
    if (!ndev->tstats)
        goto free_device;
    d->net = pv_net_new(&d->port, &config);
    if (!d->net)
        goto free_stats;
    set_up(d, ndev, device);
    return &d->port;
free_stats:
    free_percpu(ndev->tstats);
free_device:
    free_netdev(ndev);
    return ERR_PTR(-ENOMEM);
}

static void remove(struct port_dev *port)
{
    struct net_dev *d = net_dev_of(port);

    front_unwatch(port);
    if (d->registered)
        unregister_netdev(d->ndev);
    d->registered = false;
    front_end(&d->port);
    if (d->held)
        return; /* the frames' memory may be read for ever */
    pv_net_free(d->net);
    free_percpu(d->ndev->tstats);
    free_netdev(d->ndev);
}

static struct front_driver driver = {
    .type = "vif",
    .name = KBUILD_MODNAME,
    .owner = THIS_MODULE,
    .probe = probe,
    .remove = remove,
};

static int __init net_module(void)
{
    return front_register(&driver);
}
module_init(net_module);

static void __exit net_module_end(void)
{
    front_unregister(&driver);
}
module_exit(net_module_end);

MODULE_DESCRIPTION("pvkit: PV network front-end");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_ALIAS("xen:vif");
MODULE_ALIAS("xennet");
