/* SPDX-License-Identifier: MIT */
/*
 * Durability, and disks that somebody else wrote. A journal run writes generation after generation
 * and says on the console when one was flushed; whoever kills the machine then checks that
 * everything up to the last such line is on the disk (blk_pattern.h: journal_accepts()).
 */
#include "blk.h"
#include "blk_pattern.h"
#include "io.h"
#include "mm.h"

static uint64_t key, span, units; /* span in sectors, units in 512 bytes */
static uint64_t flushed, good, empty, oldest, newest;
static uint32_t *last; /* generation that a unit must have at least; NULL: any */

/* --- reading all of it ------------------------------------------------------------------------ */

static uint64_t next_sector;

static bool read_next(struct blk_run *run, struct blk_slot *slot)
{
    uint32_t size = run->disk->sector_size, bytes = BLK_SLOT_BYTES;
    uint64_t left = (span - next_sector) * size;

    bytes = bytes < run->disk->max_bytes ? bytes : run->disk->max_bytes;
    slot->r.op = DISK_READ;
    slot->r.sector = next_sector;
    slot->r.bytes = left < bytes ? left : bytes;
    memset(slot->r.data, 0xa5, slot->r.bytes);
    next_sector += slot->r.bytes / size;
    return left != 0;
}

static bool acceptable(uint64_t unit, enum pattern_state state, uint64_t seen)
{
    good += state == PATTERN_GOOD;
    empty += state == PATTERN_EMPTY;
    oldest = seen < oldest ? seen : oldest;
    newest = seen > newest ? seen : newest;
    if (!last)
        return state == PATTERN_GOOD || blk_fail("unit %lu is %s", unit, pattern_name(state));
    return journal_accepts(last[unit], flushed, state, seen) ||
           blk_fail("unit %lu is %s, generation %lu, wanted %u", unit, pattern_name(state), seen,
                    last[unit]);
}

static bool read_done(struct blk_run *run, struct blk_slot *slot, enum disk_error error)
{
    uint64_t unit = slot->r.sector * (run->disk->sector_size / PATTERN_UNIT), seen;
    const uint8_t *data = slot->r.data;

    if (error)
        return blk_fail("read at %lu: error %d", slot->r.sector, error);
    for (uint32_t at = 0; at < slot->r.bytes; at += PATTERN_UNIT, unit++)
        if (unit < units) {
            enum pattern_state state = pattern_check(data + at, key, unit, &seen);

            if (!acceptable(unit, state, seen))
                return false;
        }
    return true;
}

static void begin(const struct disk *disk)
{
    uint64_t per_sector = disk->sector_size / PATTERN_UNIT;

    key = cmdline_number("key", BLK_DEFAULT_KEY);
    span = blk_span(disk);
    units = span * per_sector / JOURNAL_ALIGN * JOURNAL_ALIGN;
    next_sector = good = empty = newest = 0;
    oldest = ~0UL;
}

static bool read_all(struct disk *disk)
{
    struct blk_run run = {.disk = disk, .depth = BLK_DEPTH, .next = read_next, .finish = read_done};

    if (!blk_perform(&run))
        return false;
    printk("BLKTEST: %lu units good, %lu empty, generations %lu to %lu\n", good, empty, oldest,
           newest);
    return true;
}

bool blk_verify(struct disk *disk)
{
    begin(disk);
    last = NULL;
    return read_all(disk);
}

/* --- the journal ------------------------------------------------------------------------------ */

static uint64_t generation;
static unsigned extent;

static bool write_next(struct blk_run *run, struct blk_slot *slot)
{
    unsigned per_sector = run->disk->sector_size / PATTERN_UNIT;
    uint64_t first, count;

    if (extent == JOURNAL_EXTENTS)
        return false;
    journal_extent(key, units, generation, extent++, &first, &count);
    slot->r.op = DISK_WRITE;
    slot->r.sector = first / per_sector;
    slot->r.bytes = count * PATTERN_UNIT;
    for (uint64_t i = 0; i < count; i++)
        pattern_fill((uint8_t *)slot->r.data + i * PATTERN_UNIT, key, first + i, generation);
    return true;
}

static bool write_done(struct blk_run *run, struct blk_slot *slot, enum disk_error error)
{
    return error == DISK_OK || blk_fail("write at %lu: error %d", slot->r.sector, error);
}

static bool write_generation(struct disk *disk)
{
    struct blk_run run = {
        .disk = disk, .depth = BLK_DEPTH, .next = write_next, .finish = write_done};
    enum disk_error error;

    extent = 0;
    if (!blk_perform(&run))
        return false;
    error = disk->can_flush ? disk_sync(disk, DISK_FLUSH, 0, NULL, 0) : DISK_OK;
    return error == DISK_OK || blk_fail("flush: error %d", error);
}

bool blk_journal(struct disk *disk)
{
    uint64_t count = cmdline_number("generations", ~0UL);

    begin(disk);
    if (units < JOURNAL_MAX_UNITS || disk->sector_size > JOURNAL_ALIGN * PATTERN_UNIT)
        return blk_fail("the disk is too small");
    generation = cmdline_number("from", 1);
    for (; count; count--, generation++) {
        if (!write_generation(disk))
            return false;
        printk("FLUSHED %lu\n", generation);
    }
    return true;
}

/* Replay what generations 1 to `flushed` wrote. */
static void replay(void)
{
    uint64_t first, count;

    for (uint64_t g = 1; g <= flushed; g++)
        for (unsigned i = 0; i < JOURNAL_EXTENTS; i++) {
            journal_extent(key, units, g, i, &first, &count);
            for (uint64_t unit = first; unit < first + count; unit++)
                last[unit] = g;
        }
}

bool blk_journal_check(struct disk *disk)
{
    unsigned order = 0;
    pfn_t pfn;

    begin(disk);
    flushed = cmdline_number("upto", 0);
    while (PAGE_SIZE << order < units * sizeof(*last))
        if (++order > PAGE_MAX_ORDER)
            return blk_fail("the span is too large");
    pfn = page_alloc_order(order);
    if (units < JOURNAL_MAX_UNITS || !pfn_valid(pfn))
        return blk_fail("the disk is too small, or memory is");
    last = pfn_to_virt(pfn);
    memset(last, 0, PAGE_SIZE << order);
    replay();
    return read_all(disk);
}
