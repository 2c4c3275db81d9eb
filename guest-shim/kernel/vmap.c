/* SPDX-License-Identifier: MIT */
/*
 * The vmap area: slots of four pages, of which the first is never mapped. So everything mapped
 * here has a guard page below and above it.
 */
#include "mm.h"

#define SLOT_SIZE  (4 * PAGE_SIZE)
#define SLOT_COUNT 1024

static uint64_t used[SLOT_COUNT / 64];

static uint64_t slot_take(void)
{
    for (unsigned i = 0; i < SLOT_COUNT; i++) {
        if (used[i / 64] & 1UL << i % 64)
            continue;
        used[i / 64] |= 1UL << i % 64;
        return VMAP_BASE + i * SLOT_SIZE;
    }
    return 0;
}

static void slot_give(uint64_t va)
{
    unsigned i = (va - VMAP_BASE) / SLOT_SIZE;

    CHECK(i < SLOT_COUNT && used[i / 64] & 1UL << i % 64);
    used[i / 64] &= ~(1UL << i % 64);
}

void *vmap_page(pfn_t pfn, uint64_t prot)
{
    uint64_t va = slot_take();

    if (!va)
        return NULL;
    if (vm_map(&kernel_aspace, va + PAGE_SIZE, pfn, prot)) {
        slot_give(va);
        return NULL;
    }
    return (void *)(va + PAGE_SIZE);
}

void vunmap_page(void *va)
{
    vm_unmap(&kernel_aspace, (uint64_t)va);
    slot_give((uint64_t)va);
}

static void release_pages(uint64_t va)
{
    pfn_t pfn;
    uint64_t flags;

    for (unsigned i = 0; i < KSTACK_PAGES; i++, va += PAGE_SIZE) {
        if (!vm_query(&kernel_aspace, va, &pfn, &flags))
            continue;
        vm_unmap(&kernel_aspace, va);
        page_put(pfn);
    }
}

void *kstack_alloc(void)
{
    uint64_t va = slot_take(), at = va + PAGE_SIZE;

    if (!va)
        return NULL;
    for (unsigned i = 0; i < KSTACK_PAGES; i++, at += PAGE_SIZE) {
        pfn_t pfn = page_alloc_zeroed();

        if (!pfn_valid(pfn) || vm_map(&kernel_aspace, at, pfn, PROT_KERNEL_RW)) {
            release_pages(va + PAGE_SIZE);
            slot_give(va);
            return NULL;
        }
    }
    return (void *)at;
}

void kstack_free(void *top)
{
    uint64_t va = (uint64_t)top - KSTACK_SIZE;

    release_pages(va);
    slot_give(va);
}
