/* SPDX-License-Identifier: MIT */
/* Small helpers that the C library does not have. */
#include "hv_types.h"

void strcpy_n(char *d, const char *s, size_t n)
{
    if (n == 0)
        return;
    while (--n > 0 && *s)
        *d++ = *s++;
    *d = '\0';
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return 99;
}

uint64_t str_to_u64(const char *s, const char **end)
{
    int base = 10;
    uint64_t v = 0;

    if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X') && digit_value(s[2]) < 16) {
        base = 16;
        s += 2;
    }
    for (; digit_value(*s) < base; s++)
        v = v * (uint64_t)base + (uint64_t)digit_value(*s);
    if (end)
        *end = s;
    return v;
}
