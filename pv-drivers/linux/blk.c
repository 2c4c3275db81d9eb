// SPDX-License-Identifier: MIT OR GPL-2.0
/* pv_blkfront.ko: Linux's block layer on the block front-end of core/. */
#include <linux/blk-mq.h>
#include <linux/module.h>
#include <linux/scatterlist.h>

#include "blkfront.h"
#include "compat.h"
#include "front.h"

#define DEPTH       256  /* requests per queue; the core keeps what the ring has no room for */
#define SEGMENTS    128  /* of a request; each may be larger than a page */
#define MAX_SECTORS 2048 /* of a request: 1 MiB */
#define VDEV_EXT    28   /* numbers of virtual devices: <xen/io/blkif.h> does not say, xl does */

static unsigned int max_queues = 4;
module_param(max_queues, uint, 0444);
MODULE_PARM_DESC(max_queues, "hardware queues per disk at most, one per processor at most");
static unsigned int ring_order = 2;
module_param(ring_order, uint, 0444);
MODULE_PARM_DESC(ring_order, "pages of a ring, as power of two");
static unsigned int segments = 256;
module_param(segments, uint, 0444);
MODULE_PARM_DESC(segments, "pages per request by indirect descriptors; 0: none");

static bool persistent = true;
module_param(persistent, bool, 0444);
MODULE_PARM_DESC(persistent, "let the back-end keep pages, and copy, if it wants that");

struct blk_dev {
    struct port_dev port; /* first */
    struct pv_blk *blk;
    struct blk_mq_tag_set set;
    struct gendisk *disk; /* NULL before the first connection */
    struct work_struct add;
    bool added;        /* the disk is Linux's */
    unsigned int vdev; /* its number */
};

/* A request's part that the block layer keeps room for. */
struct blk_io {
    struct pv_blk_io io; /* first */
    int error;
    struct port_buf bufs[SEGMENTS];
    struct scatterlist sg[SEGMENTS];
};

/* ---- requests ---- */

static void io_complete(struct request *rq)
{
    struct blk_io *bio = blk_mq_rq_to_pdu(rq);

    blk_mq_end_request(rq, errno_to_blk_status(bio->error));
}

static void io_done(struct pv_blk_io *io, int error)
{
    struct blk_io *bio = container_of(io, struct blk_io, io);
    struct request *rq = blk_mq_rq_from_pdu(bio);

    bio->error = error;
    if (!blk_mq_complete_request_remote(rq))
        io_complete(rq);
}

/* The disk's limits have it fit. */
static void describe(struct blk_io *bio, struct request *rq)
{
    struct scatterlist *sg;
    int i, n;

    sg_init_table(bio->sg, blk_rq_nr_phys_segments(rq));
    n = blk_rq_map_sg(rq->q, rq, bio->sg);
    for_each_sg(bio->sg, sg, n, i) bio->bufs[i] =
        (struct port_buf){(struct port_page *)sg_page(sg), sg->offset, sg->length};
    bio->io.bufs = bio->bufs;
    bio->io.nr_bufs = n;
}

/* The block layer's operations and the core's have the same numbers. */
static_assert((__force u32)REQ_OP_READ == PV_BLK_READ &&
              (__force u32)REQ_OP_WRITE == PV_BLK_WRITE &&
              (__force u32)REQ_OP_FLUSH == PV_BLK_FLUSH &&
              (__force u32)REQ_OP_DISCARD == PV_BLK_DISCARD);

static blk_status_t queue_rq(struct blk_mq_hw_ctx *hctx, const struct blk_mq_queue_data *bd)
{
    struct blk_dev *d = hctx->queue->queuedata;
    struct request *rq = bd->rq;
    struct blk_io *bio = blk_mq_rq_to_pdu(rq);

    bio->io.done = io_done;
    bio->io.kick = bd->last;
    bio->io.op = (__force enum pv_blk_op)req_op(rq);
    bio->io.sector = blk_rq_pos(rq);
    bio->io.nr_sectors = blk_rq_sectors(rq);
    if (bio->io.op > PV_BLK_DISCARD)
        return BLK_STS_NOTSUPP;
    blk_mq_start_request(rq);
    if (bio->io.op <= PV_BLK_WRITE)
        describe(bio, rq);
    pv_blk_submit(d->blk, hctx->queue_num, &bio->io);
    return BLK_STS_OK;
}

static void commit_rqs(struct blk_mq_hw_ctx *hctx)
{
    struct blk_dev *d = hctx->queue->queuedata;

    pv_blk_kick(d->blk, hctx->queue_num);
}

/* A back-end that is away, or slow, is no error: requests wait for it. */
static enum blk_eh_timer_return timed_out(struct request *rq)
{
    return BLK_EH_RESET_TIMER;
}

static const struct blk_mq_ops mq_ops = {
    .queue_rq = queue_rq,
    .commit_rqs = commit_rqs,
    .complete = io_complete,
    .timeout = timed_out,
};

static bool on_event(void *data, unsigned int queue)
{
    struct blk_dev *d = data;
    unsigned int done = 0;

    while (pv_blk_poll(d->blk, queue, &done))
        ;
    return done;
}

/* ---- the disk ---- */

static void disk_release(COMPAT_RELEASE_ARGS)
{
    struct blk_dev *d = disk->private_data;

    if (!disk_openers(disk) && !READ_ONCE(d->port.gone))
        front_step_later(&d->port);
}

