/* SPDX-License-Identifier: MIT */
/* What stands natively where a PV guest has a hypercall of its own. */
#include "native.h"
#include "variant.h"

/* Updates toggle the dirty bit: the cheapest change that still has to be validated. */
static pfn_t page;
static void *page_va;
static pte_t *slot, values[2];

static bool page_up(void)
{
    page = page_alloc_zeroed();
    page_va = vmap_page(page, PROT_KERNEL_RW);
    slot = pte_find(&kernel_aspace, (uint64_t)page_va, false);
    values[0] = native_make_pte(page, PROT_KERNEL_RW & ~PTE_DIRTY);
    values[1] = native_make_pte(page, PROT_KERNEL_RW);
    return true;
}

static void page_down(void)
{
    vunmap_page(page_va);
    page_put(page);
}

static void run_update_va(unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        native_set_pte(slot, values[i & 1]);
}

static void run_update_va_invlpg(unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        native_set_pte_at((uint64_t)page_va, slot, values[i & 1]);
}

/* No process runs meanwhile, so any stack will do. */
static void run_stack_switch(unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        native_load_kernel_stack(DIRECT_BASE);
}

static const struct bench_op ops[] = {
    {"stack_switch", NULL, run_stack_switch, NULL, NULL, 1000, 0, 0},
    {"update_va_mapping", page_up, run_update_va, NULL, page_down, 1000, 0, 0},
    {"update_va_mapping_invlpg", page_up, run_update_va_invlpg, NULL, page_down, 1000, 0, 0},
    {.name = NULL},
};

const struct bench_op *const variant_bench_ops[] = {
    ops,
    NULL,
};
