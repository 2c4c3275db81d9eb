/* SPDX-License-Identifier: MIT */
/* The devices that the native variant knows how to drive. */
#include "hw.h"
#include "xen_drivers.h"

const struct disk_driver disk_drivers[] = {
    {"xen", xen_disk_open},
    {"ata-dma", ata_open_dma},
    {"ata-multiple", ata_open_multiple},
    {"ata-pio", ata_open_pio},
    {NULL, NULL},
};

const struct nic_driver nic_drivers[] = {
    {"xen", xen_nic_open},
    {"ne2000", ne2000_open},
    {NULL, NULL},
};
