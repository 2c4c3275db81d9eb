/* SPDX-License-Identifier: MIT */
/* The Multiboot 1 boot protocol (Multiboot Specification 0.6.96). */
#include "loader.h"

#define MB_MAGIC       0x1badb002u
#define MB_SEARCH      8192
#define MB_ADDRESSES   (1u << 16) /* the header says where to load the file */
#define MB_UNSUPPORTED 0xfff8u    /* requirements beyond alignment, memory and video information */

#define MB_BOOT_MAGIC 0x2badb002u

#define MBI_MEMORY  (1u << 0)
#define MBI_CMDLINE (1u << 2)
#define MBI_MODULES (1u << 3)
#define MBI_MMAP    (1u << 6)
#define MBI_LOADER  (1u << 9)

struct mb_header {
    uint32_t magic, flags, checksum;
    uint32_t header_addr, load_addr, load_end_addr, bss_end_addr, entry_addr;
};

struct mb_module {
    uint32_t start, end, string, reserved;
};

struct mb_mmap {
    uint32_t size;
    uint64_t addr, len;
    uint32_t type;
} __attribute__((packed));

struct mb_info {
    uint32_t flags;
    uint32_t mem_lower, mem_upper;
    uint32_t boot_device;
    uint32_t cmdline;
    uint32_t mods_count, mods_addr;
    uint32_t syms[4];
    uint32_t mmap_length, mmap_addr;
    uint32_t drives_length, drives_addr;
    uint32_t config_table;
    uint32_t boot_loader_name;
};

struct mb_block {
    struct mb_info info;
    struct mb_module module;
    struct mb_mmap map[FV_RAM_RANGES];
    char loader[16];
};

_Static_assert(sizeof(struct mb_block) <= INFO_CMDLINE, "the command line comes behind it");

/* Offset of the header in the file; false if there is none. A header without addresses may end
 * behind its checksum. */
static bool find_header(const struct fv_load *l, struct mb_header *h, uint64_t *offset)
{
    const uint8_t *data = l->cfg->kernel.data;
    uint64_t size = MIN(l->cfg->kernel.size, MB_SEARCH);

    for (uint64_t i = 0; i + 12 <= size; i += 4) {
        memset(h, 0, sizeof(*h));
        memcpy(h, data + i, MIN(sizeof(*h), size - i));
        if (h->magic == MB_MAGIC && h->magic + h->flags + h->checksum == 0) {
            *offset = i;
            return true;
        }
    }
    return false;
}

bool multiboot_probe(const struct fv_load *l)
{
    struct mb_header h;
    uint64_t offset;

    return find_header(l, &h, &offset);
}

static const char *load_by_addresses(struct fv_load *l, const struct mb_header *h, uint64_t offset)
{
    uint64_t skew = (uint64_t)h->header_addr - h->load_addr, size, memsz;

    if (h->header_addr < h->load_addr || skew > offset)
        return "its Multiboot header has wrong addresses";
    offset -= skew;
    size = l->cfg->kernel.size - offset;
    if (h->load_end_addr) {
        if (h->load_end_addr < h->load_addr || h->load_end_addr - h->load_addr > size)
            return "its Multiboot header has wrong addresses";
        size = h->load_end_addr - h->load_addr;
    }
    memsz = h->bss_end_addr > h->load_addr ? h->bss_end_addr - h->load_addr : size;
    memsz = MAX(memsz, size);
    if (!fv_is_usable(l, h->load_addr, memsz))
        return "it does not fit the memory";
    fv_put(l, h->load_addr, (const uint8_t *)l->cfg->kernel.data + offset, size);
    l->kernel_start = h->load_addr;
    l->kernel_end = h->load_addr + memsz;
    svm_vcpu_of(l->d->vcpu[0])->vmcb->rip = h->entry_addr;
    return NULL;
}

const char *multiboot_load(struct fv_load *l)
{
    struct mb_header h;
    uint64_t offset;
    const char *why;

    if (!find_header(l, &h, &offset))
        return "it has no Multiboot header";
    if (h.flags & MB_UNSUPPORTED)
        return "its Multiboot header asks for something we do not have";
    if (h.flags & MB_ADDRESSES)
        return load_by_addresses(l, &h, offset);
    if (!l->is_elf)
        return "its Multiboot header has no addresses and it is no ELF file";
    why = pvh_load(l);
    if (!why && l->elf.e_entry >> 32)
        why = "its entry point is above 4 GiB";
    svm_vcpu_of(l->d->vcpu[0])->vmcb->rip = l->elf.e_entry;
    return why;
}

static void fill_map(struct fv_load *l, struct mb_block *b)
{
    struct fv_ram ram[FV_RAM_RANGES];
    unsigned int n = fv_memory_map(l->d->arch.svm, ram);

    b->info.mmap_length = n * sizeof(b->map[0]);
    b->info.mmap_addr = (uint32_t)(l->info + offsetof(struct mb_block, map));
    for (unsigned int i = 0; i < n; i++)
        b->map[i] = (struct mb_mmap){.size = sizeof(b->map[0]) - sizeof(b->map[0].size),
                                     .addr = ram[i].start,
                                     .len = ram[i].size,
                                     .type = ram[i].usable ? 1 : 2};
    b->info.mem_lower = LOW_RAM_END >> 10;
    b->info.mem_upper = (uint32_t)(ram[2].size >> 10);
}

const char *multiboot_start(struct fv_load *l)
{
    struct svm_vcpu *sv = svm_vcpu_of(l->d->vcpu[0]);
    struct mb_block b = {.loader = "pvkit hv-stub"};

    b.info.flags = MBI_MEMORY | MBI_CMDLINE | MBI_MMAP | MBI_LOADER;
    b.info.cmdline = (uint32_t)(l->info + INFO_CMDLINE);
    b.info.boot_loader_name = (uint32_t)(l->info + offsetof(struct mb_block, loader));
    if (l->ramdisk) {
        b.info.flags |= MBI_MODULES;
        b.info.mods_count = 1;
        b.info.mods_addr = (uint32_t)(l->info + offsetof(struct mb_block, module));
        b.module.start = (uint32_t)l->ramdisk;
        b.module.end = (uint32_t)(l->ramdisk + l->cfg->ramdisk.size);
    }
    fill_map(l, &b);
    if (!fv_put(l, l->info, &b, sizeof(b)))
        return "the boot information does not fit";
    sv->vmcb->rax = MB_BOOT_MAGIC;
    sv->regs->rbx = l->info;
    return NULL;
}
