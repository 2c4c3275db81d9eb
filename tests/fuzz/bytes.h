/* SPDX-License-Identifier: MIT */
/* The input of a fuzzer, one byte after the other; 0 when there are no more. */
#ifndef FUZZ_BYTES_H
#define FUZZ_BYTES_H

#include <stdint.h>
#include <string.h>

static const uint8_t *bytes_next;
static size_t bytes_left;

static inline void bytes_set(const uint8_t *data, size_t size)
{
    bytes_next = data;
    bytes_left = size;
}

static inline uint8_t byte(void)
{
    if (!bytes_left)
        return 0;
    bytes_left--;
    return *bytes_next++;
}

static inline uint16_t word(void)
{
    uint16_t v = byte();

    return (uint16_t)(v << 8 | byte());
}

/* n bytes to `to`, those that are missing as zeroes. */
static inline void bytes_take(void *to, size_t n)
{
    size_t some = n < bytes_left ? n : bytes_left;

    memset(to, 0, n);
    memcpy(to, bytes_next, some);
    bytes_next += some;
    bytes_left -= some;
}

#endif
