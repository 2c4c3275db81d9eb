/* SPDX-License-Identifier: MIT */
/* Runs the tests and reports. */
#include "selftest.h"
#include "variant.h"

static char reason[160];
static unsigned passed, failed, skipped;

enum outcome test_fail(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vformat(reason, sizeof(reason), fmt, args);
    va_end(args);
    return TEST_FAIL;
}

enum outcome test_skip(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vformat(reason, sizeof(reason), fmt, args);
    va_end(args);
    return TEST_SKIP;
}

static void run_list(const struct test *test, const char *only)
{
    for (; test->name; test++) {
        if (only && !list_contains(only, test->name))
            continue;
        switch (test->run()) {
        case TEST_OK:
            printk("TEST %s ok\n", test->name);
            passed++;
            break;
        case TEST_FAIL:
            printk("TEST %s FAIL %s\n", test->name, reason);
            failed++;
            break;
        case TEST_SKIP:
            printk("TEST %s skip %s\n", test->name, reason);
            skipped++;
            break;
        }
    }
}

unsigned selftest_lists(const struct test *const lists[], const char *only)
{
    passed = failed = skipped = 0;
    for (unsigned i = 0; lists[i]; i++)
        run_list(lists[i], only);
    printk("SELFTEST: %u passed, %u failed, %u skipped\n", passed, failed, skipped);
    return failed;
}

unsigned selftest_run(const char *only)
{
    static const struct test *const shared[] = {
        memory_tests, paging_tests, trap_tests, cpu_tests, time_tests, irq_tests, process_tests,
    };
    const struct test *lists[32];
    unsigned n = 0;

    for (unsigned i = 0; i < ARRAY_LEN(shared); i++)
        lists[n++] = shared[i];
    for (unsigned i = 0; variant_tests[i] && n < ARRAY_LEN(lists) - 1; i++)
        lists[n++] = variant_tests[i];
    lists[n] = NULL;
    return selftest_lists(lists, only);
}
