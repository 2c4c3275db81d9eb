/* SPDX-License-Identifier: MIT */
#include "hv.h"
#include "unit.h"

#define check(want, ...)                                   \
    do {                                                   \
        char b_[128];                                      \
        int n_ = hv_snprintf(b_, sizeof(b_), __VA_ARGS__); \
        assert_string_equal(b_, want);                     \
        assert_int_equal(n_, strlen(want));                \
    } while (0)

static void test_integers(void **state)
{
    check("0 -1 42", "%d %d %d", 0, -1, 42);
    check("-2147483648", "%d", INT32_MIN);
    check("-9223372036854775808", "%ld", INT64_MIN);
    check("4294967295 ffffffff", "%u %x", ~0u, ~0u);
    check("18446744073709551615 ffffffffffffffff", "%lu %llx", ~0ul, ~0ull);
    check("7", "%zu", (size_t)7);
}

static void test_width(void **state)
{
    check("[   7][007][7  ]", "[%4d][%03d][%-3d]", 7, 7, 7);
    check("[-07][ -7]", "[%03d][%3d]", -7, -7);
    check("[12345]", "[%2d]", 12345);
    check("[00000000deadbeef]", "[%016lx]", 0xdeadbeeful);
    check("[  ab][ab  ][a]", "[%4s][%-4s][%.1s]", "ab", "ab", "ab");
    check("[ab]", "[%.*s]", 2, "abcdef");
}

static void test_others(void **state)
{
    check("c%", "%c%%", 'c');
    check("1000", "%p", (void *)0x1000);
}

static void test_precision_does_not_read_on(void **state)
{
    const char three[3] = {'a', 'b',
                           'c'}; /* no terminator: the sanitizer would see a fourth read */

    check("abc", "%.3s", three);
}

static void test_truncates(void **state)
{
    char b[4];

    assert_int_equal(hv_snprintf(b, sizeof(b), "%s", "abcdef"), 6);
    assert_string_equal(b, "abc");
    assert_int_equal(hv_snprintf(b, 0, "%d", 123), 3);
    assert_int_equal(hv_snprintf(b, 1, "%d", 123), 3);
    assert_string_equal(b, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers),  cmocka_unit_test(test_width),
        cmocka_unit_test(test_others),    cmocka_unit_test(test_precision_does_not_read_on),
        cmocka_unit_test(test_truncates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
