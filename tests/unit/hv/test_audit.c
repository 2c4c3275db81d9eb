/* SPDX-License-Identifier: MIT */
/* The audit: quiet where the books are right, and not fooled where they are wrong. */
#include "fake_frames.h"

static struct domain *d;
static mfn_t page, table;

static int setup(void **state)
{
    world_reset(1);
    d = world_domain(2, 256);
    page = own_page(d);
    table = own_page(d);
    fake_use(d, table, FT_L1);
    fake_use(d, table, FT_L1);
    fake_use(d, page, FT_WRITABLE);
    fake_use(d, page, FT_NONE);
    fake_use(d, d->shared_mfn, FT_SHARED);
    return 0;
}

static void test_right_books(void **state)
{
    assert_int_equal(domain_audit(d), 0);
    assert_int_equal(domain_audit(d), 0); /* it changes nothing */
    assert_null(strstr(fake_uart[0], "audit"));
}

static void test_registered_areas_count(void **state)
{
    assert_int_equal(frame_get_and_type(frame_of(page), d, FT_WRITABLE), 0);
    d->vcpu[1]->info_frame = frame_of(page);
    assert_int_equal(domain_audit(d), 0);
    d->vcpu[1]->info_frame = NULL;
    assert_int_equal(domain_audit(d), 2); /* one reference and one type too many */
    put_both(frame_of(page));
}

static void test_a_reference_nobody_holds(void **state)
{
    assert_true(frame_get(frame_of(page), d));
    assert_int_equal(domain_audit(d), 1);
    assert_non_null(strstr(fake_uart[0], "references found"));
    frame_put(frame_of(page));
    assert_int_equal(domain_audit(d), 0);
}

static void test_a_type_nobody_uses(void **state)
{
    frame_of(table)->type++;
    assert_int_equal(domain_audit(d), 1);
    frame_of(table)->type--;
}

static void test_a_use_without_reference(void **state)
{
    fake_hide_use(2);
    assert_int_equal(domain_audit(d), 2);
}

static void test_a_table_mapped_writable(void **state)
{
    uint64_t before = frame_of(page)->type;

    frame_of(page)->type = frame_of(table)->type - 1; /* one use as L1, found as writable */
    assert_int_equal(domain_audit(d), 1);
    frame_of(page)->type = before;
}

static void test_somebody_elses_frame(void **state)
{
    frame_of(page)->owner = NULL;
    assert_true(domain_audit(d) >= 2); /* used twice; and a page charged that is not there */
    frame_of(page)->owner = d;
}

static void test_a_type_never_validated(void **state)
{
    frame_of(table)->type &= ~FRAME_TYPE_VALID;
    assert_int_equal(domain_audit(d), 1);
    frame_of(table)->type |= FRAME_TYPE_VALID;
}

static void test_a_charge_for_nothing(void **state)
{
    d->tot_pages++;
    assert_int_equal(domain_audit(d), 1);
    d->tot_pages--;
}

static void test_at_the_end_nobody_owns_a_frame(void **state)
{
    uint64_t found = frames_audit(); /* what earlier tests broke is remembered */

    assert_true(found >= 2); /* both pages */
    fake_drop_uses();
    while (!domain_release_memory(d))
        ;
    found = frames_audit();
    assert_int_equal(frames_audit(), found);
    assert_non_null(strstr(fake_uart[0], "(hv) audit: "));
    assert_non_null(strstr(fake_uart[0], " violations"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_right_books, setup),
        cmocka_unit_test_setup(test_registered_areas_count, setup),
        cmocka_unit_test_setup(test_a_reference_nobody_holds, setup),
        cmocka_unit_test_setup(test_a_type_nobody_uses, setup),
        cmocka_unit_test_setup(test_a_use_without_reference, setup),
        cmocka_unit_test_setup(test_a_table_mapped_writable, setup),
        cmocka_unit_test_setup(test_somebody_elses_frame, setup),
        cmocka_unit_test_setup(test_a_type_never_validated, setup),
        cmocka_unit_test_setup(test_a_charge_for_nothing, setup),
        cmocka_unit_test_setup(test_at_the_end_nobody_owns_a_frame, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
