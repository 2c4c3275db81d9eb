/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's page tables: slots 256..271 of every top-level table. Built once; later changes
 * only touch a domain's own slot 260. No page is writable and executable, also not under its second
 * name in the direct map.
 */
#include "hv.h"
#include "boot.h"
#include "boot_asm.h"
#include "cpu.h"
#include "paging.h"

#define TABLE_FLAGS (PTE_P | PTE_RW | PTE_A)
#define RO_FLAGS    (PTE_P | PTE_A | PTE_NX)
#define RW_FLAGS    (PTE_P | PTE_RW | PTE_A | PTE_D | PTE_NX)
#define RX_FLAGS    (PTE_P | PTE_A)

extern const char _image_start[], _text_end[], _rodata_end[], _image_end[];

uint64_t *hv_l4;
static unsigned max_level = 2; /* largest page: 2 = 2 MiB, 3 = 1 GiB */

static uint64_t *new_table(void)
{
    return mfn_to_virt(boot_alloc(PAGE_SIZE, PAGE_SIZE, 1ull << 32));
}

/* Entry for va at `level` (1..4), tables above it made as needed. User access is granted by the
 * last level alone, except where a table is opened for it: only the M2P asks for that. */
static uint64_t *entry_for(uint64_t va, unsigned level, uint64_t user)
{
    uint64_t *table = hv_l4;

    for (unsigned l = 4;; l--) {
        uint64_t *e = &table[(va >> (12 + 9 * (l - 1))) & 511];

        if (l == level)
            return e;
        if (!(*e & PTE_P))
            *e = (virt_to_mfn(new_table()).v << PAGE_SHIFT) | TABLE_FLAGS | user;
        HV_ASSERT(!(*e & PTE_PS));
        table = mfn_to_virt(MFN((*e & PTE_ADDR) >> PAGE_SHIFT));
    }
}

static unsigned level_for(uint64_t va, uint64_t pa, uint64_t len)
{
    for (unsigned level = max_level; level > 1; level--) {
        uint64_t size = 1ull << (12 + 9 * (level - 1));

        if (((va | pa) & (size - 1)) == 0 && len >= size)
            return level;
    }
    return 1;
}

void paging_map(uint64_t va, uint64_t pa, uint64_t len, uint64_t flags)
{
    while (len > 0) {
        unsigned level = level_for(va, pa, len);
        uint64_t size = 1ull << (12 + 9 * (level - 1));

        *entry_for(va, level, flags & PTE_US) = pa | flags | (level > 1 ? PTE_PS : 0);
        va += size;
        pa += size;
        len -= size;
    }
}

/* Map a piece of the image at its link address. */
static void map_image(const char *start, const char *end, uint64_t flags)
{
    paging_map((uint64_t)start, PHYS((uint64_t)start), (uint64_t)(end - start), flags);
}

/* All RAM, with code and constants of the image read-only. */
static void map_direct(void)
{
    uint64_t ro_start = PHYS((uint64_t)_image_start), ro_end = PHYS((uint64_t)_rodata_end);
    struct ranges rw = memory_ram;

    if (!ranges_remove(&rw, ro_start, ro_end))
        hv_panic("memory map has too many pieces");
    for (uint32_t i = 0; i < rw.nr; i++)
        paging_map(HV_DIRECT_BASE + rw.r[i].start, rw.r[i].start, rw.r[i].end - rw.r[i].start,
                   RW_FLAGS);
    paging_map(HV_DIRECT_BASE + ro_start, ro_start, ro_end - ro_start, RO_FLAGS);
}

void paging_enable_cpu(void)
{
    uint64_t pa = virt_to_mfn(hv_l4).v << PAGE_SHIFT;

    write_cr3(pa);
    this_percpu()->cr3 = pa;
}

void paging_init(void)
{
    if (cpuid_count(0x80000000, 0).a >= 0x80000001 && (cpuid_count(0x80000001, 0).d & (1u << 26)))
        max_level = 3;
    hv_l4 = new_table();
    map_image(_image_start, _text_end, RX_FLAGS);
    map_image(_text_end, _rodata_end, RO_FLAGS);
    map_image(_rodata_end, _image_end, RW_FLAGS);
    map_direct();
    entry_for(HV_MMIO_BASE, 1, 0); /* tables exist before anything copies slot 261 */
    paging_enable_cpu();
}
