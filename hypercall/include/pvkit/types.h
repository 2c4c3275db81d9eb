/* SPDX-License-Identifier: MIT */
/*
 * Frame numbers with a type. A PV kernel juggles two number spaces and mixing them up is the
 * classic bug of a port, so the compiler keeps them apart:
 *
 *   pfn  pseudo-physical frame, the kernel's own contiguous count from 0
 *   mfn  machine frame, what page tables and the hypervisor mean
 *
 * Arrays in ABI structures stay xen_pfn_t, as the <xen/...> headers declare them.
 */
#ifndef PVKIT_TYPES_H
#define PVKIT_TYPES_H

#include <pvkit/xen.h>

typedef struct {
    xen_pfn_t n;
} pvk_pfn_t;

typedef struct {
    xen_pfn_t n;
} pvk_mfn_t;

/* No such frame: what Xen stores in P2M holes, and what lookups here return for "not mine". */
#define PVK_INVALID_FRAME (~(xen_pfn_t)0)

/* Wrap a raw number. */
PVK_INLINE pvk_pfn_t pvk_pfn(xen_pfn_t n)
{
    return (pvk_pfn_t){n};
}

PVK_INLINE pvk_mfn_t pvk_mfn(xen_pfn_t n)
{
    return (pvk_mfn_t){n};
}

PVK_INLINE bool pvk_pfn_valid(pvk_pfn_t pfn)
{
    return pfn.n != PVK_INVALID_FRAME;
}

PVK_INLINE bool pvk_mfn_valid(pvk_mfn_t mfn)
{
    return mfn.n != PVK_INVALID_FRAME;
}

/* Machine address of the first byte of a machine frame; a valid mfn is below 2^52. */
PVK_INLINE uint64_t pvk_mfn_to_maddr(pvk_mfn_t mfn)
{
    return (uint64_t)mfn.n << PVK_PAGE_SHIFT;
}

/* Machine frame that holds machine address `maddr`. */
PVK_INLINE pvk_mfn_t pvk_maddr_to_mfn(uint64_t maddr)
{
    return (pvk_mfn_t){maddr >> PVK_PAGE_SHIFT};
}

#endif
