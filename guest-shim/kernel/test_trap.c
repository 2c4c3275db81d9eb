/* SPDX-License-Identifier: MIT */
#include "selftest.h"
const struct test trap_tests[] = {{NULL, NULL}};
