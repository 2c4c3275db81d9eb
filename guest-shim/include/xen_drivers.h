/* SPDX-License-Identifier: MIT */
/* The PV front-ends (pv-drivers/shim/): for the variants' tables of drivers, and for their console.
 */
#ifndef SHIM_XEN_DRIVERS_H
#define SHIM_XEN_DRIVERS_H

#include "disk.h"
#include "nic.h"

/* The domain's `unit`-th vbd or vif, connected; NULL if there is none, or it does not connect. */
struct disk *xen_disk_open(unsigned unit);
struct nic *xen_nic_open(unsigned unit);

/*
 * The console ring in `page`; notify() raises the event of its port. Writing waits for the back-end
 * where it must.
 */
void xen_con_start(void *page, void (*notify)(void *data));
void xen_con_write(const char *text, size_t len);
size_t xen_con_read(char *text, size_t len);

#endif
