/* SPDX-License-Identifier: MIT */
/* Putting an FV kernel into guest-physical memory. */
#ifndef X86_SVM_LOADER_H
#define X86_SVM_LOADER_H

#include "hv_elf.h"
#include "svm_internal.h"

struct fv_load {
    const struct domain_config *cfg;
    struct domain *d;
    struct elf_image elf; /* valid if is_elf */
    bool is_elf;
    uint64_t kernel_start, kernel_end;
    uint64_t ramdisk; /* where it lies, 0: none */
    uint64_t info;    /* INFO_BYTES for the boot protocol's structures */
};

#define INFO_BYTES   (3 * PAGE_SIZE)
#define INFO_CMDLINE (2 * PAGE_SIZE) /* offset of the command line */

/* RAM that a PC's BIOS would keep for itself, and the video memory. */
/* The ACPI tables: in the part of the BIOS area that kernels search. */
#define FV_ACPI 0xe0000ull

#define LOW_RAM_END 0x9fc00ull
#define HIGH_RAM    0x100000ull

/* Copy into guest memory; false if any of it is not RAM. */
bool fv_put(struct fv_load *l, uint64_t gpa, const void *src, uint64_t n);

/* Is [gpa, gpa + n) RAM of which the memory map says so? */
bool fv_is_usable(const struct fv_load *l, uint64_t gpa, uint64_t n);

struct fv_ram {
    uint64_t start, size;
    bool usable;
};

#define FV_RAM_RANGES MEM_RANGES

/* The memory map: number of ranges put into `ram`. */
unsigned int fv_memory_map(const struct svm_domain *sd, struct fv_ram *ram);

/* ---- loader_pvh.c, loader_multiboot.c, loader_linux.c. Both return NULL or why the kernel cannot
 * be started. */
const char *pvh_load(struct fv_load *l);
const char *pvh_start(struct fv_load *l);
/* Finds the header: false if there is none. */
bool multiboot_probe(const struct fv_load *l);
const char *multiboot_load(struct fv_load *l);
const char *multiboot_start(struct fv_load *l);
/* Is it a Linux kernel with an entry in 64-bit mode? It is loaded like a PVH kernel. */
bool linux_probe(const struct fv_load *l);
const char *linux_start(struct fv_load *l);

#endif
