/* SPDX-License-Identifier: MIT */
/* core/elf.c and core/elf_pv.c: what a guest image may and may not say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <elf.h>

#include "hv_elf.h"
#include <xen/elfnote.h>

/* A small valid kernel: ELF header, two program headers, notes, a page of text. */
struct image {
    Elf64_Ehdr eh;
    Elf64_Phdr load, note;
    uint8_t notes[512];
    uint8_t text[8192];
};

static struct image img;
static size_t note_len;

static void add_note(uint32_t type, const void *desc, uint32_t n)
{
    Elf64_Nhdr h = {4, n, type};
    uint8_t *p = img.notes + note_len;

    memcpy(p, &h, sizeof(h));
    memcpy(p + sizeof(h), "Xen", 4);
    memcpy(p + sizeof(h) + 4, desc, n);
    note_len += sizeof(h) + 4 + ROUND_UP((size_t)n, 4);
    img.note.p_filesz = note_len;
}

static void add_number(uint32_t type, uint64_t v)
{
    add_note(type, &v, 8);
}

static int fresh(void **state)
{
    memset(&img, 0, sizeof(img));
    note_len = 0;
    memcpy(img.eh.e_ident, ELFMAG, SELFMAG);
    img.eh.e_ident[EI_CLASS] = ELFCLASS64;
    img.eh.e_ident[EI_DATA] = ELFDATA2LSB;
    img.eh.e_machine = EM_X86_64;
    img.eh.e_entry = 0xffffffff80100000;
    img.eh.e_phoff = offsetof(struct image, load);
    img.eh.e_phnum = 2;
    img.eh.e_phentsize = sizeof(Elf64_Phdr);
    img.load = (Elf64_Phdr){.p_type = PT_LOAD,
                            .p_offset = offsetof(struct image, text),
                            .p_paddr = 0x100000,
                            .p_filesz = 8192,
                            .p_memsz = 16384};
    img.note = (Elf64_Phdr){.p_type = PT_NOTE, .p_offset = offsetof(struct image, notes)};
    add_note(XEN_ELFNOTE_XEN_VERSION, "xen-3.0", 8);
    add_number(XEN_ELFNOTE_VIRT_BASE, 0xffffffff80000000);
    add_number(XEN_ELFNOTE_ENTRY, 0xffffffff80100010);
    add_number(XEN_ELFNOTE_HYPERCALL_PAGE, 0xffffffff80101000);
    return 0;
}

static const char *parse(struct elf_image *e)
{
    const char *why = elf_image_parse(e, &img, sizeof(img));

    return why ? why : elf_image_pv_resolve(e);
}

static void test_plain_kernel(void **state)
{
    struct elf_image e;

    assert_null(parse(&e));
    assert_int_equal(e.nr_segments, 1);
    assert_int_equal(e.pstart, 0x100000);
    assert_int_equal(e.pend, 0x104000);
    assert_int_equal(e.virt_base, 0xffffffff80000000);
    assert_int_equal(e.virt_entry, 0xffffffff80100010);
    assert_int_equal(e.hypercall_page, 0xffffffff80101000);
    assert_int_equal(e.paddr_offset, 0);
}

static void test_every_truncation_is_refused_or_harmless(void **state)
{
    static uint8_t copy[sizeof(img)];

    for (size_t n = 0; n < sizeof(img); n += 7) {
        struct elf_image e;

        memcpy(copy, &img, n);
        assert_non_null(elf_image_parse(&e, copy, n)); /* the last segment is cut in each of them */
    }
}

static void test_segment_past_the_end(void **state)
{
    struct elf_image e;

    img.load.p_offset = sizeof(img) - 8191;
    assert_non_null(parse(&e));
    img.load.p_offset = ~0ull - 100;
    assert_non_null(parse(&e));
}

static void test_segment_wraps(void **state)
{
    struct elf_image e;

    img.load.p_paddr = ~0ull - 4096;
    assert_non_null(parse(&e));
}

static void test_filesz_above_memsz(void **state)
{
    struct elf_image e;

    img.load.p_memsz = 100;
    assert_non_null(parse(&e));
}

static void test_entry_outside(void **state)
{
    struct elf_image e;

    add_number(XEN_ELFNOTE_ENTRY, 0xffffffff80200000);
    assert_non_null(parse(&e));
}

static void test_hypercall_page_unaligned(void **state)
{
    struct elf_image e;

    add_number(XEN_ELFNOTE_HYPERCALL_PAGE, 0xffffffff80101008);
    assert_non_null(parse(&e));
}

static void test_in_hypervisor_space(void **state)
{
    struct elf_image e;

    add_number(XEN_ELFNOTE_VIRT_BASE, 0xffff830000000000);
    add_number(XEN_ELFNOTE_ENTRY, 0xffff830000100000);
    add_number(XEN_ELFNOTE_HYPERCALL_PAGE, 0xffff830000101000);
    assert_non_null(parse(&e));
}

static void test_no_notes_is_not_pv(void **state)
{
    struct elf_image e;

    img.note.p_filesz = 0;
    assert_null(elf_image_parse(&e, &img, sizeof(img)));
    assert_non_null(elf_image_pv_resolve(&e));
}

static void test_note_with_absurd_length(void **state)
{
    Elf64_Nhdr h = {0xfffffff0, 0xfffffff0, 1};
    struct elf_image e;

    memcpy(img.notes, &h, sizeof(h));
    assert_null(elf_image_parse(&e, &img, sizeof(img)));
    assert_false(e.has_notes);
}

static void test_required_feature(void **state)
{
    static const char s[] = "pae_pgdir_above_4gb|!writable_page_tables|!no_such_thing";
    struct elf_image e;
    char buf[8];

    add_note(XEN_ELFNOTE_FEATURES, s, sizeof(s));
    assert_null(parse(&e));
    assert_true(elf_image_missing_feature(&e, buf, sizeof(buf)));
    assert_string_equal(buf, "no_such");
}

static void test_legacy_section_string(void **state)
{
    static const char s[] = "GUEST_OS=old,XEN_VER=xen-3.0,VIRT_BASE=0xffffffff80000000,"
                            "HYPERCALL_PAGE=0x101,LOADER=generic";
    struct elf_image e;

    img.note.p_filesz = 0;
    assert_null(elf_image_parse(&e, &img, sizeof(img)));
    elf_legacy_parse(&e, s, sizeof(s) - 1);
    assert_string_equal(e.guest_os, "old");
    assert_int_equal(e.virt_base, 0xffffffff80000000);
    assert_int_equal(e.hypercall_page, 0xffffffff80101000);
}

static void test_init_p2m_above_base_is_ignored(void **state)
{
    struct elf_image e;

    add_number(XEN_ELFNOTE_INIT_P2M, 0xffffffff90000000);
    assert_null(parse(&e));
    assert_true(e.init_p2m == ELF_UNSET);
    add_number(XEN_ELFNOTE_INIT_P2M, 0x8000000000);
    assert_null(parse(&e));
    assert_int_equal(e.init_p2m, 0x8000000000);
}

#define T(f) cmocka_unit_test_setup(f, fresh)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_plain_kernel),
        T(test_every_truncation_is_refused_or_harmless),
        T(test_segment_past_the_end),
        T(test_segment_wraps),
        T(test_filesz_above_memsz),
        T(test_entry_outside),
        T(test_hypercall_page_unaligned),
        T(test_in_hypervisor_space),
        T(test_no_notes_is_not_pv),
        T(test_note_with_absurd_length),
        T(test_required_feature),
        T(test_legacy_section_string),
        T(test_init_p2m_above_base_is_ignored),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
