/* SPDX-License-Identifier: MIT */
/*
 * Bus-master DMA. The guest's table of regions is read entry by entry as the transfer gets there; a
 * transfer is done in jobs of bounded size. Regions made of whole sectors, as all drivers make
 * them, are handed to the host as they are; others go through the channel's buffer.
 */
#include "ata.h"

enum { M_COMMAND = 0, M_STATUS = 2, M_TABLE = 4 };

#define START        0x01
#define COMMAND_BITS 0x09
#define ACTIVE       0x01
#define FAILED       0x02
#define INTERRUPT    0x04
#define DRIVE_BITS   0x60

#define PAGE       4096u
#define JOB_BYTES  (ATA_JOB_REGIONS * PAGE)
#define LAST_ENTRY 0x80000000u

/* ---- the table */

/* The next region becomes the current one; false if the table is at its end. */
static bool next_region(struct ata_channel *ch)
{
    uint32_t entry[2];

    if (ch->last_entry)
        return false;
    ch->memory.copy(ch->memory.opaque, ch->entry, entry, sizeof(entry), false);
    ch->entry = (ch->table & 0xffff0000) | ((ch->entry + 8) & 0xffff); /* does not leave 64 KiB */
    ch->region = entry[0] & ~1u;
    ch->region_left = entry[1] & 0xfffe ? entry[1] & 0xfffe : 0x10000;
    ch->last_entry = entry[1] & LAST_ENTRY;
    return true;
}

/* Up to `want` bytes of the current region, within one page. */
static bool take(struct ata_channel *ch, uint32_t want, struct ata_region *r)
{
    uint32_t page_left;

    if (!ch->region_left && !next_region(ch))
        return false;
    page_left = PAGE - ch->region % PAGE;
    r->address = ch->region;
    r->bytes = want < ch->region_left ? want : ch->region_left;
    if (r->bytes > page_left)
        r->bytes = page_left;
    ch->region += r->bytes;
    ch->region_left -= r->bytes;
    return true;
}

/* ---- jobs */

static bool fail(struct ata_channel *ch)
{
    ch->master_runs = false;
    ch->master_status = (uint8_t)((ch->master_status & ~ACTIVE) | FAILED);
    ata_finish(ch, ATA_ABRT);
    return false;
}

/* Where the table stands, to go back there. */
struct mark {
    uint32_t entry, region, region_left;
    bool last_entry;
};

static struct mark mark(const struct ata_channel *ch)
{
    return (struct mark){ch->entry, ch->region, ch->region_left, ch->last_entry};
}

static void go_back(struct ata_channel *ch, struct mark m)
{
    ch->entry = m.entry;
    ch->region = m.region;
    ch->region_left = m.region_left;
    ch->last_entry = m.last_entry;
}

/* Regions of whole sectors from the current place: how many bytes they have. */
static uint32_t collect(struct ata_channel *ch, struct ata_job *j)
{
    uint32_t bytes = 0, limit = ch->left * ATA_SECTOR;

    limit = ch->left > JOB_BYTES / ATA_SECTOR ? JOB_BYTES : limit;
    for (j->nr_regions = 0; bytes < limit && j->nr_regions < ATA_JOB_REGIONS;) {
        struct mark before = mark(ch);
        struct ata_region *r = &j->region[j->nr_regions];

        if (!take(ch, limit - bytes, r))
            break;
        if (r->bytes % ATA_SECTOR) {
            go_back(ch, before);
            break;
        }
        j->nr_regions++;
        bytes += r->bytes;
    }
    return bytes;
}

/* Between the buffer and the guest's memory, at most a buffer full; false: the table is too short.
 */
static bool bounce(struct ata_channel *ch, uint32_t bytes)
{
    uint8_t *p = ch->buffer;
    struct ata_region r;

    for (uint32_t i = 0; bytes && i < sizeof(ch->buffer); i++) {
        if (!take(ch, bytes, &r))
            return false;
        ch->memory.copy(ch->memory.opaque, r.address, p, r.bytes, !ch->writing);
        p += r.bytes;
        bytes -= r.bytes;
    }
    return !bytes;
}

