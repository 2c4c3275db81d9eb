/* SPDX-License-Identifier: MIT */
/* Drivers of the machine's own devices, as the rest of the hypervisor sees them. */
#ifndef HV_DRIVER_H
#define HV_DRIVER_H

/* ---- driver/devices.c: find the machine's devices and start their drivers, on the boot CPU,
 * before domains are built. Disks are registered (hv_disk.h). */
void drivers_start(void);

#endif
