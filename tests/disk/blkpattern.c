/* SPDX-License-Identifier: MIT */
/*
 * blkpattern: the host's side of the shim's block tests (guest-shim/include/blk_pattern.h).
 *
 *   blkpattern create IMAGE MIB KEY [GENERATION]  a new image, every unit written
 *   blkpattern verify IMAGE KEY                   every unit is good, whatever its generation
 *   blkpattern journal IMAGE KEY FLUSHED          as blktest=check upto=FLUSHED
 *
 * Exit status 0: all is well; 1: it is not, the first bad unit is named; 2: cannot be done.
 */
#include "blk_pattern.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t number(const char *text)
{
    char *end;
    uint64_t n = strtoull(text, &end, 0);

    if (*end || end == text) {
        fprintf(stderr, "blkpattern: no number: %s\n", text);
        exit(2);
    }
    return n;
}

static FILE *open_image(const char *path, const char *mode)
{
    FILE *f = fopen(path, mode);

    if (!f) {
        perror(path);
        exit(2);
    }
    return f;
}

static int create(const char *path, uint64_t mib, uint64_t key, uint64_t generation)
{
    FILE *f = open_image(path, "wb");
    uint64_t buffer[PATTERN_WORDS];

    for (uint64_t unit = 0; unit < mib << 20 >> 9; unit++) {
        pattern_fill(buffer, key, unit, generation);
        if (fwrite(buffer, sizeof(buffer), 1, f) != 1)
            break;
    }
    if (ferror(f) | fclose(f)) {
        perror(path);
        return 2;
    }
    return 0;
}

/* Calls `good` for each unit of the image; stops at the first that is not. */
static int each_unit(const char *path, uint64_t key,
                     bool (*good)(uint64_t unit, enum pattern_state state, uint64_t seen))
{
    FILE *f = open_image(path, "rb");
    uint64_t buffer[PATTERN_WORDS], unit = 0, seen, oldest = UINT64_MAX, newest = 0;

    for (; fread(buffer, sizeof(buffer), 1, f) == 1; unit++) {
        enum pattern_state state = pattern_check(buffer, key, unit, &seen);

        if (!good(unit, state, seen)) {
            printf("unit %" PRIu64 " is %s, generation %" PRIu64 "\n", unit, pattern_name(state),
                   seen);
            fclose(f);
            return 1;
        }
        oldest = seen < oldest ? seen : oldest;
        newest = seen > newest ? seen : newest;
    }
    fclose(f);
    printf("%" PRIu64 " units, generations %" PRIu64 " to %" PRIu64 "\n", unit, oldest, newest);
    return unit == 0;
}

static bool is_good(uint64_t unit, enum pattern_state state, uint64_t seen)
{
    (void)unit, (void)seen;
    return state == PATTERN_GOOD;
}

static uint64_t *last, units, flushed;

static bool is_accepted(uint64_t unit, enum pattern_state state, uint64_t seen)
{
    return unit >= units || journal_accepts(last[unit], flushed, state, seen);
}

static int journal(const char *path, uint64_t key)
{
    FILE *f = open_image(path, "rb");
    uint64_t first, count;
    long size = fseek(f, 0, SEEK_END) ? -1 : ftell(f);

    fclose(f);
    units = size < 0 ? 0 : (uint64_t)size / PATTERN_UNIT / JOURNAL_ALIGN * JOURNAL_ALIGN;
    last = calloc(units + 1, sizeof(*last));
    if (units < JOURNAL_MAX_UNITS || !last) {
        fprintf(stderr, "blkpattern: %s: too small\n", path);
        return 2;
    }
    for (uint64_t g = 1; g <= flushed; g++)
        for (unsigned i = 0; i < JOURNAL_EXTENTS; i++) {
            journal_extent(key, units, g, i, &first, &count);
            for (uint64_t unit = first; unit < first + count; unit++)
                last[unit] = g;
        }
    return each_unit(path, key, is_accepted);
}

int main(int argc, char **argv)
{
    if (argc >= 5 && argc <= 6 && !strcmp(argv[1], "create"))
        return create(argv[2], number(argv[3]), number(argv[4]), argc == 6 ? number(argv[5]) : 0);
    if (argc == 4 && !strcmp(argv[1], "verify"))
        return each_unit(argv[2], number(argv[3]), is_good);
    if (argc == 5 && !strcmp(argv[1], "journal")) {
        flushed = number(argv[4]);
        return journal(argv[2], number(argv[3]));
    }
    fprintf(stderr, "usage: blkpattern create IMAGE MIB KEY [GENERATION]\n"
                    "       blkpattern verify IMAGE KEY\n"
                    "       blkpattern journal IMAGE KEY FLUSHED\n");
    return 2;
}
