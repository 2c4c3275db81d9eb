/* SPDX-License-Identifier: MIT */
/* PVH start information (Xen public header arch-x86/hvm/start_info.h). */
#include "boot.h"

#include <xen/arch-x86/hvm/start_info.h>

#define LINE_MAX 4096

static void read_modules(struct boot_info *bi, const struct hvm_start_info *si)
{
    for (uint32_t i = 0; i < si->nr_modules && i < BOOT_MAX_MODULES; i++) {
        struct hvm_modlist_entry m;

        if (!boot_copy(&m, si->modlist_paddr + i * sizeof(m), sizeof(m)))
            return;
        if (m.paddr + m.size < m.paddr)
            continue;
        boot_add_module(bi, m.paddr, m.paddr + m.size, boot_text(bi, m.cmdline_paddr, LINE_MAX));
    }
}

static void read_memmap(struct boot_info *bi, const struct hvm_start_info *si)
{
    for (uint32_t i = 0; i < si->memmap_entries && i < BOOT_MAX_REGIONS; i++) {
        struct hvm_memmap_table_entry e;

        if (!boot_copy(&e, si->memmap_paddr + i * sizeof(e), sizeof(e)))
            return;
        boot_add_region(bi, e.addr, e.size, e.type == XEN_HVM_MEMMAP_TYPE_RAM);
    }
}

bool boot_read_pvh(struct boot_info *bi, uint64_t pa)
{
    struct hvm_start_info si;

    if (!boot_copy(&si, pa, sizeof(si)) || si.magic != XEN_HVM_START_MAGIC_VALUE || si.version < 1)
        return false; /* version 0 has no memory map */
    bi->protocol = "PVH";
    bi->cmdline = boot_text(bi, si.cmdline_paddr, LINE_MAX);
    bi->rsdp = si.rsdp_paddr;
    read_memmap(bi, &si);
    read_modules(bi, &si);
    return bi->nr_regions > 0;
}
