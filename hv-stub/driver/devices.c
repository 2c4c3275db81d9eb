/* SPDX-License-Identifier: MIT */
/* Which driver is for which device. */
#include "hv_driver.h"
#include "pci.h"
#include "virtio_drivers.h"

#define VENDOR_VIRTIO 0x1af4
#define REG_SUBSYSTEM 0x2c

/* virtio 1.1, 4.1.2: modern devices are numbered by kind, transitional ones say it in the
 * subsystem. */
static uint32_t virtio_kind(uint32_t function, uint32_t device)
{
    if (device >= 0x1040 && device < 0x1080)
        return device - 0x1040;
    if (device >= 0x1000 && device < 0x1040)
        return arch_pci_read(function, REG_SUBSYSTEM) >> 16;
    return 0;
}

static void found(uint32_t function, uint32_t id)
{
    if ((id & 0xffff) != VENDOR_VIRTIO)
        return;
    switch (virtio_kind(function, id >> 16)) {
    case VIRTIO_ID_NET:
        virtio_net_start(function);
        break;
    case VIRTIO_ID_BLK:
        virtio_blk_start(function);
        break;
    }
}

void drivers_start(void)
{
    pci_scan(found);
}
