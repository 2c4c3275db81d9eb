/* SPDX-License-Identifier: MIT */
/*
 * Page table entries of a PV guest: mmu_update and update_va_mapping, <xen/xen.h>. New entries
 * contain machine frames. Common errors: -XEN_EINVAL, -XEN_EPERM or -XEN_EBUSY for an entry that
 * would break the rules of direct paging (foreign frame, writable mapping of a page table,
 * hypervisor range, wrong table type).
 */
#ifndef PVKIT_HYPERCALL_MMU_H
#define PVKIT_HYPERCALL_MMU_H

#include <pvkit/arch.h>
#include <pvkit/types.h>

/*
 * Apply `count` updates in order; the low two bits of each ptr select MMU_NORMAL_PT_UPDATE,
 * MMU_MACHPHYS_UPDATE or MMU_PT_UPDATE_PRESERVE_AD. Stops at the first failure. `done`, if not
 * NULL, receives the number applied, on failure too. `foreign` is the owner of the data pages
 * mapped (DOMID_SELF normally); for page tables of another domain as well see <xen/xen.h>.
 */
PVK_INLINE int hypercall_mmu_update(const struct mmu_update *updates, unsigned int count,
                                    unsigned int *done, unsigned int foreign)
{
    return (int)pvk_raw4(__HYPERVISOR_mmu_update, updates, count, done, foreign);
}

/* One page table entry, of any level, at machine address `pte_maddr` := `pte`. */
PVK_INLINE int hypercall_set_pte(uint64_t pte_maddr, uint64_t pte)
{
    struct mmu_update u = {.ptr = pte_maddr | MMU_NORMAL_PT_UPDATE, .val = pte};

    return hypercall_mmu_update(&u, 1, NULL, DOMID_SELF);
}

/* The same, atomically keeping accessed and dirty bits that are set in the entry. */
PVK_INLINE int hypercall_set_pte_preserve_ad(uint64_t pte_maddr, uint64_t pte)
{
    struct mmu_update u = {.ptr = pte_maddr | MMU_PT_UPDATE_PRESERVE_AD, .val = pte};

    return hypercall_mmu_update(&u, 1, NULL, DOMID_SELF);
}

/* Record in the machine-to-physical table that `mfn`, which the caller owns, is its `pfn`. */
PVK_INLINE int hypercall_set_m2p(pvk_mfn_t mfn, pvk_pfn_t pfn)
{
    struct mmu_update u = {.ptr = pvk_mfn_to_maddr(mfn) | MMU_MACHPHYS_UPDATE, .val = pfn.n};

    return hypercall_mmu_update(&u, 1, NULL, DOMID_SELF);
}

/*
 * Set the L1 entry that maps linear address `va` in the current address space; the table must
 * exist. `flags`: UVMF_NONE, or UVMF_TLB_FLUSH or UVMF_INVLPG with UVMF_LOCAL, UVMF_ALL, or
 * UVMF_MULTI and the address of a vcpu bitmap (8-byte aligned).
 */
PVK_INLINE int hypercall_update_va_mapping(unsigned long va, uint64_t pte, unsigned long flags)
{
    return (int)pvk_raw3(__HYPERVISOR_update_va_mapping, va, pte, flags);
}

/* The same, mapping a page that belongs to domain `owner`. */
PVK_INLINE int hypercall_update_va_mapping_otherdomain(unsigned long va, uint64_t pte,
                                                       unsigned long flags, domid_t owner)
{
    return (int)pvk_raw4(__HYPERVISOR_update_va_mapping_otherdomain, va, pte, flags, owner);
}

#endif
