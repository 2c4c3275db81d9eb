/* SPDX-License-Identifier: MIT */
/* Page allocator and heap. */
#include "mm.h"
#include "selftest.h"

#define MANY 64

static enum outcome pages_alloc_free(void)
{
    uint64_t before = page_free_count();
    pfn_t pages[MANY];

    for (unsigned i = 0; i < MANY; i++) {
        pages[i] = page_alloc_zeroed();
        EXPECT(pfn_valid(pages[i]), "out of memory at %u", i);
        EXPECT(*(uint64_t *)pfn_to_virt(pages[i]) == 0, "page %u is not zero", i);
        *(uint64_t *)pfn_to_virt(pages[i]) = i + 1;
    }
    EXPECT(page_free_count() == before - MANY, "free count is off");
    for (unsigned i = 0; i < MANY; i++) {
        EXPECT(*(uint64_t *)pfn_to_virt(pages[i]) == i + 1, "page %u was given out twice", i);
        page_put(pages[i]);
    }
    EXPECT(page_free_count() == before, "pages were lost");
    return TEST_OK;
}

static enum outcome pages_orders(void)
{
    uint64_t before = page_free_count();
    pfn_t blocks[PAGE_MAX_ORDER + 1];

    for (unsigned order = 0; order <= PAGE_MAX_ORDER; order++) {
        blocks[order] = page_alloc_order(order);
        EXPECT(pfn_valid(blocks[order]), "no block of order %u", order);
        EXPECT(blocks[order].n % (1UL << order) == 0, "order %u is not aligned", order);
    }
    for (unsigned order = 0; order <= PAGE_MAX_ORDER; order++)
        page_free_order(blocks[order], order);
    EXPECT(page_free_count() == before, "pages were lost");
    return TEST_OK;
}

/* Take everything; the allocator must say so politely, and join it all again afterwards. */
static enum outcome pages_exhaust(void)
{
    uint64_t before = page_free_count(), taken = 0;
    pfn_t chain = PFN_NONE, pfn;

    while (pfn_valid(pfn = page_alloc())) {
        *(pfn_t *)pfn_to_virt(pfn) = chain;
        chain = pfn;
        taken++;
    }
    EXPECT(taken == before && page_free_count() == 0, "took %lu of %lu", taken, before);
    EXPECT(!kzalloc(PAGE_SIZE), "heap found memory where none is left");
    while (pfn_valid(pfn = chain)) {
        chain = *(pfn_t *)pfn_to_virt(pfn);
        page_put(pfn);
    }
    EXPECT(page_free_count() == before, "pages were lost");
    return pages_orders();
}

static enum outcome heap_sizes(void)
{
    static const uint16_t sizes[] = {1, 16, 31, 32, 33, 100, 512, 1024, 1025, 4000, 4096, 20000};
    uint8_t *blocks[ARRAY_LEN(sizes)];

    for (unsigned i = 0; i < ARRAY_LEN(sizes); i++) {
        blocks[i] = kzalloc(sizes[i]);
        EXPECT(blocks[i], "no %u bytes", sizes[i]);
        EXPECT((uint64_t)blocks[i] % 16 == 0, "%u bytes: not aligned", sizes[i]);
        for (unsigned j = 0; j < sizes[i]; j++)
            EXPECT(blocks[i][j] == 0, "%u bytes: not zero", sizes[i]);
        memset(blocks[i], i + 1, sizes[i]);
    }
    for (unsigned i = 0; i < ARRAY_LEN(sizes); i++) {
        for (unsigned j = 0; j < sizes[i]; j++)
            EXPECT(blocks[i][j] == i + 1, "%u bytes: overlap", sizes[i]);
        kfree(blocks[i]);
    }
    return TEST_OK;
}

static enum outcome heap_reuse(void)
{
    void *p = kzalloc(200), *q;

    memset(p, 0xaa, 200);
    kfree(p);
    q = kzalloc(200);
    EXPECT(q == p, "freed block was not reused");
    EXPECT(*(uint64_t *)q == 0, "reused block is not zero");
    kfree(q);
    kfree(NULL);
    return TEST_OK;
}

const struct test memory_tests[] = {
    {"pages_alloc_free", pages_alloc_free},
    {"pages_orders", pages_orders},
    {"pages_exhaust", pages_exhaust},
    {"heap_sizes", heap_sizes},
    {"heap_reuse", heap_reuse},
    {NULL, NULL},
};
