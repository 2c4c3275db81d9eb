/* SPDX-License-Identifier: MIT */
#include <pvkit/pvh.h>

_Static_assert(sizeof(struct hvm_start_info) == 56, "hvm_start_info");
_Static_assert(sizeof(struct hvm_modlist_entry) == 32, "hvm_modlist_entry");
_Static_assert(sizeof(struct hvm_memmap_table_entry) == 24, "hvm_memmap_table_entry");

static int fail(const char **why, const char *text)
{
    if (why)
        *why = text;
    return -XEN_EINVAL;
}

/* `count` elements of `size` bytes at `paddr` lie below `limit`; none at all is fine. */
static bool array_ok(uint64_t paddr, uint32_t count, uint64_t size, uint64_t limit)
{
    return !count || (paddr && paddr < limit && (limit - paddr) / size >= count);
}

int pvk_pvh_parse(const struct hvm_start_info *info, uint64_t limit, struct pvk_pvh *out,
                  const char **why)
{
    if (info->magic != XEN_HVM_START_MAGIC_VALUE)
        return fail(why, "hvm_start_info: wrong magic");
    if (!array_ok(info->modlist_paddr, info->nr_modules, sizeof(struct hvm_modlist_entry), limit))
        return fail(why, "hvm_start_info: module list out of reach");
    if (info->cmdline_paddr >= limit)
        return fail(why, "hvm_start_info: command line out of reach");

    out->version = info->version;
    out->initial_domain = info->flags & SIF_INITDOMAIN;
    out->nr_modules = info->nr_modules;
    out->modules_paddr = info->modlist_paddr;
    out->cmdline_paddr = info->cmdline_paddr;
    out->rsdp_paddr = info->rsdp_paddr;
    out->nr_memmap = 0;
    out->memmap_paddr = 0;
    if (info->version < 1) /* the structure ends here */
        return 0;

    if (!array_ok(info->memmap_paddr, info->memmap_entries, sizeof(struct hvm_memmap_table_entry),
                  limit))
        return fail(why, "hvm_start_info: memory map out of reach");
    out->nr_memmap = info->memmap_entries;
    out->memmap_paddr = info->memmap_entries ? info->memmap_paddr : 0;
    return 0;
}
