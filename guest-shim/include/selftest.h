/* SPDX-License-Identifier: MIT */
/* The self-test: a list of named tests and three outcomes. */
#ifndef SHIM_SELFTEST_H
#define SHIM_SELFTEST_H

#include "kernel.h"

enum outcome {
    TEST_OK,
    TEST_FAIL,
    TEST_SKIP,
};

struct test {
    const char *name;
    enum outcome (*run)(void);
};

/* Record why, and return the outcome: `return test_fail("error %d", rc);` */
enum outcome test_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
enum outcome test_skip(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * The host may pause the machine at any moment, for longer than any of the times tested here. So
 * tests wait for what must happen, this long at most, and what may not take long gets several
 * chances: it fails when it takes long every time.
 */
#define TEST_WAIT_NS  (20 * NS_PER_SEC)
#define TEST_ATTEMPTS 10

/* Leave the test with a failure unless `cond` holds; the rest is a format that says what was. */
#define EXPECT(cond, ...)                  \
    do {                                   \
        if (!(cond))                       \
            return test_fail(__VA_ARGS__); \
    } while (0)

/* Run every list (`only`: a comma list of names, or NULL). Returns the number of failures. */
unsigned selftest_run(const char *only);

/* The same with these lists (ended by NULL), for the harnesses of devices. */
unsigned selftest_lists(const struct test *const lists[], const char *only);

/* The lists, each ended by an empty entry. */
extern const struct test memory_tests[], trap_tests[], paging_tests[], time_tests[], irq_tests[],
    process_tests[], cpu_tests[];

#endif
