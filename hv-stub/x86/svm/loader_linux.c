/* SPDX-License-Identifier: MIT */
/*
 * A Linux kernel as firmware and boot loader of a PC would start it, in 64-bit mode: so it sees a
 * fully virtualized domain of Xen's, where its PVH entry means one without hardware. Source: "The
 * Linux/x86 Boot Protocol" and "Zero Page" of Linux's documentation.
 */
#include "loader.h"
#include "paging.h"

/* Offsets in the boot parameters, which are a page. */
#define BP_RSDP         0x070
#define BP_E820_NR      0x1e8
#define BP_BOOT_FLAG    0x1fe
#define BP_MAGIC        0x202
#define BP_LOADER       0x210
#define BP_RAMDISK      0x218
#define BP_RAMDISK_SIZE 0x21c
#define BP_CMDLINE      0x228
#define BP_CMDLINE_SIZE 0x238
#define BP_E820         0x2d0
#define LOADER_UNKNOWN  0xff

/* Page tables that map the first 4 GiB where they are: six pages below the kernel. */
#define TABLES     0x20000ull
#define TABLE(n)   (TABLES + (n)*PAGE_SIZE)
#define NR_L2      4
#define LARGE_SIZE (2ull << 20)
#define UPPER      (PTE_P | PTE_RW)

bool linux_probe(const struct fv_load *l)
{
    const struct elf_image *e = &l->elf;

    return l->is_elf && e->is64 && !memcmp(e->guest_os, "linux", sizeof("linux")) &&
           e->pstart >= HIGH_RAM && e->e_entry >= e->pstart && e->e_entry < e->pend;
}

static void put32(uint8_t *page, unsigned int offset, uint64_t value)
{
    uint32_t v = (uint32_t)value;

    memcpy(page + offset, &v, sizeof(v));
}

static void put_map(const struct fv_load *l, uint8_t *page)
{
    struct fv_ram ram[FV_RAM_RANGES];
    unsigned int n = fv_memory_map(l->d->arch.svm, ram);

    page[BP_E820_NR] = (uint8_t)n;
    for (unsigned int i = 0; i < n; i++) {
        uint8_t *entry = page + BP_E820 + i * 20;

        memcpy(entry, &ram[i].start, 8);
        memcpy(entry + 8, &ram[i].size, 8);
        put32(entry, 16, ram[i].usable ? 1 : 2);
    }
}

static void put_tables(struct fv_load *l)
{
    uint64_t *top = npt_ram(l->d->arch.svm, TABLE(0)), *l3 = npt_ram(l->d->arch.svm, TABLE(1));

    top[0] = TABLE(1) | UPPER;
    for (uint64_t i = 0; i < NR_L2; i++) {
        uint64_t *l2 = npt_ram(l->d->arch.svm, TABLE(2 + i));

        l3[i] = TABLE(2 + i) | UPPER;
        for (uint64_t j = 0; j < 512; j++)
            l2[j] = (i * 512 + j) * LARGE_SIZE | UPPER | PTE_PS;
    }
}

const char *linux_start(struct fv_load *l)
{
    struct svm_vcpu *sv = svm_vcpu_of(l->d->vcpu[0]);
    uint8_t *page = npt_ram(l->d->arch.svm, l->info);

    put32(page, BP_RSDP, FV_ACPI);
    page[BP_BOOT_FLAG] = 0x55;
    page[BP_BOOT_FLAG + 1] = 0xaa;
    memcpy(page + BP_MAGIC, "HdrS", 4);
    page[BP_LOADER] = LOADER_UNKNOWN;
    put32(page, BP_RAMDISK, l->ramdisk);
    put32(page, BP_RAMDISK_SIZE, l->cfg->ramdisk.size);
    put32(page, BP_CMDLINE, l->info + INFO_CMDLINE);
    put32(page, BP_CMDLINE_SIZE, PAGE_SIZE - 1);
    put_map(l, page);
    put_tables(l);
    svm_long_state(sv, l->elf.e_entry, TABLE(0));
    sv->regs->rsi = l->info;
    return NULL;
}
