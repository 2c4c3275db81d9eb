/* SPDX-License-Identifier: MIT */
/* Private interfaces of the boot code. */
#ifndef BOOT_H
#define BOOT_H

#include "hv_boot.h"
#include "ranges.h"

/* ---- boot_text.c: reading the loader's memory, which nobody has vouched for. */
/* Pointer to [pa, pa + len), or NULL when that is not all below 4 GiB, where the boot map ends. */
const void *boot_phys(uint64_t pa, uint64_t len);
/* Copy from there, whatever the alignment; false likewise. */
bool boot_copy(void *dst, uint64_t pa, size_t len);
/* Copy the string at pa (at most max bytes are looked at) into bi->text. "" when pa is 0 or it does
 * not fit. */
const char *boot_text(struct boot_info *bi, uint64_t pa, uint64_t max);
/* Append to the memory map or the module list; what does not fit is dropped. */
void boot_add_region(struct boot_info *bi, uint64_t start, uint64_t len, bool ram);
void boot_add_module(struct boot_info *bi, uint64_t start, uint64_t end, const char *line);

/* ---- mb1.c, mb2.c, pvh.c: fill bi from the loader's structures at physical address info. False
 * when they make no sense. */
bool boot_read_mb1(struct boot_info *bi, uint64_t info);
bool boot_read_mb2(struct boot_info *bi, uint64_t info);
bool boot_read_pvh(struct boot_info *bi, uint64_t info);

/* ---- early_trap.c */
void early_traps_load(void);

/* ---- memory.c: who has which RAM until the page allocator takes over. */
/* Take stock of the memory map; reserve the image, the first MiB and the modules. */
void memory_survey(const struct boot_info *bi);
/* Contiguous zeroed frames below `limit` (bytes), aligned; panics when there are none. */
mfn_t boot_alloc(uint64_t bytes, uint64_t align, uint64_t limit);
/* Frame table and machine-to-physical table; then all that is left goes to palloc. */
void memory_hand_over(void);
/* RAM as the firmware tells it, sorted. */
extern struct ranges memory_ram;

/* ---- pagetable.c */
/* Build the final tables (direct map, image) and switch to them. */
void paging_init(void);
void paging_enable_cpu(void);
/* Map [pa, pa + len) at va with the largest pages that fit; boot time only. */
void paging_map(uint64_t va, uint64_t pa, uint64_t len, uint64_t flags);

/* ---- start.c */
void boot_start(uint32_t magic, uint64_t info) __attribute__((noreturn));

#endif
