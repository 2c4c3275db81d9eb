/* SPDX-License-Identifier: MIT */
/* Native mmu group: a page table is memory like any other. */
#include "native.h"

pte_t native_make_pte(pfn_t pfn, uint64_t flags)
{
    return (pte_t){pfn.n << PAGE_SHIFT | flags};
}

pfn_t native_pte_pfn(pte_t pte)
{
    return pfn_make((pte.bits & PTE_FRAME) >> PAGE_SHIFT);
}

int native_set_pte(pte_t *slot, pte_t value)
{
    *(volatile uint64_t *)&slot->bits = value.bits;
    return 0;
}

unsigned native_set_ptes(const struct pte_update *updates, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        native_set_pte(updates[i].slot, updates[i].value);
    return count;
}

int native_set_pte_at(uint64_t va, pte_t *slot, pte_t value)
{
    native_set_pte(slot, value);
    native_flush_one(va);
    return 0;
}

int native_make_table(pfn_t pfn, unsigned level)
{
    return 0;
}

void native_unmake_table(pfn_t pfn, unsigned level)
{
}

int native_set_top(struct aspace *as, unsigned index, pte_t value)
{
    pte_t *top = pfn_to_virt(as->top);

    return native_set_pte(&top[index], value);
}

int native_init_aspace(struct aspace *as)
{
    return 0;
}

void native_exit_aspace(struct aspace *as)
{
}

void native_activate(const struct aspace *as)
{
    asm volatile("mov %0, %%cr3" ::"r"(as->top.n << PAGE_SHIFT) : "memory");
}

void native_flush_one(uint64_t va)
{
    asm volatile("invlpg (%0)" ::"r"(va) : "memory");
}

void native_flush_all(void)
{
    uint64_t cr3;

    asm volatile("mov %%cr3, %0; mov %0, %%cr3" : "=&r"(cr3)::"memory");
}

uint64_t native_fault_address(void)
{
    uint64_t value;

    asm volatile("mov %%cr2, %0" : "=r"(value));
    return value;
}
