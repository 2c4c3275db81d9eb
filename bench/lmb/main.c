/* SPDX-License-Identifier: MIT */
/*
 * lmb [--container] [--time] [ROW...]: measure the rows whose names begin so, or all. A line each,
 * `BENCH {"op":...,"instructions":...,"ns":...}`: TSC ticks and nanoseconds of one operation. Where
 * QEMU counts instructions the former are instructions. --time: by many short batches, of which
 * some will have had the computer for themselves.
 *
 * `lmb hello` is what the rows execute.
 */
#include "lmb.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int batches = 12;
static unsigned shorter = 1; /* batches than a row's */

struct cost {
    uint64_t ticks, ns;
};

const char *lmb_self;

void lmb_die(const char *what)
{
    fprintf(stderr, "lmb: %s: %s\n", what, strerror(errno));
    exit(1);
}

static struct cost now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (struct cost){__builtin_ia32_rdtsc(), (uint64_t)t.tv_sec * 1000000000 + t.tv_nsec};
}

/* The cheapest batch, by each of the two measures. */
static struct cost cheapest(const struct row *row, void (*batch)(const struct row *, unsigned),
                            unsigned n)
{
    struct cost best = {~0UL, ~0UL};

    for (int i = 0; i < batches; i++) {
        struct cost begin, end;

        if (row->prepare)
            row->prepare(row);
        begin = now();
        batch(row, n);
        end = now();
        if (end.ticks - begin.ticks < best.ticks)
            best.ticks = end.ticks - begin.ticks;
        if (end.ns - begin.ns < best.ns)
            best.ns = end.ns - begin.ns;
    }
    return best;
}

static double less(uint64_t whole, uint64_t part, double n)
{
    return ((double)whole - (double)part) / n;
}

static void measure(const struct row *row)
{
    struct cost whole, rest = {0, 0};
    unsigned n = row->n > shorter ? row->n / shorter : 1;
    double operations = (double)n * (row->per ? row->per : 1);

    if (row->begin)
        row->begin(row);
    whole = cheapest(row, row->batch, n);
    if (row->overhead)
        rest = cheapest(row, row->overhead, n);
    if (row->end)
        row->end(row);
    printf("BENCH {\"op\":\"%s\",\"instructions\":%.1f,\"ns\":%.1f}\n", row->op,
           less(whole.ticks, rest.ticks, operations), less(whole.ns, rest.ns, operations));
    fflush(stdout);
}

/* Is the row asked for by the beginning of its name? */
static int wanted(const struct row *row, char **names)
{
    if (!*names)
        return 1;
    for (; *names; names++)
        if (!strncmp(row->op, *names, strlen(*names)))
            return 1;
    return 0;
}

int main(int argc, char **argv)
{
    static const struct row *const all[] = {syscall_rows, process_rows, context_rows,
                                            memory_rows,  tcp_rows,     disk_rows};
    int kinds = getenv("LMB_DISK") ? 6 : 5;
    char **names = argv + 1;

    if (argc == 2 && !strcmp(argv[1], "hello"))
        return puts("hello") < 0;
    lmb_self = argv[0];
    if (*names && !strcmp(*names, "--container")) {
        container_enter();
        names++;
    }
    if (*names && !strcmp(*names, "--time")) {
        batches = 60;
        shorter = 8;
        names++;
    }
    for (int i = 0; i < kinds; i++)
        for (const struct row *row = all[i]; row->op; row++)
            if (wanted(row, names))
                measure(row);
    puts("BENCH-END");
    return 0;
}
