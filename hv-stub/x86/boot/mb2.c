/* SPDX-License-Identifier: MIT */
/* Multiboot 2 boot information ("Multiboot2 Specification version 2.0", section 3.6): a list of
 * tags. */
#include "boot.h"

#define LINE_MAX 4096

enum {
    TAG_END = 0,
    TAG_CMDLINE = 1,
    TAG_MODULE = 3,
    TAG_MMAP = 6,
    TAG_RSDP_OLD = 14, /* a copy of the ACPI 1.0 root pointer */
    TAG_RSDP_NEW = 15, /* of the ACPI 2.0 one */
};

struct mb2_tag {
    uint32_t type, size; /* size with this header, without the padding to 8 bytes */
};

struct mb2_module {
    struct mb2_tag tag;
    uint32_t start, end; /* the command line follows */
};

struct mb2_mmap {
    struct mb2_tag tag;
    uint32_t entry_size, entry_version;
};

struct mb2_mmap_entry {
    uint64_t base, length;
    uint32_t type, reserved; /* type 1: usable */
};

static void read_mmap(struct boot_info *bi, uint64_t pa, uint32_t size)
{
    struct mb2_mmap m;
    struct mb2_mmap_entry e;
    uint64_t at = pa + sizeof(m), end = pa + size;

    if (!boot_copy(&m, pa, sizeof(m)) || size < sizeof(m) || m.entry_size < sizeof(e))
        return;
    for (; at + sizeof(e) <= end && boot_copy(&e, at, sizeof(e)); at += m.entry_size)
        boot_add_region(bi, e.base, e.length, e.type == 1);
}

static void read_module(struct boot_info *bi, uint64_t pa, uint32_t size)
{
    struct mb2_module m;

    if (!boot_copy(&m, pa, sizeof(m)) || size < sizeof(m))
        return;
    boot_add_module(bi, m.start, m.end,
                    boot_text(bi, pa + sizeof(m), MIN(size - sizeof(m), (size_t)LINE_MAX)));
}

static void read_tag(struct boot_info *bi, uint64_t pa, uint32_t type, uint32_t size)
{
    switch (type) {
    case TAG_CMDLINE:
        bi->cmdline = boot_text(bi, pa + sizeof(struct mb2_tag),
                                MIN(size - sizeof(struct mb2_tag), (size_t)LINE_MAX));
        break;
    case TAG_MODULE:
        read_module(bi, pa, size);
        break;
    case TAG_MMAP:
        read_mmap(bi, pa, size);
        break;
    case TAG_RSDP_OLD:
        if (!bi->rsdp)
            bi->rsdp = pa + sizeof(struct mb2_tag);
        break;
    case TAG_RSDP_NEW:
        bi->rsdp = pa + sizeof(struct mb2_tag);
        break;
    }
}

bool boot_read_mb2(struct boot_info *bi, uint64_t pa)
{
    struct mb2_tag t;
    uint32_t total;
    uint64_t at = pa + 8, end;

    if (!boot_copy(&total, pa, sizeof(total)))
        return false;
    bi->protocol = "multiboot2";
    end = pa + total;
    while (at + sizeof(t) <= end && boot_copy(&t, at, sizeof(t))) {
        if (t.type == TAG_END || t.size < sizeof(t) || at + t.size > end)
            break;
        read_tag(bi, at, t.type, t.size);
        at += ROUND_UP((uint64_t)t.size, 8);
    }
    return bi->nr_regions > 0;
}
