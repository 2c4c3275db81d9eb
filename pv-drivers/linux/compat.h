/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* Where the kernels that Debian 12 packages, 6.1 and 6.12, want to be called in different ways. */
#ifndef PVKIT_LINUX_COMPAT_H
#define PVKIT_LINUX_COMPAT_H

#include <linux/blk-mq.h>
#include <linux/version.h>

#include "blkfront.h"

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
#define COMPAT_RELEASE_ARGS struct gendisk *disk
#else
#define COMPAT_RELEASE_ARGS struct gendisk *disk, fmode_t mode
#endif

/* A disk with the limits of what the back-end offers; an error pointer if there is none. */
static inline struct gendisk *compat_alloc_disk(struct blk_mq_tag_set *set, void *data,
                                                const struct pv_blk_info *info,
                                                unsigned int segments, unsigned int sectors)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
    struct queue_limits limits = {
        .logical_block_size = info->sector_size,
        .physical_block_size = info->physical_size,
        .dma_alignment = PV_BLK_SECTOR - 1,
        .max_segments = segments,
        .max_hw_sectors = sectors,
        .max_hw_discard_sectors = info->can_discard ? UINT_MAX >> 9 : 0,
        .discard_granularity = info->can_discard ? info->discard_granularity : 0,
        .discard_alignment = info->discard_alignment,
        .features = info->can_flush ? BLK_FEAT_WRITE_CACHE : 0,
    };

    return blk_mq_alloc_disk(set, &limits, data);
#else
    struct gendisk *disk = blk_mq_alloc_disk(set, data);

    if (IS_ERR(disk))
        return disk;
    blk_queue_logical_block_size(disk->queue, info->sector_size);
    blk_queue_physical_block_size(disk->queue, info->physical_size);
    blk_queue_dma_alignment(disk->queue, PV_BLK_SECTOR - 1);
    blk_queue_max_segments(disk->queue, segments);
    blk_queue_max_hw_sectors(disk->queue, sectors);
    blk_queue_write_cache(disk->queue, info->can_flush, false);
    blk_queue_max_discard_sectors(disk->queue, info->can_discard ? UINT_MAX >> 9 : 0);
    disk->queue->limits.discard_granularity = info->discard_granularity;
    disk->queue->limits.discard_alignment = info->discard_alignment;
    return disk;
#endif
}

#endif
