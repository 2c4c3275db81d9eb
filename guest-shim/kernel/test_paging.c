/* SPDX-License-Identifier: MIT */
#include "selftest.h"
const struct test paging_tests[] = {{NULL, NULL}};
