/* SPDX-License-Identifier: MIT */
/* A fuzzer's input, read byte by byte; zeros follow it. For one source file a program. */
#ifndef FUZZ_INPUT_H
#define FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>

static const uint8_t *in;
static size_t left;

static inline uint8_t byte(void)
{
    if (!left)
        return 0;
    left--;
    return *in++;
}

#endif