static void disk_free(struct gendisk *disk)
{
    struct blk_dev *d = disk->private_data;

    front_step_wait(&d->port); /* of the last user that closed it */
    kfree(d);
}

static const struct block_device_operations disk_ops = {
    .owner = THIS_MODULE,
    .release = disk_release,
    .free_disk = disk_free,
};

/* xvda for device 51712, and, as Linux has always called them, for the first IDE and SCSI disks. */
static void name_disk(struct gendisk *disk, unsigned int vdev)
{
    unsigned int major = vdev >> 8, minor = vdev & 0xff, index;
    char letters[4] = "", *end = letters;

    if (vdev >> VDEV_EXT)
        index = (vdev & ((1u << VDEV_EXT) - 1)) >> 8;
    else if (major == 3 || major == 22) /* hda, hdb; hdc, hdd */
        index = minor / 64 + (major == 22) * 2;
    else
        index = minor / 16;
    if (index >= 26)
        *end++ = 'a' + min(index / 26 - 1, 25u);
    *end = 'a' + index % 26;
    snprintf(disk->disk_name, sizeof(disk->disk_name), "xvd%s", letters);
}

/*
 * Linux reads the partition table here. The back-end may go away meanwhile and come back, for which
 * the device's lock is needed; so this runs without it.
 */
static void add_disk_work(struct work_struct *work)
{
    struct blk_dev *d = container_of(work, struct blk_dev, add);

    if (device_add_disk(d->port.device, d->disk, NULL))
        port_broken(&d->port, "Linux does not take the disk");
    else
        WRITE_ONCE(d->added, true);
}

static int make_disk(struct blk_dev *d)
{
    const struct pv_blk_info *info = pv_blk_info(d->blk);
    struct gendisk *disk = compat_alloc_disk(&d->set, d, info, SEGMENTS, MAX_SECTORS);

    if (IS_ERR(disk))
        return PTR_ERR(disk);
    disk->fops = &disk_ops;
    disk->private_data = d;
    name_disk(disk, d->vdev);
    d->disk = disk;
    return 0;
}

/* ---- XenBus ---- */

static int connected(struct port_dev *port)
{
    struct blk_dev *d = container_of(port, struct blk_dev, port);
    const struct pv_blk_info *info = pv_blk_info(d->blk);
    bool first = !d->disk;
    int rc = first ? make_disk(d) : 0;

    if (rc)
        return rc;
    set_disk_ro(d->disk, info->readonly);
    set_capacity_and_notify(d->disk, info->sectors);
    if (first)
        schedule_work(&d->add);
    return 0;
}

static void changed(struct port_dev *port)
{
    struct blk_dev *d = container_of(port, struct blk_dev, port);

    if (!port->gone)
        return;
    if (!port->held)
        flush_work(&d->add); /* its requests have failed */
    if (!READ_ONCE(d->added))
        return;
    blk_mark_disk_dead(d->disk);
    if (!port->held)
        del_gendisk(d->disk);
}

static bool busy(struct port_dev *port)
{
    struct blk_dev *d = container_of(port, struct blk_dev, port);

    return d->disk && disk_openers(d->disk);
}

static void remove(struct port_dev *port)
{
    struct blk_dev *d = container_of(port, struct blk_dev, port);

    if (port->held)
        return;
    pv_free(port->core);
    if (!d->added)
        put_disk(d->disk);
    blk_mq_free_tag_set(&d->set);
    if (d->added)
        put_disk(d->disk); /* frees d, when the last user is gone */
    else
        kfree(d);
}

static struct port_dev *probe(struct device *device, const struct front_driver *driver)
{
    struct blk_dev *d = kzalloc(sizeof(*d), GFP_KERNEL);
    struct pv_blk_config config = {.queues = clamp(max_queues, 1u, num_online_cpus()),
                                   .ring_order = ring_order,
                                   .segments = segments,
                                   .persistent = persistent,
                                   .event = on_event,
                                   .data = d};

    if (!d)
        return NULL;
    d->port = (struct port_dev){.device = device, .driver = driver};
    d->set = (struct blk_mq_tag_set){.ops = &mq_ops,
                                     .nr_hw_queues = config.queues,
                                     .queue_depth = DEPTH,
                                     .numa_node = NUMA_NO_NODE,
                                     .flags = BLK_MQ_F_SHOULD_MERGE,
                                     .cmd_size = sizeof(struct blk_io)};
    INIT_WORK(&d->add, add_disk_work);
    if (sscanf(dev_name(device), "vbd-%u", &d->vdev) != 1 || blk_mq_alloc_tag_set(&d->set))
        goto free;
    d->blk = pv_blk_new(&d->port, &config);
    if (d->blk)
        return front_begin(&d->port, pv_blk_front(d->blk));
    blk_mq_free_tag_set(&d->set);
free:
    kfree(d);
    return NULL;
}

static struct front_driver blk_driver = {
    .type = "vbd",
    .name = KBUILD_MODNAME,
    .owner = THIS_MODULE,
    .probe = probe,
    .connected = connected,
    .changed = changed,
    .busy = busy,
    .remove = remove,
};
module_driver(blk_driver, front_register, front_unregister);

MODULE_DESCRIPTION("pvkit: PV block front-end");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_ALIAS("xen:vbd");
MODULE_ALIAS("xenblk");
