/* SPDX-License-Identifier: MIT */
/* 128-bit products and quotients: the compiler would call a library for the division. */
#ifndef X86_MULDIV_H
#define X86_MULDIV_H

#include <stdint.h>

/* (high:low) / d; the quotient must fit 64 bits (high < d). */
static inline uint64_t div128(uint64_t high, uint64_t low, uint64_t d)
{
    uint64_t q, r;

    __asm__("divq %4" : "=a"(q), "=d"(r) : "a"(low), "d"(high), "r"(d) : "cc");
    return q;
}

/* a * b / d without losing the high half in between. */
static inline uint64_t muldiv(uint64_t a, uint64_t b, uint64_t d)
{
    unsigned __int128 p = (unsigned __int128)a * b;

    return div128((uint64_t)(p >> 64), (uint64_t)p, d);
}

#endif
