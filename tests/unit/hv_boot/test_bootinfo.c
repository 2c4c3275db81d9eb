/* SPDX-License-Identifier: MIT */
/* The three boot protocols, with loaders that tell the truth and loaders that do not. */
#include "fake_ram.h"
#include "unit.h"

#include <xen/arch-x86/hvm/start_info.h>

static struct boot_info bi;

static int setup(void **state)
{
    fake_ram_reset();
    memset(&bi, 0, sizeof(bi));
    bi.cmdline = "";
    return 0;
}

static void put32(uint64_t pa, const uint32_t *words, size_t n)
{
    fake_put(pa, words, n * sizeof(*words));
}
#define PUT32(pa, ...)                         \
    put32(pa, (const uint32_t[]){__VA_ARGS__}, \
          sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

/* ---- Multiboot 1 */
static void mb1_typical(void)
{
    fake_puts(0x2000, "hv.elf strict");
    fake_puts(0x2100, "k kernel -- a");
    PUT32(0x3000, 0x100000, 0x101000, 0x2100, 0, 0x102000, 0x102800, 0, 0);
    PUT32(0x4000, 20, 0, 0, 0x9fc00, 0, 1, 20, 0x100000, 0, 0x1ff00000, 0, 1, 20, 0xfffc0000, 0,
          0x40000, 0, 2);
    PUT32(0x1000, 0x4d, 639, 0, 0, 0x2000, 2, 0x3000, 0, 0, 0, 0, 72, 0x4000);
}

static void test_mb1(void **state)
{
    mb1_typical();
    assert_true(boot_read_mb1(&bi, 0x1000));
    assert_string_equal(bi.cmdline, "hv.elf strict");
    assert_int_equal(bi.nr_modules, 2);
    assert_string_equal(bi.module[0].line, "k kernel -- a");
    assert_int_equal(bi.module[0].start, 0x100000);
    assert_int_equal(bi.module[0].size, 0x1000);
    assert_string_equal(bi.module[1].line, "");
    assert_int_equal(bi.nr_regions, 3);
    assert_true(bi.region[1].ram);
    assert_int_equal(bi.region[1].end, 0x20000000);
    assert_false(bi.region[2].ram);
}

static void test_mb1_without_map(void **state)
{
    PUT32(0x1000, 0x1, 639, 1024);
    assert_true(boot_read_mb1(&bi, 0x1000));
    assert_int_equal(bi.nr_regions, 2);
    assert_int_equal(bi.region[1].end, 2 << 20);
}

static void test_mb1_hostile(void **state)
{
    mb1_typical();
    PUT32(0x1000, 0x4d, 639, 0, 0, 0xfffffff0, ~0u, 0xfffff000, 0, 0, 0, 0, ~0u, 0x4000);
    PUT32(0x4000, 0); /* an entry that does not advance */
    assert_false(boot_read_mb1(&bi, 0x1000));
    assert_string_equal(bi.cmdline, "");
    assert_int_equal(bi.nr_modules, 0);
    assert_false(boot_read_mb1(&bi, FAKE_RAM_BYTES - 8));
}

static void test_mb1_module_backwards(void **state)
{
    mb1_typical();
    PUT32(0x3000, 0x101000, 0x100000, 0, 0);
    assert_true(boot_read_mb1(&bi, 0x1000));
    assert_int_equal(bi.nr_modules, 1);
}

static void test_text_runs_out(void **state)
{
    mb1_typical();
    memset(fake_ram + 0x10000, 'x', 4000); /* the same long line for 64 modules */
    for (uint32_t i = 0; i < 64; i++)
        PUT32(0x3000 + i * 16, 0x100000, 0x101000, 0x10000, 0);
    PUT32(0x1000 + 20, 64);
    assert_true(boot_read_mb1(&bi, 0x1000));
    assert_int_equal(bi.nr_modules, 64);
    assert_true(bi.text_used <= sizeof(bi.text));
    assert_string_equal(bi.module[63].line, "");
}

static void test_unterminated_text(void **state)
{
    mb1_typical();
    memset(fake_ram + FAKE_RAM_BYTES - 16, 'x', 16);
    PUT32(0x1000 + 16, FAKE_RAM_BYTES - 16);
    assert_true(boot_read_mb1(&bi, 0x1000));
    assert_string_equal(bi.cmdline, "");
}

/* ---- Multiboot 2 */
static void mb2_typical(void)
{
    PUT32(0x1000, 8 + 16 + 24 + 64 + 48 + 8, 0);
    PUT32(0x1008, 1, 15);
    fake_puts(0x1010, "strict");
    PUT32(0x1018, 3, 16 + 7, 0x200000, 0x200800);
    fake_puts(0x1028, "kernel");
    PUT32(0x1030, 6, 64, 24, 0, 0, 0, 0x9f000, 0, 1, 0, 0x100000, 0, 0x700000, 0, 1, 0);
    PUT32(0x1070, 14, 28);
    PUT32(0x1090, 0, 8);
}

static void test_mb2(void **state)
{
    mb2_typical();
    assert_true(boot_read_mb2(&bi, 0x1000));
    assert_string_equal(bi.cmdline, "strict");
    assert_int_equal(bi.nr_modules, 1);
    assert_string_equal(bi.module[0].line, "kernel");
    assert_int_equal(bi.module[0].size, 0x800);
    assert_int_equal(bi.nr_regions, 2);
    assert_int_equal(bi.region[1].end, 0x800000);
    assert_int_equal(bi.rsdp, 0x1078);
}

static void test_mb2_hostile(void **state)
{
    mb2_typical();
    PUT32(0x1030 + 8, 0); /* map entries of no size */
    assert_false(boot_read_mb2(&bi, 0x1000));
    mb2_typical();
    PUT32(0x1008, 1, 0); /* a tag of no size ends the list */
    assert_false(boot_read_mb2(&bi, 0x1000));
    mb2_typical();
    PUT32(0x1030, 6, ~0u); /* a tag beyond the end */
    assert_false(boot_read_mb2(&bi, 0x1000));
}

/* ---- PVH */
static void pvh_typical(void)
{
    struct hvm_start_info si = {.magic = XEN_HVM_START_MAGIC_VALUE,
                                .version = 1,
                                .nr_modules = 1,
                                .modlist_paddr = 0x2000,
                                .cmdline_paddr = 0x2100,
                                .rsdp_paddr = 0xf1234,
                                .memmap_paddr = 0x2200,
                                .memmap_entries = 1};
    struct hvm_modlist_entry m = {.paddr = 0x300000, .size = 100};
    struct hvm_memmap_table_entry e = {.addr = 0, .size = 0x8000000, .type = 1};

    fake_put(0x1000, &si, sizeof(si));
    fake_put(0x2000, &m, sizeof(m));
    fake_puts(0x2100, "debug");
    fake_put(0x2200, &e, sizeof(e));
}

static void test_pvh(void **state)
{
    pvh_typical();
    assert_true(boot_read_pvh(&bi, 0x1000));
    assert_string_equal(bi.cmdline, "debug");
    assert_int_equal(bi.rsdp, 0xf1234);
    assert_int_equal(bi.nr_modules, 1);
    assert_int_equal(bi.module[0].size, 100);
    assert_string_equal(bi.module[0].line, "");
    assert_int_equal(bi.nr_regions, 1);
    assert_true(bi.region[0].ram);
}

static void test_pvh_hostile(void **state)
{
    struct hvm_modlist_entry m = {.paddr = ~0ull, .size = ~0ull};

    pvh_typical();
    fake_put(0x2000, &m, sizeof(m));
    assert_true(boot_read_pvh(&bi, 0x1000));
    assert_int_equal(bi.nr_modules, 0);
    PUT32(0x1004, 0); /* version 0: no memory map */
    assert_false(boot_read_pvh(&bi, 0x1000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_mb1, setup),
        cmocka_unit_test_setup(test_mb1_without_map, setup),
        cmocka_unit_test_setup(test_mb1_hostile, setup),
        cmocka_unit_test_setup(test_mb1_module_backwards, setup),
        cmocka_unit_test_setup(test_text_runs_out, setup),
        cmocka_unit_test_setup(test_unterminated_text, setup),
        cmocka_unit_test_setup(test_mb2, setup),
        cmocka_unit_test_setup(test_mb2_hostile, setup),
        cmocka_unit_test_setup(test_pvh, setup),
        cmocka_unit_test_setup(test_pvh_hostile, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
