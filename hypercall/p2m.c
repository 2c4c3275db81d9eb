/* SPDX-License-Identifier: MIT */
#include <pvkit/hypercall/memory.h>
#include <pvkit/p2m.h>

static unsigned long highest_frame(const xen_pfn_t *mfns, unsigned long count)
{
    unsigned long i, highest = 0;

    for (i = 0; i < count; i++)
        if (mfns[i] != PVK_INVALID_FRAME && mfns[i] > highest)
            highest = mfns[i];
    return highest;
}

void pvk_p2m_init(struct pvk_p2m *p2m, xen_pfn_t *mfns, unsigned long nr_pfns)
{
    struct xen_machphys_mapping map;

    p2m->mfns = mfns;
    p2m->nr_pfns = nr_pfns;
    if (!hypercall_machphys_mapping(&map)) {
        p2m->m2p = (const xen_ulong_t *)map.v_start;
        p2m->nr_mfns = map.max_mfn + 1;
    } else {
        p2m->m2p = machine_to_phys_mapping;
        p2m->nr_mfns = highest_frame(mfns, nr_pfns) + 1;
    }
}
