/* SPDX-License-Identifier: MIT */
/* What a kernel image says of itself: how it can be started, and how much memory that takes. */
#ifndef HVRUN_KERNEL_H
#define HVRUN_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "image.h"

struct kernel_facts {
    bool pv;            /* has a Xen PV start: ELF notes of <xen/elfnote.h>, or __xen_guest */
    bool pvh;           /* XEN_ELFNOTE_PHYS32_ENTRY */
    bool multiboot;     /* a Multiboot 1 header in the first 8 KiB */
    bool wide;          /* 64-bit ELF */
    char version[16];   /* XEN_ELFNOTE_XEN_VERSION, empty if none */
    uint64_t phys_end;  /* end of the highest loaded segment, p_paddr view */
    uint64_t pv_offset; /* XEN_ELFNOTE_PADDR_OFFSET: what p_paddr of guest frame 0 is */
};

/* Find @img's facts. Returns 0, or -1 after complaining that it is no x86 ELF or is damaged. */
int kernel_inspect(const struct image *img, const char *path, struct kernel_facts *facts);

/* Check that @facts allow a start in @mode. Returns 0, or -1 after complaining. */
int kernel_can_start(const struct kernel_facts *facts, const char *path, enum guest_mode mode);

/*
 * Bytes of guest memory that are taken when the guest's first instruction runs: the image, a RAM
 * disk of @ramdisk bytes, and for PV the P2M list and page tables that @memory bytes need.
 * UINT64_MAX if the image's addresses make no sense.
 */
uint64_t kernel_memory_needed(const struct kernel_facts *facts, enum guest_mode mode,
                              uint64_t ramdisk, uint64_t memory);

#endif
