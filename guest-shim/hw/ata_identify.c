/* SPDX-License-Identifier: MIT */
/* Is there a disk, and what can it do? (ATA/ATAPI-6, IDENTIFY DEVICE) */
#include "ata.h"
#include "hw.h"
#include "pv_ops.h"

#define WAIT_NS      NS_PER_SEC
#define FLOATING     0xff /* what an empty bus reads as */
#define NO_INTERRUPT 0x02

enum {
    WORD_MULTIPLE = 47, /* bits 0-7: largest block */
    WORD_SECTORS28 = 60,
    WORD_SUPPORTED = 83, /* bits 15, 14: 01 if valid */
    WORD_SECTORS48 = 100,
    WORD_SECTOR_SIZE = 106, /* as 83; bit 12: sectors are longer than 512 bytes */
};
#define SUPPORTS_LBA48 0x0400
#define SUPPORTS_FLUSH 0x1000
#define LONG_SECTORS   0x1000

uint8_t ata_wait(struct ata *ata)
{
    uint64_t end = pv_ops.time.now() + WAIT_NS;
    uint8_t status;

    do
        status = inb(ata->control);
    while (status & ATA_BUSY && pv_ops.time.now() < end);
    return status;
}

static bool valid(uint16_t word)
{
    return word >> 14 == 1;
}

/* The largest block per interrupt that the drive takes. */
static unsigned set_multiple(struct ata *ata, unsigned sectors)
{
    if (sectors < 2)
        return 1;
    outb(ata->command + ATA_COUNT, sectors);
    outb(ata->command + ATA_DRIVE, ata->drive);
    outb(ata->command + ATA_STATUS, ATA_SET_MULTIPLE);
    return ata_wait(ata) & (ATA_BUSY | ATA_FAILED) ? 1 : sectors;
}

static void take_over(struct ata *ata, const uint16_t *words)
{
    uint64_t sectors = words[WORD_SECTORS28] | (uint32_t)words[WORD_SECTORS28 + 1] << 16;
    uint16_t supported = valid(words[WORD_SUPPORTED]) ? words[WORD_SUPPORTED] : 0;

    ata->lba48 = supported & SUPPORTS_LBA48;
    if (ata->lba48)
        sectors = words[WORD_SECTORS48] | (uint64_t)words[WORD_SECTORS48 + 1] << 16 |
                  (uint64_t)words[WORD_SECTORS48 + 2] << 32;
    ata->disk.sectors = sectors;
    ata->disk.sector_size = 512;
    ata->disk.max_bytes = ata->lba48 ? ATA_MAX_BYTES : 256 * 512;
    ata->disk.can_flush = supported & SUPPORTS_FLUSH;
    ata->multiple = ata->mode == ATA_MULTIPLE ? set_multiple(ata, words[WORD_MULTIPLE] & 0xff) : 1;
}

/* A packet device (a CD drive) refuses the command, and an absent one has no status. */
bool ata_identify(struct ata *ata)
{
    uint16_t words[256];
    uint8_t status;

    outb(ata->control, NO_INTERRUPT);
    outb(ata->command + ATA_DRIVE, ata->drive);
    status = inb(ata->control);
    if (status == FLOATING || ata_wait(ata) & ATA_BUSY)
        return false;
    outb(ata->command + ATA_STATUS, ATA_IDENTIFY);
    if (inb(ata->control) == 0)
        return false;
    status = ata_wait(ata);
    if (status & (ATA_BUSY | ATA_FAILED) || !(status & ATA_DRQ))
        return false;
    insw(ata->command + ATA_DATA, words, 256);
    if (valid(words[WORD_SECTOR_SIZE]) && words[WORD_SECTOR_SIZE] & LONG_SECTORS)
        return false;
    take_over(ata, words);
    inb(ata->command + ATA_STATUS);
    outb(ata->control, 0);
    return ata->disk.sectors != 0;
}
