/* SPDX-License-Identifier: MIT */
/* Parts of the PV domain builder. */
#ifndef X86_PV_BUILDER_H
#define X86_PV_BUILDER_H

#include "hv.h"
#include "hv_elf.h"

/*
 * Start-of-day memory, in the order the ABI gives (xen.h, "Start-of-day memory layout"); page frame
 * numbers count from virt_base. [pfn 0, map_pages) is mapped one to one at virt_base.
 */
struct build {
    struct domain *d;
    const struct domain_config *cfg;
    struct elf_image elf;
    uint64_t nr_pages;
    uint64_t *p2m; /* pfn -> mfn, a hypervisor copy for the time of building */

    uint64_t ramdisk_pfn, p2m_pfn, start_info_pfn, store_pfn, console_pfn;
    uint64_t pt_pfn, nr_pt, stack_pfn;
    uint64_t map_pages;                    /* mapped at virt_base, ends on 4 MiB */
    uint64_t p2m_table_pfn, nr_p2m_tables; /* page tables for a list at INIT_P2M */
    uint64_t p2m_list_pages;
    uint64_t next_table; /* table frames are taken from here … */
    uint64_t table_end;  /* … up to here */
};

/* The page behind a pfn, through the direct map. */
void *build_page(const struct build *b, uint64_t pfn);
/* Copy to or clear guest memory at a pseudo-physical byte address (range already checked). */
void build_copy(const struct build *b, uint64_t pa, const void *src, uint64_t n);

/* Number of tables of all levels below L4 needed to map [va, va + pages). */
uint64_t build_count_tables(uint64_t va, uint64_t pages);
/* Build the initial page tables; false when the table frames run out (a bug). */
bool build_page_tables(struct build *b);

/* Stubs of every hypercall number into a page, as guests call them. */
void hypercall_page_fill_pv(void *page);
/* start_info, shared_info, list of frames, hypercall page. */
bool build_start_info(struct build *b);

#endif
