/* SPDX-License-Identifier: MIT */
/* What every unit test of the hypercall library needs; cmocka wants its includes in this order. */
#ifndef HYPERCALL_UNIT_H
#define HYPERCALL_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <pvkit/arch.h>

#endif
