/* SPDX-License-Identifier: MIT */
/* From counters to rates: time that passed, counters that wrapped, domains that came and went. */
#include "unit.h"

static struct snapshot a, b;
static struct rates r;

static int setup(void **state)
{
    a = unit_machine(10);
    b = unit_machine(12);
    return 0;
}

static int teardown(void **state)
{
    snapshot_free(&a);
    snapshot_free(&b);
    rates_free(&r);
    return 0;
}

static void test_first_look(void **state)
{
    struct snapshot none = {0};

    unit_domain(&b, 1, "one", 2);
    rates_between(&none, &b, &r);
    assert_true(r.seconds == 0 && r.busy_percent == NO_RATE);
    assert_true(r.domain[0].cpu_percent == NO_RATE && r.domain[0].hypercalls == NO_RATE);
    assert_true(r.domain[0].vcpu_percent[1] == NO_RATE);
    rates_free(&r);
    rates_between(NULL, &b, &r);
    assert_true(r.domain[0].exits == NO_RATE);
}

static void test_cpu(void **state)
{
    unit_domain(&a, 1, "one", 2);
    unit_domain(&b, 1, "one", 2);
    rates_between(&a, &b, &r);
    assert_true(r.seconds == 2);
    assert_true(r.busy_percent == 50);
    assert_true(r.domain[0].cpu_percent == 100);
    assert_true(r.domain[0].vcpu_percent[0] == 50);
    assert_true(r.domain[0].hypercalls == NO_RATE); /* not counted */
}

static void test_counters(void **state)
{
    struct domain *x = unit_domain(&a, 1, "one", 1), *y = unit_domain(&b, 1, "one", 1);

    x->counted = y->counted = true;
    x->nr_exit_kinds = y->nr_exit_kinds = 20;
    x->hypercalls[1] = 0xfffffff0; /* and on past 2^32 */
    y->hypercalls[1] = 4;
    x->hypercalls[23] = 100;
    y->hypercalls[23] = 300;
    y->exits[14] = 50;
    y->exits[25] = 1000; /* beyond the kinds there are */
    y->refused = 2;
    rates_between(&a, &b, &r);
    assert_true(r.domain[0].hypercall[1] == 10);
    assert_true(r.domain[0].hypercall[23] == 100);
    assert_true(r.domain[0].hypercalls == 110);
    assert_true(r.domain[0].exit[14] == 25 && r.domain[0].exits == 25);
    assert_true(r.domain[0].refused == 1);
}

static void test_another_domain_with_that_number(void **state)
{
    struct domain *x = unit_domain(&a, 1, "one", 1), *y = unit_domain(&b, 1, "one", 1);

    y->cpu_ns = x->cpu_ns - 1; /* it started again */
    rates_between(&a, &b, &r);
    assert_true(r.domain[0].cpu_percent == NO_RATE);
    rates_free(&r);
    y->cpu_ns = x->cpu_ns;
    y->uuid[0] = 1;
    rates_between(&a, &b, &r);
    assert_true(r.domain[0].cpu_percent == NO_RATE);
}

static void test_domains_come_and_go(void **state)
{
    unit_domain(&a, 1, "one", 1);
    unit_domain(&a, 2, "two", 1);
    unit_domain(&b, 2, "two", 3); /* with more vcpus than before */
    unit_domain(&b, 3, "three", 1);
    rates_between(&a, &b, &r);
    assert_int_equal(r.nr_domains, 2);
    assert_true(r.domain[0].cpu_percent > 0);
    assert_true(r.domain[0].vcpu_percent[0] == 50 && r.domain[0].vcpu_percent[2] == NO_RATE);
    assert_true(r.domain[1].cpu_percent == NO_RATE);
}

static void test_no_time_passed(void **state)
{
    unit_domain(&a, 1, "one", 1);
    unit_domain(&b, 1, "one", 1);
    b.time_ns = a.time_ns;
    rates_between(&a, &b, &r);
    assert_true(r.domain[0].cpu_percent == NO_RATE && r.seconds == 0);
}

int main(void)
{
#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_first_look),
        T(test_cpu),
        T(test_counters),
        T(test_another_domain_with_that_number),
        T(test_domains_come_and_go),
        T(test_no_time_passed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
