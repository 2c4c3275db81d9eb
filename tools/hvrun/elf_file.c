/* SPDX-License-Identifier: MIT */
#include "elf_file.h"

#include <string.h>

#include "complain.h"

static bool inside(uint64_t offset, uint64_t length, size_t size)
{
    return offset <= size && length <= size - offset;
}

Elf64_Phdr elf_phdr(const struct elf_file *elf, unsigned int i)
{
    const uint8_t *at = elf->data + elf->header.e_phoff + (size_t)i * elf->header.e_phentsize;
    Elf64_Phdr ph;
    Elf32_Phdr narrow;

    if (elf->wide) {
        memcpy(&ph, at, sizeof(ph));
        return ph;
    }
    memcpy(&narrow, at, sizeof(narrow));
    return (Elf64_Phdr){
        .p_type = narrow.p_type,
        .p_flags = narrow.p_flags,
        .p_offset = narrow.p_offset,
        .p_vaddr = narrow.p_vaddr,
        .p_paddr = narrow.p_paddr,
        .p_filesz = narrow.p_filesz,
        .p_memsz = narrow.p_memsz,
        .p_align = narrow.p_align,
    };
}

Elf64_Shdr elf_shdr(const struct elf_file *elf, unsigned int i)
{
    const uint8_t *at = elf->data + elf->header.e_shoff + (size_t)i * elf->header.e_shentsize;
    Elf64_Shdr sh;
    Elf32_Shdr narrow;

    if (elf->wide) {
        memcpy(&sh, at, sizeof(sh));
        return sh;
    }
    memcpy(&narrow, at, sizeof(narrow));
    return (Elf64_Shdr){
        .sh_name = narrow.sh_name,
        .sh_type = narrow.sh_type,
        .sh_offset = narrow.sh_offset,
        .sh_size = narrow.sh_size,
    };
}

/* Read the ELF header; false if there is no room for it. */
static bool read_header(struct elf_file *elf)
{
    Elf32_Ehdr narrow;

    if (elf->size < EI_NIDENT)
        return false;
    elf->wide = elf->data[EI_CLASS] == ELFCLASS64;
    if (elf->size < (elf->wide ? sizeof(elf->header) : sizeof(narrow)))
        return false;
    if (elf->wide) {
        memcpy(&elf->header, elf->data, sizeof(elf->header));
        return true;
    }
    memcpy(&narrow, elf->data, sizeof(narrow));
    memcpy(elf->header.e_ident, narrow.e_ident, EI_NIDENT);
    elf->header.e_type = narrow.e_type;
    elf->header.e_machine = narrow.e_machine;
    elf->header.e_entry = narrow.e_entry;
    elf->header.e_phoff = narrow.e_phoff;
    elf->header.e_shoff = narrow.e_shoff;
    elf->header.e_phentsize = narrow.e_phentsize;
    elf->header.e_phnum = narrow.e_phnum;
    elf->header.e_shentsize = narrow.e_shentsize;
    elf->header.e_shnum = narrow.e_shnum;
    elf->header.e_shstrndx = narrow.e_shstrndx;
    return true;
}

static int check_ident(const struct elf_file *elf, const char *path)
{
    const Elf64_Ehdr *eh = &elf->header;

    if (eh->e_ident[EI_DATA] != ELFDATA2LSB || eh->e_machine != (elf->wide ? EM_X86_64 : EM_386))
        return complain("kernel %s: an ELF file, but not for x86", path);
    if (eh->e_type != ET_EXEC && eh->e_type != ET_DYN)
        return complain("kernel %s: not an executable ELF file", path);
    return 0;
}

static int check_segments(const struct elf_file *elf, const char *path)
{
    const Elf64_Ehdr *eh = &elf->header;
    bool loadable = false;

    if (eh->e_phnum == 0)
        return complain("kernel %s: has no program headers", path);
    if (eh->e_phentsize != (elf->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)) ||
        !inside(eh->e_phoff, (uint64_t)eh->e_phnum * eh->e_phentsize, elf->size))
        return complain("kernel %s: truncated or damaged (program headers outside the file)", path);
    for (unsigned int i = 0; i < eh->e_phnum; i++) {
        Elf64_Phdr ph = elf_phdr(elf, i);

        if (!inside(ph.p_offset, ph.p_filesz, elf->size))
            return complain("kernel %s: truncated (segment %u ends at byte %llu, the file at %zu)",
                            path, i, (unsigned long long)(ph.p_offset + ph.p_filesz), elf->size);
        if (ph.p_type != PT_LOAD)
            continue;
        if (ph.p_memsz < ph.p_filesz || ph.p_paddr + ph.p_memsz < ph.p_paddr ||
            ph.p_vaddr + ph.p_memsz < ph.p_vaddr)
            return complain("kernel %s: damaged (segment %u has impossible sizes)", path, i);
        loadable |= ph.p_memsz != 0;
    }
    if (!loadable)
        return complain("kernel %s: has nothing to load", path);
    return 0;
}

