/* SPDX-License-Identifier: MIT */
#include "world.h"
#include "hv_grant.h"

#include <stdio.h>
#include <stdlib.h>

#define MAX_TIMERS (2 * NET_MAX_PORTS + 8)

uint8_t *fake_ram;
struct fake_cpu fake_cpus[HV_MAX_CPUS];
__thread uint32_t fake_this_cpu;
struct card cards[CARDS], uplink;
uint64_t world_now;
unsigned world_failed, world_notified, world_raised, world_raised_lazily;
bool world_idle;
uint32_t nr_cpus = 1;
const char *world_why;
uint8_t *world_page[PAGES];
bool world_granted[PAGES], world_writable[PAGES];
int world_mapped;
struct netback world_nb;

static struct timer *timers[MAX_TIMERS];
static unsigned nr_timers;
static struct domain front = {.id = 1};

/* ---- what is used of the hypervisor */

void *hv_alloc(size_t bytes)
{
    return calloc(1, bytes);
}

uint64_t hv_now(void)
{
    return world_now;
}

void arch_spin_poll(void)
{
    abort(); /* there is one CPU: a lock was left taken */
}

void timer_init(struct timer *t, uint32_t cpu, void (*fn)(struct timer *), void *data)
{
    *t = (struct timer){.fn = fn, .data = data, .index = -1};
    if (nr_timers == MAX_TIMERS)
        abort();
    timers[nr_timers++] = t;
}

void timer_set(struct timer *t, uint64_t expires)
{
    t->expires = expires;
    t->index = 0;
}

void timer_cancel(struct timer *t)
{
    t->index = -1;
}

void world_timers(void)
{
    for (unsigned i = 0; i < nr_timers; i++)
        if (timers[i]->index == 0 && timers[i]->expires <= world_now) {
            timers[i]->index = -1;
            timers[i]->fn(timers[i]);
        }
}

void evtchn_notify_hv(struct domain *d, evtchn_port_t port)
{
    world_notified++;
}

void job_raise(struct job *j)
{
    world_raised++;
}

void job_raise_lazy(struct job *j)
{
    world_raised_lazily++;
}

void job_init(struct job *j, bool (*fn)(struct job *), void *data)
{
    *j = (struct job){.fn = fn, .data = data};
}

bool sched_idle_elsewhere(void)
{
    return world_idle;
}

void xenbus_fail(struct xenbus_dev *dev, const char *why)
{
    world_failed++;
    world_why = why;
}

/* Uses are short: they begin and end within a packet. */
static bool begun;

bool grant_hv_begin(struct domain *d)
{
    if (begun)
        abort();
    return begun = true;
}

void grant_hv_end(struct domain *d)
{
    begun = false;
}

int grant_hv_pin(struct domain *d, grant_ref_t ref, bool writable, void **page)
{
    if (!begun)
        abort();
    if (ref >= PAGES || !world_granted[ref] || (writable && !world_writable[ref]))
        return GNTST_general_error;
    world_mapped++;
    *page = world_page[ref];
    return 0;
}

void grant_hv_unpin(struct domain *d, grant_ref_t ref, bool writable, void *page)
{
    if (!begun || page != world_page[ref])
        abort();
    world_mapped--;
}

/* ---- cards */

static enum net_result receive(struct net_dev *dev, const struct net_frame *f)
{
    struct card *c = dev->data;
    struct net_cursor at = net_cursor(f);

    if (!c->room)
        return NET_FULL;
    if (c->room != NO_LIMIT)
        c->room--;
    free(c->data);
    c->data = malloc(f->len); /* as long as the frame: the sanitizer sees what is too much */
    net_copy(&at, c->data, f->len);
    if (c->got < KEEP) {
        c->frame[c->got].len = f->len;
        c->frame[c->got].flags = f->flags;
        c->frame[c->got].gso_type = f->gso_type;
        c->frame[c->got].gso_size = f->gso_size;
    }
    c->got++;
    if (c->each)
        c->each(c, f->len);
    return NET_TAKEN;
}

static void resume(struct net_dev *dev)
{
    struct card *c = dev->data;

    c->resumed++;
}

