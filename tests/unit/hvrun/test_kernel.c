/* SPDX-License-Identifier: MIT */
/*
 * Kernel images: what is recognized, what is refused, and that no damaged file makes the parser
 * read outside it (the program is built with the address sanitizer).
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <xen/elfnote.h>

#include "elf_file.h"
#include "kernel.h"

#define NOTES_AT 0x200
#define TEXT_AT  0x400

struct file {
    uint8_t bytes[0x1000];
    size_t size, notes;
};

static void add_note(struct file *f, const char *owner, uint32_t type, const void *desc,
                     uint32_t size)
{
    Elf64_Nhdr nh = {.n_namesz = (uint32_t)strlen(owner) + 1, .n_descsz = size, .n_type = type};
    uint8_t *p = f->bytes + NOTES_AT + f->notes;

    memcpy(p, &nh, sizeof(nh));
    memcpy(p + sizeof(nh), owner, nh.n_namesz);
    memcpy(p + sizeof(nh) + ((nh.n_namesz + 3) & ~3u), desc, size);
    f->notes += sizeof(nh) + ((nh.n_namesz + 3) & ~3u) + ((size + 3) & ~3u);
}

static void put_headers(struct file *f)
{
    Elf64_Ehdr eh = {
        .e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
        .e_type = ET_EXEC,
        .e_machine = EM_X86_64,
        .e_phoff = sizeof(eh),
        .e_phentsize = sizeof(Elf64_Phdr),
        .e_phnum = 2,
    };
    Elf64_Phdr ph[2] = {
        {.p_type = PT_LOAD,
         .p_offset = TEXT_AT,
         .p_vaddr = 0xffffffff80100000,
         .p_paddr = 0x100000,
         .p_filesz = 0x100,
         .p_memsz = 0x200000},
        {.p_type = PT_NOTE, .p_offset = NOTES_AT, .p_filesz = f->notes},
    };

    memcpy(f->bytes, &eh, sizeof(eh));
    memcpy(f->bytes + sizeof(eh), ph, sizeof(ph));
    f->size = TEXT_AT + 0x100;
}

static void make_pv(struct file *f)
{
    uint64_t entry = 0xffffffff80100000, offset = 0;

    *f = (struct file){0};
    add_note(f, "GNU", 3, "0123456789", 10);
    add_note(f, "Xen", XEN_ELFNOTE_XEN_VERSION, "xen-3.0", 8);
    add_note(f, "Xen", XEN_ELFNOTE_ENTRY, &entry, 8);
    add_note(f, "Xen", XEN_ELFNOTE_PADDR_OFFSET, &offset, 8);
    put_headers(f);
}

/* The bytes go to the heap in their exact size, where the sanitizer sees one byte too far. */
static int inspect(const struct file *f, size_t size, struct kernel_facts *facts)
{
    struct image img = {.data = malloc(size ? size : 1), .size = size};
    int rc;

    assert_non_null(img.data);
    memcpy(img.data, f->bytes, size);
    rc = kernel_inspect(&img, "file", facts);
    image_free(&img);
    return rc;
}

static void test_pv_notes_are_found(void **state)
{
    struct kernel_facts facts;
    struct file f;

    make_pv(&f);
    assert_int_equal(inspect(&f, f.size, &facts), 0);
    assert_true(facts.pv);
    assert_false(facts.pvh);
    assert_string_equal(facts.version, "xen-3.0");
    assert_int_equal(facts.phys_end, 0x300000);
    assert_int_equal(kernel_can_start(&facts, "file", GUEST_PV), 0);
    assert_int_equal(kernel_can_start(&facts, "file", GUEST_FV), -1);
}

static void test_pvh_only_is_fv(void **state)
{
    uint32_t entry = 0x100000;
    struct kernel_facts facts;
    struct file f = {0};

    add_note(&f, "Xen", XEN_ELFNOTE_PHYS32_ENTRY, &entry, 4);
    put_headers(&f);
    assert_int_equal(inspect(&f, f.size, &facts), 0);
    assert_false(facts.pv);
    assert_true(facts.pvh);
    assert_int_equal(kernel_can_start(&facts, "file", GUEST_PV), -1);
    assert_int_equal(kernel_can_start(&facts, "file", GUEST_FV), 0);
}

static void test_multiboot_is_fv(void **state)
{
    uint32_t header[3] = {0x1badb002, 3, -(0x1badb002u + 3)};
    struct kernel_facts facts;
    struct file f = {0};

    put_headers(&f);
    memcpy(f.bytes + TEXT_AT + 8, header, sizeof(header));
    assert_int_equal(inspect(&f, f.size, &facts), 0);
    assert_true(facts.multiboot);
    assert_int_equal(kernel_can_start(&facts, "file", GUEST_FV), 0);
    f.bytes[TEXT_AT + 12] ^= 1; /* the checksum no longer fits */
    assert_int_equal(inspect(&f, f.size, &facts), 0);
    assert_false(facts.multiboot);
}

