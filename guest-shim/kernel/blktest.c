/* SPDX-License-Identifier: MIT */
/*
 * The block harness: what a disk returns is what was written to it, whatever the sizes, places and
 * number of requests. A shadow in memory knows the generation of every unit (blk_pattern.h).
 */
#include "blk.h"
#include "blk_pattern.h"
#include "io.h"
#include "mm.h"
#include "modes.h"
#include "selftest.h"

#define POISON       0xa5 /* what a buffer holds before a read */
#define MIXED_COUNT  1500
#define MIXED_BYTES  12288
#define EDGE_SECTORS 512
#define LARGE_ORDER  8

struct disk *blk_disk;
static uint64_t key, span, seed; /* span in sectors */
static unsigned units;           /* of 512 bytes per sector */
static uint32_t *shadow, generation;
static uint64_t in_flight[BLK_DEPTH][2];

/* --- patterns --------------------------------------------------------------------------------- */

/* The contents of a write, noted in the shadow. */
static void fill(uint8_t *to, uint64_t sector, uint32_t bytes)
{
    uint64_t unit = sector * units;

    generation++;
    for (uint32_t at = 0; at < bytes; at += PATTERN_UNIT, unit++) {
        shadow[unit] = generation;
        pattern_fill(to + at, key, unit, generation);
    }
}

static bool matches(const uint8_t *from, uint64_t sector, uint32_t bytes)
{
    uint64_t unit = sector * units, seen;

    for (uint32_t at = 0; at < bytes; at += PATTERN_UNIT, unit++) {
        enum pattern_state state = pattern_check(from + at, key, unit, &seen);

        if (state != PATTERN_GOOD || seen != shadow[unit])
            return blk_fail("unit %lu is %s, generation %lu, wanted %u (read of %u bytes at %lu)",
                            unit, pattern_name(state), seen, shadow[unit], bytes, sector);
    }
    return true;
}

/* --- streams of requests ---------------------------------------------------------------------- */

struct stream {
    struct blk_run run; /* first */
    enum disk_op op;
    uint64_t at, end; /* sectors; of a sequential stream */
    uint32_t bytes;
    unsigned offset; /* of the data in its buffer, for every other request */
    unsigned left;   /* requests; of a random stream */
};

static bool prepare(struct blk_slot *slot, enum disk_op op, uint64_t sector, uint32_t bytes)
{
    slot->r.op = op;
    slot->r.sector = sector;
    slot->r.bytes = bytes;
    if (op == DISK_WRITE)
        fill(slot->r.data, sector, bytes);
    else
        memset(slot->r.data, POISON, bytes);
    return true;
}

static bool next_sequential(struct blk_run *run, struct blk_slot *slot)
{
    struct stream *s = (struct stream *)run;
    uint64_t left = (s->end - s->at) * blk_disk->sector_size;
    uint32_t bytes = left < s->bytes ? left : s->bytes;

    if (!bytes)
        return false;
    if (s->at & 1)
        slot->r.data = slot->buffer + s->offset;
    prepare(slot, s->op, s->at, bytes);
    s->at += bytes / blk_disk->sector_size;
    return true;
}

static bool finish(struct blk_run *run, struct blk_slot *slot, enum disk_error error)
{
    struct disk_request *r = &slot->r;

    if (error != DISK_OK)
        return blk_fail("%s of %u bytes at %lu: error %d", r->op == DISK_READ ? "read" : "write",
                        r->bytes, r->sector, error);
    return r->op != DISK_READ || matches(r->data, r->sector, r->bytes);
}

static bool sequential(enum disk_op op, uint64_t first, uint64_t end, uint32_t bytes,
                       unsigned offset)
{
    struct stream s = {
        .run = {.disk = blk_disk, .depth = BLK_DEPTH, .next = next_sequential, .finish = finish},
        .op = op,
        .at = first,
        .end = end,
        .bytes = bytes / blk_disk->sector_size * blk_disk->sector_size,
        .offset = offset,
    };

    return blk_perform(&s.run);
}

/* --- the tests -------------------------------------------------------------------------------- */

#define TRY_OR_FAIL(call)                       \
    do {                                        \
        if (!(call))                            \
            return test_fail("%s", blk_reason); \
    } while (0)

/* A test that writes makes no sense on a read-only disk. */
#define NEED_WRITABLE()                    \
    do {                                   \
        if (blk_disk->readonly)            \
            return test_skip("read-only"); \
    } while (0)