static void make_ports(void)
{
    static const uint8_t mac[6] = {0x52, 0x54, 0, 0, 0, 1};
    static const struct domain_config cfg = {.nr_nics = 1};

    for (unsigned i = 0; i < CARDS; i++) {
        if (nets_open((domid_t)(i + 1), &cfg))
            abort();
        cards[i].port = net_port((domid_t)(i + 1), 0);
    }
    uplink.port = net_uplink(mac, &uplink.dev);
}

static void reset_card(struct card *c)
{
    struct net_port *p = c->port;

    free(c->data);
    *c = (struct card){.port = p, .room = NO_LIMIT};
    c->dev = (struct net_dev){.receive = receive, .resume = resume, .data = c};
    net_unplug(p, NET_PV);
    net_plug(p, NET_HARDWARE, &c->dev);
    memset(&p->stats, 0, sizeof(p->stats));
    p->rate = 0;
    p->credit = 0;
    p->credit_at = world_now;
    p->stall_timer.index = p->credit_timer.index = -1;
}

void world_reset(void)
{
    if (!cards[0].port)
        make_ports();
    world_now = 1000000000;
    for (unsigned i = 0; i < CARDS; i++)
        cards[i].port->waiters = 0;
    for (unsigned i = 0; i < CARDS; i++)
        reset_card(&cards[i]);
    reset_card(&uplink);
    world_failed = world_notified = world_raised = world_raised_lazily = 0;
    world_idle = false;
    nr_cpus = 1;
    world_why = NULL;
}

/* ---- frames */

void world_frame(struct net_frame *f, uint8_t *bytes, uint32_t n, const struct card *from,
                 const struct card *to)
{
    memset(f, 0, sizeof(*f));
    for (uint32_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 256);
    if (n >= 12) {
        if (to)
            memcpy(bytes, to->port->mac, 6);
        else
            memset(bytes, 0xff, 6);
        memcpy(bytes + 6, from->port->mac, 6);
    }
    f->seg[0] = (struct net_seg){bytes, n};
    f->nr_segs = 1;
    f->len = n;
}

void world_cut(struct net_frame *f, const uint32_t *sizes)
{
    uint8_t *p = f->seg[0].p;
    uint32_t left = f->len;

    f->nr_segs = 0;
    while (left) {
        uint32_t n = *sizes ? MIN(*sizes, left) : left;

        sizes += *sizes != 0;
        f->seg[f->nr_segs++] = (struct net_seg){p, n};
        p += n;
        left -= n;
    }
}

/* ---- the front-end */

void world_netback(void)
{
    struct net_queue *q = QUEUE;

    if (!world_page[0])
        for (unsigned i = 0; i < PAGES; i++)
            world_page[i] = malloc(PAGE_SIZE);
    for (unsigned i = 0; i < PAGES; i++) {
        memset(world_page[i], 0, PAGE_SIZE);
        world_granted[i] = world_writable[i] = true;
    }
    if (!q->tx)
        q->tx = malloc(PAGE_SIZE);
    if (!q->rx)
        q->rx = malloc(PAGE_SIZE);
    memset(q->tx, 0, PAGE_SIZE);
    memset(q->rx, 0, PAGE_SIZE);
    *q = (struct net_queue){.nb = &world_nb, .tx = q->tx, .rx = q->rx, .live = true};
    netback_tx_init(q);
    q->tx->req_event = q->tx->rsp_event = q->rx->req_event = q->rx->rsp_event = 1;
    world_nb.bus.d = &front;
    world_nb.port = cards[0].port;
    world_nb.can_sg = true;
    world_nb.nr_queues = 1;
    world_nb.dev = (struct net_dev){
        .receive = netback_receive,
        .resume = resume,
        .offload = NET_CAN_CSUM4 | NET_CAN_CSUM6 | NET_CAN_GSO4 | NET_CAN_GSO6,
        .data = &world_nb,
    };
    world_nb.dev.resume = cards[0].dev.resume;
    world_mapped = 0;
    net_plug(world_nb.port, NET_PV, &world_nb.dev);
}
