/* SPDX-License-Identifier: MIT */
#include "selftest.h"
const struct test time_tests[] = {{NULL, NULL}};
