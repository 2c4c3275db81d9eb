/* SPDX-License-Identifier: MIT */
#ifndef TEST_HVRUN_UNIT_H
#define TEST_HVRUN_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#endif
