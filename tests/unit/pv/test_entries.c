/* SPDX-License-Identifier: MIT */
/* What may stand in a page-table entry, and the form in which it stands there. */
#include "pvunit.h"

#define BEYOND_RAM (1ull << 39)

static long set(unsigned i, uint64_t e)
{
    return g_update_va(va_of(i), e, UVMF_NONE);
}

static void test_table_maps_read_only(void **state)
{
    for (unsigned t = 0; t < 4; t++) {
        assert_int_equal(set(DATA, entry(t, KERNEL)), -XEN_EBUSY);
        assert_int_equal(set(DATA, entry(t, RO)), 0);
    }
}

static void test_refused_entry_changes_nothing(void **state)
{
    uint64_t before = *word(3, DATA);

    assert_int_equal(set(DATA, entry(0, KERNEL)), -XEN_EBUSY);
    assert_int_equal(*word(3, DATA), before);
    assert_type(DATA, FT_WRITABLE, 1);
}

static void test_foreign_and_missing_frames(void **state)
{
    assert_int_equal(set(DATA, d_mfn(other, DATA).v << PAGE_SHIFT | RO), -XEN_EBUSY);
    assert_int_equal(set(DATA, BEYOND_RAM << PAGE_SHIFT | RO), -XEN_EPERM);
    assert_int_equal(set(DATA, 1ull << PAGE_SHIFT | RO), -XEN_EBUSY); /* the hypervisor's */
}

static void test_freed_frame(void **state)
{
    uint64_t e = entry(DATA, KERNEL);

    assert_int_equal(set(DATA, 0), 0);
    assert_true(frame_release(frame(DATA)));
    assert_int_equal(set(DATA + 1, e), -XEN_EBUSY);
}

static void test_flags_of_l1(void **state)
{
    static const uint64_t refused[] = {PTE_PWT, PTE_PCD, PTE_PSE};
    static const uint64_t fine[] = {PTE_NX, PTE_A, PTE_D, PTE_AVAIL, PTE_G, 1ull << 52, 1ull << 58};

    for (unsigned i = 0; i < ARRAY_SIZE(refused); i++)
        assert_int_equal(set(DATA, entry(DATA, KERNEL | refused[i])), -XEN_EINVAL);
    for (unsigned i = 0; i < ARRAY_SIZE(fine); i++)
        assert_int_equal(set(DATA, entry(DATA, KERNEL | fine[i])), 0);
}

static void test_flags_do_not_matter_when_absent(void **state)
{
    assert_int_equal(set(DATA, ~PTE_P), 0);
    assert_int_equal(*word(3, DATA), ~PTE_P);
    assert_type(DATA, FT_WRITABLE, 0);
}

static void test_kernel_and_user_marks(void **state)
{
    assert_int_equal(set(DATA, entry(DATA, KERNEL)), 0);
    assert_int_equal(*word(3, DATA), entry(DATA, KERNEL | PTE_US | PTE_KERNEL));
    assert_int_equal(set(DATA, entry(DATA, KERNEL | PTE_US)), 0);
    assert_int_equal(*word(3, DATA), entry(DATA, KERNEL | PTE_US | PTE_G));
    assert_int_equal(set(DATA, entry(DATA, KERNEL | PTE_US | PTE_KERNEL)),
                     0); /* read and written back */
    assert_int_equal(*word(3, DATA), entry(DATA, KERNEL | PTE_US | PTE_KERNEL));
}

static void test_references_follow_the_entry(void **state)
{
    uint64_t refs = frame(DATA)->refs;

    assert_int_equal(set(DATA + 1, entry(DATA, KERNEL)), 0);
    assert_type(DATA, FT_WRITABLE, 2);
    assert_int_equal(frame(DATA)->refs, refs + 1);
    assert_int_equal(set(DATA + 1, entry(DATA, RO)), 0);
    assert_type(DATA, FT_WRITABLE, 1);
    assert_int_equal(frame(DATA)->refs, refs + 1);
    assert_int_equal(set(DATA + 1, 0), 0);
    assert_int_equal(frame(DATA)->refs, refs);
}

static void test_shared_page_maps_writable(void **state)
{
    mfn_t m = palloc(0);

    frame_share(m, dom);
    assert_int_equal(set(DATA, m.v << PAGE_SHIFT | KERNEL), 0);
    assert_int_equal(set(DATA + 1, m.v << PAGE_SHIFT | RO), 0);
    assert_int_equal(g_ext(MMUEXT_PIN_L1_TABLE, m.v), -XEN_EINVAL);
    assert_int_equal(g_ext(MMUEXT_CLEAR_PAGE, m.v), 0);
    assert_int_equal(set(DATA, 0), 0);
    assert_int_equal(set(DATA + 1, 0), 0);
    assert_int_equal(frame_type(frame_of(m)), FT_SHARED);
}

static long set_upper(unsigned table, unsigned slot, uint64_t e)
{
    return g_mmu_one(word_ma(table, slot), e);
}

