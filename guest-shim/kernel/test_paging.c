/* SPDX-License-Identifier: MIT */
/* Page tables through pv_ops.mmu: what is written takes effect, and not before it should. */
#include "pv_ops.h"
#include "selftest.h"
#include "trap.h"

#define BATCH 40

static uint64_t peek(const void *va)
{
    return *(const volatile uint64_t *)va;
}

/* Does a store to `va` fault? */
static bool store_faults(void *va)
{
    trap_clear();
    asm volatile(TRY("movq $77, (%0)")::"r"(va) : "memory");
    return trap_last.vector == TRAP_PF;
}

static bool load_faults(const void *va)
{
    trap_clear();
    asm volatile(TRY("movq (%0), %%rax")::"r"(va) : "rax", "memory");
    return trap_last.vector == TRAP_PF;
}

static enum outcome paging_map(void)
{
    pfn_t pfn = page_alloc_zeroed(), seen;
    uint64_t flags, *va = vmap_page(pfn, PROT_KERNEL_RW);

    EXPECT(va, "cannot map");
    *va = 5;
    EXPECT(peek(pfn_to_virt(pfn)) == 5, "mapping shows another page");
    EXPECT(vm_query(&kernel_aspace, (uint64_t)va, &seen, &flags), "entry not found");
    EXPECT(seen.n == pfn.n, "entry has frame %lx, not %lx", seen.n, pfn.n);
    EXPECT((flags & (PTE_WRITE | PTE_NX)) == (PTE_WRITE | PTE_NX), "entry has flags %lx", flags);
    vunmap_page(va);
    EXPECT(load_faults(va), "still mapped");
    page_put(pfn);
    return TEST_OK;
}

static enum outcome paging_guards(void)
{
    pfn_t pfn = page_alloc_zeroed();
    char *va = vmap_page(pfn, PROT_KERNEL_RW);

    EXPECT(va, "cannot map");
    EXPECT(load_faults(va - 8), "no guard page below");
    EXPECT(load_faults(va + PAGE_SIZE), "no guard page above");
    vunmap_page(va);
    page_put(pfn);
    return TEST_OK;
}

static enum outcome paging_protect(void)
{
    pfn_t pfn = page_alloc_zeroed();
    uint64_t *va = vmap_page(pfn, PROT_KERNEL_RW);

    *va = 1;
    EXPECT(vm_protect(&kernel_aspace, (uint64_t)va, PROT_KERNEL_RO) == 0, "protect failed");
    EXPECT(store_faults(va), "read-only page was written");
    EXPECT(trap_last.error == (PF_PRESENT | PF_WRITE), "error code %lx", trap_last.error);
    EXPECT(peek(va) == 1, "value changed");
    EXPECT(vm_protect(&kernel_aspace, (uint64_t)va, PROT_KERNEL_RW) == 0, "unprotect failed");
    EXPECT(!store_faults(va) && peek(va) == 77, "page is not writable again");
    EXPECT(vm_protect(&kernel_aspace, VMAP_END - PAGE_SIZE, PROT_KERNEL_RO) == -1,
           "an unmapped page was protected");
    vunmap_page(va);
    page_put(pfn);
    return TEST_OK;
}

/* Replace the frame under an address that is in the TLB. */
static enum outcome paging_flush(void)
{
    pfn_t a = page_alloc_zeroed(), b = page_alloc_zeroed();
    uint64_t *va = vmap_page(a, PROT_KERNEL_RW);
    pte_t *slot = pte_find(&kernel_aspace, (uint64_t)va, false);

    *(uint64_t *)pfn_to_virt(a) = 10;
    *(uint64_t *)pfn_to_virt(b) = 20;
    EXPECT(peek(va) == 10, "wrong page");
    EXPECT(pv_ops.mmu.set_pte(slot, pv_ops.mmu.make_pte(b, PROT_KERNEL_RW)) == 0, "refused");
    pv_ops.mmu.flush_one((uint64_t)va);
    EXPECT(peek(va) == 20, "flush_one left a stale translation");
    EXPECT(pv_ops.mmu.set_pte(slot, pv_ops.mmu.make_pte(a, PROT_KERNEL_RW)) == 0, "refused");
    pv_ops.mmu.flush_all();
    EXPECT(peek(va) == 10, "flush_all left a stale translation");
    EXPECT(pv_ops.mmu.set_pte_at((uint64_t)va, slot, pv_ops.mmu.make_pte(b, PROT_KERNEL_RW)) == 0,
           "refused");
    EXPECT(peek(va) == 20, "set_pte_at left a stale translation");
    vunmap_page(va);
    page_put(a);
    page_put(b);
    return TEST_OK;
}

