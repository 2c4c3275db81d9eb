/* SPDX-License-Identifier: MIT */
/* What unit tests of the front-ends need; cmocka wants its includes in this order. */
#ifndef PVDRIVERS_UNIT_H
#define PVDRIVERS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#endif
