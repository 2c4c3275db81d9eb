/* SPDX-License-Identifier: MIT */
/* What a disk must refuse, and the operations other than reading and writing. */
#include "blk.h"

static enum outcome blk_flush(void)
{
    enum disk_error error = disk_sync(blk_disk, DISK_FLUSH, 0, NULL, 0);

    if (!blk_disk->can_flush) {
        EXPECT(error == DISK_ENOTSUPP, "no flush, but it says %d", error);
        return test_skip("the disk has no flush");
    }
    EXPECT(error == DISK_OK, "error %d", error);
    EXPECT(disk_sync(blk_disk, DISK_FLUSH, 0, NULL, 0) == DISK_OK, "error at the second one");
    return TEST_OK;
}

static enum outcome blk_range(void)
{
    static uint8_t data[8192] __attribute__((aligned(4096)));
    uint64_t end = blk_disk->sectors;
    uint32_t size = blk_disk->sector_size;
    const struct {
        uint64_t sector;
        uint32_t bytes;
        unsigned offset;
    } wrong[] = {
        {end, size, 0},       {end - 1, 2 * size, 0},
        {~0UL, size, 0},      {~0UL, 2 * size, 0},
        {1UL << 63, size, 0}, {0, 0, 0},
        {0, size - 1, 0},     {0, blk_disk->max_bytes + size, 0},
        {0, size, 1},         {1UL << 55, size, 256},
    };

    for (unsigned i = 0; i < ARRAY_LEN(wrong); i++)
        for (enum disk_op op = DISK_READ; op <= DISK_WRITE; op++) {
            enum disk_error error =
                disk_sync(blk_disk, op, wrong[i].sector, data + wrong[i].offset, wrong[i].bytes);

            EXPECT(error == DISK_ERANGE || (error == DISK_EROFS && blk_disk->readonly),
                   "case %u, operation %u: %d", i, op, error);
        }
    EXPECT(disk_sync(blk_disk, DISK_READ, end - 1, data, size) == DISK_OK, "the last sector");
    return TEST_OK;
}

/* The same past disk_submit(), so that the device or the other end has to refuse. */
static bool device_refuses(enum disk_op op, uint64_t sector, uint32_t sectors)
{
    static uint8_t data[8192] __attribute__((aligned(4096)));
    bool refused;

    blk_disk->readonly = false;
    blk_disk->sectors += sectors;
    refused = disk_sync(blk_disk, op, sector, data, sectors * blk_disk->sector_size) != DISK_OK;
    blk_disk->sectors -= sectors;
    return refused;
}

static enum outcome blk_device_range(void)
{
    bool readonly = blk_disk->readonly, read, write;

    read = device_refuses(DISK_READ, blk_disk->sectors - 1, 2) &&
           device_refuses(DISK_READ, blk_disk->sectors, 1);
    write = device_refuses(DISK_WRITE, blk_disk->sectors, 1);
    blk_disk->readonly = readonly;
    EXPECT(read, "reads past the end are done");
    EXPECT(write, "writes past the end are done");
    return TEST_OK;
}

static enum outcome blk_readonly(void)
{
    static uint8_t before[4096] __attribute__((aligned(4096))), after[4096], data[4096];
    bool refused;

    if (!blk_disk->readonly)
        return test_skip("the disk is writable");
    EXPECT(disk_sync(blk_disk, DISK_READ, 0, before, 4096) == DISK_OK, "reading");
    EXPECT(disk_sync(blk_disk, DISK_WRITE, 0, data, 4096) == DISK_EROFS, "a write was done");
    blk_disk->readonly = false;
    refused = disk_sync(blk_disk, DISK_WRITE, 0, data, 4096) != DISK_OK;
    blk_disk->readonly = true;
    EXPECT(refused, "the device did a write");
    EXPECT(disk_sync(blk_disk, DISK_READ, 0, after, 4096) == DISK_OK, "reading again");
    EXPECT(!memcmp(before, after, 4096), "the contents changed");
    return TEST_OK;
}

const struct test blk_limit_tests[] = {
    {"blk_flush", blk_flush},
    {"blk_range", blk_range},
    {"blk_device_range", blk_device_range},
    {"blk_readonly", blk_readonly},
    {0},
};
