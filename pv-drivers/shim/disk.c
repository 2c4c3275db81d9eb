/* SPDX-License-Identifier: MIT */
/*
 * The shim's disk on a PV block front-end. Words of the command line: blkqueues= (1), blkring=
 * pages of a ring as power of two (0), blkseg= pages per request by indirect descriptors (256; 0:
 * none).
 */
#include "xen_drivers.h"
#include "blkfront.h"
#include "front.h"
#include "io.h"
#include "kernel.h"
#include "mm.h"

#define IOS       256
#define MAX_BYTES (1u << 20)

/* A request on its way through the core. */
struct xen_io {
    struct pv_blk_io io; /* first */
    struct port_buf buf;
    struct disk_request *request;
    struct xen_disk *disk;
    struct xen_io *next;
};

struct xen_disk {
    struct disk disk; /* first */
    struct port_dev dev;
    struct pv_blk *blk;
    unsigned queues, next_queue;
    unsigned connections;
    unsigned completed; /* since the last poll; a kick completes what the core refuses */
    struct xen_io *free;
    struct disk_request *waiting, **waiting_end;
    struct xen_io ios[IOS];
};

/* ---- XenBus ---- */

static void changed(struct port_dev *dev)
{
    struct xen_disk *x = (struct xen_disk *)((char *)dev - offsetof(struct xen_disk, dev));
    const struct pv_blk_info *info = pv_blk_info(x->blk);

    if (pv_state(dev->core) != PV_UP)
        return;
    x->disk.sector_size = info->sector_size;
    x->disk.sectors = info->sectors / (info->sector_size / PV_BLK_SECTOR);
    x->disk.depth = info->depth * info->queues;
    x->disk.readonly = info->readonly;
    x->disk.can_flush = info->can_flush;
    x->disk.can_discard = info->can_discard;
    if (x->connections++)
        printk("xen: %s: connected again, %u requests kept\n", dev->bus.node,
               pv_blk_pending(x->blk));
}

/* ---- requests ---- */

static enum disk_error outcome(int error)
{
    switch (error) {
    case 0:
        return DISK_OK;
    case -XEN_EINVAL:
        return DISK_ERANGE;
    case -XEN_EROFS:
        return DISK_EROFS;
    case -XEN_EOPNOTSUPP:
        return DISK_ENOTSUPP;
    default:
        return DISK_EIO;
    }
}

static void done(struct pv_blk_io *io, int error)
{
    struct xen_io *xio = (struct xen_io *)io;
    struct disk_request *request = xio->request;
    struct xen_disk *x = xio->disk;

    xio->next = x->free;
    x->free = xio;
    x->completed++;
    request->done(request, outcome(error));
}

/* `enum disk_op` and the core's mean the same in the same order. */
_Static_assert((int)DISK_READ == PV_BLK_READ && (int)DISK_WRITE == PV_BLK_WRITE &&
                   (int)DISK_FLUSH == PV_BLK_FLUSH && (int)DISK_DISCARD == PV_BLK_DISCARD,
               "operations have the same numbers");

static void start(struct xen_disk *x, struct disk_request *request)
{
    struct xen_io *xio = x->free;
    unsigned unit = x->disk.sector_size / PV_BLK_SECTOR;
    uint64_t data = (uint64_t)request->data;

    x->free = xio->next;
    xio->request = request;
    xio->buf = (struct port_buf){(struct port_page *)(data & PAGE_MASK),
                                 (uint32_t)(data & ~PAGE_MASK), request->bytes};
    xio->io.op = (enum pv_blk_op)request->op;
    xio->io.sector = request->sector * unit;
    xio->io.nr_sectors = request->bytes / PV_BLK_SECTOR;
    pv_blk_submit(x->blk, x->next_queue, &xio->io);
    if (++x->next_queue == x->queues)
        x->next_queue = 0;
}

static void xen_submit(struct disk *disk, struct disk_request *request)
{
    struct xen_disk *x = (struct xen_disk *)disk;

    if (x->free && !x->waiting) {
        start(x, request);
        return;
    }
    request->next = NULL;
    *x->waiting_end = request;
    x->waiting_end = &request->next;
}

static void xen_kick(struct disk *disk)
{
    struct xen_disk *x = (struct xen_disk *)disk;

    for (unsigned q = 0; q < x->queues; q++)
        pv_blk_kick(x->blk, q);
}

static void start_waiting(struct xen_disk *x)
{
    while (x->waiting && x->free) {
        struct disk_request *request = x->waiting;

        x->waiting = request->next;
        if (!x->waiting)
            x->waiting_end = &x->waiting;
        start(x, request);
    }
    xen_kick(&x->disk);
}

static unsigned xen_poll(struct disk *disk)
{
    struct xen_disk *x = (struct xen_disk *)disk;
    unsigned ignored = 0, n;

    for (unsigned q = 0; q < x->queues; q++)
        if (pv_blk_poll(x->blk, q, &ignored))
            io_notify();
    if (x->waiting)
        start_waiting(x);
    if (!x->completed)
        front_serve(&x->dev);
    n = x->completed;
    x->completed = 0;
    return n;
}

/* ---- life ---- */

static bool on_event(void *data, unsigned queue)
{
    io_notify();
    return true;
}

/* What open() has got so far goes. */
static void free_disk(struct xen_disk *x)
{
    if (front_close(&x->dev))
        kfree(x);
}

static void xen_close(struct disk *disk)
{
    free_disk((struct xen_disk *)disk);
}

static void init(struct xen_disk *x)
{
    x->disk = (struct disk){.name = "xen",
                            .max_bytes = MAX_BYTES,
                            .submit = xen_submit,
                            .kick = xen_kick,
                            .poll = xen_poll,
                            .close = xen_close};
    x->waiting_end = &x->waiting;
    for (unsigned i = 0; i < IOS; i++) {
        struct xen_io *xio = &x->ios[i];

        xio->disk = x;
        xio->io.bufs = &xio->buf;
        xio->io.nr_bufs = 1;
        xio->io.done = done;
        xio->next = x->free;
        x->free = xio;
    }
}

struct disk *xen_disk_open(unsigned unit)
{
    struct pv_blk_config config = {
        .queues = (unsigned)cmdline_number("blkqueues", 1),
        .ring_order = (unsigned)cmdline_number("blkring", 0),
        .segments = (unsigned)cmdline_number("blkseg", 256),
        .event = on_event,
    };
    struct xen_disk *x = kzalloc(sizeof(*x));
    int rc;

    if (!x)
        return NULL;
    init(x);
    x->queues = config.queues;
    rc = front_begin(&x->dev, "vbd", unit, false, changed);
    if (rc) {
        kfree(x);
        return NULL;
    }
    x->blk = pv_blk_new(&x->dev, &config);
    rc = -XEN_ENOMEM;
    if (x->blk) {
        x->dev.core = pv_blk_front(x->blk);
        rc = front_connect(&x->dev);
    }
    if (!rc)
        return &x->disk;
    printk("xen: disk %u does not connect: error %d\n", unit, rc);
    free_disk(x);
    return NULL;
}
