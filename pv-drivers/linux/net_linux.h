/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* Between the files of pv_netfront.ko: net.c is the device, net_frames.c what goes in and out. */
#ifndef PVKIT_LINUX_NET_H
#define PVKIT_LINUX_NET_H

#include <linux/ethtool.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>

#include "front.h"
#include "netfront.h"

struct net_q {
    struct net_dev *d;
    unsigned int index;
    struct napi_struct napi;
    struct sk_buff_head received; /* within one net_poll() */
};

struct net_dev {
    struct port_dev port; /* first */
    struct pv_net *net;
    struct net_device *ndev;
    bool registered;
    bool held;           /* the back-end does not let go */
    unsigned int queues; /* there are; pv_net_info() has those in use */
    struct net_q q[];
};

static inline const struct pv_net_info *net_info(const struct net_dev *d)
{
    return pv_net_info(d->net);
}

/* Of struct pv_net_ops. */
void net_receive(void *data, unsigned int queue, const struct pv_net_frame *frame);
void net_sent(void *data, unsigned int queue, void *cookie, bool good);

/* Take frames to send again, if any fits. */
void net_wake_if_room(struct net_q *q);
int net_poll(struct napi_struct *napi, int budget);
netdev_tx_t net_xmit(struct sk_buff *skb, struct net_device *ndev);

extern const struct ethtool_ops net_ethtool_ops;

#endif
