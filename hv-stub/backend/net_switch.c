/* SPDX-License-Identifier: MIT */
/* The virtual switch: from a port to the ports a frame is for. */
#include "net.h"

#define SECOND  1000000000ull
#define LONGEST (NET_MTU_FRAME + 4u) /* with a VLAN tag */

static void count(uint64_t *counter, uint64_t n)
{
    __atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}

/* ---- how much a port may send: a token bucket that one frame may overdraw */

static int64_t burst(const struct net_port *p)
{
    return (int64_t)MAX(p->rate / 20, 2ull * NET_MTU_FRAME); /* 50 ms */
}

/* Is there credit? If not, the sender is called when there is. */
static bool has_credit(struct net_port *p)
{
    uint64_t now;
    bool has;

    if (!p->rate)
        return true;
    spin_lock(&p->credit_lock);
    now = hv_now();
    p->credit += (int64_t)(MIN(now - p->credit_at, SECOND) * p->rate / SECOND);
    p->credit = MIN(p->credit, burst(p));
    p->credit_at = now;
    has = p->credit > 0;
    if (!has)
        timer_set(&p->credit_timer, now + (uint64_t)(1 - p->credit) * SECOND / p->rate + 1);
    spin_unlock(&p->credit_lock);
    return has;
}

static void take_credit(struct net_port *p, uint32_t bytes)
{
    if (!p->rate)
        return;
    spin_lock(&p->credit_lock);
    p->credit -= bytes;
    spin_unlock(&p->credit_lock);
}

void net_credit_fire(struct timer *t)
{
    net_resume(t->data);
}

/* ---- waiting for room */

static void wake(struct net_port *to)
{
    uint64_t who = __atomic_exchange_n(&to->waiters, 0, __ATOMIC_SEQ_CST);

    for (; who; who &= who - 1)
        net_resume(net_ports[__builtin_ctzll(who)]);
}

void net_stall_fire(struct timer *t)
{
    wake(t->data); /* what they find is a stalled receiver */
}

void net_room(struct net_port *p)
{
    spin_lock(&p->lock); /* who has just found it full notes that first */
    spin_unlock(&p->lock);
    wake(p);
}

/* `to` was full, its lock is held. May `from` wait? */
static bool wait_for(struct net_port *to, struct net_port *from, const struct net_frame *f)
{
    uint64_t now = hv_now();

    if (f->flags & NET_NOWAIT)
        return false;
    if (!to->full_since) {
        to->full_since = now | 1;
        timer_set(&to->stall_timer, now + NET_STALL_NS + 1);
    }
    if (now > to->full_since + NET_STALL_NS)
        return false;
    __atomic_fetch_or(&to->waiters, 1ull << from->index, __ATOMIC_SEQ_CST);
    to->stats.waits++;
    return true;
}

/* ---- delivery; the receiver's lock is held */

enum net_result net_put(struct net_port *to, const struct net_frame *f)
{
    enum net_result r = to->receiver->receive(to->receiver, f);

    if (r == NET_TAKEN) {
        to->full_since = 0;
        to->stats.rx_packets++;
        to->stats.rx_bytes += f->len;
    }
    return r;
}

static enum net_result deliver(struct net_port *to, struct net_frame *f,
                               const struct net_headers *h, bool *batch)
{
    uint32_t can;

    if (!to->receiver)
        return NET_DROPPED;
    can = to->receiver->offload;
    if (f->gso_type && !(can & (h->ip6 ? NET_CAN_GSO6 : NET_CAN_GSO4)))
        return net_gso_send(to, f, h, batch);
    if ((f->flags & NET_CSUM_BLANK) && !f->gso_type &&
        !(can & (h->ip6 ? NET_CAN_CSUM6 : NET_CAN_CSUM4)))
        net_csum_fill(f, h);
    return net_put(to, f);
}

/* False: the sender has to wait. */
static bool unicast(struct net_port *from, struct net_port *to, struct net_frame *f,
                    const struct net_headers *h)
{
    bool batch = false, waits;
    enum net_result r;

    spin_lock(&to->lock);
    r = deliver(to, f, h, &batch);
    waits = r == NET_FULL && (batch || wait_for(to, from, f));
    if (r != NET_TAKEN && !waits)
        to->stats.rx_drops++;
    spin_unlock(&to->lock);
    if (batch)
        net_resume(from);
    return !waits;
}

static void flood(struct net_port *from, struct net_frame *f, const struct net_headers *h)
{
    for (uint32_t i = 0; i < net_nr_ports; i++) {
        struct net_port *to = net_ports[i];
        bool batch;

        if (to == from || !READ_ONCE(to->receiver))
            continue;
        spin_lock(&to->lock);
        if (deliver(to, f, h, &batch) != NET_TAKEN)
            to->stats.rx_drops++;
        spin_unlock(&to->lock);
    }
}

/* ---- sending */

/* May it be sent? Fills in h if checksums or segmentation will need it. */
static bool check(const struct net_port *from, struct net_frame *f, struct net_headers *h)
{
    uint8_t *head = f->seg[0].p;

    if (f->len < ETH_HEAD || f->len > (f->gso_type ? NET_MAX_FRAME : LONGEST) || (head[6] & 1) ||
        (from->index != net_uplink_index && memcmp(head + 6, from->mac, 6)))
        return false;
    if (!f->gso_type && !(f->flags & NET_CSUM_BLANK))
        return true;
    if (!net_parse(f, h) || (f->gso_type && (!net_gso_valid(f, h) || (head[0] & 1))))
        return false;
    if (f->gso_type && !(f->flags & NET_CSUM_BLANK)) {
        net_csum_pseudo(head, h, h->end);
        f->flags |= NET_CSUM_BLANK;
    }
    return true;
}

static struct net_port *receiver_of(const struct net_port *from, const uint8_t *head)
{
    struct net_port *to = net_lookup(head);

    if (!to && net_uplink_index < net_nr_ports)
        to = net_ports[net_uplink_index];
    return to == from ? NULL : to;
}

bool net_send(struct net_port *from, struct net_frame *f)
{
    const uint8_t *head = f->seg[0].p;
    struct net_headers h;
    struct net_port *to;

    if (!has_credit(from))
        return f->flags & NET_NOWAIT;
    if (!check(from, f, &h)) {
        count(&from->stats.tx_drops, 1);
        return true;
    }
    if (head[0] & 1)
        flood(from, f, &h);
    else if (!(to = receiver_of(from, head)))
        count(&from->stats.tx_drops, 1);
    else if (!unicast(from, to, f, &h))
        return false;
    count(&from->stats.tx_packets, 1);
    count(&from->stats.tx_bytes, f->len);
    take_credit(from, f->len);
    return true;
}
