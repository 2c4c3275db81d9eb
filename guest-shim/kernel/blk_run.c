/* SPDX-License-Identifier: MIT */
/* Keeps requests in flight. */
#include "blk.h"
#include "mm.h"

char blk_reason[120];
static struct blk_slot slots[BLK_DEPTH];

bool blk_fail(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vformat(blk_reason, sizeof(blk_reason), fmt, args);
    va_end(args);
    return false;
}

bool blk_slots_init(void)
{
    unsigned order = 0;

    while (PAGE_SIZE << order < BLK_SLOT_BYTES)
        order++;
    for (unsigned i = 0; i < BLK_DEPTH; i++) {
        pfn_t pfn;

        if (slots[i].buffer)
            continue;
        pfn = page_alloc_order(order);
        if (!pfn_valid(pfn))
            return blk_fail("out of memory");
        slots[i].buffer = pfn_to_virt(pfn);
        memset(slots[i].buffer, 0, BLK_SLOT_BYTES); /* the other end may see it */
    }
    return true;
}

static void feed(struct blk_run *run, struct blk_slot *slot)
{
    if (run->ended || run->failed)
        return;
    slot->r.data = slot->buffer;
    if (!run->next(run, slot)) {
        run->ended = true;
        return;
    }
    run->flying++;
    disk_submit(run->disk, &slot->r);
}

static void slot_done(struct disk_request *r, enum disk_error error)
{
    struct blk_slot *slot = r->context;
    struct blk_run *run = slot->run;

    run->flying--;
    if (!run->finish(run, slot, error))
        run->failed = true;
    feed(run, slot);
}

bool blk_perform(struct blk_run *run)
{
    for (unsigned i = 0; i < run->depth; i++) {
        slots[i].run = run;
        slots[i].r = (struct disk_request){.done = slot_done, .context = &slots[i]};
        feed(run, &slots[i]);
    }
    while (run->flying)
        disk_wait(run->disk);
    return !run->failed;
}

uint64_t blk_span(const struct disk *disk)
{
    uint64_t mib = cmdline_number("span", 256), sectors = (mib << 20) / disk->sector_size;

    return sectors && sectors < disk->sectors ? sectors : disk->sectors;
}

void blk_describe(const struct disk *disk)
{
    printk("DISK %s: %lu sectors of %u, %u bytes and %u requests at a time%s%s%s\n", disk->name,
           disk->sectors, disk->sector_size, disk->max_bytes, disk->depth,
           disk->readonly ? ", read-only" : "", disk->can_flush ? ", flush" : "",
           disk->can_discard ? ", discard" : "");
}
