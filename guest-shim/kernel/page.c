/* SPDX-License-Identifier: MIT */
/*
 * Physical pages: a buddy allocator. A free block of 2^n frames is aligned to its size and stands
 * on the list of its order; freeing joins it with its buddy as often as that is free too.
 */
#include "mm.h"

enum page_state {
    PAGE_RESERVED, /* not ours: image, tables of start of day, holes */
    PAGE_USED,     /* head or tail of an allocated block */
    PAGE_FREE,     /* head of a free block */
};

struct page {
    uint32_t next, prev; /* on the free list, as frame numbers; NIL ends it */
    uint16_t refs;
    uint8_t order;
    uint8_t state;
};

#define NIL 0xffffffffU

static struct page *pages;
static uint64_t page_limit;
static uint32_t free_list[PAGE_MAX_ORDER + 1];
static uint64_t free_pages, total_pages;

size_t page_bookkeeping_size(uint64_t frames)
{
    return PAGE_UP(frames * sizeof(struct page));
}

void page_init(uint64_t frames, void *early)
{
    pages = early;
    page_limit = frames;
    memset(pages, 0, page_bookkeeping_size(frames));
    for (unsigned order = 0; order <= PAGE_MAX_ORDER; order++)
        free_list[order] = NIL;
}

static void list_add(uint32_t n, unsigned order)
{
    pages[n].state = PAGE_FREE;
    pages[n].order = order;
    pages[n].refs = 0;
    pages[n].prev = NIL;
    pages[n].next = free_list[order];
    if (pages[n].next != NIL)
        pages[pages[n].next].prev = n;
    free_list[order] = n;
}

static void list_remove(uint32_t n)
{
    struct page *page = &pages[n];

    if (page->prev != NIL)
        pages[page->prev].next = page->next;
    else
        free_list[page->order] = page->next;
    if (page->next != NIL)
        pages[page->next].prev = page->prev;
    page->state = PAGE_USED;
}

void page_free_order(pfn_t pfn, unsigned order)
{
    uint64_t n = pfn.n, buddy;

    CHECK(n + (1UL << order) <= page_limit && pages[n].state == PAGE_USED);
    free_pages += 1UL << order;
    for (; order < PAGE_MAX_ORDER; order++) {
        buddy = n ^ 1UL << order;
        if (buddy >= page_limit || pages[buddy].state != PAGE_FREE || pages[buddy].order != order)
            break;
        list_remove(buddy);
        n &= ~(1UL << order);
    }
    list_add(n, order);
}

void page_add(pfn_t first, pfn_t end)
{
    for (uint64_t n = first.n; n < end.n; n++) {
        CHECK(n < page_limit && pages[n].state == PAGE_RESERVED);
        pages[n].state = PAGE_USED;
        total_pages++;
        page_free_order(pfn_make(n), 0);
    }
}

pfn_t page_alloc_order(unsigned order)
{
    unsigned have = order;
    uint32_t n;

    while (have <= PAGE_MAX_ORDER && free_list[have] == NIL)
        have++;
    if (have > PAGE_MAX_ORDER)
        return PFN_NONE;
    n = free_list[have];
    list_remove(n);
    while (have > order) { /* give the upper halves back */
        have--;
        list_add(n + (1U << have), have);
    }
    for (uint32_t i = 0; i < 1U << order; i++)
        pages[n + i].state = PAGE_USED;
    pages[n].refs = 1;
    free_pages -= 1UL << order;
    return pfn_make(n);
}

pfn_t page_alloc(void)
{
    return page_alloc_order(0);
}

pfn_t page_alloc_zeroed(void)
{
    pfn_t pfn = page_alloc();

    if (pfn_valid(pfn))
        memset(pfn_to_virt(pfn), 0, PAGE_SIZE);
    return pfn;
}

/* Frames that are not the allocator's (the kernel image) may be mapped, but are never counted. */
static bool counted(pfn_t pfn)
{
    return pfn.n < page_limit && pages[pfn.n].state == PAGE_USED;
}

void page_get(pfn_t pfn)
{
    if (counted(pfn))
        pages[pfn.n].refs++;
}

void page_put(pfn_t pfn)
{
    if (!counted(pfn))
        return;
    CHECK(pages[pfn.n].refs > 0);
    if (--pages[pfn.n].refs == 0)
        page_free_order(pfn, 0);
}

unsigned page_refs(pfn_t pfn)
{
    return counted(pfn) ? pages[pfn.n].refs : 0;
}

uint64_t page_free_count(void)
{
    return free_pages;
}

uint64_t page_total(void)
{
    return total_pages;
}
