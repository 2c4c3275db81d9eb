/* SPDX-License-Identifier: MIT */
/* hv-stub's column of docs/xenbus.md is the one that the library for guests has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pvkit/xenbus.h>

unsigned int xenbus_action(uint8_t mine, uint32_t theirs); /* hv-stub/backend/xenbus.h */

static void test_the_same_table(void **state)
{
    static const unsigned char states[] = {XenbusStateInitialising, XenbusStateInitWait,
                                           XenbusStateConnected, XenbusStateClosing,
                                           XenbusStateClosed};

    for (unsigned int i = 0; i < sizeof(states); i++)
        for (unsigned int theirs = 0; theirs < PVK_XENBUS_STATES; theirs++)
            assert_int_equal(xenbus_action(states[i], theirs),
                             pvk_xenbus_action(PVK_XENBUS_BACK, states[i], theirs));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
