/* SPDX-License-Identifier: MIT */
/*
 * RAM before the page allocator exists: a sorted set of free ranges, from which the hypervisor's
 * own tables are cut. What is left at the end goes to palloc, the modules' frames once domains are
 * built.
 */
#include "hv.h"
#include "boot.h"
#include "boot_asm.h"
#include "paging.h"

extern const char _image_start[], _image_end[];

struct ranges memory_ram;
static struct ranges memory_free;
static struct ranges module_frames; /* RAM to hand over by arch_modules_free() */

static void must(bool ok)
{
    if (!ok)
        hv_panic("memory map has too many pieces");
}

static void survey_regions(const struct boot_info *bi)
{
    for (uint32_t i = 0; i < bi->nr_regions; i++) {
        const struct boot_region *r = &bi->region[i];

        if (r->ram)
            must(ranges_add(&memory_ram, ROUND_UP(r->start, PAGE_SIZE), r->end & PAGE_MASK));
    }
    for (uint32_t i = 0; i < bi->nr_regions; i++) { /* where entries overlap, "not RAM" wins */
        const struct boot_region *r = &bi->region[i];

        if (!r->ram)
            must(ranges_remove(&memory_ram, r->start & PAGE_MASK, ROUND_UP(r->end, PAGE_SIZE)));
    }
}

void memory_survey(const struct boot_info *bi)
{
    static struct ranges usable; /* modules may share pages with each other, not with us */

    survey_regions(bi);
    usable = memory_ram;
    must(ranges_remove(&usable, 0, 1 << 20));
    must(ranges_remove(&usable, PHYS((uint64_t)_image_start), PHYS((uint64_t)_image_end)));
    memory_free = usable;
    for (uint32_t i = 0; i < bi->nr_modules; i++) {
        uint64_t start = bi->module[i].start & PAGE_MASK;
        uint64_t end = ROUND_UP(bi->module[i].start + bi->module[i].size, PAGE_SIZE);

        if (!ranges_contain(&usable, start, end))
            hv_panic("module %u at %lx..%lx is not in free RAM", i + 1, start, end);
        must(ranges_remove(&memory_free, start, end));
        must(ranges_add(&module_frames, start, end));
    }
}

uint64_t arch_ram_bytes(void)
{
    return ranges_total(&memory_ram);
}

mfn_t boot_alloc(uint64_t bytes, uint64_t align, uint64_t limit)
{
    uint64_t pa = ranges_take(&memory_free, ROUND_UP(bytes, PAGE_SIZE), align, limit);

    if (pa == ~0ull)
        hv_panic("no room for %lu KiB of hypervisor tables", bytes >> 10);
    arch_pages_clear(mfn_to_virt(MFN(pa >> PAGE_SHIFT)), ROUND_UP(bytes, PAGE_SIZE));
    return MFN(pa >> PAGE_SHIFT);
}

/* Everything starts as the hypervisor's; palloc_add() says what is free. */
static void build_frame_table(void)
{
    uint64_t top = memory_ram.r[memory_ram.nr - 1].end >> PAGE_SHIFT;

    frame_table = mfn_to_virt(boot_alloc(top * sizeof(struct frame), PAGE_SIZE, ~0ull));
    frame_count = top;
    for (uint64_t i = 0; i < top; i++)
        frame_table[i].type = (uint64_t)FT_HV << FRAME_TYPE_SHIFT;
}

void memory_hand_over(void)
{
    build_frame_table();
    m2p_init();
    for (uint32_t i = 0; i < memory_free.nr; i++)
        palloc_add(MFN(memory_free.r[i].start >> PAGE_SHIFT),
                   MFN(memory_free.r[i].end >> PAGE_SHIFT));
    memory_free.nr = 0; /* boot_alloc() is over */
}

const void *arch_module_data(const struct boot_module *m)
{
    return (const char *)mfn_to_virt(MFN(m->start >> PAGE_SHIFT)) + (m->start & ~PAGE_MASK);
}

void arch_modules_free(void)
{
    for (uint32_t i = 0; i < module_frames.nr; i++)
        palloc_add(MFN(module_frames.r[i].start >> PAGE_SHIFT),
                   MFN(module_frames.r[i].end >> PAGE_SHIFT));
    module_frames.nr = 0;
}
