/* SPDX-License-Identifier: MIT */
/* The test lists of the PV variant, each ended by an empty entry. */
#ifndef SHIM_XEN_TESTS_H
#define SHIM_XEN_TESTS_H

#include "selftest.h"

extern const struct test event_tests[], vcpu_tests[], return_tests[], emulate_tests[],
    reservation_tests[];

#endif
