/* SPDX-License-Identifier: MIT */
/*
 * Building the direct map of a PV guest. Two things make it more than a loop: entries need machine
 * frames, and a frame that is a page table may be mapped read-only only, everywhere, before the
 * hypervisor takes it as a table.
 *
 * The first tables come from the padding that the domain builder leaves mapped behind its last
 * item (at least 512 KiB, <xen/xen.h>); they map as much as they can. With that the page allocator
 * starts, and gives the tables for the rest.
 */
#include "xen_shim.h"

#define PADDING_PAGES 128
#define MAPPED_PAGES  (1UL << 18) /* one level-2 table: 1 GiB */
#define BATCH         64

extern const char image_start[], image_end[];

/* The frames [first, end) of a kind. */
struct range {
    uint64_t first, end;
};

static struct range initial_tables, own_tables;
static pte_t *direct_l2;

static bool within(struct range r, uint64_t n)
{
    return n >= r.first && n < r.end;
}

/* Address of a frame in the builder's mapping. */
static void *early_virt(uint64_t pfn)
{
    return (void *)(KERNEL_BASE + (pfn << PAGE_SHIFT));
}

static uint64_t image_pfn(uint64_t va)
{
    return (va - KERNEL_BASE) >> PAGE_SHIFT;
}

/* Level-1 table number `chunk` of the direct map; table frames appear read-only. */
static void fill_l1(pte_t *l1, uint64_t chunk, uint64_t limit)
{
    for (unsigned i = 0; i < PT_ENTRIES; i++) {
        uint64_t n = chunk * PT_ENTRIES + i;
        bool table = within(initial_tables, n) || within(own_tables, n);

        l1[i].bits = 0;
        if (n < limit)
            l1[i] = xen_make_pte(pfn_make(n), table ? PROT_KERNEL_RO : PROT_KERNEL_RW);
    }
}

static void seal_early(uint64_t pfn)
{
    CHECK(hypercall_update_va_mapping((uint64_t)early_virt(pfn),
                                      xen_make_pte(pfn_make(pfn), PROT_KERNEL_RO).bits,
                                      UVMF_INVLPG) == 0);
}

/* Tables from the padding; returns the number of frames they map. */
static uint64_t map_first(uint64_t limit)
{
    uint64_t t = own_tables.first, chunks = own_tables.end - t - 2;
    pte_t *l3 = early_virt(t), *l2 = early_virt(t + 1);
    pte_t *top = (pte_t *)xen_boot.pt_base;

    memset(l3, 0, PAGE_SIZE);
    memset(l2, 0, PAGE_SIZE);
    for (uint64_t i = 0; i < chunks; i++) {
        fill_l1(early_virt(t + 2 + i), i, limit);
        l2[i] = xen_make_pte(pfn_make(t + 2 + i), PROT_TABLE);
    }
    l3[0] = xen_make_pte(pfn_make(t + 1), PROT_TABLE);
    for (; t < own_tables.end; t++)
        seal_early(t);
    CHECK(xen_set_pte(&top[pt_index(DIRECT_BASE, 4)],
                      xen_make_pte(pfn_make(own_tables.first), PROT_TABLE)) == 0);
    direct_l2 = pfn_to_virt(pfn_make(own_tables.first + 1));
    return chunks * PT_ENTRIES < limit ? chunks * PT_ENTRIES : limit;
}

/* The rest, with tables from the page allocator. */
static void map_rest(uint64_t from, uint64_t limit)
{
    for (uint64_t chunk = from / PT_ENTRIES; chunk * PT_ENTRIES < limit; chunk++) {
        pfn_t table = page_alloc();

        CHECK(pfn_valid(table));
        fill_l1(pfn_to_virt(table), chunk, limit);
        CHECK(xen_make_table(table, 1) == 0);
        CHECK(xen_set_pte(&direct_l2[chunk], xen_make_pte(table, PROT_TABLE)) == 0);
    }
}

/* Remove the builder's mapping of [va, end) as far as it goes: RAM has one address from here on. */
static void unmap_early(uint64_t va, uint64_t end)
{
    struct pte_update updates[BATCH];
    unsigned n = 0;
    pte_t *slot;

    for (; va < end && (slot = pte_find(&kernel_aspace, va, false)); va += PAGE_SIZE) {
        if (slot->bits & PTE_PRESENT)
            updates[n++] = (struct pte_update){slot, {0}};
        if (n == BATCH) {
            CHECK(xen_set_ptes(updates, n) == n);
            n = 0;
        }
    }
    CHECK(xen_set_ptes(updates, n) == n);
    xen_flush_all();
}

static uint64_t min(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

void xen_map_memory(void)
{
    uint64_t limit = min(xen_boot.nr_pages, MAPPED_PAGES), first = image_pfn(xen_boot.pt_base);
    uint64_t free, mapped;

    pvk_p2m_init(&xen_p2m, xen_boot.mfn_list, xen_boot.nr_pages);
    initial_tables = (struct range){first, first + xen_boot.nr_pt_frames};
    own_tables.first = initial_tables.end + 1; /* behind the boot stack */
    own_tables.end =
        own_tables.first + min(PADDING_PAGES, 2 + (limit + PT_ENTRIES - 1) / PT_ENTRIES);
    mapped = map_first(limit);
    kernel_aspace.top = pfn_make(first);
    kernel_aspace.user_top = PFN_NONE;
    xen_p2m.mfns = pfn_to_virt(pfn_make(image_pfn((uint64_t)xen_boot.mfn_list)));
    unmap_early(KERNEL_BASE, (uint64_t)image_start); /* before any of it becomes a page table */
    unmap_early((uint64_t)image_end, ~0UL);

    free = own_tables.end + page_bookkeeping_size(limit) / PAGE_SIZE;
    CHECK(free < mapped);
    page_init(limit, pfn_to_virt(pfn_make(own_tables.end)));
    page_add(pfn_make(1), pfn_make(image_pfn((uint64_t)image_start)));
    page_add(pfn_make(free), pfn_make(mapped));
    map_rest(mapped, limit);
    page_add(pfn_make(mapped), pfn_make(limit));
}
