/* SPDX-License-Identifier: MIT */
/*
 * A virtio network device (virtio 1.1, section 5.1) as the uplink of the virtual switch. No
 * offloads: packets reach it cut up and with their checksums.
 *
 * What comes in for a port that is full stays in its buffer and waits on a list; ports whose
 * addresses have the same hash share one. No list gets more than a few of the buffers, and all
 * together half: so nobody who does not fetch his packets keeps others from theirs.
 */
#include "hv_net.h"
#include "virtio_drivers.h"

#define QUEUE     256
#define RX_BATCH  64 /* frames passed on in one go */
#define BUFFER    2048u
#define HEAD      12u /* struct virtio_net_hdr with num_buffers */
#define LISTS     32
#define LIST_MAX  16
#define TOTAL_MAX (QUEUE / 2)
#define F_MAC     (1ull << 5)

enum { RX, TX };

struct buffer {
    struct buffer *next;
    uint32_t bytes;
    uint8_t *data; /* BUFFER of them, HEAD first */
};

struct waiting {
    struct buffer *first, **last;
    uint32_t n;
};

struct uplink {
    struct virtio_dev dev;
    struct net_dev port_dev;
    struct net_port *port;

    /* the receiving job's */
    struct virtq rx;
    struct job rx_job;
    struct waiting list[LISTS];
    uint32_t nr_waiting;

    spinlock_t lock; /* the rest; inside the port's */
    struct virtq tx;
    struct job tx_job;
    struct buffer *free;
    bool full; /* somebody waits for buffers */
};

/* ---- in: from the device to the switch */

static void give_back(struct uplink *u, struct buffer *b)
{
    struct virtq_desc d = virtq_piece(b->data, BUFFER, true);

    virtq_add(&u->rx, &d, 1, false, b);
}

/* False: its port is full. */
static bool pass_on(struct uplink *u, const struct buffer *b)
{
    struct net_frame f = {.nr_segs = 1, .len = b->bytes};

    f.seg[0] = (struct net_seg){b->data + HEAD, b->bytes};
    return net_send(u->port, &f);
}

static struct waiting *list_of(struct uplink *u, const struct buffer *b)
{
    const uint8_t *mac = b->data + HEAD;

    return &u->list[(mac[5] + 5u * mac[4]) % LISTS];
}

static void wait(struct uplink *u, struct waiting *w, struct buffer *b)
{
    b->next = NULL;
    if (w->first)
        *w->last = b;
    else
        w->first = b;
    w->last = &b->next;
    w->n++;
    u->nr_waiting++;
}

static void take_frame(struct uplink *u, struct buffer *b)
{
    struct waiting *w = list_of(u, b);

    if (!w->first && pass_on(u, b))
        give_back(u, b);
    else if (w->n < LIST_MAX && u->nr_waiting < TOTAL_MAX)
        wait(u, w, b);
    else
        give_back(u, b); /* dropped */
}

/* Those who waited go first. */
static void retry(struct uplink *u)
{
    for (unsigned i = 0; i < LISTS && u->nr_waiting; i++) {
        struct waiting *w = &u->list[i];

        while (w->first && pass_on(u, w->first)) {
            struct buffer *b = w->first;

            w->first = b->next;
            w->n--;
            u->nr_waiting--;
            give_back(u, b);
        }
    }
}

static bool receive_job(struct job *j)
{
    struct uplink *u = j->data;
    uint32_t n = 0, bytes;
    struct buffer *b;
    bool more;

    virtq_interrupts(&u->rx, false);
    retry(u);
    while (n++ < RX_BATCH && (b = virtq_take(&u->rx, &bytes))) {
        b->bytes = bytes > HEAD ? MIN(bytes, BUFFER) - HEAD : 0;
        take_frame(u, b);
    }
    more = n > RX_BATCH || virtq_interrupts(&u->rx, true);
    virtq_kick(&u->rx);
    return more;
}

static void resume(struct net_dev *dev)
{
    struct uplink *u = dev->data;

    job_raise(&u->rx_job);
}

