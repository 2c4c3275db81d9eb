/* SPDX-License-Identifier: MIT */
/* Disks, private to core/. */
#ifndef CORE_DISK_H
#define CORE_DISK_H

#include "hv_disk.h"

/* ---- disk_limit.c: of users with cfg.iops */
void disk_limit_init(struct disk_user *u);
/* True: it has to wait, and is submitted later. */
bool disk_limited(struct disk_user *u, struct disk_io *io);

#endif
