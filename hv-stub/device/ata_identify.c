/* SPDX-License-Identifier: MIT */
/* IDENTIFY DEVICE (ATA/ATAPI-6, 8.15): what the disk is and can do. */
#include "ata.h"

#define CYLINDERS_MAX 16383
#define LBA28_MAX     0x0fffffffull

enum {
    W_CONFIG = 0,
    W_CYLINDERS = 1,
    W_HEADS = 3,
    W_SECTORS = 6,
    W_SERIAL = 10,
    W_FIRMWARE = 23,
    W_MODEL = 27,
    W_MULTIPLE_MAX = 47,
    W_CAPABILITIES = 49,
    W_CAPABILITIES2 = 50,
    W_VALID = 53,
    W_CURRENT = 54, /* cylinders, heads, sectors, capacity */
    W_MULTIPLE = 59,
    W_LBA28 = 60,
    W_MDMA = 63,
    W_PIO = 64,
    W_CYCLES = 65, /* four cycle times */
    W_VERSION = 80,
    W_SUPPORTED = 82,
    W_ENABLED = 85,
    W_UDMA = 88,
    W_RESET = 93,
    W_LBA48 = 100,
};

static void put(struct ata_channel *ch, unsigned int word, uint16_t value)
{
    ch->buffer[2 * word] = (uint8_t)value;
    ch->buffer[2 * word + 1] = value >> 8;
}

/* Text has its first letter in the upper byte and is filled up with blanks. */
static void put_text(struct ata_channel *ch, unsigned int word, unsigned int n, const char *text)
{
    for (unsigned int i = 0; i < n; i++)
        ch->buffer[2 * word + (i ^ 1)] = *text ? (uint8_t)*text++ : ' ';
}

static void put_numbers(struct ata_channel *ch, unsigned int word, unsigned int n, uint64_t value)
{
    for (unsigned int i = 0; i < n; i++)
        put(ch, word + i, (uint16_t)(value >> 16 * i));
}

static void put_geometry(struct ata_channel *ch, uint64_t sectors)
{
    uint64_t cylinders = sectors / (16 * 63);

    if (cylinders > CYLINDERS_MAX)
        cylinders = CYLINDERS_MAX;
    put(ch, W_CYLINDERS, (uint16_t)cylinders);
    put(ch, W_HEADS, 16);
    put(ch, W_SECTORS, 63);
    put(ch, W_CURRENT, (uint16_t)cylinders);
    put(ch, W_CURRENT + 1, 16);
    put(ch, W_CURRENT + 2, 63);
    put_numbers(ch, W_CURRENT + 3, 2, cylinders * 16 * 63);
}

void ata_identify(struct ata_channel *ch)
{
    const struct ata_drive *d = ata_selected(ch);
    static const uint16_t supported[] = {0x4020, 0x7400, 0x4000}; /* write cache; flushes, LBA48 */

    for (unsigned int i = 0; i < ATA_SECTOR; i++)
        ch->buffer[i] = 0;
    put(ch, W_CONFIG, 0x0040);
    put_geometry(ch, d->sectors);
    put_text(ch, W_SERIAL, 20, d->serial);
    put_text(ch, W_FIRMWARE, 8, "0.1");
    put_text(ch, W_MODEL, 40, "PVKIT EMULATED DISK");
    put(ch, W_MULTIPLE_MAX, 0x8000 | ATA_BLOCK_SECTORS);
    put(ch, W_CAPABILITIES, 0x0f00); /* IORDY, LBA, DMA */
    put(ch, W_CAPABILITIES2, 0x4000);
    put(ch, W_VALID, 7);
    put(ch, W_MULTIPLE, d->multiple ? 0x100 | d->multiple : 0);
    put_numbers(ch, W_LBA28, 2, d->sectors > LBA28_MAX ? LBA28_MAX : d->sectors);
    put(ch, W_MDMA, 0x0007);
    put(ch, W_PIO, 3);
    for (unsigned int i = 0; i < 4; i++)
        put(ch, W_CYCLES + i, 120);
    put(ch, W_VERSION, 0x0070); /* up to ATA/ATAPI-6 */
    for (unsigned int i = 0; i < 3; i++) {
        put(ch, W_SUPPORTED + i, supported[i]);
        put(ch, W_ENABLED + i, supported[i]);
    }
    put(ch, W_UDMA, 0); /* the bus master of a PIIX3 has none */
    put(ch, W_RESET, 0x4001 | (ch->device & 0x10 ? 0x0200 : 0x0001));
    put_numbers(ch, W_LBA48, 4, d->sectors);
}
