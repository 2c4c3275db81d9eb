/* SPDX-License-Identifier: MIT */
/* The devices that the PV variant knows how to drive. */
#include "xen_drivers.h"

const struct disk_driver disk_drivers[] = {
    {"xen", xen_disk_open},
    {NULL, NULL},
};

const struct nic_driver nic_drivers[] = {
    {"xen", xen_nic_open},
    {NULL, NULL},
};