static void test_upper_entries(void **state)
{
    assert_int_equal(set_upper(2, 9, entry(DATA, TABLE)), -XEN_EINVAL); /* writable data */
    assert_int_equal(set_upper(2, 9, entry(1, TABLE)), -XEN_EINVAL);    /* an L3 */
    assert_int_equal(set_upper(2, 9, entry(DATA, TABLE | PTE_PSE)), -XEN_EINVAL);
    assert_int_equal(set_upper(2, 9, entry(3, TABLE | PTE_PCD)), -XEN_EINVAL);
    assert_int_equal(set_upper(2, 9, BEYOND_RAM << PAGE_SHIFT | TABLE), -XEN_EINVAL);
    assert_int_equal(set_upper(2, 9, d_mfn(other, 3).v << PAGE_SHIFT | TABLE), -XEN_EINVAL);
    assert_int_equal(set_upper(2, 9, entry(3, PTE_P | PTE_RW)), 0);
    assert_int_equal(*word(2, 9), entry(3, TABLE)); /* always the user's */
    assert_type(3, FT_L1, 2);
    assert_int_equal(set_upper(2, 9, 0), 0);
    assert_type(3, FT_L1, 1);
}

static void test_upper_entry_makes_a_table(void **state)
{
    prepare_table(DATA);
    *word(DATA, 5) = entry(DATA + 1, KERNEL);
    assert_int_equal(set_upper(2, 1, entry(DATA, TABLE)), 0);
    assert_type(DATA, FT_L1, 1);
    assert_type(DATA + 1, FT_WRITABLE, 2);
    assert_int_equal(set_upper(2, 1, 0), 0);
    assert_int_equal(type_count(DATA), 0);
    assert_type(DATA + 1, FT_WRITABLE, 1);
    assert_int_equal(set(DATA, entry(DATA, KERNEL)), 0); /* and data again */
}

static void test_hypervisor_slots(void **state)
{
    for (unsigned slot = 255; slot <= 272; slot++)
        assert_int_equal(set_upper(0, slot, 0), slot >= 256 && slot <= 271 ? -XEN_EINVAL : 0);
}

static void test_linear_tables(void **state)
{
    assert_int_equal(set_upper(0, 5, entry(0, TABLE)), -XEN_EINVAL); /* writable */
    assert_int_equal(set_upper(0, 5, entry(0, TABLERO)), 0);
    assert_int_equal(*fake_access(5ull << 39 | 5ull << 30 | 5ull << 21 | 5ull << 12, false),
                     *word(0, 0));
    assert_int_equal(set_upper(0, 5, 0), 0);
}

static void test_linear_tables_do_not_chain(void **state)
{
    for (unsigned i = DATA; i < DATA + 3; i++) {
        prepare_table(i);
        assert_int_equal(g_ext(MMUEXT_PIN_L2_TABLE, d_mfn(dom, i).v), 0);
    }
    assert_int_equal(set_upper(DATA, 0, entry(DATA + 1, TABLE)), -XEN_EINVAL);
    assert_int_equal(set_upper(DATA, 0, entry(DATA + 1, TABLERO)), 0);
    assert_type(DATA + 1, FT_L2, 2);
    assert_int_equal(set_upper(DATA + 1, 0, entry(DATA + 2, TABLERO)), -XEN_EINVAL);
    assert_int_equal(set_upper(DATA + 1, 0, entry(DATA, TABLERO)), -XEN_EINVAL);
    assert_int_equal(set_upper(DATA + 2, 0, entry(DATA, TABLERO)), -XEN_EINVAL);
    assert_int_equal(set_upper(DATA + 2, 0, entry(DATA + 1, TABLERO)), 0);
    assert_int_equal(g_ext(MMUEXT_UNPIN_TABLE, d_mfn(dom, DATA).v), 0);
    assert_type(DATA + 1, FT_L2, 2);
}

static void test_descriptor_page_is_not_writable(void **state)
{
    prepare_table(DATA);
    assert_int_equal(frame_get_and_type(frame(DATA), dom, FT_DESC), 0);
    dom->vcpu[0]->arch.pv.gdt_frame[0] = frame(DATA);
    assert_int_equal(set(DATA, entry(DATA, KERNEL)), -XEN_EBUSY);
    assert_int_equal(g_mmu_one(word_ma(DATA, 0), 1), -XEN_EINVAL);
    assert_int_equal(g_ext(MMUEXT_CLEAR_PAGE, d_mfn(dom, DATA).v), -XEN_EINVAL);
    assert_int_equal(g_ext(MMUEXT_PIN_L1_TABLE, d_mfn(dom, DATA).v), -XEN_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PV_TEST(test_table_maps_read_only),
        PV_TEST(test_refused_entry_changes_nothing),
        PV_TEST(test_foreign_and_missing_frames),
        PV_TEST(test_freed_frame),
        PV_TEST(test_flags_of_l1),
        PV_TEST(test_flags_do_not_matter_when_absent),
        PV_TEST(test_kernel_and_user_marks),
        PV_TEST(test_references_follow_the_entry),
        PV_TEST(test_shared_page_maps_writable),
        PV_TEST(test_upper_entries),
        PV_TEST(test_upper_entry_makes_a_table),
        PV_TEST(test_hypervisor_slots),
        PV_TEST(test_linear_tables),
        PV_TEST(test_linear_tables_do_not_chain),
        PV_TEST(test_descriptor_page_is_not_writable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
