/* SPDX-License-Identifier: MIT */
#include "ranges.h"
#include "unit.h"

#include <stdlib.h>

static struct ranges s;

/* Compare with a list of pairs that ends in 0, 0. */
static void expect(const uint64_t *want)
{
    uint32_t i = 0;

    for (; want[2 * i] || want[2 * i + 1]; i++) {
        assert_true(i < s.nr);
        assert_int_equal(s.r[i].start, want[2 * i]);
        assert_int_equal(s.r[i].end, want[2 * i + 1]);
    }
    assert_int_equal(s.nr, i);
}
#define EXPECT(...) expect((const uint64_t[]){__VA_ARGS__, 0, 0})

static int setup(void **state)
{
    s.nr = 0;
    return 0;
}

static void test_add_merges(void **state)
{
    ranges_add(&s, 10, 20);
    ranges_add(&s, 30, 40);
    EXPECT(10, 20, 30, 40);
    ranges_add(&s, 20, 30);
    EXPECT(10, 40);
    ranges_add(&s, 5, 5);
    EXPECT(10, 40);
    ranges_add(&s, 0, 100);
    EXPECT(0, 100);
}

static void test_remove_splits(void **state)
{
    ranges_add(&s, 0, 100);
    ranges_remove(&s, 40, 50);
    EXPECT(0, 40, 50, 100);
    ranges_remove(&s, 30, 60);
    EXPECT(0, 30, 60, 100);
    ranges_remove(&s, 60, 100);
    EXPECT(0, 30);
    ranges_remove(&s, 100, 200);
    EXPECT(0, 30);
}

static void test_take_from_the_top(void **state)
{
    ranges_add(&s, 0x1000, 0x9000);
    ranges_add(&s, 0x20000, 0x30000);
    assert_int_equal(ranges_take(&s, 0x1000, 0x1000, ~0ull), 0x2f000);
    assert_int_equal(ranges_take(&s, 0x1000, 0x1000, 0x10000), 0x8000);
    assert_int_equal(ranges_take(&s, 0x4000, 0x8000, ~0ull), 0x28000);
    EXPECT(0x1000, 0x8000, 0x20000, 0x28000, 0x2c000, 0x2f000);
    assert_int_equal(ranges_take(&s, 0x10000, 0x1000, ~0ull), ~0ull);
    assert_int_equal(ranges_take(&s, 0x1000, 0x1000, 0x1000), ~0ull);
    assert_int_equal(ranges_total(&s), 0x7000 + 0x8000 + 0x3000);
}

static void test_contain(void **state)
{
    ranges_add(&s, 10, 20);
    ranges_add(&s, 30, 40);
    assert_true(ranges_contain(&s, 10, 20));
    assert_true(ranges_contain(&s, 33, 34));
    assert_false(ranges_contain(&s, 15, 35));
    assert_false(ranges_contain(&s, 35, 34));
}

static void test_full(void **state)
{
    for (uint64_t i = 0; i < RANGES_MAX; i++)
        assert_true(ranges_add(&s, 10 * i, 10 * i + 5));
    assert_false(ranges_add(&s, 10 * RANGES_MAX, 10 * RANGES_MAX + 5));
    assert_false(ranges_remove(&s, 2, 3));
    assert_true(ranges_remove(&s, 3, 5));
    assert_int_equal(s.nr, RANGES_MAX);
}

/* Against the obvious implementation: one flag per address. */
static void test_random(void **state)
{
    static uint8_t model[300];

    memset(model, 0, sizeof(model));
    srand(7);
    for (int step = 0; step < 20000; step++) {
        uint64_t a = (uint64_t)rand() % 300, b = a + (uint64_t)rand() % (301 - a);
        bool add = rand() & 1;

        assert_true(add ? ranges_add(&s, a, b) : ranges_remove(&s, a, b));
        memset(model + a, add, b - a);
        for (uint64_t i = 0; i < 300; i++)
            if (ranges_contain(&s, i, i + 1) != model[i])
                fail_msg("step %d: address %lu", step, i);
        for (uint32_t i = 1; i < s.nr; i++)
            assert_true(s.r[i - 1].end < s.r[i].start);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_add_merges, setup),
        cmocka_unit_test_setup(test_remove_splits, setup),
        cmocka_unit_test_setup(test_take_from_the_top, setup),
        cmocka_unit_test_setup(test_contain, setup),
        cmocka_unit_test_setup(test_full, setup),
        cmocka_unit_test_setup(test_random, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
