/* SPDX-License-Identifier: MIT */
/* x86-64 four-level page tables: entry bits and indices (AMD manual, volume 2, section 5.3). */
#ifndef SHIM_PTE_H
#define SHIM_PTE_H

#include <stdint.h>

#define PTE_PRESENT  (1UL << 0)
#define PTE_WRITE    (1UL << 1)
#define PTE_USER     (1UL << 2)
#define PTE_ACCESSED (1UL << 5)
#define PTE_DIRTY    (1UL << 6)
#define PTE_LARGE    (1UL << 7)
#define PTE_LOCKED   (1UL << 10) /* ours: read-only on purpose, not for copy on write */
#define PTE_NX       (1UL << 63)

#define PTE_FRAME 0x000ffffffffff000UL

/* Usual combinations. */
#define PROT_KERNEL_RW (PTE_PRESENT | PTE_WRITE | PTE_ACCESSED | PTE_DIRTY | PTE_NX)
#define PROT_KERNEL_RO (PTE_PRESENT | PTE_ACCESSED | PTE_NX)
#define PROT_USER_RW   (PROT_KERNEL_RW | PTE_USER)
#define PROT_USER_RO   (PROT_KERNEL_RO | PTE_USER)
#define PROT_USER_RX   (PTE_PRESENT | PTE_ACCESSED | PTE_USER)
#define PROT_TABLE     (PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_ACCESSED | PTE_DIRTY)

#define PT_ENTRIES 512

/* Page-fault error code. */
#define PF_PRESENT 1
#define PF_WRITE   2
#define PF_USER    4
#define PF_FETCH   16

/*
 * The address space, the same in both variants. L4 slots 256..271 (0xffff8000... up) are left
 * alone because a PV hypervisor lives there.
 */
#define USER_END    0x0000800000000000UL
#define DIRECT_BASE 0xffff880000000000UL /* all of RAM, linearly */
#define VMAP_BASE   0xffffc90000000000UL /* single pages mapped by vmap_*() */
#define VMAP_END    0xffffc90040000000UL
#define KERNEL_BASE 0xffffffff80000000UL /* the kernel image: address - KERNEL_BASE = physical */

#define L4_FIRST_KERNEL 272 /* first slot that belongs to the kernel */

/* An entry of a page table. Frame numbers inside it are machine frames: see pv_ops.mmu. */
typedef struct {
    uint64_t bits;
} pte_t;

static inline unsigned pt_index(uint64_t va, unsigned level)
{
    return va >> (12 + 9 * (level - 1)) & (PT_ENTRIES - 1);
}

#endif