/* ---- out: from the switch to the device */

static enum net_result send_frame(struct net_dev *dev, const struct net_frame *f)
{
    struct uplink *u = dev->data;
    struct net_cursor c = net_cursor(f);
    struct virtq_desc d;
    struct buffer *b;

    if (f->len > NET_MTU_FRAME)
        return NET_DROPPED;
    spin_lock(&u->lock);
    b = u->free;
    if (b) {
        u->free = b->next;
        net_copy(&c, b->data + HEAD, f->len);
        d = virtq_piece(b->data, HEAD + f->len, false);
        virtq_add(&u->tx, &d, 1, false, b);
    } else {
        u->full = true;
    }
    spin_unlock(&u->lock);
    job_raise(&u->tx_job); /* tells the device, once for all that comes before it runs */
    return b ? NET_TAKEN : NET_FULL;
}

/* Buffers that were sent are free again. True: somebody waited for some. */
static bool reclaim(struct uplink *u)
{
    bool waited = u->full;
    uint32_t bytes;
    struct buffer *b;

    while ((b = virtq_take(&u->tx, &bytes))) {
        b->next = u->free;
        u->free = b;
    }
    if (!u->free)
        return false;
    u->full = false;
    return waited;
}

static bool send_job(struct job *j)
{
    struct uplink *u = j->data;
    bool room, more;

    spin_lock(&u->lock);
    virtq_kick(&u->tx);
    room = reclaim(u);
    more = virtq_interrupts(&u->tx, u->full); /* who sends next reclaims the rest */
    spin_unlock(&u->lock);
    if (room)
        net_room(u->port);
    return more;
}

/* ---- starting */

static struct buffer *make_buffers(uint32_t n)
{
    struct buffer *b = hv_alloc(n * sizeof(*b));
    uint8_t *data = hv_alloc(n * BUFFER);

    if (!b || !data)
        return NULL;
    for (uint32_t i = 0; i < n; i++) {
        b[i].next = i + 1 < n ? &b[i + 1] : NULL;
        b[i].data = data + i * BUFFER;
    }
    return b;
}

static const char *open_device(struct uplink *u, uint32_t function)
{
    struct buffer *in;

    if (!virtio_open(&u->dev, function) || !virtio_negotiate(&u->dev, F_MAC))
        return "not a device of virtio 1.0";
    job_init(&u->rx_job, receive_job, u);
    job_init(&u->tx_job, send_job, u);
    if (!virtq_open(&u->dev, &u->rx, RX, QUEUE, &u->rx_job) ||
        !virtq_open(&u->dev, &u->tx, TX, QUEUE, &u->tx_job))
        return "no queue with an interrupt of its own";
    in = make_buffers(u->rx.size);
    u->free = make_buffers(u->tx.size);
    if (!in || !u->free)
        return "no memory";
    for (struct buffer *next; in; in = next) {
        next = in->next;
        give_back(u, in);
    }
    return NULL;
}

static bool plug_in(struct uplink *u)
{
    uint8_t mac[6] = {0x02}; /* locally administered, if it has none */

    if (u->dev.features & F_MAC)
        for (unsigned i = 0; i < sizeof(mac); i++)
            mac[i] = virtio_config8(&u->dev, i);
    u->port_dev = (struct net_dev){.receive = send_frame, .resume = resume, .data = u};
    u->port = net_uplink(mac, &u->port_dev);
    return u->port;
}

void virtio_net_start(uint32_t function)
{
    struct uplink *u = hv_alloc(sizeof(*u));
    const char *wrong = u ? open_device(u, function) : "no memory";

    if (!wrong && !plug_in(u)) {
        virtio_reset(&u->dev);
        wrong = "there is an uplink already";
    }
    if (wrong) {
        hv_log("virtio network device at %02x.%x: %s", function >> 3, function & 7, wrong);
        return;
    }
    virtio_ready(&u->dev);
    virtq_kick(&u->rx);
    virtq_interrupts(&u->rx, true);
    virtq_interrupts(&u->tx, false);
}
