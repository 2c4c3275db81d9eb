/* SPDX-License-Identifier: MIT */
/* The block front-end's side of a connection (front.c). */
#include "blk.h"

/* ---- a queue's ring ---- */

static int open_queue(struct ring *ring)
{
    struct blk_queue *q = (struct blk_queue *)ring;
    blkif_sring_t *sring = port_page_address(ring->mem.pages);
    unsigned int depth;

    XEN_FRONT_RING_INIT(&ring->blk, sring, (size_t)PORT_PAGE_SIZE << ring->mem.order);
    depth = RING_SIZE(&ring->blk);
    q->blk->info.depth = depth;
    q->slots = port_alloc(depth * sizeof(q->slots[0]));
    if (!q->slots)
        return -XEN_ENOMEM;
    for (unsigned int i = 0; i < depth; i++)
        q->slots[i].next = (uint16_t)(i + 1 < depth ? i + 1 : BLK_NO_SLOT);
    q->free = 0;
    return 0;
}

/* While the other end still uses pages of requests, the slots have to stay. */
static unsigned int close_queue(struct ring *ring)
{
    struct blk_queue *q = (struct blk_queue *)ring;
    unsigned long state = port_lock(&ring->lock);
    unsigned int held = blk_recall(q);

    port_unlock(&ring->lock, state);
    if (held)
        return held;
    pool_close(ring->front->port, &q->descriptors);
    pool_close(ring->front->port, &q->pages);
    port_free(q->slots);
    q->slots = NULL;
    return 0;
}

/* What waits goes out; or fails, when the device is abandoned. */
static void issue(struct ring *ring)
{
    blk_issue((struct blk_queue *)ring, port_lock(&ring->lock));
}

static const struct ring_kind ring_kind = {
    .ref = "ring-ref", .open = open_queue, .close = close_queue, .start = issue, .fail = issue};

/* ---- XenBus ---- */

/* What both can; the parameters the back-end offers before it has seen ours. */
static int negotiate(struct pv_front *front)
{
    struct pv_blk *blk = (struct pv_blk *)front;
    uint64_t order = store_number(front->port, "max-ring-page-order", 0);
    uint64_t most = LEAST(blk->config.ring_order, RING_MAX_ORDER);

    front->ring_order = (unsigned int)LEAST(order, most);
    blk->info = (struct pv_blk_info){
        .sector_size = PV_BLK_SECTOR, .queues = front->queues, .ring_order = front->ring_order};
    for (unsigned int i = 0; i < front->max_queues; i++) {
        if (i < front->queues)
            blk->queues[i].surplus = false;
        else
            blk_move(&blk->queues[i], &blk->queues[0]);
    }
    return 0;
}

static int publish(struct pv_front *front, uint32_t tx)
{
    const struct store_option options[] = {
        {"ring-page-order", front->ring_order, front->ring_order},
        {"feature-persistent", 1, ((struct pv_blk *)front)->config.persistent},
    };
    int rc = port_store_write(front->port, tx, "protocol", XEN_IO_PROTO_ABI_NATIVE);

    return rc ? rc : store_write_options(front->port, tx, "", options, 2);
}

#define FIELD(field) STORE_FIELD(struct pv_blk, field)

static const struct store_field fields[] = {
    {"sectors", FIELD(info.sectors), 0, ~(uint64_t)0},
    {"sector-size", FIELD(info.sector_size), PV_BLK_SECTOR, ~0u},
    {"physical-sector-size", FIELD(info.physical_size), 0, ~0u},
    {"info", FIELD(flags), 0, ~0u},
    {"feature-flush-cache", FIELD(can_flush_cache), 0, 1},
    {"feature-barrier", FIELD(info.can_flush), 0, 1},
    {"feature-persistent", FIELD(info.persistent), 0, 1},
    {"feature-discard", FIELD(info.can_discard), 0, 1},
    {"discard-granularity", FIELD(info.discard_granularity), 0, ~0u},
    {"discard-alignment", FIELD(info.discard_alignment), 0, ~0u},
    {"feature-max-indirect-segments", FIELD(info.segments), 0, BLK_MAX_SEGMENTS},
};

/* Bytes: a power of two and not less than a sector of the disk; anything else counts as that. */
static uint32_t sane_size(uint32_t size, uint32_t least)
{
    return size < least || (size & (size - 1)) ? least : size;
}

/*
 * Sector numbers on the ring, and `sectors`, count 512 bytes with every back-end that we may meet:
 * Linux's always did, and those that go by "sector-size" do so only for front-ends that announce
 * feature-large-sector-size. So we do not, and take the sector size as an alignment.
 */
static int read_fields(struct pv_blk *blk)
{
    struct pv_blk_info *info = &blk->info;
    char mode[4] = "w";

    store_read_fields(blk->front.port, fields, sizeof(fields) / sizeof(fields[0]), blk);
    if (info->sector_size < PV_BLK_SECTOR || info->sector_size > PORT_PAGE_SIZE ||
        (info->sector_size & (info->sector_size - 1)) ||
        info->sectors > (~(uint64_t)0 >> 1) / PV_BLK_SECTOR) { /* bytes have a sign elsewhere */
        port_log(blk->front.port, "no disk: %lu sectors, aligned to %u bytes",
                 (unsigned long)info->sectors, info->sector_size);
        return -XEN_EINVAL;
    }
    info->physical_size = sane_size(info->physical_size, info->sector_size);
    info->discard_granularity = sane_size(info->discard_granularity, info->sector_size);
    info->discard_alignment %= info->discard_granularity;
    port_store_read(blk->front.port, PORT_THEIRS, "mode", mode, sizeof(mode));
    info->readonly = (blk->flags & VDISK_READONLY) || mode[0] == 'r';
    info->can_flush |= blk->can_flush_cache;
    info->persistent &= blk->config.persistent;
    info->segments = LEAST(info->segments, blk->config.segments);
    if (info->segments <= BLKIF_MAX_SEGMENTS_PER_REQUEST)
        info->segments = 0;
    return 0;
}

/* A request that needs no descriptors can always go out, if only alone. */
static int connect(struct pv_front *front)
{
    struct pv_blk *blk = (struct pv_blk *)front;
    int rc = read_fields(blk);

    for (unsigned int i = 0; i < front->queues && !rc; i++) {
        struct blk_queue *q = &blk->queues[i];
        unsigned int want = BLKIF_MAX_SEGMENTS_PER_REQUEST;

        rc = pool_open(&q->pages, BLK_PAGES, !blk->info.persistent);
        if (!rc)
            rc = pool_open(&q->descriptors, BLK_DESCRIPTORS, false);
        if (!rc && pool_want(front->port, &q->pages, want) < want)
            rc = -XEN_ENOMEM;
    }
    return rc;
}

/* ---- life ---- */

static const struct front_ops front_ops = {negotiate, publish, connect};

struct pv_blk *pv_blk_new(struct port_dev *dev, const struct pv_blk_config *config)
{
    struct pv_blk *blk = port_alloc(sizeof(*blk) + config->queues * sizeof(blk->queues[0]));

    if (!blk)
        return NULL;
    front_init(&blk->front, dev, &front_ops, config->queues, config->data);
    blk->config = *config;
    blk->info.sector_size = PV_BLK_SECTOR;
    for (unsigned int i = 0; i < config->queues; i++) {
        struct blk_queue *q = &blk->queues[i];

        q->blk = blk;
        q->finished_end = &q->finished;
        front_add_ring(&blk->front, &q->ring, i, &ring_kind, config->event);
    }
    return blk;
}

struct pv_front *pv_blk_front(struct pv_blk *blk)
{
    return &blk->front;
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
