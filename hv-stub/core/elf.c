/* SPDX-License-Identifier: MIT */
/* ELF headers, segments and Xen notes of a guest kernel. The file is untrusted: each read is
 * checked. */
#include "hv_elf.h"

#include <elf.h>
#include <xen/elfnote.h>

/* A bounds-checked view of n bytes at off, NULL if outside the file. */
static const void *at(const struct elf_image *e, uint64_t off, uint64_t n)
{
    if (off > e->size || n > e->size - off)
        return NULL;
    return e->data + off;
}

static void note_string(char *dst, size_t room, const char *src, uint64_t n)
{
    size_t len = MIN(n, (uint64_t)room - 1);

    memcpy(dst, src, len);
    dst[len] = 0;
}

/* Numeric notes may be 4 or 8 bytes wide. */
static uint64_t note_number(const uint8_t *desc, uint32_t n)
{
    uint64_t v = 0;

    memcpy(&v, desc, n == 4 ? 4 : n >= 8 ? 8 : 0);
    return v;
}

static void take_note(struct elf_image *e, uint32_t type, const uint8_t *desc, uint32_t n)
{
    const char *s = (const char *)desc;

    switch (type) {
    case XEN_ELFNOTE_ENTRY:
        e->virt_entry = note_number(desc, n);
        break;
    case XEN_ELFNOTE_HYPERCALL_PAGE:
        e->hypercall_page = note_number(desc, n);
        break;
    case XEN_ELFNOTE_VIRT_BASE:
        e->virt_base = note_number(desc, n);
        break;
    case XEN_ELFNOTE_PADDR_OFFSET:
        e->paddr_offset = note_number(desc, n);
        break;
    case XEN_ELFNOTE_INIT_P2M:
        e->init_p2m = note_number(desc, n);
        break;
    case XEN_ELFNOTE_PHYS32_ENTRY:
        e->phys32_entry = note_number(desc, n);
        break;
    case XEN_ELFNOTE_XEN_VERSION:
        note_string(e->xen_version, sizeof(e->xen_version), s, n);
        break;
    case XEN_ELFNOTE_GUEST_OS:
        note_string(e->guest_os, sizeof(e->guest_os), s, n);
        break;
    case XEN_ELFNOTE_LOADER:
        note_string(e->loader, sizeof(e->loader), s, n);
        break;
    case XEN_ELFNOTE_FEATURES:
        note_string(e->features, sizeof(e->features), s, n);
        break;
    case XEN_ELFNOTE_BSD_SYMTAB:
        e->bsd_symtab = n >= 3 && memcmp(s, "yes", 3) == 0;
        break;
    default:
        return;
    }
    e->has_notes = true;
}

static void walk_notes(struct elf_image *e, uint64_t off, uint64_t len)
{
    const uint8_t *p = at(e, off, len);
    uint64_t pos = 0;

    if (!p)
        return;
    while (len - pos >= sizeof(Elf64_Nhdr)) {
        Elf64_Nhdr h;
        uint64_t name, desc, next;

        memcpy(&h, p + pos, sizeof(h));
        name = pos + sizeof(h);
        desc = name + ROUND_UP((uint64_t)h.n_namesz, 4);
        next = desc + ROUND_UP((uint64_t)h.n_descsz, 4);
        if (next > len)
            return;
        if (h.n_namesz == 4 && memcmp(p + name, "Xen", 4) == 0)
            take_note(e, h.n_type, p + desc, h.n_descsz);
        pos = next;
    }
}

static const char *take_segment(struct elf_image *e, const struct elf_segment *s)
{
    if (!s->memsz)
        return NULL;
    if (s->filesz > s->memsz || !at(e, s->offset, s->filesz))
        return "truncated: a program header points past the end of the file";
    if (s->paddr + s->memsz < s->paddr)
        return "a segment wraps around the address space";
    if (e->nr_segments == ELF_MAX_SEGMENTS)
        return "too many program segments";
    e->segment[e->nr_segments++] = *s;
    e->pstart = MIN(e->pstart, s->paddr);
    e->pend = MAX(e->pend, s->paddr + s->memsz);
    return NULL;
}

