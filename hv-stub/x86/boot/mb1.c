/* SPDX-License-Identifier: MIT */
/* Multiboot 1 boot information ("Multiboot Specification version 0.6.96", section 3.3). */
#include "boot.h"

#define LINE_MAX 4096

enum { MB1_MEMORY = 1u << 0, MB1_CMDLINE = 1u << 2, MB1_MODULES = 1u << 3, MB1_MMAP = 1u << 6 };

struct mb1_info {
    uint32_t flags, mem_lower, mem_upper, boot_device, cmdline;
    uint32_t mods_count, mods_addr, syms[4];
    uint32_t mmap_length, mmap_addr;
};

struct mb1_module {
    uint32_t start, end, line, pad;
};

struct mb1_mmap {
    uint32_t size; /* of what follows */
    uint64_t base, length;
    uint32_t type; /* 1: usable */
} __attribute__((packed));

static void read_mmap(struct boot_info *bi, const struct mb1_info *info)
{
    uint64_t at = info->mmap_addr, end = at + info->mmap_length;

    while (at + sizeof(struct mb1_mmap) <= end) {
        struct mb1_mmap e;

        if (!boot_copy(&e, at, sizeof(e)) || e.size < sizeof(e) - sizeof(e.size))
            return;
        boot_add_region(bi, e.base, e.length, e.type == 1);
        at += e.size + sizeof(e.size);
    }
}

static void read_modules(struct boot_info *bi, const struct mb1_info *info)
{
    for (uint32_t i = 0; i < info->mods_count && i < BOOT_MAX_MODULES; i++) {
        struct mb1_module m;

        if (!boot_copy(&m, info->mods_addr + i * sizeof(m), sizeof(m)))
            return;
        boot_add_module(bi, m.start, m.end, boot_text(bi, m.line, LINE_MAX));
    }
}

bool boot_read_mb1(struct boot_info *bi, uint64_t pa)
{
    struct mb1_info info;

    if (!boot_copy(&info, pa, sizeof(info)))
        return false;
    bi->protocol = "multiboot1";
    bi->cmdline = info.flags & MB1_CMDLINE ? boot_text(bi, info.cmdline, LINE_MAX) : "";
    if (info.flags & MB1_MMAP) {
        read_mmap(bi, &info);
    } else if (info.flags & MB1_MEMORY) {
        boot_add_region(bi, 0, (uint64_t)info.mem_lower * 1024, true);
        boot_add_region(bi, 1 << 20, (uint64_t)info.mem_upper * 1024, true);
    }
    if (info.flags & MB1_MODULES)
        read_modules(bi, &info);
    return bi->nr_regions > 0;
}
