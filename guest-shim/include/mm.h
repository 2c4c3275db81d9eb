/* SPDX-License-Identifier: MIT */
/* Memory: physical pages, the kernel heap, page tables, address spaces. */
#ifndef SHIM_MM_H
#define SHIM_MM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "kernel.h"
#include "pte.h"

/* A (pseudo-)physical frame number: an index into the RAM this kernel sees. */
typedef struct {
    uint64_t n;
} pfn_t;

#define PFN_NONE    ((pfn_t){~0UL})
#define pfn_make(x) ((pfn_t){(x)})

static inline bool pfn_valid(pfn_t pfn)
{
    return pfn.n != PFN_NONE.n;
}

/* Address of a frame in the direct map, and back; only for frames of RAM. */
static inline void *pfn_to_virt(pfn_t pfn)
{
    return (void *)(DIRECT_BASE + (pfn.n << PAGE_SHIFT));
}

static inline pfn_t virt_to_pfn(const void *p)
{
    uint64_t va = (uint64_t)p;

    return pfn_make((va >= KERNEL_BASE ? va - KERNEL_BASE : va - DIRECT_BASE) >> PAGE_SHIFT);
}

/* --- physical pages (kernel/page.c): a buddy allocator ------------------------------------ */

#define PAGE_MAX_ORDER 9

/*
 * Tell the allocator how many frames can exist at most. Takes its bookkeeping from `early`, which
 * must be at least page_bookkeeping_size(frames) bytes.
 */
void page_init(uint64_t frames, void *early);
size_t page_bookkeeping_size(uint64_t frames);

/* Hand frames [first, end) over. They must be RAM and in the direct map. */
void page_add(pfn_t first, pfn_t end);

/* 2^order contiguous frames, aligned to their size, contents undefined; PFN_NONE when out. */
pfn_t page_alloc_order(unsigned order);
void page_free_order(pfn_t pfn, unsigned order);

/* One frame with reference count 1; the zeroed form clears it. */
pfn_t page_alloc(void);
pfn_t page_alloc_zeroed(void);

/* Reference counts let several mappings share a frame; the last page_put() frees it. */
void page_get(pfn_t pfn);
void page_put(pfn_t pfn);
unsigned page_refs(pfn_t pfn);

uint64_t page_free_count(void);
uint64_t page_total(void);

/* --- kernel heap (kernel/heap.c) ------------------------------------------------------------ */

/* Memory aligned to 16, zeroed; NULL when out. Sizes up to 2^PAGE_MAX_ORDER pages. */
void *kzalloc(size_t size);
void kfree(void *p);

/* --- page tables (kernel/vm.c) -------------------------------------------------------------- */

/*
 * A top-level table. In the PV variant user mode runs on a second top level, which has the user
 * half only; natively `user_top` is the same frame as `top`.
 */
struct aspace {
    pfn_t top;
    pfn_t user_top;
};

extern struct aspace kernel_aspace;

/*
 * Address of the level-1 entry that maps `va`, or NULL. With `create`, missing tables are made
 * (NULL then means out of memory).
 */
pte_t *pte_find(struct aspace *as, uint64_t va, bool create);

/* Map frame `pfn` at `va` (replacing what was there), or remove it. The TLB entry is flushed. */
int vm_map(struct aspace *as, uint64_t va, pfn_t pfn, uint64_t prot);
void vm_unmap(struct aspace *as, uint64_t va);

/* Change the protection of a present page. Returns 0, or -1 if nothing is mapped. */
int vm_protect(struct aspace *as, uint64_t va, uint64_t prot);

/* The entry's frame and flags; false if the page is not present. */
bool vm_query(struct aspace *as, uint64_t va, pfn_t *pfn, uint64_t *flags);

/* Make `as` the current address space. */
void aspace_switch(struct aspace *as);

/* A new address space that shares the kernel half; and its end with all user tables and pages. */
int aspace_create(struct aspace *as);
void aspace_destroy(struct aspace *as);

/* Make sure that the kernel's top-level slots exist before they are copied. */
void vm_init(void);

/* Map one frame somewhere in the vmap area, with unmapped (guard) pages around it. */
void *vmap_page(pfn_t pfn, uint64_t prot);
void vunmap_page(void *va);

/* A kernel stack of KSTACK_SIZE with a guard page under it. Returns its top, NULL when out. */
#define KSTACK_PAGES 3
#define KSTACK_SIZE  (KSTACK_PAGES * PAGE_SIZE)
void *kstack_alloc(void);
void kstack_free(void *top);

#endif
