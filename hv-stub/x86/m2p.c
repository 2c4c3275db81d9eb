/* SPDX-License-Identifier: MIT */
/*
 * Machine-to-physical table: one word per frame, indexed by machine frame number. Guests read it at
 * HV_M2P_BASE (the ABI fixes that address); we write through the direct map.
 */
#include "hv.h"
#include "boot/boot.h"
#include "paging.h"

uint64_t m2p_bytes;
uint64_t *m2p;

void m2p_init(void)
{
    uint64_t large = 2ul << 20, align;
    mfn_t m;

    m2p_bytes = ROUND_UP(frame_count * sizeof(uint64_t), PAGE_SIZE);
    align = m2p_bytes >= large ? large : PAGE_SIZE;
    m = boot_alloc(m2p_bytes, align, ~0ull);
    m2p = mfn_to_virt(m);
    memset(m2p, 0xff, m2p_bytes); /* INVALID_M2P_ENTRY */
    paging_map(HV_M2P_BASE, m.v << PAGE_SHIFT, m2p_bytes, PTE_P | PTE_US | PTE_A | PTE_NX);
}

void arch_m2p_set(mfn_t m, gfn_t g)
{
    m2p_set(m, g);
}

gfn_t arch_m2p_get(mfn_t m)
{
    return m2p_get(m);
}

mfn_t arch_m2p_extent(uint64_t i)
{
    uint64_t frames = 512; /* of 2 MiB */

    if (i >= DIV_UP(m2p_bytes, frames * PAGE_SIZE))
        return INVALID_MFN;
    return MFN(virt_to_mfn(m2p).v + i * frames);
}
