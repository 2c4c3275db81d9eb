/* SPDX-License-Identifier: MIT */
/* Interval set. A handful of entries: linear scans are the simplest correct thing. */
#include "ranges.h"

static void delete_at(struct ranges *s, uint32_t i)
{
    s->nr--;
    memmove(&s->r[i], &s->r[i + 1], (s->nr - i) * sizeof(s->r[0]));
}

static void insert_at(struct ranges *s, uint32_t i, uint64_t start, uint64_t end)
{
    memmove(&s->r[i + 1], &s->r[i], (s->nr - i) * sizeof(s->r[0]));
    s->r[i] = (struct range){start, end};
    s->nr++;
}

bool ranges_add(struct ranges *s, uint64_t start, uint64_t end)
{
    uint32_t i = 0;

    if (start >= end)
        return true;
    while (i < s->nr && s->r[i].end < start)
        i++;
    if ((i == s->nr || s->r[i].start > end) && s->nr == RANGES_MAX)
        return false;
    while (i < s->nr && s->r[i].start <= end) { /* swallow what it touches */
        start = MIN(start, s->r[i].start);
        end = MAX(end, s->r[i].end);
        delete_at(s, i);
    }
    insert_at(s, i, start, end);
    return true;
}

bool ranges_remove(struct ranges *s, uint64_t start, uint64_t end)
{
    uint32_t i = 0;

    if (start >= end)
        return true;
    while (i < s->nr && s->r[i].end <= start)
        i++;
    while (i < s->nr && s->r[i].start < end) {
        struct range old = s->r[i];

        if (old.start < start && old.end > end && s->nr == RANGES_MAX)
            return false; /* a hole in the middle needs one more entry */
        delete_at(s, i);
        if (old.end > end)
            insert_at(s, i, end, old.end);
        if (old.start < start)
            insert_at(s, i++, old.start, start);
        if (old.end > end)
            break;
    }
    return true;
}

bool ranges_contain(const struct ranges *s, uint64_t start, uint64_t end)
{
    for (uint32_t i = 0; i < s->nr; i++)
        if (s->r[i].start <= start && s->r[i].end >= end)
            return start <= end;
    return false;
}

uint64_t ranges_take(struct ranges *s, uint64_t bytes, uint64_t align, uint64_t limit)
{
    for (uint32_t i = s->nr; i-- > 0;) {
        uint64_t end = MIN(s->r[i].end, limit), start;

        if (end < bytes)
            continue;
        start = (end - bytes) & ~(align - 1);
        if (start < s->r[i].start || end <= s->r[i].start)
            continue;
        return ranges_remove(s, start, start + bytes) ? start : ~0ull;
    }
    return ~0ull;
}

uint64_t ranges_total(const struct ranges *s)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < s->nr; i++)
        sum += s->r[i].end - s->r[i].start;
    return sum;
}
