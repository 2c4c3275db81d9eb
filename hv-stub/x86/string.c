/* SPDX-License-Identifier: MIT */
/* The C library's string functions the compiler and we rely on. */
#include "hv_types.h"
#include "hv_arch.h"

#undef memcpy
#undef memmove
#undef memset
#undef memcmp

void *memcpy(void *d, const void *s, size_t n)
{
    void *ret = d;
    size_t words = n / 8;

    n %= 8;
    __asm__ volatile("rep movsq" : "+D"(d), "+S"(s), "+c"(words)::"memory");
    __asm__ volatile("rep movsb" : "+D"(d), "+S"(s), "+c"(n)::"memory");
    return ret;
}

void *memset(void *d, int c, size_t n)
{
    void *ret = d;
    size_t words = n / 8;
    uint64_t pattern = 0x0101010101010101ull * (uint8_t)c;

    n %= 8;
    __asm__ volatile("rep stosq" : "+D"(d), "+c"(words) : "a"(pattern) : "memory");
    __asm__ volatile("rep stosb" : "+D"(d), "+c"(n) : "a"(pattern) : "memory");
    return ret;
}

/* Past the caches, eight words at a time: a page given out is not going to be read by us, and under
 * an emulator a string instruction costs as much per word as this loop does per line. */
void arch_pages_clear(void *p, size_t bytes)
{
    char *end = (char *)p + bytes;

    for (char *d = p; d < end; d += 64)
        __asm__ volatile("movnti %1, (%0)\n\tmovnti %1, 8(%0)\n\t"
                         "movnti %1, 16(%0)\n\tmovnti %1, 24(%0)\n\t"
                         "movnti %1, 32(%0)\n\tmovnti %1, 40(%0)\n\t"
                         "movnti %1, 48(%0)\n\tmovnti %1, 56(%0)"
                         :
                         : "r"(d), "r"(0ul)
                         : "memory");
    __asm__ volatile("sfence" ::: "memory");
}

void *memmove(void *d, const void *s, size_t n)
{
    volatile char *dc = d; /* volatile: or the compiler makes this loop a call of memmove */
    const char *sc = s;

    if ((uintptr_t)d - (uintptr_t)s >= n)
        return memcpy(d, s, n);
    while (n-- > 0)
        dc[n] = sc[n];
    return d;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const uint8_t *x = a, *y = b;

    for (; n > 0; n--, x++, y++)
        if (*x != *y)
            return *x - *y;
    return 0;
}

size_t strlen(const char *s)
{
    const volatile char *p = s;

    while (*p)
        p++;
    return (size_t)(p - s);
}

int strncmp(const char *a, const char *b, size_t n)
{
    for (; n > 0; n--, a++, b++) {
        if (*a != *b)
            return (uint8_t)*a - (uint8_t)*b;
        if (!*a)
            break;
    }
    return 0;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, ~(size_t)0);
}

char *strstr(const char *h, const char *n)
{
    size_t len = strlen(n);

    for (;; h++) {
        if (!strncmp(h, n, len))
            return (char *)(uintptr_t)h;
        if (!*h)
            return NULL;
    }
}