/* The next job; false: it failed. */
static bool prepare(struct ata_channel *ch)
{
    struct ata_job *j = &ch->job;
    uint32_t bytes = collect(ch, j);

    ch->bounced = !bytes;
    if (ch->bounced) {
        j->nr_regions = 0;
        j->buffer = ch->buffer;
        bytes = ch->left < ATA_BLOCK_SECTORS ? ch->left * ATA_SECTOR : sizeof(ch->buffer);
        if (ch->writing && !bounce(ch, bytes))
            return fail(ch);
    }
    j->sectors = bytes / ATA_SECTOR;
    j->lba = ch->at;
    j->drive = ch->drive_used;
    j->kind = ch->writing ? ATA_JOB_WRITE : ATA_JOB_READ;
    return true;
}

void ata_master_go(struct ata_channel *ch)
{
    bool to_memory = ch->master_command & 8;

    if (ch->phase != ATA_DMA || !(ch->master_command & START) || ch->master_runs)
        return;
    if (to_memory == ch->writing) { /* the two sides disagree about the direction */
        fail(ch);
        return;
    }
    ch->master_runs = true;
    ch->entry = ch->table & ~3u;
    ch->region_left = 0;
    ch->last_entry = false;
    ch->status = ATA_BSY | ATA_DSC;
    prepare(ch);
}

void ata_master_done(struct ata_channel *ch, bool ok)
{
    if (ok && ch->bounced && !ch->writing)
        ok = bounce(ch, ch->job.sectors * ATA_SECTOR);
    if (!ok) {
        fail(ch);
        return;
    }
    ch->at += ch->job.sectors;
    ch->left -= ch->job.sectors;
    if (ch->left) {
        prepare(ch);
        return;
    }
    ch->master_runs = false;
    if (ch->last_entry && !ch->region_left)
        ch->master_status &= (uint8_t)~ACTIVE; /* else the table is longer than the transfer */
    ata_finish(ch, 0);
}

/* ---- registers */

static void stop(struct ata_channel *ch)
{
    ch->master_status &= (uint8_t)~ACTIVE;
    if (!ch->master_runs)
        return;
    ch->master_runs = false;
    ch->job_lost = ch->job.kind != ATA_JOB_NONE;
    ch->phase = ATA_IDLE;
}

static void write_byte(struct ata_channel *ch, unsigned int offset, uint8_t value)
{
    uint8_t old = ch->master_command;

    switch (offset) {
    case M_COMMAND:
        ch->master_command = value & COMMAND_BITS;
        if (!(value & START) && (old & START)) {
            stop(ch);
        } else if ((value & START) && !(old & START)) {
            ch->master_status |= ACTIVE;
            ata_master_go(ch);
        }
        break;
    case M_STATUS:
        ch->master_status &= (uint8_t) ~(value & (FAILED | INTERRUPT));
        ch->master_status = (uint8_t)((ch->master_status & ~DRIVE_BITS) | (value & DRIVE_BITS));
        break;
    default:
        if (offset < M_TABLE)
            break;
        ch->table &= ~(0xffu << 8 * (offset - M_TABLE));
        ch->table |= (uint32_t)value << 8 * (offset - M_TABLE);
        ch->table &= ~3u;
    }
}

static uint8_t read_byte(const struct ata_channel *ch, unsigned int offset)
{
    switch (offset) {
    case M_COMMAND:
        return ch->master_command;
    case M_STATUS:
        return ch->master_status;
    }
    return offset < M_TABLE ? 0xff : (uint8_t)(ch->table >> 8 * (offset - M_TABLE));
}

uint32_t ata_master_read(struct ata_channel *ch, unsigned int offset, unsigned int size)
{
    uint32_t value = 0;

    for (unsigned int i = 0; i < size && offset + i < ATA_MASTER_PORTS; i++)
        value |= (uint32_t)read_byte(ch, offset + i) << 8 * i;
    return value;
}

void ata_master_write(struct ata_channel *ch, unsigned int offset, unsigned int size,
                      uint32_t value)
{
    for (unsigned int i = 0; i < size && offset + i < ATA_MASTER_PORTS; i++)
        write_byte(ch, offset + i, (uint8_t)(value >> 8 * i));
}
