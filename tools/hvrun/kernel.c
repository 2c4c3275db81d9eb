/* SPDX-License-Identifier: MIT */
#include "kernel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/elfnote.h>

#include "complain.h"
#include "elf_file.h"

#define PAGE_BYTES 4096ULL

/* Multiboot Specification 0.6.96, section 3.1.1. */
#define MULTIBOOT_MAGIC  0x1badb002u
#define MULTIBOOT_SEARCH 8192

struct note_state {
    struct kernel_facts *facts;
    bool have_offset;
};

/* Numeric notes are 4 or 8 bytes wide, whichever the kernel's author preferred. */
static uint64_t note_number(const uint8_t *desc, size_t size)
{
    uint64_t value = 0;

    if (size == 4 || size == 8)
        memcpy(&value, desc, size);
    return value;
}

static void take_note(void *ctx, uint32_t type, const uint8_t *desc, size_t size)
{
    struct note_state *st = ctx;

    switch (type) {
    case XEN_ELFNOTE_ENTRY:
        st->facts->pv = true;
        break;
    case XEN_ELFNOTE_XEN_VERSION:
        snprintf(st->facts->version, sizeof(st->facts->version), "%.*s", (int)(size & 0xff),
                 (const char *)desc);
        break;
    case XEN_ELFNOTE_PADDR_OFFSET:
        st->facts->pv_offset = note_number(desc, size);
        st->have_offset = true;
        break;
    case XEN_ELFNOTE_PHYS32_ENTRY:
        st->facts->pvh = true;
        break;
    }
}

/* The value of KEY in a "KEY=value,KEY=value" string of @size bytes; empty if absent. */
static void legacy_value(const uint8_t *text, size_t size, const char *key, char *out, size_t room)
{
    size_t klen = strlen(key), pos = 0, end;

    out[0] = '\0';
    for (; pos < size && text[pos]; pos = end + 1) {
        for (end = pos; end < size && text[end] && text[end] != ','; end++)
            ;
        if (end - pos > klen && !memcmp(text + pos, key, klen) && text[pos + klen] == '=') {
            snprintf(out, room, "%.*s", (int)(end - pos - klen - 1),
                     (const char *)text + pos + klen + 1);
            return;
        }
        if (end >= size || !text[end])
            return;
    }
}

/* The string that came before the notes (<xen/elfnote.h>, "LEGACY"). */
static void take_legacy(const struct elf_file *elf, struct kernel_facts *facts)
{
    size_t size;
    const uint8_t *text = elf_section(elf, "__xen_guest", &size);
    char offset[32];

    if (!text)
        return;
    facts->pv = true;
    legacy_value(text, size, "XEN_VER", facts->version, sizeof(facts->version));
    legacy_value(text, size, "ELF_PADDR_OFFSET", offset, sizeof(offset));
    if (!offset[0])
        legacy_value(text, size, "VIRT_BASE", offset, sizeof(offset));
    facts->pv_offset = strtoull(offset, NULL, 0);
}

static bool find_multiboot(const struct image *img)
{
    size_t limit = img->size < MULTIBOOT_SEARCH ? img->size : MULTIBOOT_SEARCH;

    for (size_t pos = 0; pos + 12 <= limit; pos += 4) {
        uint32_t word[3]; /* magic, flags, checksum */

        memcpy(word, img->data + pos, sizeof(word));
        if (word[0] == MULTIBOOT_MAGIC && word[0] + word[1] + word[2] == 0)
            return true;
    }
    return false;
}

int kernel_inspect(const struct image *img, const char *path, struct kernel_facts *facts)
{
    struct note_state st = {.facts = facts};
    struct elf_file elf;

    *facts = (struct kernel_facts){0};
    if (elf_open(&elf, img->data, img->size, path) < 0)
        return -1;
    for (unsigned int i = 0; i < elf.header.e_phnum; i++) {
        Elf64_Phdr ph = elf_phdr(&elf, i);

        if (ph.p_type == PT_LOAD && ph.p_paddr + ph.p_memsz > facts->phys_end)
            facts->phys_end = ph.p_paddr + ph.p_memsz;
    }
    elf_notes(&elf, "Xen", take_note, &st);
    if (facts->version[0] && !facts->pvh)
        facts->pv = true; /* the entry note may be left out: e_entry serves then */
    if (!facts->pv && !facts->pvh)
        take_legacy(&elf, facts);
    facts->multiboot = find_multiboot(img);
    facts->wide = elf.wide;
    return 0;
}

int kernel_can_start(const struct kernel_facts *facts, const char *path, enum guest_mode mode)
{
    if (mode != GUEST_PV) {
        if (facts->pvh || (facts->multiboot && mode == GUEST_FV))
            return 0;
        return complain("kernel %s: has neither a PVH note nor a Multiboot header%s", path,
                        facts->pv ? "; it is a PV kernel, use --mode pv" : "");
    }
    if (!facts->wide)
        return complain("kernel %s: a 32-bit kernel; PV domains are x86-64%s", path,
                        facts->pvh || facts->multiboot ? "; use --mode fv" : "");
    if (!facts->pv)
        return complain("kernel %s: not a Xen PV kernel (no Xen ELF notes)%s", path,
                        facts->pvh || facts->multiboot ? "; use --mode fv" : "");
    if (strncmp(facts->version, "xen-3.", 6))
        return complain("kernel %s: built for hypervisor '%s', not for 'xen-3.0'", path,
                        facts->version);
    return 0;
}

uint64_t kernel_memory_needed(const struct kernel_facts *facts, enum guest_mode mode,
                              uint64_t ramdisk, uint64_t memory)
{
    uint64_t offset = mode == GUEST_PV ? facts->pv_offset : 0; /* often the virtual base itself */
    uint64_t image = facts->phys_end - offset, p2m, tables, mapped;

    if (offset > facts->phys_end || image > (1ULL << 46) || ramdisk > (1ULL << 46))
        return UINT64_MAX;
    if (mode != GUEST_PV)
        return image + ramdisk;
    p2m = memory / PAGE_BYTES * 8;
    /* start_info, xenstore, console and stack pages; then the padding that <xen/xen.h> promises. */
    mapped = image + ramdisk + p2m + 4 * PAGE_BYTES + (512 << 10);
    tables = (mapped / (PAGE_BYTES * 512) + 4) * PAGE_BYTES;
    return mapped + tables;
}
