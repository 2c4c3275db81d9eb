/* SPDX-License-Identifier: MIT */
/*
 * An x86 ELF image in memory, 64-bit or 32-bit; headers of the latter are widened as they are read,
 * so that users see one kind. Every offset and length is checked once, in elf_open(); the other
 * functions may then be used without further checks.
 */
#ifndef HVRUN_ELF_FILE_H
#define HVRUN_ELF_FILE_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct elf_file {
    const uint8_t *data; /* borrowed from the image */
    size_t size;
    Elf64_Ehdr header; /* widened */
    bool wide;         /* ELFCLASS64 */
};

/*
 * Check that @data is a complete, executable ELF for x86-64 or i386. @path only for the complaint.
 * Section headers are optional, as loaders do not need them; when present they must be inside the
 * file. Returns 0, or -1 after complaining.
 */
int elf_open(struct elf_file *elf, const uint8_t *data, size_t size, const char *path);

/* Program header @i, 0 <= i < header.e_phnum. */
Elf64_Phdr elf_phdr(const struct elf_file *elf, unsigned int i);

/* Section header @i, 0 <= i < header.e_shnum. */
Elf64_Shdr elf_shdr(const struct elf_file *elf, unsigned int i);

/* Contents of the section called @name, NULL if there is none. */
const uint8_t *elf_section(const struct elf_file *elf, const char *name, size_t *size);

/*
 * Call @visit for every ELF note of owner @owner, in PT_NOTE segments, or in SHT_NOTE sections when
 * there is no such segment. @desc is valid for @size bytes.
 */
void elf_notes(const struct elf_file *elf, const char *owner,
               void (*visit)(void *ctx, uint32_t type, const uint8_t *desc, size_t size),
               void *ctx);

#endif
