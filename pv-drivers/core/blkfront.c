/* SPDX-License-Identifier: MIT */
/* The block front-end's connection: rings are made, offered, used, and let go of. */
#include "blk.h"

/* ---- a queue's ring ---- */

static void close_indirects(struct blk_queue *q)
{
    for (unsigned int i = 0; i < BLK_INDIRECTS; i++) {
        struct blk_indirect *ind = q->indirects[i];

        if (ind)
            port_grant_end_free(q->blk->front.port, ind->grant, ind->page);
        port_free(ind);
        q->indirects[i] = NULL;
    }
    q->indirect_free = NULL;
}

/*
 * Pages of descriptors, as many as there are; requests get by with fewer, or none. Linux's back-end
 * maps them for writing if grants are persistent, though it only reads.
 */
static void open_indirects(struct blk_queue *q, unsigned int segments)
{
    for (unsigned int i = 0; i < BLK_INDIRECTS && i < q->ring.nr_ents; i++) {
        struct blk_indirect *ind = port_alloc(sizeof(*ind) + segments * sizeof(ind->grants[0]));

        if (!ind)
            return;
        ind->page = port_page_alloc();
        if (!ind->page ||
            port_grant(q->blk->front.port, ind->page, !q->blk->info.persistent, &ind->grant)) {
            if (ind->page)
                port_page_free(ind->page);
            port_free(ind);
            return;
        }
        q->indirects[i] = ind;
        ind->next = q->indirect_free;
        q->indirect_free = ind;
    }
}

static bool handle_event(void *data)
{
    struct blk_queue *q = data;

    return q->blk->config.event(q->blk->config.data, q->index);
}

static int open_queue(struct blk_queue *q)
{
    struct pv_blk *blk = q->blk;
    unsigned int order = blk->info.ring_order;
    blkif_sring_t *sring;
    int rc = ring_mem_open(blk->front.port, &q->mem, order);

    if (rc)
        return rc;
    sring = port_page_address(q->mem.pages);
    XEN_FRONT_RING_INIT(&q->ring, sring, (long)PORT_PAGE_SIZE << order);
    q->slots = port_alloc(RING_SIZE(&q->ring) * sizeof(q->slots[0]));
    if (!q->slots)
        return -XEN_ENOMEM;
    for (unsigned int i = 0; i < RING_SIZE(&q->ring); i++)
        q->slots[i].next = (uint16_t)(i + 1 < RING_SIZE(&q->ring) ? i + 1 : BLK_NO_SLOT);
    q->pushed = 0;
    q->free = 0;
    q->in_flight = 0;
    q->event = port_event_open(blk->front.port, q->index, handle_event, q);
    return q->event ? 0 : -XEN_ENOSPC;
}

/* False: the other end still uses pages of requests, so the slots have to stay. */
static bool close_queue(struct blk_queue *q)
{
    unsigned long state = port_lock(&q->lock);
    unsigned int held;

    q->live = false;
    q->ring.sring = NULL;
    port_unlock(&q->lock, state);
    port_event_close(q->event);
    q->event = NULL;

    state = port_lock(&q->lock);
    held = blk_recall(q);
    port_unlock(&q->lock, state);
    ring_mem_close(q->blk->front.port, &q->mem);
    if (held)
        return false;
    close_indirects(q);
    blk_bounces_close(q);
    port_free(q->slots);
    q->slots = NULL;
    return true;
}

/* ---- XenBus ---- */

/* What both can; the parameters the back-end offers before it has seen ours. */
static void negotiate_rings(struct pv_blk *blk)
{
    struct pv_blk_info *info = &blk->info;
    uint32_t order = blk->config.ring_order;

    if (order > RING_MAX_ORDER)
        order = RING_MAX_ORDER;
    *info = (struct pv_blk_info){.sector_size = PV_BLK_SECTOR};
    info->ring_order = store_limit(blk->front.port, "max-ring-page-order", 0, order);
    info->queues = store_limit(blk->front.port, "multi-queue-max-queues", 1, blk->config.queues);
    if (!info->queues)
        info->queues = 1;
}

/* Move requests to the end of another queue. No lock held. */
static void move(struct blk_queue *from, struct blk_queue *to)
{
    unsigned long state = port_lock(&from->lock);
    struct pv_blk_io *io = from->first, *next;

    from->surplus = true;
    from->first = from->last = from->unissued = NULL;
    from->pending = 0;
    port_unlock(&from->lock, state);
    state = port_lock(&to->lock);
    for (; io; io = next) {
        next = io->next;
        blk_append(to, io);
    }
    port_unlock(&to->lock, state);
}

