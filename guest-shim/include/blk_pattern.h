/* SPDX-License-Identifier: MIT */
/*
 * What the block tests write, so that any unit of 512 bytes read anywhere tells whether it is
 * whole, whose it is, where it belongs and when it was written. Sixty-four little-endian words:
 *
 *   0  the letters "pvkitblk"      2  number of the unit: byte offset on the disk / 512
 *   1  key of the run              3  generation, counted up with every write of the unit
 *   i  (4 to 63) mix(s + i * GOLDEN), s = mix(key) ^ mix(unit + 1) ^ mix(generation + 2)
 *
 * mix() is the finalizer of the SplitMix64 generator. Arithmetic is modulo 2^64. A unit of zeroes
 * was never written. The host's side is tests/disk/blkpattern.c.
 */
#ifndef SHIM_BLK_PATTERN_H
#define SHIM_BLK_PATTERN_H

#include <stdbool.h>
#include <stdint.h>

#define PATTERN_UNIT   512
#define PATTERN_WORDS  64
#define PATTERN_MAGIC  0x6b6c6274696b7670UL
#define PATTERN_GOLDEN 0x9e3779b97f4a7c15UL

enum pattern_state {
    PATTERN_GOOD,
    PATTERN_EMPTY,   /* zeroes */
    PATTERN_FOREIGN, /* another key, or not a pattern at all */
    PATTERN_MOVED,   /* belongs somewhere else */
    PATTERN_TORN,    /* parts of it are something else */
};

static inline uint64_t pattern_mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9UL;
    x = (x ^ x >> 27) * 0x94d049bb133111ebUL;
    return x ^ x >> 31;
}

static inline uint64_t pattern_seed(uint64_t key, uint64_t unit, uint64_t generation)
{
    return pattern_mix(key) ^ pattern_mix(unit + 1) ^ pattern_mix(generation + 2);
}

/* Fill one unit at `to` (aligned to 8). */
static inline void pattern_fill(void *to, uint64_t key, uint64_t unit, uint64_t generation)
{
    uint64_t *word = to, s = pattern_seed(key, unit, generation);

    word[0] = PATTERN_MAGIC;
    word[1] = key;
    word[2] = unit;
    word[3] = generation;
    for (unsigned i = 4; i < PATTERN_WORDS; i++)
        word[i] = pattern_mix(s + i * PATTERN_GOLDEN);
}

/* Look at one unit; its generation goes to *generation if it is good (0 if it is empty). */
static inline enum pattern_state pattern_check(const void *at, uint64_t key, uint64_t unit,
                                               uint64_t *generation)
{
    const uint64_t *word = at;
    uint64_t s, any = 0;

    *generation = 0;
    for (unsigned i = 0; i < PATTERN_WORDS; i++)
        any |= word[i];
    if (!any)
        return PATTERN_EMPTY;
    if (word[0] != PATTERN_MAGIC || word[1] != key)
        return PATTERN_FOREIGN;
    if (word[2] != unit)
        return PATTERN_MOVED;
    s = pattern_seed(key, unit, word[3]);
    for (unsigned i = 4; i < PATTERN_WORDS; i++)
        if (word[i] != pattern_mix(s + i * PATTERN_GOLDEN))
            return PATTERN_TORN;
    *generation = word[3];
    return PATTERN_GOOD;
}

static inline const char *pattern_name(enum pattern_state state)
{
    static const char *const names[] = {"good", "empty", "foreign", "moved", "torn"};

    return names[state];
}

/*
 * The journal: generation g writes JOURNAL_EXTENTS extents, then flushes. Extent i of it covers
 * `count` units from `first` on, within `units` (a multiple of JOURNAL_ALIGN, not below
 * JOURNAL_MAX_UNITS). Everything begins at multiples of 4 KiB.
 */
#define JOURNAL_EXTENTS   16
#define JOURNAL_ALIGN     8
#define JOURNAL_MAX_UNITS 64

static inline void journal_extent(uint64_t key, uint64_t units, uint64_t generation, unsigned i,
                                  uint64_t *first, uint64_t *count)
{
    uint64_t r = pattern_mix(pattern_seed(key, generation, i) + PATTERN_GOLDEN);

    *count = (r % (JOURNAL_MAX_UNITS / JOURNAL_ALIGN) + 1) * JOURNAL_ALIGN;
    r = pattern_mix(r);
    *first = r % ((units - *count) / JOURNAL_ALIGN + 1) * JOURNAL_ALIGN;
}

/*
 * Which generation a unit must have when everything up to `flushed` is on the disk: `last`, or any
 * later one that writes the unit. `seen` is what pattern_check() found; an empty unit is
 * generation 0.
 */
static inline bool journal_accepts(uint64_t last, uint64_t flushed, enum pattern_state state,
                                   uint64_t seen)
{
    if (state != PATTERN_GOOD && state != PATTERN_EMPTY)
        return false;
    return seen == last || seen > flushed;
}

#endif
