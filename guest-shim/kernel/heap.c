/* SPDX-License-Identifier: MIT */
/*
 * Kernel heap. Small blocks come in powers of two from pages cut up for one size; a header of the
 * page says which. Larger requests are whole pages, with the same header in front.
 */
#include "mm.h"

#define MIN_SHIFT 5  /* 32 bytes */
#define MAX_SHIFT 10 /* above 1 KiB: whole pages */

struct heap_page {
    uint32_t magic;
    uint16_t shift; /* block size of this page, or 0: one large block */
    uint16_t order;
    uint64_t pad[3]; /* blocks behind it stay aligned */
};

struct block {
    struct block *next;
};

#define HEAP_MAGIC 0x50414548

static struct block *free_blocks[MAX_SHIFT + 1];

static struct heap_page *new_pages(unsigned shift, unsigned order)
{
    pfn_t pfn = page_alloc_order(order);
    struct heap_page *page;

    if (!pfn_valid(pfn))
        return NULL;
    page = pfn_to_virt(pfn);
    *page = (struct heap_page){.magic = HEAP_MAGIC, .shift = shift, .order = order};
    return page;
}

static bool refill(unsigned shift)
{
    struct heap_page *page = new_pages(shift, 0);
    size_t size = 1UL << shift;

    if (!page)
        return false;
    /* Blocks stand at multiples of their size, except that the header takes the first place. */
    for (size_t at = size > sizeof(*page) ? size : sizeof(*page); at + size <= PAGE_SIZE;
         at += size) {
        struct block *block = (struct block *)((char *)page + at);

        block->next = free_blocks[shift];
        free_blocks[shift] = block;
    }
    return true;
}

static void *alloc_large(size_t size)
{
    unsigned order = 0;
    struct heap_page *page;

    while ((PAGE_SIZE << order) < size + sizeof(*page))
        if (++order > PAGE_MAX_ORDER)
            return NULL;
    page = new_pages(0, order);
    return page ? page + 1 : NULL;
}

void *kzalloc(size_t size)
{
    unsigned shift = MIN_SHIFT;
    void *p;

    if (size > (PAGE_SIZE << PAGE_MAX_ORDER))
        return NULL;
    if (size > 1UL << MAX_SHIFT) {
        p = alloc_large(size);
    } else {
        while (1UL << shift < size)
            shift++;
        if (!free_blocks[shift] && !refill(shift))
            return NULL;
        p = free_blocks[shift];
        free_blocks[shift] = free_blocks[shift]->next;
    }
    return p ? memset(p, 0, size) : NULL;
}

void kfree(void *p)
{
    struct heap_page *page = (void *)((uint64_t)p & PAGE_MASK);
    struct block *block = p;

    if (!p)
        return;
    CHECK(page->magic == HEAP_MAGIC);
    if (page->shift == 0) {
        page_free_order(virt_to_pfn(page), page->order);
    } else {
        block->next = free_blocks[page->shift];
        free_blocks[page->shift] = block;
    }
}
