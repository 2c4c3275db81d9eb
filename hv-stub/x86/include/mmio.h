/* SPDX-License-Identifier: MIT */
/* Where device registers are mapped, uncached. */
#ifndef X86_MMIO_H
#define X86_MMIO_H

#include "arch_inline.h"
#include "paging.h"

#define HV_MMIO_APIC   HV_MMIO_BASE
#define HV_MMIO_IOAPIC (HV_MMIO_BASE + PAGE_SIZE)

#define MMIO_FLAGS (PTE_P | PTE_RW | PTE_A | PTE_D | PTE_PWT | PTE_PCD | PTE_NX)

#endif
