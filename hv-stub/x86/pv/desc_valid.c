/* SPDX-License-Identifier: MIT */
/*
 * Which segment descriptors a guest may have (Intel SDM vol. 3, 3.4.5 and 5.8.3). An entry is
 * harmless when nothing reached through it runs above CPL 3: code and data segments are forced to
 * DPL 3, call gates to DPL 0, where CPL 3 cannot use them, and every other system descriptor is
 * refused.
 */
#include "hv.h"
#include "pv.h"

#define DESC_P       (1ull << 47)
#define DESC_DPL     (3ull << 45)
#define DESC_S       (1ull << 44) /* code or data */
#define DESC_TYPE(d) ((d) >> 40 & 0xf)
#define CALL_GATE    0xc
#define GATE_RSVD    (0xffull << 32)

static bool gate_fixup(uint64_t *desc)
{
    uint64_t d = *desc, dpl = d >> 45 & 3;
    uint16_t cs = (uint16_t)(d >> 16);

    if (d & GATE_RSVD)
        return false;
    /* It leads to a segment of the guest's own tables, or to the flat one. */
    if (!(cs & 4) && cs >= FIRST_RESERVED_GDT_BYTE && cs != FLAT_KERNEL_CS)
        return false;
    if (dpl < 3)
        dpl = 3;
    cs = (uint16_t)((cs & ~3u) | dpl);
    *desc = (d & ~(DESC_DPL | 0xffffull << 16)) | (uint64_t)cs << 16;
    return true;
}

bool desc_fixup(uint64_t *desc)
{
    uint64_t d = *desc;

    if (!(d & DESC_P)) /* faults on use */
        return true;
    if (d & DESC_S) {
        *desc = d | DESC_DPL;
        return true;
    }
    if (DESC_TYPE(d) == 0) /* upper half of a call gate; faults on use */
        return true;
    return DESC_TYPE(d) == CALL_GATE && gate_fixup(desc);
}

bool desc_page_valid(uint64_t *page)
{
    for (unsigned i = 0; i < 512; i++) {
        uint64_t d = page[i];

        if (!desc_fixup(&d))
            return false;
    }
    for (unsigned i = 0; i < 512; i++)
        desc_fixup(&page[i]);
    return true;
}
