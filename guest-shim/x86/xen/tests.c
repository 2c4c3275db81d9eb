/* SPDX-License-Identifier: MIT */
/* The tests of the PV variant only. */
#include "abi.h"
#include "smp.h"
#include "tests.h"
#include "variant.h"

const struct test *const variant_tests[] = {
    event_tests,       vcpu_tests, return_tests, emulate_tests,
    reservation_tests, abi_tests,  smp_tests,    NULL,
};
