/* SPDX-License-Identifier: MIT */
/* Initial page tables of a PV domain: one to one at virt_base, tables themselves read-only. */
#include "builder.h"

#define PTE_P  0x01ull
#define PTE_RW 0x02ull
#define PTE_US 0x04ull
#define PTE_A  0x20ull
#define PTE_D  0x40ull

#define TABLE_FLAGS (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
#define LEAF_FLAGS  (PTE_P | PTE_A)

static uint64_t chunks(uint64_t va, uint64_t pages, unsigned shift)
{
    return ((va + (pages << PAGE_SHIFT) - 1) >> shift) - (va >> shift) + 1;
}

uint64_t build_count_tables(uint64_t va, uint64_t pages)
{
    return chunks(va, pages, 39) + chunks(va, pages, 30) + chunks(va, pages, 21);
}

static bool is_table(const struct build *b, uint64_t pfn)
{
    return (pfn >= b->pt_pfn && pfn < b->pt_pfn + b->nr_pt) ||
           (pfn >= b->p2m_table_pfn && pfn < b->p2m_table_pfn + b->nr_p2m_tables);
}

/* The table an entry points to, made from the pool if there is none yet. */
static uint64_t *descend(struct build *b, uint64_t *entry)
{
    if (!(*entry & PTE_P)) {
        if (b->next_table == b->table_end)
            return NULL;
        *entry = (b->p2m[b->next_table++] << PAGE_SHIFT) | TABLE_FLAGS;
    }
    return mfn_to_virt(MFN((*entry & 0x000ffffffffff000ull) >> PAGE_SHIFT));
}

static bool map_page(struct build *b, uint64_t va, uint64_t pfn)
{
    uint64_t *t = build_page(b, b->pt_pfn);

    for (unsigned shift = 39; shift > PAGE_SHIFT; shift -= 9) {
        t = descend(b, &t[(va >> shift) & 511]);
        if (!t)
            return false;
    }
    t[(va >> PAGE_SHIFT) & 511] =
        (b->p2m[pfn] << PAGE_SHIFT) | LEAF_FLAGS | (is_table(b, pfn) ? 0 : PTE_RW);
    return true;
}

static bool map_range(struct build *b, uint64_t va, uint64_t pfn, uint64_t pages, uint64_t room)
{
    for (uint64_t i = 0; i < pages && pfn + i < room; i++)
        if (!map_page(b, va + (i << PAGE_SHIFT), pfn + i))
            return false;
    return true;
}

bool build_page_tables(struct build *b)
{
    b->next_table = b->pt_pfn + 1; /* the first one is the L4 */
    b->table_end = b->pt_pfn + b->nr_pt;
    /* A small domain may end before the 4 MiB boundary: what it has not stays unmapped. */
    if (!map_range(b, b->elf.virt_base, 0, b->map_pages, b->nr_pages))
        return false;
    if (b->elf.init_p2m == ELF_UNSET)
        return true;
    b->next_table = b->p2m_table_pfn;
    b->table_end = b->p2m_table_pfn + b->nr_p2m_tables;
    return map_range(b, b->elf.init_p2m, b->p2m_pfn, b->p2m_list_pages, b->nr_pages);
}
