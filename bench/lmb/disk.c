/* SPDX-License-Identifier: MIT */
/* The disk that the environment LMB_DISK names, past the page cache, one request at a time. */
#include "lmb.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define SPAN (32u << 20) /* of the disk */

static int disk;
static char *buffer;
static uint64_t seed = 1;

static void disk_begin(const struct row *row)
{
    disk = open(getenv("LMB_DISK"), O_RDWR | O_DIRECT);
    buffer = aligned_alloc(4096, row->bytes);
    if (disk < 0 || !buffer)
        lmb_die("disk");
    for (unsigned i = 0; i < row->bytes; i++)
        buffer[i] = 1; /* memory is there when the clock starts */
}

static void disk_end(const struct row *row)
{
    (void)row;
    close(disk);
    free(buffer);
}

/* Anywhere on the disk. */
static off_t place(const struct row *row)
{
    seed = seed * 6364136223846793005 + 1442695040888963407;
    return (off_t)((seed >> 33) % (SPAN / row->bytes) * row->bytes);
}

static void read_batch(const struct row *row, unsigned n)
{
    while (n--)
        if (pread(disk, buffer, row->bytes, place(row)) != (ssize_t)row->bytes)
            lmb_die("read");
}

static void write_batch(const struct row *row, unsigned n)
{
    while (n--)
        if (pwrite(disk, buffer, row->bytes, place(row)) != (ssize_t)row->bytes)
            lmb_die("write");
}

#define READ  .begin = disk_begin, .batch = read_batch, .end = disk_end
#define WRITE .begin = disk_begin, .batch = write_batch, .end = disk_end

const struct row disk_rows[] = {
    {.op = "disk_read_4k", .n = 64, .bytes = 4096, READ},
    {.op = "disk_read_1m", .n = 8, .bytes = 1u << 20, READ},
    {.op = "disk_write_1m", .n = 8, .bytes = 1u << 20, WRITE},
    {.op = NULL},
};