static enum outcome paging_batch(void)
{
    struct pte_update updates[BATCH];
    uint64_t *vas[BATCH];
    pfn_t a = page_alloc_zeroed(), b = page_alloc_zeroed();

    *(uint64_t *)pfn_to_virt(b) = 99;
    for (unsigned i = 0; i < BATCH; i++) {
        vas[i] = vmap_page(a, PROT_KERNEL_RW);
        EXPECT(vas[i] && peek(vas[i]) == 0, "cannot map");
        updates[i].slot = pte_find(&kernel_aspace, (uint64_t)vas[i], false);
        updates[i].value = pv_ops.mmu.make_pte(b, PROT_KERNEL_RO);
    }
    EXPECT(pv_ops.mmu.set_ptes(updates, BATCH) == BATCH, "batch was cut short");
    pv_ops.mmu.flush_all();
    for (unsigned i = 0; i < BATCH; i++) {
        EXPECT(peek(vas[i]) == 99, "update %u is missing", i);
        EXPECT(store_faults(vas[i]), "update %u has the wrong protection", i);
        vunmap_page(vas[i]);
    }
    EXPECT(pv_ops.mmu.set_ptes(updates, 0) == 0, "an empty batch did something");
    page_put(a);
    page_put(b);
    return TEST_OK;
}

/* Accessed and dirty bits come from the hardware. */
static enum outcome paging_accessed_dirty(void)
{
    pfn_t pfn = page_alloc_zeroed(), seen;
    uint64_t prot = PROT_KERNEL_RW & ~(PTE_ACCESSED | PTE_DIRTY), flags;
    uint64_t *va = vmap_page(pfn, prot);

    EXPECT(vm_query(&kernel_aspace, (uint64_t)va, &seen, &flags), "not mapped");
    EXPECT(!(flags & (PTE_ACCESSED | PTE_DIRTY)), "set before any access: %lx", flags);
    peek(va);
    vm_query(&kernel_aspace, (uint64_t)va, &seen, &flags);
    EXPECT((flags & (PTE_ACCESSED | PTE_DIRTY)) == PTE_ACCESSED, "after a load: %lx", flags);
    *(volatile uint64_t *)va = 1;
    vm_query(&kernel_aspace, (uint64_t)va, &seen, &flags);
    EXPECT(flags & PTE_DIRTY, "not dirty after a store: %lx", flags);
    vunmap_page(va);
    page_put(pfn);
    return TEST_OK;
}

/* Two spaces, the same address, different pages; the kernel half is common. */
static enum outcome paging_spaces(void)
{
    static const uint64_t va = 0x12345000;
    uint64_t before = page_free_count();
    struct aspace spaces[2];
    pfn_t pages[2];

    for (unsigned i = 0; i < 2; i++) {
        pages[i] = page_alloc_zeroed();
        *(uint64_t *)pfn_to_virt(pages[i]) = 100 + i;
        EXPECT(aspace_create(&spaces[i]) == 0, "no address space");
        EXPECT(vm_map(&spaces[i], va, pages[i], PROT_USER_RW) == 0, "cannot map");
    }
    for (unsigned i = 0; i < 4; i++) {
        aspace_switch(&spaces[i & 1]);
        EXPECT(peek((void *)va) == 100 + (i & 1), "wrong page after switch %u", i);
    }
    aspace_switch(&kernel_aspace);
    EXPECT(load_faults((void *)va), "user page visible in the kernel's own space");
    aspace_destroy(&spaces[0]);
    aspace_destroy(&spaces[1]);
    EXPECT(page_free_count() == before, "%ld pages were lost", before - page_free_count());
    return TEST_OK;
}

const struct test paging_tests[] = {
    {"paging_map", paging_map},         {"paging_guards", paging_guards},
    {"paging_protect", paging_protect}, {"paging_flush", paging_flush},
    {"paging_batch", paging_batch},     {"paging_accessed_dirty", paging_accessed_dirty},
    {"paging_spaces", paging_spaces},   {NULL, NULL},
};
