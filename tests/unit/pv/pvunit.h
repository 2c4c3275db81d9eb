/* SPDX-License-Identifier: MIT */
#ifndef PVUNIT_H
#define PVUNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <xen/memory.h>

#include "pvfake.h"

static inline int pv_setup(void **state)
{
    fake_reset();
    return 0;
}

#endif
