/* SPDX-License-Identifier: MIT */
/* The few things with strings that the library needs, without a libc. */
#ifndef HYPERCALL_STRING_H
#define HYPERCALL_STRING_H

#include <pvkit/xen.h>

/* With the 0. */
PVK_INLINE uint32_t str_size(const char *s)
{
    uint32_t n = 0;

    while (s[n++])
        ;
    return n;
}

PVK_INLINE bool str_equal(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

/* 16 digits and a 0. */
PVK_INLINE void str_hex(char *out, uint64_t value)
{
    for (int i = 15; i >= 0; i--, value >>= 4)
        out[i] = "0123456789abcdef"[value & 15];
    out[16] = 0;
}

#endif
