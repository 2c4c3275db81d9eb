/* SPDX-License-Identifier: MIT */
/* Bus-master DMA of IDE controllers (Programming Interface for Bus Master IDE Controller 1.0). */
#include "ata.h"
#include "hw.h"
#include "mm.h"

enum {
    MASTER_COMMAND = 0,
    MASTER_STATUS = 2,
    MASTER_TABLE = 4,
};

#define COMMAND_START 0x01
#define COMMAND_READ  0x08 /* from the disk */
#define STATUS_ERROR  0x02 /* write 1 to clear these two */
#define STATUS_INT    0x04

static uint32_t physical(const void *p)
{
    return (virt_to_pfn(p).n << PAGE_SHIFT) + ((uint64_t)p & ~PAGE_MASK);
}

static void fill_table(struct ata *ata, const struct disk_request *r)
{
    uint32_t address = physical(r->data), left = r->bytes;
    struct ata_region *region = ata->regions;

    for (; left; region++) {
        uint32_t n = 65536 - address % 65536;

        n = n < left ? n : left;
        *region = (struct ata_region){address, n, 0};
        address += n, left -= n;
    }
    region[-1].end = ATA_REGION_END;
}

void ata_dma_prepare(struct ata *ata, const struct disk_request *r)
{
    fill_table(ata, r);
    outl(ata->master + MASTER_TABLE, physical(ata->regions));
    outb(ata->master + MASTER_COMMAND, r->op == DISK_READ ? COMMAND_READ : 0);
    outb(ata->master + MASTER_STATUS, STATUS_ERROR | STATUS_INT);
}

void ata_dma_go(struct ata *ata, const struct disk_request *r)
{
    outb(ata->master + MASTER_COMMAND, COMMAND_START | (r->op == DISK_READ ? COMMAND_READ : 0));
}

bool ata_dma_acknowledge(struct ata *ata)
{
    ata->master_status = inb(ata->master + MASTER_STATUS);
    if (!(ata->master_status & STATUS_INT))
        return false;
    outb(ata->master + MASTER_STATUS, STATUS_INT);
    return true;
}

bool ata_dma_stop(struct ata *ata)
{
    outb(ata->master + MASTER_COMMAND, 0);
    return !(ata->master_status & STATUS_ERROR);
}
