/* SPDX-License-Identifier: MIT */
/* PVH start information (Xen public header arch-x86/hvm/start_info.h). */
#include "boot.h"

#include <xen/arch-x86/hvm/start_info.h>

#define LINE_MAX 4096

static void read_modules(struct boot_info *bi, const struct hvm_start_info *si)
{
    for (uint32_t i = 0; i < si->nr_modules && i < BOOT_MAX_MODULES; i++) {
        uint64_t pa = si->modlist_paddr + i * sizeof(struct hvm_modlist_entry);
        const struct hvm_modlist_entry *m = boot_phys(pa, sizeof(*m));

        if (!m || m->paddr + m->size < m->paddr)
            return;
        boot_add_module(bi, m->paddr, m->paddr + m->size,
                        boot_text(bi, m->cmdline_paddr, LINE_MAX));
    }
}

static void read_memmap(struct boot_info *bi, const struct hvm_start_info *si)
{
    for (uint32_t i = 0; i < si->memmap_entries && i < BOOT_MAX_REGIONS; i++) {
        uint64_t pa = si->memmap_paddr + i * sizeof(struct hvm_memmap_table_entry);
        const struct hvm_memmap_table_entry *e = boot_phys(pa, sizeof(*e));

        if (!e)
            return;
        boot_add_region(bi, e->addr, e->size, e->type == XEN_HVM_MEMMAP_TYPE_RAM);
    }
}

bool boot_read_pvh(struct boot_info *bi, uint64_t pa)
{
    const struct hvm_start_info *si = boot_phys(pa, sizeof(*si));

    if (!si || si->magic != XEN_HVM_START_MAGIC_VALUE || si->version < 1)
        return false; /* version 0 has no memory map */
    bi->protocol = "PVH";
    bi->cmdline = boot_text(bi, si->cmdline_paddr, LINE_MAX);
    bi->rsdp = si->rsdp_paddr;
    read_memmap(bi, si);
    read_modules(bi, si);
    return bi->nr_regions > 0;
}
