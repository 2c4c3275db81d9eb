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
    const char *wrong;

    if ((id & 0xffff) != VENDOR_VIRTIO)
        return;
    switch (virtio_kind(function, id >> 16)) {
    case VIRTIO_ID_NET:
        virtio_net_start(function);
        break;
    case VIRTIO_ID_BLK:
        wrong = virtio_blk_start(function);
        if (wrong)
            hv_log("virtio disk at %02x.%x: %s", function >> 3, function & 7, wrong);
        break;
    }
}

void drivers_start(void)
{
    pci_scan(found);
}

/* ---- disks that come and go */

static struct disk *disk_of(uint32_t function)
{
    for (uint32_t n = 0; n < DISK_MAX_VIRTIO; n++) {
        struct disk *disk = disk_virtio(n);

        if (disk && virtio_blk_function(disk) == function)
            return disk;
    }
    return NULL;
}

const char *driver_disk_add(uint32_t function, const struct disk **disk)
{
    uint32_t id = arch_pci_read(function, 0);
    const char *wrong = NULL;

    *disk = disk_of(function);
    if (*disk)
        return NULL;
    if ((id & 0xffff) != VENDOR_VIRTIO || virtio_kind(function, id >> 16) != VIRTIO_ID_BLK)
        return "there is no such disk";
    if (!pci_place(function))
        return "no room for its registers";
    wrong = virtio_blk_start(function);
    if (wrong)
        arch_pci_eject(function);
    *disk = disk_of(function);
    return wrong;
}

uint32_t driver_disk_function(const struct disk *disk)
{
    return virtio_blk_function(disk);
}

const char *driver_disk_remove(struct disk *disk)
{
    uint32_t function = virtio_blk_function(disk);

    if (!virtio_blk_stop(disk))
        return "it is in use";
    arch_pci_eject(function);
    return NULL;
}
