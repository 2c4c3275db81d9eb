/* SPDX-License-Identifier: MIT */
#include "pvunit.h"

static void test_first(void **state)
{
    struct domain *d = fake_domain(1, 64, 1);

    assert_int_equal(domain_audit(d), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup(test_first, pv_setup)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
