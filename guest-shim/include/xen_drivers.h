/* SPDX-License-Identifier: MIT */
/* The PV front-ends (pv-drivers/shim/), for the variants' tables of drivers. */
#ifndef SHIM_XEN_DRIVERS_H
#define SHIM_XEN_DRIVERS_H

#include "disk.h"
#include "nic.h"

/* The domain's `unit`-th vbd or vif, connected; NULL if there is none, or it does not connect. */
struct disk *xen_disk_open(unsigned unit);
struct nic *xen_nic_open(unsigned unit);

#endif
