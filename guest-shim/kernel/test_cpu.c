/* SPDX-License-Identifier: MIT */
#include "selftest.h"
const struct test cpu_tests[] = {{NULL, NULL}};
