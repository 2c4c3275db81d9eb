/* SPDX-License-Identifier: MIT */
/* What the boot loader told us, copied out of its memory: the same for all boot protocols. */
#ifndef HV_BOOT_H
#define HV_BOOT_H

#include "hv_types.h"

#define BOOT_MAX_REGIONS 64
#define BOOT_MAX_MODULES 64
#define BOOT_TEXT_BYTES  (40 * 1024)

/* One entry of the firmware's memory map, in bytes. */
struct boot_region {
    uint64_t start, end;
    bool ram; /* usable; anything else is left alone */
};

struct boot_module {
    uint64_t start, size; /* physical bytes */
    const char *line;     /* "" when the loader had none */
};

struct boot_info {
    const char *protocol; /* for the banner */
    const char *cmdline;
    uint64_t rsdp; /* physical address of ACPI's root pointer, 0: not told */
    uint32_t nr_regions, nr_modules;
    struct boot_region region[BOOT_MAX_REGIONS];
    struct boot_module module[BOOT_MAX_MODULES];
    uint32_t text_used;
    char text[BOOT_TEXT_BYTES]; /* the strings above */
};

/* ---- main.c: everything after the machine itself is up. */
void hv_main(struct boot_info *bi) __attribute__((noreturn));

/* ---- x86/boot: machine steps of hv_main(), in this order. */
/* Start the other CPUs (sets nr_cpus); they wait for arch_cpus_release(). */
void arch_cpus_start(void);
/* The modules were used: their memory goes to the allocator. */
void arch_modules_free(void);
/* Let every CPU run vcpus; this one becomes the idle loop of CPU 0. */
void arch_cpus_release(void) __attribute__((noreturn));
/* Contents of a module through the direct map. */
const void *arch_module_data(const struct boot_module *m);
/* Bytes of RAM in the firmware's map. */
uint64_t arch_ram_bytes(void);

#endif
