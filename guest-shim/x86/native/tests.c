/* SPDX-License-Identifier: MIT */
/* The native variant has no tests of its own: all it does is in the shared ones. */
#include "variant.h"

const struct test *const variant_tests[] = {
    NULL,
};
