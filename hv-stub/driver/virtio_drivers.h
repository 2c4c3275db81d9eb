/* SPDX-License-Identifier: MIT */
/* The drivers on virtio.h: each takes a PCI function of its kind and makes the best of it. */
#ifndef DRIVER_VIRTIO_DRIVERS_H
#define DRIVER_VIRTIO_DRIVERS_H

#include "hv_disk.h"
#include "virtio.h"

/* What is wrong with it, or NULL: its disk is registered (hv_disk.h). */
const char *virtio_blk_start(uint32_t function);
/* Leave the device of such a disk, unless somebody uses it. */
bool virtio_blk_stop(struct disk *disk);
uint32_t virtio_blk_function(const struct disk *disk);
void virtio_net_start(uint32_t function);

#endif