static int open_rings(struct pv_blk *blk)
{
    int rc = 0;

    if (blk->front.state != PV_DOWN)
        return blk->front.state == PV_PUBLISHED ? 0 : -XEN_EIO;
    negotiate_rings(blk);
    for (unsigned int i = 0; i < blk->config.queues; i++) {
        if (i >= blk->info.queues)
            move(&blk->queues[i], &blk->queues[0]);
        else
            blk->queues[i].surplus = false;
    }
    for (unsigned int i = 0; i < blk->info.queues && !rc; i++)
        rc = open_queue(&blk->queues[i]);
    blk->info.depth = blk->queues[0].ring.nr_ents;
    if (!rc && front_become(&blk->front, PV_PUBLISHED))
        return 0;
    for (unsigned int i = 0; i < blk->info.queues; i++)
        close_queue(&blk->queues[i]);
    return rc ? rc : -XEN_EIO;
}

static int publish_queue(struct blk_queue *q, uint32_t tx)
{
    struct pv_blk *blk = q->blk;
    char key[KEY_SIZE];
    int rc;

    key_queue(key, blk->info.queues, q->index, "ring-ref");
    rc = ring_mem_publish(blk->front.port, tx, &q->mem, key);
    key_queue(key, blk->info.queues, q->index, "event-channel");
    return rc ? rc : store_put(blk->front.port, tx, key, port_event_number(q->event));
}

int pv_blk_publish(struct pv_blk *blk, uint32_t tx)
{
    int rc = open_rings(blk);

    if (!rc)
        rc = port_store_write(blk->front.port, tx, "protocol", XEN_IO_PROTO_ABI_NATIVE);
    if (!rc)
        rc = store_option(blk->front.port, tx, "multi-queue-num-queues", blk->info.queues,
                          blk->info.queues > 1);
    if (!rc)
        rc = store_option(blk->front.port, tx, "ring-page-order", blk->info.ring_order,
                          blk->info.ring_order);
    if (!rc)
        rc = store_option(blk->front.port, tx, "feature-persistent", 1, blk->config.persistent);
    for (unsigned int i = 0; !rc && i < blk->info.queues; i++)
        rc = publish_queue(&blk->queues[i], tx);
    return rc;
}

/* Bytes, a power of two and not less than a sector of the disk; anything else counts as that. */
static uint32_t read_size(struct pv_blk *blk, const char *key)
{
    uint32_t least = blk->info.sector_size;
    uint64_t size = store_number(blk->front.port, key, least);

    return size < least || size > ~0u || (size & (size - 1)) ? least : (uint32_t)size;
}

/*
 * Sector numbers on the ring, and `sectors`, count 512 bytes with every back-end that we may meet:
 * Linux's always did, and those that go by "sector-size" do so only for front-ends that announce
 * feature-large-sector-size. So we do not, and take the sector size as an alignment.
 */
static int read_geometry(struct pv_blk *blk)
{
    struct pv_blk_info *info = &blk->info;
    uint64_t size = store_number(blk->front.port, "sector-size", PV_BLK_SECTOR);
    uint64_t flags = store_number(blk->front.port, "info", 0);
    char mode[4] = "w";

    info->sectors = store_number(blk->front.port, "sectors", 0);
    if (size < PV_BLK_SECTOR || size > PORT_PAGE_SIZE || (size & (size - 1)) ||
        info->sectors > (~(uint64_t)0 >> 1) / PV_BLK_SECTOR) { /* bytes have a sign elsewhere */
        port_log(blk->front.port, "no disk: %lu sectors, aligned to %lu bytes",
                 (unsigned long)info->sectors, (unsigned long)size);
        return -XEN_EINVAL;
    }
    info->sector_size = (uint32_t)size;
    info->physical_size = read_size(blk, "physical-sector-size");
    port_store_read(blk->front.port, PORT_THEIRS, "mode", mode, sizeof(mode));
    info->readonly = (flags & VDISK_READONLY) || mode[0] == 'r';
    return 0;
}

