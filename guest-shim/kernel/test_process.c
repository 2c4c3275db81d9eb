/* SPDX-License-Identifier: MIT */
#include "selftest.h"
const struct test process_tests[] = {{NULL, NULL}};
