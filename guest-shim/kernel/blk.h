/* SPDX-License-Identifier: MIT */
/* Between the files of the block harness. */
#ifndef SHIM_KERNEL_BLK_H
#define SHIM_KERNEL_BLK_H

#include "disk.h"
#include "kernel.h"
#include "selftest.h"

#define BLK_DEPTH       32
#define BLK_SLOT_BYTES  65536U
#define BLK_DEFAULT_KEY 1

struct blk_run;

/* A request of a run with a buffer of its own. */
struct blk_slot {
    struct disk_request r;
    struct blk_run *run;
    uint8_t *buffer; /* of BLK_SLOT_BYTES, aligned to a page; r.data points into it */
};

/*
 * A stream of requests, `depth` of them in flight at a time. next() prepares a slot's op, sector,
 * bytes (and data, and the buffer) or returns false: no more. finish() looks at the outcome; false
 * ends the run as failed.
 */
struct blk_run {
    struct disk *disk;
    unsigned depth; /* at most BLK_DEPTH */
    bool (*next)(struct blk_run *run, struct blk_slot *slot);
    bool (*finish)(struct blk_run *run, struct blk_slot *slot, enum disk_error error);
    unsigned flying;
    bool ended, failed;
};

/* Get the slots' buffers (once); false when out of memory. */
bool blk_slots_init(void);

/* Perform the run. Returns when nothing is in flight; false if finish() said so. */
bool blk_perform(struct blk_run *run);

/* A deterministic sequence. */
static inline uint64_t blk_random(uint64_t *state)
{
    uint64_t x = *state += 0x9e3779b97f4a7c15UL;

    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9UL;
    x = (x ^ x >> 27) * 0x94d049bb133111ebUL;
    return x ^ x >> 31;
}

/* Why the last check failed; for test_fail(). */
extern char blk_reason[120];
bool blk_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The number of sectors tested: the disk, or its first span= MiB. */
uint64_t blk_span(const struct disk *disk);

/* The disk that the tests use, and those of blk_limits.c. */
extern struct disk *blk_disk;
extern const struct test blk_limit_tests[];

/* A line that describes the disk. */
void blk_describe(const struct disk *disk);

/* The modes blktest=verify, journal and check; true if all is well. */
bool blk_verify(struct disk *disk);
bool blk_journal(struct disk *disk);
bool blk_journal_check(struct disk *disk);

#endif