static void read_features(struct pv_blk *blk)
{
    struct pv_blk_info *info = &blk->info;
    uint32_t most = blk->config.segments;

    blk->flush_op = store_number(blk->front.port, "feature-flush-cache", 0)
                        ? BLKIF_OP_FLUSH_DISKCACHE
                        : BLKIF_OP_WRITE_BARRIER;
    info->can_flush = blk->flush_op == BLKIF_OP_FLUSH_DISKCACHE ||
                      store_number(blk->front.port, "feature-barrier", 0);
    info->persistent =
        blk->config.persistent && store_number(blk->front.port, "feature-persistent", 0);
    info->can_discard = store_number(blk->front.port, "feature-discard", 0);
    info->discard_granularity = read_size(blk, "discard-granularity");
    info->discard_alignment =
        store_limit(blk->front.port, "discard-alignment", 0, ~0u) % info->discard_granularity;
    info->segments = store_limit(blk->front.port, "feature-max-indirect-segments", 0,
                                 most < BLK_MAX_SEGMENTS ? most : BLK_MAX_SEGMENTS);
    if (info->segments <= BLKIF_MAX_SEGMENTS_PER_REQUEST)
        info->segments = 0;
}

int pv_blk_connect(struct pv_blk *blk)
{
    int rc = read_geometry(blk);

    if (rc)
        return rc;
    read_features(blk);
    for (unsigned int i = 0; i < blk->info.queues && !rc; i++) {
        if (blk->info.segments)
            open_indirects(&blk->queues[i], blk->info.segments);
        if (blk->info.persistent)
            rc = blk_bounces_open(&blk->queues[i]);
    }
    if (rc)
        return rc;
    if (!front_become(&blk->front, PV_UP))
        return -XEN_EIO;
    for (unsigned int i = 0; i < blk->info.queues; i++) {
        struct blk_queue *q = &blk->queues[i];
        unsigned long state = port_lock(&q->lock);

        q->live = q->ring.sring != NULL;
        port_unlock(&q->lock, state);
        pv_blk_kick(blk, i);
    }
    return 0;
}

void pv_blk_stop(struct pv_blk *blk)
{
    for (unsigned int i = 0; i < blk->config.queues; i++) {
        unsigned long state = port_lock(&blk->queues[i].lock);

        blk->queues[i].live = false;
        port_unlock(&blk->queues[i].lock, state);
    }
    front_become(&blk->front, PV_STOPPED);
}

void pv_blk_disconnect(struct pv_blk *blk)
{
    bool closed = true;

    for (unsigned int i = 0; i < blk->config.queues; i++)
        closed &= close_queue(&blk->queues[i]);
    if (closed)
        front_become(&blk->front, PV_DOWN);
    else
        front_break(&blk->front, "the connection ended while pages of requests are still in use");
}

unsigned int pv_blk_abandon(struct pv_blk *blk)
{
    pv_blk_disconnect(blk);
    front_become(&blk->front, PV_GONE);
    for (unsigned int i = 0; i < blk->config.queues; i++) {
        struct blk_queue *q = &blk->queues[i];
        unsigned long state = port_lock(&q->lock);

        blk_fail_all(q, -XEN_EIO);
        port_unlock(&q->lock, state);
        blk_deliver(q);
    }
    return pv_blk_pending(blk);
}

/* ---- life ---- */

struct pv_blk *pv_blk_new(struct port_dev *dev, const struct pv_blk_config *config)
{
    struct pv_blk *blk = port_alloc(sizeof(*blk) + config->queues * sizeof(blk->queues[0]));

    if (!blk)
        return NULL;
    front_init(&blk->front, dev);
    blk->config = *config;
    blk->info.sector_size = PV_BLK_SECTOR;
    for (unsigned int i = 0; i < config->queues; i++) {
        struct blk_queue *q = &blk->queues[i];

        q->blk = blk;
        q->index = i;
        q->finished_end = &q->finished;
        port_lock_init(&q->lock);
    }
    return blk;
}

void pv_blk_free(struct pv_blk *blk)
{
    port_free(blk);
}

enum pv_state pv_blk_state(const struct pv_blk *blk)
{
    return blk->front.state;
}

const struct pv_blk_info *pv_blk_info(const struct pv_blk *blk)
{
    return &blk->info;
}

unsigned int pv_blk_pending(struct pv_blk *blk)
{
    unsigned int n = 0;

    for (unsigned int i = 0; i < blk->config.queues; i++)
        n += __atomic_load_n(&blk->queues[i].pending, __ATOMIC_RELAXED);
    return n;
}
