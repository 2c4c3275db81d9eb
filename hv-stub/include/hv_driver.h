/* SPDX-License-Identifier: MIT */
/* Drivers of the machine's own devices, as the rest of the hypervisor sees them. */
#ifndef HV_DRIVER_H
#define HV_DRIVER_H

#include "hv_types.h"

/* ---- driver/devices.c: find the machine's devices and start their drivers, on the boot CPU,
 * before domains are built. Disks are registered (hv_disk.h). */
void drivers_start(void);
/* The disk in PCI function `function`, which may have come after the boot; NULL and *disk is set,
 * or what is wrong. From one caller at a time, as is the next. */
struct disk;
const char *driver_disk_add(uint32_t function, const struct disk **disk);
/* Which function a registered disk is in. */
uint32_t driver_disk_function(const struct disk *disk);
/* Nobody uses it any more: its slot becomes empty. NULL, or what is wrong. */
const char *driver_disk_remove(struct disk *disk);

#endif
