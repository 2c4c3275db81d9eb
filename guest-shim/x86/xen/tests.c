/* SPDX-License-Identifier: MIT */
/* The tests of the PV variant only. */
#include "smp.h"
#include "variant.h"

const struct test *const variant_tests[] = {
    smp_tests,
    NULL,
};
