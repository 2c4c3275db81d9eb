/* SPDX-License-Identifier: MIT */
/*
 * iotab [--check] DIR BENCH.json: collate what bench/io.sh left in DIR into benchtab's file.
 * iotab --missed DIR: which pairs of runs by wall time miss a target.
 */
#include <stdlib.h>
#include <string.h>

#include "io.h"

int main(int argc, char **argv)
{
    const char *option = argc > 1 ? argv[1] : "";
    bool check = !strcmp(option, "--check"), pairs = !strcmp(option, "--missed");
    struct io_report *report = calloc(1, sizeof(*report));
    const char *dir = argv[1 + (check || pairs)];
    int missed = 0;

    if (argc != (pairs ? 3 : 3 + check) || !report) {
        fputs("usage: iotab [--check] DIR BENCH.json, iotab --missed DIR\n", stderr);
        return 2;
    }
    if (!io_read(report, dir)) {
        fprintf(stderr, "iotab: cannot read %s; bench/io.sh fills it\n", dir);
        return 2;
    }
    if (pairs) {
        io_missed_pairs(report, stdout);
        free(report);
        return 0;
    }
    io_print(report, stdout);
    if (check)
        missed = io_targets(report, stdout);
    if (!io_write(report, argv[2 + check]))
        return 2;
    free(report);
    return missed ? 1 : 0;
}
