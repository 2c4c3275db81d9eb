/* SPDX-License-Identifier: MIT */
/* The drivers on virtio.h: each takes a PCI function of its kind and makes the best of it. */
#ifndef DRIVER_VIRTIO_DRIVERS_H
#define DRIVER_VIRTIO_DRIVERS_H

#include "virtio.h"

void virtio_blk_start(uint32_t function);
void virtio_net_start(uint32_t function);

#endif
