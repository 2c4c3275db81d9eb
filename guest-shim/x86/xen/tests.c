/* SPDX-License-Identifier: MIT */
/* The tests of the PV variant only. */
#include "abi.h"
#include "smp.h"
#include "variant.h"

const struct test *const variant_tests[] = {
    abi_tests,
    smp_tests,
    NULL,
};