static uint32_t at_most(uint32_t bytes)
{
    return bytes < blk_disk->max_bytes ? bytes : blk_disk->max_bytes;
}

static enum outcome blk_fill(void)
{
    NEED_WRITABLE();
    TRY_OR_FAIL(sequential(DISK_WRITE, 0, span, at_most(BLK_SLOT_BYTES), 0));
    return TEST_OK;
}

static enum outcome blk_read_back(void)
{
    NEED_WRITABLE();
    TRY_OR_FAIL(sequential(DISK_READ, 0, span, 4096, 0));
    TRY_OR_FAIL(sequential(DISK_READ, 0, span, at_most(15 * 4096), 512));
    return TEST_OK;
}

/* Single sectors, the first and the last of the disk among them. */
static enum outcome blk_sectors(void)
{
    uint64_t edge = span < EDGE_SECTORS ? span : EDGE_SECTORS;

    NEED_WRITABLE();
    for (unsigned i = 0; i < 2; i++) {
        uint64_t first = i ? span - edge : 0;

        TRY_OR_FAIL(sequential(DISK_WRITE, first, first + edge, blk_disk->sector_size, 512));
        TRY_OR_FAIL(sequential(DISK_READ, first, first + edge, blk_disk->sector_size, 1024));
    }
    return TEST_OK;
}

/* A write must change what it covers and nothing beside it. */
static bool write_between(uint8_t *buffer, uint64_t sector, uint32_t bytes)
{
    uint32_t around = bytes + 2 * blk_disk->sector_size;
    enum disk_error error;

    fill(buffer, sector, bytes);
    error = disk_sync(blk_disk, DISK_WRITE, sector, buffer, bytes);
    if (error)
        return blk_fail("write of %u bytes at %lu: error %d", bytes, sector, error);
    memset(buffer, POISON, around);
    around = at_most(around);
    error = disk_sync(blk_disk, DISK_READ, sector - 1, buffer, around);
    if (error)
        return blk_fail("read of %u bytes at %lu: error %d", around, sector - 1, error);
    return matches(buffer, sector - 1, around);
}

static enum outcome blk_sizes(void)
{
    static const uint8_t sectors[] = {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 121};
    static const uint16_t offsets[] = {0, 512, 2048, 3584};
    uint8_t *buffer;
    bool good = true;

    NEED_WRITABLE();
    buffer = kzalloc(BLK_SLOT_BYTES * 2 + PAGE_SIZE); /* begins 32 bytes into a page */
    EXPECT(buffer, "out of memory");
    for (unsigned i = 0; i < ARRAY_LEN(sectors) * ARRAY_LEN(offsets) && good; i++) {
        uint32_t bytes = sectors[i % ARRAY_LEN(sectors)] * blk_disk->sector_size;
        uint8_t *data = (uint8_t *)PAGE_UP(buffer) + offsets[i / ARRAY_LEN(sectors)];
        uint64_t count = bytes / blk_disk->sector_size;

        if (bytes > BLK_SLOT_BYTES - 512 || span < count + 2)
            continue;
        good = write_between(data, 1 + blk_random(&seed) % (span - count - 1), bytes);
    }
    kfree(buffer);
    TRY_OR_FAIL(good);
    return TEST_OK;
}

/* The longest request the disk takes. */
static enum outcome blk_largest(void)
{
    uint32_t bytes = at_most(PAGE_SIZE << LARGE_ORDER);
    uint64_t count = bytes / blk_disk->sector_size;
    pfn_t pfn;
    bool good;

    NEED_WRITABLE();
    if (span < count + 2)
        return test_skip("the disk is too small");
    pfn = page_alloc_order(LARGE_ORDER + 1);
    EXPECT(pfn_valid(pfn), "out of memory");
    good = write_between(pfn_to_virt(pfn), 1 + blk_random(&seed) % (span - count - 1), bytes);
    page_free_order(pfn, LARGE_ORDER + 1);
    TRY_OR_FAIL(good);
    return TEST_OK;
}

/* Requests in flight must not overlap, or their outcome would depend on their order. */
static bool claim(unsigned slot, uint64_t sector, uint64_t count)
{
    for (unsigned i = 0; i < BLK_DEPTH; i++)
        if (sector < in_flight[i][1] && in_flight[i][0] < sector + count)
            return false;
    in_flight[slot][0] = sector;
    in_flight[slot][1] = sector + count;
    return true;
}

static unsigned slot_index(const struct blk_slot *slot)
{
    static const struct blk_slot *seen[BLK_DEPTH];
    unsigned i = 0;

    while (seen[i] && seen[i] != slot)
        i++;
    seen[i] = slot;
    return i;
}

