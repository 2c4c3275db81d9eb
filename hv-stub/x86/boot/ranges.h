/* SPDX-License-Identifier: MIT */
/* A small sorted set of half-open intervals: memory during boot. */
#ifndef BOOT_RANGES_H
#define BOOT_RANGES_H

#include "hv_types.h"

#define RANGES_MAX 192 /* twice the memory map and the modules, with room */

struct range {
    uint64_t start, end;
};

struct ranges {
    uint32_t nr;
    struct range r[RANGES_MAX]; /* ascending, neither empty nor touching */
};

/* Add or take out [start, end). False when the set is full: then nothing changed. */
bool ranges_add(struct ranges *s, uint64_t start, uint64_t end);
bool ranges_remove(struct ranges *s, uint64_t start, uint64_t end);
/* Does one range cover all of [start, end)? */
bool ranges_contain(const struct ranges *s, uint64_t start, uint64_t end);
/* Cut `bytes`, aligned (a power of two), from the highest place that ends at or below limit.
 * ~0: none. */
uint64_t ranges_take(struct ranges *s, uint64_t bytes, uint64_t align, uint64_t limit);
uint64_t ranges_total(const struct ranges *s);

#endif
