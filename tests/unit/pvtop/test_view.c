/* SPDX-License-Identifier: MIT */
/* What pvtop shows, and what is left out where there is no room. */
#include "unit.h"

#include <string.h>

#include "view.h"

static struct snapshot a, b;
static struct rates r;
static struct view v;

static int setup(void **state)
{
    a = unit_machine(1);
    b = unit_machine(2);
    unit_domain(&a, 1, "first", 1);
    unit_domain(&a, 2, "second", 2);
    unit_domain(&b, 1, "first", 1);
    unit_domain(&b, 2, "second", 2)->hypercalls[1] = 30;
    a.domain[1].counted = b.domain[1].counted = true;
    b.domain[0].memory_kib = 1 << 20;
    rates_between(&a, &b, &r);
    v = (struct view){.width = 120, .sort = SORT_ID, .details = true, .interval = 1};
    return 0;
}

static int teardown(void **state)
{
    snapshot_free(&a);
    snapshot_free(&b);
    rates_free(&r);
    view_free(&v);
    return 0;
}

/* The number of the line that begins like this; -1: none. */
static int find(const char *begin)
{
    view_render(&v, &b, &r);
    for (unsigned int i = 0; i < v.nr_lines; i++)
        if (!strncmp(v.line[i].text, begin, strlen(begin)))
            return (int)i;
    return -1;
}

static void test_table(void **state)
{
    assert_int_equal(find("hv-stub 4.17.0-pvkit: 2 domains, 2 CPUs 50.0 % busy"), 0);
    assert_int_equal(find("   ID NAME         STATE       CPU% VCPUS"), 1);
    assert_int_equal(v.line[1].look, LOOK_TITLE);
    assert_int_equal(find("    1 first        runnable    50.0   1/1    1024        -"), 2);
    assert_int_equal(v.line[2].look, LOOK_SELECTED);
    assert_int_equal(find("    2 second       runnable   100.0   2/2      64       30"), 3);
    assert_int_equal(find("first (1)"), 5);
    assert_int_equal(find("second (2)"), -1);
    v.all = true;
    assert_true(find("second (2)") > 5);
    assert_true(find("  hypercalls/s   mmu_update 30") > 5);
    assert_true(find("  hypercalls/s   -") > 5);
    assert_true(find("  vcpus          0 blocked, CPU 0, 50.0 %  1 blocked, CPU 1, 50.0 %") > 5);
}

static void test_order(void **state)
{
    static const struct {
        enum sort_key key;
        const char *first;
    } t[] = {
        {SORT_ID, "    1"},     {SORT_NAME, "    1"},       {SORT_CPU, "    2"},
        {SORT_MEMORY, "    1"}, {SORT_HYPERCALLS, "    2"}, {SORT_GRANTS, "    1"},
    };

    for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        v.sort = t[i].key;
        assert_int_equal(find(t[i].first), 2);
    }
    for (int k = 0; k < SORT_KEYS; k++)
        assert_int_equal(view_sort_letter("incmhevg"[k]), k);
    assert_int_equal(view_sort_letter('m'), SORT_MEMORY);
    assert_int_equal(view_sort_letter('x'), SORT_KEYS);
    assert_int_equal(view_sort_word("exits"), SORT_EXITS);
    assert_int_equal(view_sort_word("exit"), SORT_KEYS);
}

static void test_selection(void **state)
{
    assert_int_equal(find("first (1)"), 5);
    assert_int_equal(v.selected, 1);
    view_move(&v, &b, &r, 1);
    assert_int_equal(find("second (2)"), 5);
    view_move(&v, &b, &r, 1); /* there is none below */
    assert_int_equal(v.selected, 2);
    view_move(&v, &b, &r, -1);
    assert_int_equal(v.selected, 1);
    v.selected = 77; /* it has gone */
    assert_int_equal(find("first (1)"), 5);
    v.details = false;
    assert_int_equal(find("first (1)"), -1);
}

static void test_little_room(void **state)
{
    for (v.width = 0; v.width < 140; v.width += 7)
        for (v.height = 1; v.height < 8; v.height++) {
            find("x");
            assert_true(v.nr_lines <= v.height);
            for (unsigned int i = 0; i < v.nr_lines; i++)
                assert_true(strlen(v.line[i].text) <= v.width);
        }
    v.width = 46;
    v.height = 0;
    assert_true(find("   ID NAME         STATE       CPU% VCPUS") >= 0);
    assert_null(strstr(v.line[1].text, "MEM"));
    v.width = 100000;
    assert_true(find("   ID NAME") >= 0);
}

static void test_the_selected_one_is_in_sight(void **state)
{
    for (uint32_t id = 3; id < 20; id++)
        unit_domain(&b, id, "more", 1);
    rates_free(&r);
    rates_between(&a, &b, &r);
    v.height = 8;
    v.selected = 19;
    assert_true(find("   19 more") >= 2);
    v.selected = 2;
    assert_int_equal(find("    2 second"), 3);
}

static void test_nothing_there(void **state)
{
    struct snapshot none = unit_machine(3);
    struct rates no = {0};

    rates_between(NULL, &none, &no);
    view_move(&v, &none, &no, 1);
    view_render(&v, &none, &no);
    assert_int_equal(v.nr_lines, 2);
    rates_free(&no);
}

int main(void)
{
#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_table),       T(test_order),         T(test_selection),
        T(test_little_room), T(test_nothing_there), T(test_the_selected_one_is_in_sight),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
