/* SPDX-License-Identifier: MIT */
/* What a PVH kernel finds at start of day: <xen/arch-x86/hvm/start_info.h>. */
#ifndef PVKIT_PVH_H
#define PVKIT_PVH_H

#include <pvkit/xen.h>
#include <xen/arch-x86/hvm/start_info.h>

/* Validated view. Addresses are guest physical; the kernel knows where it maps them. */
struct pvk_pvh {
    uint32_t version;
    bool initial_domain;
    uint32_t nr_modules;
    uint64_t modules_paddr; /* nr_modules struct hvm_modlist_entry */
    uint64_t cmdline_paddr; /* NUL-terminated, 0 if none */
    uint64_t rsdp_paddr;    /* ACPI root pointer, 0 if none */
    uint32_t nr_memmap;     /* 0: ask hypercall_memory_map() instead */
    uint64_t memmap_paddr;  /* nr_memmap struct hvm_memmap_table_entry */
};

/*
 * Check `info` (ebx at entry) and fill `out`; every array it names lies below `limit`, the end of
 * the physical addresses that the kernel can read at this time. Returns 0, or -XEN_EINVAL with a
 * line in *why (static text, may be NULL).
 */
int pvk_pvh_parse(const struct hvm_start_info *info, uint64_t limit, struct pvk_pvh *out,
                  const char **why);

#endif
