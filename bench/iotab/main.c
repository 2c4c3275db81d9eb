/* SPDX-License-Identifier: MIT */
/* iotab [--check] DIR BENCH.json: collate what bench/io.sh left in DIR into benchtab's file. */
#include <stdlib.h>
#include <string.h>

#include "io.h"

int main(int argc, char **argv)
{
    bool check = argc > 1 && !strcmp(argv[1], "--check");
    struct io_report *report = calloc(1, sizeof(*report));
    int missed = 0;

    if (argc != 3 + check || !report) {
        fputs("usage: iotab [--check] DIR BENCH.json\n", stderr);
        return 2;
    }
    if (!io_read(report, argv[1 + check])) {
        fprintf(stderr, "iotab: cannot read %s; bench/io.sh fills it\n", argv[1 + check]);
        return 2;
    }
    io_print(report, stdout);
    if (check)
        missed = io_targets(report, stdout);
    if (!io_write(report, argv[2 + check]))
        return 2;
    free(report);
    return missed ? 1 : 0;
}
