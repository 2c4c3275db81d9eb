/* SPDX-License-Identifier: MIT */
/*
 * Virtio block devices (virtio 1.1, section 5.2). The pieces of a request go to the device as they
 * are, wherever they lie.
 *
 * A slot per request that the device works at; the rest waits in the lists of those who sent it,
 * who take turns. Of the slots each gets an equal part of what there is for those active at
 * present, so that who sends much does not make others wait for all of it.
 */
#include "hv_disk.h"
#include "virtio_drivers.h"

#define SLOTS      64
#define SEGMENTS   128 /* per request; two more descriptors are ours */
#define PASS       64  /* requests completed in one go */
#define QUEUE      256
#define F_SEG_MAX  (1ull << 2)
#define F_RO       (1ull << 5)
#define F_BLK_SIZE (1ull << 6)
#define F_FLUSH    (1ull << 9)
#define F_TOPOLOGY (1ull << 10)
#define F_DISCARD  (1ull << 13)

enum { T_IN = 0, T_OUT = 1, T_FLUSH = 4, T_DISCARD = 11 };
enum { S_OK = 0, S_IOERR = 1, S_UNSUPP = 2 };

/* 5.2.4 */
enum {
    CFG_CAPACITY = 0,
    CFG_SEG_MAX = 12,
    CFG_BLK_SIZE = 20,
    CFG_PHYSICAL_EXP = 24,
    CFG_MAX_DISCARD = 36,
};

struct slot {
    struct {
        uint32_t type, reserved;
        uint64_t sector;
    } head;
    struct {
        uint64_t sector;
        uint32_t sectors, flags;
    } discard;
    uint8_t status;
    struct slot *next_free;
    struct disk_io *io;
    struct virtq_desc list[SEGMENTS + 2];
};

struct virtio_blk {
    struct disk disk;
    struct virtio_dev dev;
    struct virtq queue;
    struct job job;
    uint32_t max_discard;
    struct slot *slots;
    struct virtio_blk *next_spare;

    spinlock_t lock; /* all below, and the queue */
    bool live;
    struct slot *free;
    uint32_t active; /* users with requests under way or waiting */
    struct list turns;
};

static struct virtio_blk *spare; /* of devices that went: their jobs may be raised yet */

/* ---- to the device; locked */

static uint16_t pieces(struct slot *s, const struct disk_io *io)
{
    uint16_t n = 1;

    s->list[0] = virtq_piece(&s->head, sizeof(s->head), false);
    if (io->op == DISK_DISCARD)
        s->list[n++] = virtq_piece(&s->discard, sizeof(s->discard), false);
    if (io->op <= DISK_WRITE)
        for (uint32_t i = 0; i < io->nr_segs; i++)
            s->list[n++] = virtq_piece(io->seg[i].p, io->seg[i].bytes, io->op == DISK_READ);
    s->list[n++] = virtq_piece(&s->status, sizeof(s->status), true);
    return n;
}

/* io->at says how much of a discard is done. */
static void fill(const struct virtio_blk *b, struct slot *s, struct disk_io *io)
{
    static const uint8_t type[] = {
        [DISK_READ] = T_IN,
        [DISK_WRITE] = T_OUT,
        [DISK_FLUSH] = T_FLUSH,
        [DISK_DISCARD] = T_DISCARD,
    };

    s->io = io;
    s->status = S_IOERR;
    s->head.type = type[io->op];
    s->head.reserved = 0;
    s->head.sector = io->op <= DISK_WRITE ? io->sector : 0;
    if (io->op == DISK_DISCARD) {
        s->discard.sector = io->sector + io->at;
        s->discard.sectors = (uint32_t)MIN(io->sectors - io->at, (uint64_t)b->max_discard);
        s->discard.flags = 0;
        io->at += s->discard.sectors;
    }
}

static void start(struct virtio_blk *b, struct disk_io *io)
{
    struct slot *s = b->free;
    bool indirect = b->dev.features & VIRTIO_F_INDIRECT_DESC;

    b->free = s->next_free;
    io->user->in_flight++;
    fill(b, s, io);
    virtq_add(&b->queue, s->list, pieces(s, io), indirect, s); /* there is room for each slot */
}

static void enqueue(struct virtio_blk *b, struct disk_io *io)
{
    struct disk_user *u = io->user;

    if (!u->in_flight && !u->first)
        b->active++;
    io->next = NULL;
    if (u->first) {
        *u->last = io;
    } else {
        u->first = io;
        list_add_tail(&b->turns, &u->turn);
    }
    u->last = &io->next;
}

static struct disk_io *dequeue(struct virtio_blk *b, struct disk_user *u)
{
    struct disk_io *io = u->first;

    u->first = io->next;
    list_del(&u->turn);
    if (u->first)
        list_add_tail(&b->turns, &u->turn); /* behind the others */
    return io;
}

/* The next who may have one more request with the device. */
static struct disk_user *next_user(const struct virtio_blk *b)
{
    uint32_t share = MAX(SLOTS / b->active, 1u);
    struct list *p;

    list_for_each(p, &b->turns)
    {
        struct disk_user *u = list_entry(p, struct disk_user, turn);

        if (u->in_flight < share)
            return u;
    }
    return NULL;
}

static void pump(struct virtio_blk *b)
{
    struct disk_user *u;

    while (b->free && !list_empty(&b->turns) && (u = next_user(b)))
        start(b, dequeue(b, u));
}

/* The device is told by the job, once for all that comes before it runs. */
static void submit(struct disk *disk, struct disk_io *io)
{
    struct virtio_blk *b = container_of(disk, struct virtio_blk, disk);

    io->at = 0;
    if (io->op == DISK_FLUSH && !disk->volatile_cache) {
        io->done(io, 0);
        return;
    }
    spin_lock(&b->lock);
    enqueue(b, io);
    pump(b);
    spin_unlock(&b->lock);
    job_raise(&b->job);
}