static bool next_random(struct blk_run *run, struct blk_slot *slot)
{
    struct stream *s = (struct stream *)run;
    unsigned index = slot_index(slot);
    uint64_t r, sector, count;

    in_flight[index][0] = in_flight[index][1] = 0;
    if (s->left == 0)
        return false;
    s->left--;
    do {
        r = blk_random(&seed);
        count = 1 + (r >> 8) % (MIXED_BYTES / blk_disk->sector_size);
        sector = blk_random(&seed) % (span - count + 1);
    } while (!claim(index, sector, count));
    slot->r.data = slot->buffer + (r >> 16 & 7) * 512;
    return prepare(slot, r & 1 ? DISK_WRITE : DISK_READ, sector, count * blk_disk->sector_size);
}

static enum outcome blk_mixed(void)
{
    struct stream s = {
        .run = {.disk = blk_disk, .depth = BLK_DEPTH, .next = next_random, .finish = finish},
        .left = cmdline_number("mixed", MIXED_COUNT),
    };

    NEED_WRITABLE();
    if (span * blk_disk->sector_size < 4 << 20)
        return test_skip("the disk is too small");
    TRY_OR_FAIL(blk_perform(&s.run));
    TRY_OR_FAIL(sequential(DISK_READ, 0, span, at_most(BLK_SLOT_BYTES), 0));
    return TEST_OK;
}

static enum outcome blk_discard(void)
{
    uint64_t count = 65536 / blk_disk->sector_size;

    NEED_WRITABLE();
    if (!blk_disk->can_discard || span < 2 * count)
        return test_skip("no discard");
    EXPECT(disk_sync(blk_disk, DISK_DISCARD, 0, NULL, 65536) == DISK_OK, "refused");
    TRY_OR_FAIL(sequential(DISK_WRITE, 0, count, 4096, 0));
    TRY_OR_FAIL(sequential(DISK_READ, 0, 2 * count, 4096, 0));
    return TEST_OK;
}

/* What was written is there for whoever opens the disk next. */
static enum outcome blk_reopen(void)
{
    disk_close(blk_disk);
    blk_disk = disk_open();
    EXPECT(blk_disk, "cannot be opened again");
    if (!blk_disk->readonly)
        TRY_OR_FAIL(sequential(DISK_READ, 0, span, at_most(BLK_SLOT_BYTES), 0));
    return TEST_OK;
}

static const struct test blk_tests[] = {
    {"blk_fill", blk_fill},       {"blk_read_back", blk_read_back}, {"blk_sectors", blk_sectors},
    {"blk_sizes", blk_sizes},     {"blk_largest", blk_largest},     {"blk_mixed", blk_mixed},
    {"blk_discard", blk_discard}, {"blk_reopen", blk_reopen},       {0},
};

static bool shadow_init(void)
{
    unsigned order = 0;
    pfn_t pfn;

    key = cmdline_number("key", BLK_DEFAULT_KEY);
    span = blk_span(blk_disk);
    units = blk_disk->sector_size / PATTERN_UNIT;
    while (PAGE_SIZE << order < span * units * sizeof(*shadow))
        if (++order > PAGE_MAX_ORDER)
            return blk_fail("the span is too large");
    pfn = page_alloc_order(order);
    if (!pfn_valid(pfn))
        return blk_fail("out of memory");
    shadow = pfn_to_virt(pfn);
    return true;
}

static bool run_tests(void)
{
    static const struct test *const lists[] = {blk_tests, blk_limit_tests, NULL};

    if (shadow_init())
        return selftest_lists(lists, NULL) == 0;
    printk("blktest: %s\n", blk_reason);
    return false;
}

bool mode_blktest(void)
{
    const char *what = cmdline_value("blktest");
    bool good;

    io_begin();
    blk_disk = disk_open();
    if (!blk_disk || !blk_slots_init())
        return false;
    blk_describe(blk_disk);
    if (!what)
        good = run_tests();
    else if (list_contains(what, "verify"))
        good = blk_verify(blk_disk);
    else if (list_contains(what, "journal"))
        good = blk_journal(blk_disk);
    else if (list_contains(what, "check"))
        good = blk_journal_check(blk_disk);
    else
        good = false;
    if (what)
        printk("BLKTEST: %s%s\n", good ? "good" : "FAILED, ", good ? "" : blk_reason);
    disk_close(blk_disk);
    io_end();
    return good;
}
