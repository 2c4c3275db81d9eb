/* SPDX-License-Identifier: MIT */
/* Page tables and address spaces, on top of pv_ops.mmu. */
#include "pv_ops.h"

struct aspace kernel_aspace;
static const struct aspace *active = &kernel_aspace;

static pte_t *table_of(pfn_t pfn)
{
    return pfn_to_virt(pfn);
}

/* The table that entry `slot` of a level-`level` table points to; made if missing and wanted. */
static pte_t *descend(struct aspace *as, pte_t *table, unsigned level, uint64_t va, bool create)
{
    unsigned index = pt_index(va, level);
    pte_t *slot = &table[index], value;
    pfn_t pfn;
    int rc;

    if (slot->bits & PTE_PRESENT)
        return slot->bits & PTE_LARGE ? NULL : table_of(pv_ops.mmu.pte_pfn(*slot));
    if (!create)
        return NULL;
    pfn = page_alloc_zeroed();
    if (!pfn_valid(pfn))
        return NULL;
    CHECK(pv_ops.mmu.make_table(pfn, level - 1) == 0);
    value = pv_ops.mmu.make_pte(pfn, PROT_TABLE);
    rc = level == 4 ? pv_ops.mmu.set_top(as, index, value) : pv_ops.mmu.set_pte(slot, value);
    CHECK(rc == 0);
    return table_of(pfn);
}

pte_t *pte_find(struct aspace *as, uint64_t va, bool create)
{
    pte_t *table = table_of(as->top);

    for (unsigned level = 4; level > 1 && table; level--)
        table = descend(as, table, level, va, create);
    return table ? &table[pt_index(va, 1)] : NULL;
}

static int write_leaf(struct aspace *as, uint64_t va, pte_t *slot, pte_t value)
{
    if (va >= USER_END || as == active)
        return pv_ops.mmu.set_pte_at(va, slot, value);
    return pv_ops.mmu.set_pte(slot, value);
}

int vm_map(struct aspace *as, uint64_t va, pfn_t pfn, uint64_t prot)
{
    pte_t *slot = pte_find(as, va, true);

    if (!slot)
        return -1;
    return write_leaf(as, va, slot, pv_ops.mmu.make_pte(pfn, prot));
}

void vm_unmap(struct aspace *as, uint64_t va)
{
    pte_t *slot = pte_find(as, va, false);

    if (slot && slot->bits)
        CHECK(write_leaf(as, va, slot, (pte_t){0}) == 0);
}

bool vm_query(struct aspace *as, uint64_t va, pfn_t *pfn, uint64_t *flags)
{
    pte_t *slot = pte_find(as, va, false);

    if (!slot || !(slot->bits & PTE_PRESENT))
        return false;
    *pfn = pv_ops.mmu.pte_pfn(*slot);
    *flags = slot->bits & ~PTE_FRAME;
    return true;
}

int vm_protect(struct aspace *as, uint64_t va, uint64_t prot)
{
    pfn_t pfn;
    uint64_t flags;

    if (!vm_query(as, va, &pfn, &flags))
        return -1;
    return vm_map(as, va, pfn, prot);
}

void vm_init(void)
{
    CHECK(pte_find(&kernel_aspace, VMAP_BASE, true));
}

void aspace_switch(struct aspace *as)
{
    active = as;
    pv_ops.mmu.activate(as);
}

int aspace_create(struct aspace *as)
{
    pte_t *top, *kernel_top = table_of(kernel_aspace.top);

    as->top = as->user_top = page_alloc_zeroed();
    if (!pfn_valid(as->top))
        return -1;
    top = table_of(as->top);
    for (unsigned i = L4_FIRST_KERNEL; i < PT_ENTRIES; i++)
        top[i] = kernel_top[i];
    if (pv_ops.mmu.init_aspace(as)) {
        page_put(as->top);
        return -1;
    }
    return 0;
}

/* Free what a user-half table refers to, then the table itself. No hardware uses it any more. */
static void free_table(pfn_t pfn, unsigned level, unsigned entries)
{
    pte_t *table = table_of(pfn);

    for (unsigned i = 0; i < entries; i++) {
        pfn_t below;

        if (!(table[i].bits & PTE_PRESENT))
            continue;
        below = pv_ops.mmu.pte_pfn(table[i]);
        if (level == 1)
            page_put(below);
        else
            free_table(below, level - 1, PT_ENTRIES);
    }
    pv_ops.mmu.unmake_table(pfn, level);
    page_put(pfn);
}

void aspace_destroy(struct aspace *as)
{
    CHECK(as != active && as != &kernel_aspace);
    pv_ops.mmu.exit_aspace(as);
    free_table(as->top, 4, PT_ENTRIES / 2);
}