/* ---- from the device */

/* A request that is done with; NULL: there is none. Locked. */
static struct disk_io *completed(struct virtio_blk *b, int *err)
{
    uint32_t bytes;
    struct slot *s;

    while ((s = virtq_take(&b->queue, &bytes))) {
        struct disk_io *io = s->io;
        struct disk_user *u = io->user;

        *err = s->status == S_OK ? 0 : s->status == S_UNSUPP ? -XEN_EOPNOTSUPP : -XEN_EIO;
        s->next_free = b->free;
        b->free = s;
        u->in_flight--;
        if (!*err && io->op == DISK_DISCARD && io->at < io->sectors) {
            start(b, io); /* the rest of it */
            continue;
        }
        if (!u->in_flight && !u->first)
            b->active--;
        return io;
    }
    return NULL;
}

static bool work(struct job *j)
{
    struct virtio_blk *b = j->data;
    struct disk_io *io;
    uint32_t n = 0;
    bool more;
    int err;

    spin_lock(&b->lock);
    if (!b->live) {
        spin_unlock(&b->lock);
        return false;
    }
    virtq_interrupts(&b->queue, false);
    while (n++ < PASS && (io = completed(b, &err))) {
        spin_unlock(&b->lock);
        io->done(io, err);
        spin_lock(&b->lock);
    }
    pump(b);
    virtq_kick(&b->queue);
    more = n > PASS || virtq_interrupts(&b->queue, true);
    spin_unlock(&b->lock);
    return more;
}

/* ---- starting */

static bool make_slots(struct virtio_blk *b)
{
    if (!b->slots)
        b->slots = hv_alloc(SLOTS * sizeof(*b->slots));
    b->free = NULL;
    for (unsigned i = 0; b->slots && i < SLOTS; i++) {
        b->slots[i].next_free = b->free;
        b->free = &b->slots[i];
    }
    return b->slots;
}

static void describe(struct virtio_blk *b)
{
    const struct virtio_dev *v = &b->dev;
    struct disk *d = &b->disk;

    d->sectors = virtio_config64(v, CFG_CAPACITY);
    d->sector_size = v->features & F_BLK_SIZE ? virtio_config32(v, CFG_BLK_SIZE) : DISK_SECTOR;
    d->physical_sector_size = d->sector_size;
    if (v->features & F_TOPOLOGY)
        d->physical_sector_size <<= virtio_config8(v, CFG_PHYSICAL_EXP) & 7;
    d->max_segs = v->features & F_SEG_MAX ? MIN(virtio_config32(v, CFG_SEG_MAX), SEGMENTS) : 1;
    d->readonly = v->features & F_RO;
    d->volatile_cache = v->features & F_FLUSH;
    b->max_discard = v->features & F_DISCARD ? virtio_config32(v, CFG_MAX_DISCARD) : 0;
    d->can_discard = b->max_discard;
    d->submit = submit;
}

static const char *open_device(struct virtio_blk *b, uint32_t function)
{
    const uint64_t wanted =
        F_SEG_MAX | F_RO | F_BLK_SIZE | F_FLUSH | F_TOPOLOGY | F_DISCARD | VIRTIO_F_INDIRECT_DESC;
    struct disk *d = &b->disk;

    if (!virtio_open(&b->dev, function) || !virtio_negotiate(&b->dev, wanted))
        return "not a device of virtio 1.0";
    describe(b);
    if (d->max_segs < 64 || !(b->dev.features & VIRTIO_F_INDIRECT_DESC))
        return "takes too few segments";
    if (d->sector_size < DISK_SECTOR || d->sector_size > PAGE_SIZE ||
        (d->sector_size & (d->sector_size - 1)))
        return "sectors of no usual size";
    if (!virtq_open(&b->dev, &b->queue, 0, QUEUE, &b->job) || b->queue.size < SLOTS)
        return "no queue with an interrupt of its own";
    return make_slots(b) ? NULL : "no memory";
}

static struct virtio_blk *new_device(void)
{
    struct virtio_blk *b = spare;

    if (b) {
        spare = b->next_spare;
        return b;
    }
    b = hv_alloc(sizeof(*b));
    if (b) {
        list_init(&b->turns);
        job_init(&b->job, work, b);
    }
    return b;
}

static void drop(struct virtio_blk *b)
{
    spin_lock(&b->lock);
    b->live = false;
    spin_unlock(&b->lock);
    if (b->dev.common)
        virtio_reset(&b->dev);
    virtq_close(&b->queue);
    b->disk = (struct disk){0};
    b->next_spare = spare;
    spare = b;
}

const char *virtio_blk_start(uint32_t function)
{
    struct virtio_blk *b = new_device();
    const char *wrong;
    int n;

    if (!b)
        return "no memory";
    wrong = open_device(b, function);
    n = wrong ? -1 : disk_register(&b->disk);
    if (n < 0) {
        drop(b);
        return wrong ? wrong : "too many disks";
    }
    hv_snprintf(b->disk.name, sizeof(b->disk.name), "virtio:%u", (unsigned)n);
    b->live = true;
    virtio_ready(&b->dev);
    return NULL;
}

uint32_t virtio_blk_function(const struct disk *disk)
{
    return container_of(disk, struct virtio_blk, disk)->dev.function;
}

bool virtio_blk_stop(struct disk *disk)
{
    if (!disk_unregister(disk))
        return false;
    drop(container_of(disk, struct virtio_blk, disk));
    return true;
}