static const char *walk_phdrs(struct elf_image *e, uint64_t phoff, unsigned num, unsigned entsize)
{
    for (unsigned i = 0; i < num; i++) {
        struct elf_segment s;
        uint32_t type;
        const char *why;
        const void *p =
            at(e, phoff + (uint64_t)i * entsize, e->is64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr));

        if (!p)
            return "truncated: the program headers are not in the file";
        if (e->is64) {
            Elf64_Phdr h;

            memcpy(&h, p, sizeof(h));
            type = h.p_type;
            s = (struct elf_segment){h.p_offset, h.p_filesz, h.p_memsz, h.p_paddr};
        } else {
            Elf32_Phdr h;

            memcpy(&h, p, sizeof(h));
            type = h.p_type;
            s = (struct elf_segment){h.p_offset, h.p_filesz, h.p_memsz, h.p_paddr};
        }
        if (type == PT_NOTE)
            walk_notes(e, s.offset, s.filesz);
        else if (type == PT_LOAD && (why = take_segment(e, &s)))
            return why;
    }
    return NULL;
}

/* Kernels without PT_NOTE keep their notes, or the legacy string, in sections. */
static void walk_sections(struct elf_image *e, const Elf64_Ehdr *h)
{
    const Elf64_Shdr *tab = at(e, h->e_shoff, (uint64_t)h->e_shnum * sizeof(Elf64_Shdr));
    Elf64_Shdr names, s;

    if (!tab || h->e_shentsize != sizeof(Elf64_Shdr) || h->e_shstrndx >= h->e_shnum)
        return;
    memcpy(&names, &tab[h->e_shstrndx], sizeof(names));
    for (unsigned i = 0; i < h->e_shnum; i++) {
        const char *name, *body;

        memcpy(&s, &tab[i], sizeof(s));
        if (s.sh_type == SHT_NOTE && !e->has_notes)
            walk_notes(e, s.sh_offset, s.sh_size);
        name = s.sh_name < names.sh_size ? at(e, names.sh_offset + s.sh_name, 12) : NULL;
        if (!name || memcmp(name, "__xen_guest", 12) != 0 || e->has_notes)
            continue;
        body = at(e, s.sh_offset, s.sh_size);
        if (body)
            elf_legacy_parse(e, body, s.sh_size);
    }
}

static void init(struct elf_image *e, const void *data, uint64_t size)
{
    memset(e, 0, sizeof(*e));
    e->data = data;
    e->size = size;
    e->pstart = ELF_UNSET;
    e->virt_base = e->paddr_offset = e->virt_entry = ELF_UNSET;
    e->hypercall_page = e->init_p2m = e->phys32_entry = ELF_UNSET;
}

const char *elf_image_parse(struct elf_image *e, const void *data, uint64_t size)
{
    const unsigned char *id;
    const char *why;

    init(e, data, size);
    id = at(e, 0, EI_NIDENT);
    if (!id || memcmp(id, ELFMAG, SELFMAG) != 0)
        return "not an ELF file";
    if (id[EI_DATA] != ELFDATA2LSB)
        return "not a little-endian ELF file";
    if (id[EI_CLASS] == ELFCLASS64) {
        Elf64_Ehdr h;

        if (!at(e, 0, sizeof(h)))
            return "truncated: no ELF header";
        memcpy(&h, data, sizeof(h));
        if (h.e_machine != EM_X86_64)
            return "not an x86 ELF file";
        e->is64 = true;
        e->e_entry = h.e_entry;
        if (h.e_phnum && h.e_phentsize < sizeof(Elf64_Phdr))
            return "program header entries are too small";
        why = walk_phdrs(e, h.e_phoff, h.e_phnum, h.e_phentsize);
        if (!why && !e->has_notes && h.e_shoff && h.e_shnum)
            walk_sections(e, &h);
    } else {
        Elf32_Ehdr h;

        if (!at(e, 0, sizeof(h)))
            return "truncated: no ELF header";
        memcpy(&h, data, sizeof(h));
        if (h.e_machine != EM_386 && h.e_machine != EM_X86_64)
            return "not an x86 ELF file";
        e->e_entry = h.e_entry;
        if (h.e_phnum && h.e_phentsize < sizeof(Elf32_Phdr))
            return "program header entries are too small";
        why = walk_phdrs(e, h.e_phoff, h.e_phnum, h.e_phentsize);
    }
    if (!why && !e->nr_segments)
        return "nothing to load: no program segments";
    return why;
}
