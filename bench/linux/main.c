/* SPDX-License-Identifier: MIT */
/*
 * linuxio [-b BATCHES] blk DEVICE [ROW...] | net ADDRESS [ROW...] | serve
 *
 * A line a row, as those of the shim's blkbench and netbench: TSC ticks (which are instructions
 * where QEMU counts those) and nanoseconds of one operation, of the cheapest batch. Short batches,
 * and many of them, find a moment in which the computer does nothing else.
 */
#include "io.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static unsigned batches = 4;
static char **wanted; /* rows; an empty list: all */

void io_die(const char *what)
{
    fprintf(stderr, "linuxio: %s: %s\n", what, strerror(errno));
    exit(1);
}

struct cost {
    uint64_t ticks, ns;
};

static struct cost now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (struct cost){__builtin_ia32_rdtsc(), (uint64_t)t.tv_sec * 1000000000 + t.tv_nsec};
}

int io_wanted(const char *op)
{
    char **w = wanted;

    while (*w && strcmp(*w, op))
        w++;
    return w == wanted || *w;
}

void io_measure(const char *op, void (*fn)(void *, unsigned), void *arg, unsigned n, unsigned bytes)
{
    struct cost best = {~0UL, ~0UL};

    if (!io_wanted(op))
        return;
    printf("BEGIN %s\n", op);
    fflush(stdout);
    for (unsigned i = 0; i < batches; i++) {
        struct cost begin = now(), end;

        fn(arg, n);
        end = now();
        if (end.ns - begin.ns < best.ns)
            best = (struct cost){end.ticks - begin.ticks, end.ns - begin.ns};
    }
    printf(
        "BENCH {\"op\":\"%s\",\"n\":%u,\"instructions\":%.1f,\"events\":null,\"hypercalls\":null,"
        "\"bytes\":%u,\"ns\":%.1f}\n",
        op, n, (double)best.ticks / n, bytes, (double)best.ns / n);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc > 2 && !strcmp(argv[1], "-b")) {
        batches = (unsigned)atoi(argv[2]);
        argc -= 2;
        argv += 2;
    }
    wanted = argv + 3;
    if (argc == 2 && !strcmp(argv[1], "serve"))
        io_serve();
    else if (argc > 2 && !strcmp(argv[1], "blk"))
        io_blk(argv[2]);
    else if (argc > 2 && !strcmp(argv[1], "net"))
        io_net(argv[2]);
    else
        return 2;
    return 0;
}