/* A 32-bit Multiboot kernel: fine for FV, whatever it is asked to be. */
static void test_i386_is_fv_only(void **state)
{
    uint32_t header[3] = {0x1badb002, 3, -(0x1badb002u + 3)};
    Elf32_Ehdr eh = {
        .e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, EV_CURRENT},
        .e_type = ET_EXEC,
        .e_machine = EM_386,
        .e_phoff = sizeof(eh),
        .e_phentsize = sizeof(Elf32_Phdr),
        .e_phnum = 1,
    };
    Elf32_Phdr ph = {.p_type = PT_LOAD,
                     .p_offset = TEXT_AT,
                     .p_paddr = 0x100000,
                     .p_filesz = 0x100,
                     .p_memsz = 0x1000};
    struct kernel_facts facts;
    struct file f = {.size = TEXT_AT + 0x100};

    memcpy(f.bytes, &eh, sizeof(eh));
    memcpy(f.bytes + sizeof(eh), &ph, sizeof(ph));
    memcpy(f.bytes + TEXT_AT, header, sizeof(header));
    assert_int_equal(inspect(&f, f.size, &facts), 0);
    assert_int_equal(facts.phys_end, 0x101000);
    assert_int_equal(kernel_can_start(&facts, "file", GUEST_FV), 0);
    assert_int_equal(kernel_can_start(&facts, "file", GUEST_PV), -1);
    for (size_t size = 0; size < f.size; size++)
        assert_int_equal(inspect(&f, size, &facts), -1);
}

static void test_foreign_version_is_refused(void **state)
{
    struct kernel_facts facts = {.pv = true, .wide = true, .version = "xen-2.0"};

    assert_int_equal(kernel_can_start(&facts, "file", GUEST_PV), -1);
}

static void test_legacy_string(void **state)
{
    static const char text[] = "GUEST_OS=old,XEN_VER=xen-3.0,VIRT_BASE=0x100000,LOADER=generic";
    static const char names[] = "\0__xen_guest\0.shstrtab";
    Elf64_Shdr sh[3] = {
        {0},
        {.sh_name = 1, .sh_type = SHT_PROGBITS, .sh_offset = 0x600, .sh_size = sizeof(text)},
        {.sh_name = 13, .sh_type = SHT_STRTAB, .sh_offset = 0x700, .sh_size = sizeof(names)},
    };
    struct kernel_facts facts;
    struct file f = {0};
    Elf64_Ehdr eh;

    put_headers(&f);
    memcpy(&eh, f.bytes, sizeof(eh));
    eh.e_shoff = 0x800;
    eh.e_shentsize = sizeof(Elf64_Shdr);
    eh.e_shnum = 3;
    eh.e_shstrndx = 2;
    memcpy(f.bytes, &eh, sizeof(eh));
    memcpy(f.bytes + 0x600, text, sizeof(text));
    memcpy(f.bytes + 0x700, names, sizeof(names));
    memcpy(f.bytes + 0x800, sh, sizeof(sh));
    f.size = 0x800 + sizeof(sh);
    assert_int_equal(inspect(&f, f.size, &facts), 0);
    assert_true(facts.pv);
    assert_string_equal(facts.version, "xen-3.0");
    assert_int_equal(facts.pv_offset, 0x100000);
}

static void test_memory_needed(void **state)
{
    struct kernel_facts facts = {.pv = true, .phys_end = 16 << 20};
    uint64_t plain = kernel_memory_needed(&facts, GUEST_PV, 0, 64 << 20);

    assert_in_range(plain, 16 << 20, 17 << 20);
    assert_in_range(kernel_memory_needed(&facts, GUEST_PV, 8 << 20, 64 << 20), plain + (8 << 20),
                    plain + (9 << 20));
    assert_int_equal(kernel_memory_needed(&facts, GUEST_FV, 4096, 0), (16 << 20) + 4096);
    facts.pv_offset = 17 << 20;
    assert_true(kernel_memory_needed(&facts, GUEST_PV, 0, 64 << 20) == UINT64_MAX);
    facts.pv_offset = 0xffffffff80000000; /* physical addresses are the virtual ones, as NetBSD's */
    facts.phys_end = facts.pv_offset + (16 << 20);
    assert_int_equal(kernel_memory_needed(&facts, GUEST_PV, 0, 64 << 20), plain);
    facts.phys_end = UINT64_MAX;
    assert_true(kernel_memory_needed(&facts, GUEST_FV, 0, 64 << 20) == UINT64_MAX);
}

static void test_every_truncation_is_safe(void **state)
{
    struct kernel_facts facts;
    struct file f;

    make_pv(&f);
    for (size_t size = 0; size < f.size; size++)
        assert_int_equal(inspect(&f, size, &facts), -1);
}

static void test_random_damage_is_safe(void **state)
{
    struct kernel_facts facts;
    struct file f;

    srand(1);
    for (int round = 0; round < 20000; round++) {
        make_pv(&f);
        if (round % 2)
            f.bytes[EI_CLASS] = ELFCLASS32;
        for (int i = rand() % 4; i >= 0; i--)
            f.bytes[rand() % TEXT_AT] = (uint8_t)(rand() % 3 ? rand() : 0xff);
        inspect(&f, f.size, &facts);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pv_notes_are_found),
        cmocka_unit_test(test_pvh_only_is_fv),
        cmocka_unit_test(test_multiboot_is_fv),
        cmocka_unit_test(test_i386_is_fv_only),
        cmocka_unit_test(test_foreign_version_is_refused),
        cmocka_unit_test(test_legacy_string),
        cmocka_unit_test(test_memory_needed),
        cmocka_unit_test(test_every_truncation_is_safe),
        cmocka_unit_test(test_random_damage_is_safe),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
