/* SPDX-License-Identifier: MIT */
/* Native start of day in C: find the RAM, hand it to the page allocator. */
#include "native.h"
#include "hw.h"
#include "variant.h"
#include <xen/arch-x86/hvm/start_info.h>

#define MAPPED_END 0x40000000UL /* head.S maps this much */
#define LOW_END    0x100000UL   /* leave the first MiB to the firmware */

extern const char image_end[];

static uint64_t ram_end;

static uint64_t clip(uint64_t address)
{
    return address < MAPPED_END ? address : MAPPED_END;
}

/* Calls fn for every range of RAM above the first MiB, cut to what is mapped. */
static void for_each_ram(const struct hvm_start_info *si, void (*fn)(uint64_t start, uint64_t end))
{
    const struct hvm_memmap_table_entry *map = (const void *)(DIRECT_BASE + si->memmap_paddr);

    for (uint32_t i = 0; i < si->memmap_entries; i++) {
        uint64_t start = clip(PAGE_UP(map[i].addr));
        uint64_t end = clip(PAGE_DOWN(map[i].addr + map[i].size));

        if (map[i].type == XEN_HVM_MEMMAP_TYPE_RAM && start >= LOW_END && start < end)
            fn(start, end);
    }
}

static void note_end(uint64_t start, uint64_t end)
{
    if (end > ram_end)
        ram_end = end;
}

/* Everything before `free_start` is in use already: the image, the allocator's bookkeeping. */
static uint64_t free_start;

static void add_range(uint64_t start, uint64_t end)
{
    if (start < free_start)
        start = free_start;
    if (start < end)
        page_add(pfn_make(start >> PAGE_SHIFT), pfn_make(end >> PAGE_SHIFT));
}

void native_start(uint64_t start_info)
{
    const struct hvm_start_info *si = (const void *)(DIRECT_BASE + start_info);
    uint64_t image = PAGE_UP((uint64_t)image_end - KERNEL_BASE);

    uart_init();
    CHECK(si->magic == XEN_HVM_START_MAGIC_VALUE && si->version >= 1);
    if (si->cmdline_paddr)
        cmdline_set((const char *)(DIRECT_BASE + si->cmdline_paddr));
    for_each_ram(si, note_end);
    free_start = image + page_bookkeeping_size(ram_end >> PAGE_SHIFT);
    page_init(ram_end >> PAGE_SHIFT, pfn_to_virt(pfn_make(image >> PAGE_SHIFT)));
    for_each_ram(si, add_range);
    kernel_aspace.top = kernel_aspace.user_top = virt_to_pfn(boot_top);
    kernel_main();
}

void variant_describe(char *buf, unsigned size)
{
    format(buf, size, "on PC hardware, %lu MiB RAM", ram_end >> 20);
}
