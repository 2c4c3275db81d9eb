/* SPDX-License-Identifier: MIT */
/* Page-table entries of x86-64 (AMD64 APM vol. 2, 5.3) and how a PV guest's are kept. */
#ifndef X86_PTE_H
#define X86_PTE_H

#include "hv_types.h"

#define PTE_P      (1ull << 0)
#define PTE_RW     (1ull << 1)
#define PTE_US     (1ull << 2)
#define PTE_PWT    (1ull << 3)
#define PTE_PCD    (1ull << 4)
#define PTE_A      (1ull << 5)
#define PTE_D      (1ull << 6)
#define PTE_PSE    (1ull << 7) /* in an L1 entry: PAT */
#define PTE_G      (1ull << 8)
#define PTE_AVAIL  (7ull << 9)
#define PTE_KERNEL (1ull << 52) /* software: a mapping of the guest kernel, see pt_entry.c */
#define PTE_AVAILH (0x7ffull << 52)
#define PTE_GRANT  (1ull << 62)
#define PTE_NX     (1ull << 63)
#define PTE_ADDR   0x000ffffffffff000ull

/* In L1 entries of guests. Bits 52..62 are free for the guest; cache attributes are for domains
 * that own devices. */
#define PT_L1_REFUSED (PTE_PWT | PTE_PCD | PTE_PSE | PTE_GRANT)
/* A change of these alone needs no new reference. */
#define PT_SAME_PAGE (PTE_NX | PTE_AVAILH | PTE_AVAIL | PTE_G | PTE_D | PTE_A | PTE_US)

#define PT_ENTRIES   512
#define PT_HV_FIRST  256 /* L4 slots of the hypervisor: first, last */
#define PT_HV_LAST   271
#define PT_PERDOMAIN 260

static inline mfn_t pte_mfn(uint64_t e)
{
    return MFN((e & PTE_ADDR) >> PAGE_SHIFT);
}

static inline unsigned pt_index(uint64_t va, unsigned level)
{
    return (va >> (PAGE_SHIFT + 9 * (level - 1))) & (PT_ENTRIES - 1);
}

#endif
