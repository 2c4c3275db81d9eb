/* SPDX-License-Identifier: MIT */
#include "selftest.h"
const struct test irq_tests[] = {{NULL, NULL}};
