/* SPDX-License-Identifier: MIT */
/* Demand paging: zeroed pages, shared pages of the image, copy on write. */
#include "pv_ops.h"
#include "task.h"

static struct area *area_find(struct task *task, uint64_t va)
{
    for (unsigned i = 0; i < TASK_AREAS; i++)
        if (va >= task->areas[i].start && va < task->areas[i].end)
            return &task->areas[i];
    return NULL;
}

static bool allowed(const struct area *area, uint64_t error)
{
    if (error & PF_WRITE && !(area->prot & PTE_WRITE))
        return false;
    if (error & PF_FETCH && area->prot & PTE_NX)
        return false;
    return true;
}

/* First touch. Image pages are mapped as they are, without write access: a write copies later. */
static bool page_in(struct task *task, const struct area *area, uint64_t page)
{
    pfn_t pfn;

    if (area->image) {
        pfn = virt_to_pfn(area->image + (page - area->start));
        return vm_map(&task->as, page, pfn, area->prot & ~(PTE_WRITE | PTE_DIRTY)) == 0;
    }
    pfn = page_alloc_zeroed();
    if (!pfn_valid(pfn))
        return false;
    if (vm_map(&task->as, page, pfn, area->prot)) {
        page_put(pfn);
        return false;
    }
    return true;
}

/* Write to a page mapped read-only in a writable area: make it this task's own. */
static bool copy_on_write(struct task *task, const struct area *area, uint64_t page, pfn_t shared)
{
    pfn_t own;

    if (page_refs(shared) == 1)
        return vm_map(&task->as, page, shared, area->prot) == 0;
    own = page_alloc();
    if (!pfn_valid(own))
        return false;
    memcpy(pfn_to_virt(own), pfn_to_virt(shared), PAGE_SIZE);
    if (vm_map(&task->as, page, own, area->prot)) {
        page_put(own);
        return false;
    }
    page_put(shared);
    task->cow_copies++;
    return true;
}

bool task_fault(struct task *task, uint64_t va, uint64_t error)
{
    struct area *area = area_find(task, va);
    uint64_t flags;
    pfn_t pfn;

    if (!area || !allowed(area, error))
        return false;
    task->faults++;
    if (!vm_query(&task->as, PAGE_DOWN(va), &pfn, &flags))
        return page_in(task, area, PAGE_DOWN(va));
    if (flags & PTE_LOCKED)
        return false;
    if (error & PF_WRITE && !(flags & PTE_WRITE))
        return copy_on_write(task, area, PAGE_DOWN(va), pfn);
    return !(error & PF_PRESENT); /* appeared meanwhile */
}

/* Copy with faults allowed; returns the bytes that could not be copied. */
static uint64_t copy_faulting(void *dst, const void *src, uint64_t len)
{
    asm volatile(TRY("rep movsb") : "+D"(dst), "+S"(src), "+c"(len)::"memory");
    return len;
}

static bool user_range(uint64_t va, uint64_t len)
{
    return va < USER_END && len <= USER_END - va;
}

bool copy_from_user(void *dst, uint64_t src, uint64_t len)
{
    return user_range(src, len) && copy_faulting(dst, (const void *)src, len) == 0;
}

bool copy_to_user(uint64_t dst, const void *src, uint64_t len)
{
    return user_range(dst, len) && copy_faulting((void *)dst, src, len) == 0;
}
