/* SPDX-License-Identifier: MIT */
/* Tests and measurements of the PV variant only. */
#include "variant.h"

const struct test variant_tests[] = {
    {NULL, NULL},
};

const struct bench_op variant_bench_ops[] = {
    {.name = NULL},
};
