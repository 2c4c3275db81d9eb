/* SPDX-License-Identifier: MIT */
/*
 * Block measurements. Addresses of random operations come from a fixed sequence, aligned to the
 * size of the operation; sequential ones start over at the end of the span.
 */
#include "blk.h"
#include "io.h"
#include "io_bench.h"
#include "mm.h"
#include "modes.h"
#include "pv_ops.h"
#include "timer.h"

#define BATCHES     4
#define LARGE_ORDER 8

struct blk_bench {
    const char *name;
    enum disk_op op;
    uint32_t bytes;
    unsigned depth;
    bool random;
    unsigned n; /* per batch, unless the command line says n= */
};

static const struct blk_bench benches[] = {
    {"blk_read4k_qd1", DISK_READ, 4096, 1, true, 256},
    {"blk_write4k_qd1", DISK_WRITE, 4096, 1, true, 256},
    {"blk_read4k_qd32", DISK_READ, 4096, 32, true, 1024},
    {"blk_write4k_qd32", DISK_WRITE, 4096, 32, true, 1024},
    {"blk_read64k", DISK_READ, 65536, 4, false, 64},
    {"blk_write64k", DISK_WRITE, 65536, 4, false, 64},
    {"blk_read1m", DISK_READ, 1 << 20, 1, false, 8},
    {"blk_write1m", DISK_WRITE, 1 << 20, 1, false, 8},
};

struct bench_run {
    struct blk_run run; /* first */
    const struct blk_bench *bench;
    unsigned left;  /* operations to start */
    uint64_t at;    /* byte offset of the next piece of a sequential stream */
    uint64_t until; /* start none after that time; 0: as many as are left */
    uint64_t seed, span;
    uint32_t piece; /* bytes of a request: an operation may need several */
    uint32_t rest;  /* of the operation under way */
    uint8_t *large;
};

static uint64_t random_offset(struct bench_run *b)
{
    return blk_random(&b->seed) % (b->span / b->bench->bytes) * b->bench->bytes;
}

static bool next(struct blk_run *run, struct blk_slot *slot)
{
    struct bench_run *b = (struct bench_run *)run;

    if (b->rest == 0) {
        if (b->left == 0 || (b->until && pv_ops.time.now() >= b->until))
            return false;
        b->left--;
        b->rest = b->bench->bytes;
        if (b->bench->random)
            b->at = random_offset(b);
        else if (b->at + b->rest > b->span)
            b->at = 0;
    }
    slot->r.op = b->bench->op;
    slot->r.sector = b->at / run->disk->sector_size;
    slot->r.bytes = b->rest < b->piece ? b->rest : b->piece;
    if (b->bench->bytes > BLK_SLOT_BYTES)
        slot->r.data = b->large + (b->bench->bytes - b->rest);
    b->at += slot->r.bytes;
    b->rest -= slot->r.bytes;
    return true;
}

static bool finish(struct blk_run *run, struct blk_slot *slot, enum disk_error error)
{
    return error == DISK_OK || blk_fail("error %d at %lu", error, slot->r.sector);
}

/* A request larger than the disk takes becomes several, all in flight at once. */
static unsigned depth_of(const struct blk_bench *bench, uint32_t piece)
{
    unsigned depth = bench->depth * ((bench->bytes + piece - 1) / piece);

    return depth < BLK_DEPTH ? depth : BLK_DEPTH;
}

static bool batch(struct bench_run *b, unsigned n)
{
    b->left = n;
    b->run.ended = false;
    return blk_perform(&b->run);
}

static bool measure(struct disk *disk, const struct blk_bench *bench, uint8_t *large)
{
    unsigned n = cmdline_number("n", bench->n);
    uint32_t piece = bench->bytes < disk->max_bytes ? bench->bytes : disk->max_bytes;
    struct bench_run b = {
        .run = {.disk = disk, .depth = depth_of(bench, piece), .next = next, .finish = finish},
        .bench = bench,
        .span = blk_span(disk) * disk->sector_size,
        .piece = piece,
        .large = large,
    };
    struct io_cost best = IO_COST_WORST, begin;

    if (n == 0 || b.span < bench->bytes)
        return blk_fail("the disk is too small");
    if (!batch(&b, bench->depth)) /* warm up */
        return false;
    for (unsigned i = 0; i < BATCHES; i++) {
        b.seed = i;
        begin = io_cost_begin();
        if (!batch(&b, n))
            return false;
        io_cost_least(&best, io_cost_end(begin));
    }
    io_bench_report(bench->name, NULL, n, bench->bytes, best);
    return true;
}

/*
 * share=MS: how many random 4 KiB reads are done within that time, from start=MS on. Domains that
 * are given the same start compete for all of it; wait=MS keeps their lines apart.
 */
static void share(struct disk *disk)
{
    static const struct blk_bench bench = {"blk_share", DISK_READ, 4096, 32, true, 0};
    uint64_t time = cmdline_number("share", 0) * NS_PER_MS;
    uint64_t start = cmdline_number("start", 0) * NS_PER_MS;
    struct bench_run b = {
        .run = {.disk = disk, .depth = bench.depth, .next = next, .finish = finish},
        .bench = &bench,
        .span = blk_span(disk) * disk->sector_size,
        .piece = bench.bytes,
        .until = start + time,
    };
    struct io_cost begin, cost;

    while (pv_ops.time.now() < start)
        timer_doze(start - pv_ops.time.now());
    io_begin(); /* the pulse was the timer's victim */
    begin = io_cost_begin();
    if (!batch(&b, ~0u) || b.left == ~0u)
        return;
    cost = io_cost_end(begin);
    timer_sleep(cmdline_number("wait", 0) * NS_PER_MS);
    io_bench_report(bench.name, NULL, ~0u - b.left, bench.bytes, cost);
}

static void measure_all(struct disk *disk, uint8_t *large)
{
    const char *only = cmdline_value("blkbench");

    for (unsigned i = 0; i < ARRAY_LEN(benches); i++) {
        if (only && !list_contains(only, benches[i].name))
            continue;
        if (disk->readonly && benches[i].op == DISK_WRITE)
            continue;
        if (!measure(disk, &benches[i], large))
            printk("blkbench: %s: %s\n", benches[i].name, blk_reason);
    }
}

void mode_blkbench(void)
{
    struct disk *disk;
    pfn_t large;

    io_begin();
    disk = disk_open();
    if (!disk)
        return;
    large = page_alloc_order(LARGE_ORDER);
    if (!blk_slots_init() || !pfn_valid(large))
        return;
    memset(pfn_to_virt(large), 0, PAGE_SIZE << LARGE_ORDER);
    blk_describe(disk);
    io_bench_init();
    if (cmdline_value("share"))
        share(disk);
    else
        measure_all(disk, pfn_to_virt(large));
    disk_close(disk);
    io_end();
    printk("BENCH-END\n");
}
