/* SPDX-License-Identifier: MIT */
/* Guest kernel images: ELF segments and what their Xen notes ask for. Pure parsing of untrusted
 * bytes; used by the builders and by host tests and fuzzers. */
#ifndef HV_ELF_H
#define HV_ELF_H

#include "hv_types.h"

#define ELF_MAX_SEGMENTS 16
#define ELF_UNSET        (~0ull)

struct elf_segment {
    uint64_t offset, filesz, memsz, paddr;
};

struct elf_image {
    const uint8_t *data;
    uint64_t size;
    bool is64;
    uint64_t e_entry;
    uint32_t nr_segments;
    struct elf_segment segment[ELF_MAX_SEGMENTS];
    uint64_t pstart, pend; /* lowest and highest physical address loaded */

    /* From the notes <xen/elfnote.h> or a legacy __xen_guest section; ELF_UNSET where absent. */
    bool has_notes, has_legacy;
    uint64_t virt_base, paddr_offset, virt_entry, hypercall_page, init_p2m, phys32_entry;
    bool bsd_symtab;
    char guest_os[16], xen_version[16], loader[16], features[160];
};

/*
 * Read headers, PT_LOAD segments (ELF32 and ELF64 little-endian x86) and Xen notes. Every offset is
 * checked against size. Returns NULL, or why the image cannot be used (a constant string).
 */
const char *elf_image_parse(struct elf_image *e, const void *data, uint64_t size);
/* Fill in the defaults for a PV start and check that addresses fit together; NULL or why not. */
const char *elf_image_pv_resolve(struct elf_image *e);
/* A required feature ("!name" in the FEATURES note) that a PV domain here does not have, copied
 * into buf; false if there is none. */
bool elf_image_missing_feature(const struct elf_image *e, char *buf, size_t n);
/* Parse "KEY=value,KEY=value" of the legacy __xen_guest section, at most n bytes. */
void elf_legacy_parse(struct elf_image *e, const char *s, size_t n);

#endif