static int check_sections(const struct elf_file *elf, const char *path)
{
    const Elf64_Ehdr *eh = &elf->header;

    if (eh->e_shnum == 0)
        return 0;
    if (eh->e_shentsize != (elf->wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr)) ||
        !inside(eh->e_shoff, (uint64_t)eh->e_shnum * eh->e_shentsize, elf->size))
        return complain("kernel %s: truncated (section headers outside the file)", path);
    return 0;
}

int elf_open(struct elf_file *elf, const uint8_t *data, size_t size, const char *path)
{
    *elf = (struct elf_file){.data = data, .size = size};
    if (size < SELFMAG || memcmp(data, ELFMAG, SELFMAG))
        return complain("kernel %s: not an ELF file", path);
    if (!read_header(elf))
        return complain("kernel %s: truncated (%zu bytes, no room for an ELF header)", path, size);
    if (check_ident(elf, path) < 0 || check_segments(elf, path) < 0)
        return -1;
    return check_sections(elf, path);
}

const uint8_t *elf_section(const struct elf_file *elf, const char *name, size_t *size)
{
    const Elf64_Ehdr *eh = &elf->header;
    size_t want = strlen(name) + 1;
    Elf64_Shdr strtab;

    if (eh->e_shstrndx >= eh->e_shnum)
        return NULL;
    strtab = elf_shdr(elf, eh->e_shstrndx);
    if (strtab.sh_type == SHT_NOBITS || !inside(strtab.sh_offset, strtab.sh_size, elf->size))
        return NULL;
    for (unsigned int i = 0; i < eh->e_shnum; i++) {
        Elf64_Shdr sh = elf_shdr(elf, i);

        if (!inside(sh.sh_name, want, strtab.sh_size) ||
            memcmp(elf->data + strtab.sh_offset + sh.sh_name, name, want))
            continue;
        if (sh.sh_type == SHT_NOBITS || !inside(sh.sh_offset, sh.sh_size, elf->size))
            return NULL;
        *size = sh.sh_size;
        return elf->data + sh.sh_offset;
    }
    return NULL;
}

typedef void (*note_visitor)(void *ctx, uint32_t type, const uint8_t *desc, size_t size);

/* Notes in one run of bytes. A damaged note ends the walk: nothing after it can be found. */
static void walk_notes(const uint8_t *p, size_t left, const char *owner, note_visitor visit,
                       void *ctx)
{
    size_t owner_len = strlen(owner) + 1;
    Elf64_Nhdr nh;

    while (left >= sizeof(nh)) {
        uint64_t name_room, desc_room;

        memcpy(&nh, p, sizeof(nh));
        p += sizeof(nh);
        left -= sizeof(nh);
        name_room = ((uint64_t)nh.n_namesz + 3) & ~3ULL;
        desc_room = ((uint64_t)nh.n_descsz + 3) & ~3ULL;
        if (name_room > left || nh.n_descsz > left - name_room)
            return;
        if (nh.n_namesz == owner_len && !memcmp(p, owner, owner_len))
            visit(ctx, nh.n_type, p + name_room, nh.n_descsz);
        if (desc_room > left - name_room)
            return;
        p += name_room + desc_room;
        left -= name_room + desc_room;
    }
}

void elf_notes(const struct elf_file *elf, const char *owner, note_visitor visit, void *ctx)
{
    bool seen = false;

    for (unsigned int i = 0; i < elf->header.e_phnum; i++) {
        Elf64_Phdr ph = elf_phdr(elf, i);

        if (ph.p_type != PT_NOTE)
            continue;
        walk_notes(elf->data + ph.p_offset, ph.p_filesz, owner, visit, ctx);
        seen = true;
    }
    for (unsigned int i = 0; !seen && i < elf->header.e_shnum; i++) {
        Elf64_Shdr sh = elf_shdr(elf, i);

        if (sh.sh_type == SHT_NOTE && inside(sh.sh_offset, sh.sh_size, elf->size))
            walk_notes(elf->data + sh.sh_offset, sh.sh_size, owner, visit, ctx);
    }
}
