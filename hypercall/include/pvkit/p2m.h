/* SPDX-License-Identifier: MIT */
/*
 * Translating between the kernel's frame numbers and the machine's (PV): the P2M list belongs to
 * the guest, the M2P table to the hypervisor, which maps it read-only into every PV guest.
 */
#ifndef PVKIT_P2M_H
#define PVKIT_P2M_H

#include <pvkit/types.h>

struct pvk_p2m {
    xen_pfn_t *mfns;        /* P2M: indexed by pfn; PVK_INVALID_FRAME in holes */
    unsigned long nr_pfns;  /* its length */
    const xen_ulong_t *m2p; /* M2P: indexed by mfn, the owner's pfn */
    unsigned long nr_mfns;  /* its length */
};

/*
 * Describe `nr_pfns` entries at `mfns` (start_info's list, or the kernel's own copy; it stays the
 * caller's) and ask the hypervisor where the M2P is. Without an answer the ABI's fixed place and
 * `mfns`' own highest frame serve.
 */
void pvk_p2m_init(struct pvk_p2m *p2m, xen_pfn_t *mfns, unsigned long nr_pfns);

/* Machine frame of `pfn`, invalid if the domain has no such page. */
PVK_INLINE pvk_mfn_t pvk_pfn_to_mfn(const struct pvk_p2m *p2m, pvk_pfn_t pfn)
{
    return pvk_mfn(pfn.n < p2m->nr_pfns ? p2m->mfns[pfn.n] : PVK_INVALID_FRAME);
}

/*
 * The domain's frame that `mfn` is, invalid if it is not one of its own: the M2P entry of a foreign
 * frame holds the other domain's number, so only an entry that the P2M confirms counts. An `mfn`
 * in a hole of the machine's memory map may have no M2P entry mapped and fault; page table entries
 * the hypervisor accepted for this domain never do.
 */
PVK_INLINE pvk_pfn_t pvk_mfn_to_pfn(const struct pvk_p2m *p2m, pvk_mfn_t mfn)
{
    pvk_pfn_t pfn;

    if (mfn.n >= p2m->nr_mfns)
        return pvk_pfn(PVK_INVALID_FRAME);
    pfn = pvk_pfn(p2m->m2p[mfn.n]);
    return pvk_pfn_to_mfn(p2m, pfn).n == mfn.n ? pfn : pvk_pfn(PVK_INVALID_FRAME);
}

/*
 * Note that `pfn` is now `mfn` (or a hole). One store of a word, as the ABI demands of writers.
 * Returns 0 or -XEN_EINVAL for a pfn outside the list.
 */
PVK_INLINE int pvk_p2m_set(struct pvk_p2m *p2m, pvk_pfn_t pfn, pvk_mfn_t mfn)
{
    if (pfn.n >= p2m->nr_pfns)
        return -XEN_EINVAL;
    __atomic_store_n(&p2m->mfns[pfn.n], mfn.n, __ATOMIC_RELEASE);
    return 0;
}

/* Bits 12-51 of a page table entry. */
#define PVK_PTE_ADDR_MASK 0x000ffffffffff000UL

/* Page table entry for the domain's page `pfn`; 0, not present, if there is no such page. */
PVK_INLINE uint64_t pvk_pte(const struct pvk_p2m *p2m, pvk_pfn_t pfn, uint64_t flags)
{
    pvk_mfn_t mfn = pvk_pfn_to_mfn(p2m, pfn);

    return pvk_mfn_valid(mfn) ? pvk_mfn_to_maddr(mfn) | flags : 0;
}

/* Machine frame in a page table entry. */
PVK_INLINE pvk_mfn_t pvk_pte_mfn(uint64_t pte)
{
    return pvk_maddr_to_mfn(pte & PVK_PTE_ADDR_MASK);
}

#endif
