/* SPDX-License-Identifier: MIT */
/* linuxtab [--check] DIR BENCH.json: collate what bench/linux.sh left in DIR into benchtab's file.
 */
#include <stdlib.h>
#include <string.h>

#include "linuxtab.h"

int main(int argc, char **argv)
{
    bool check = argc > 1 && !strcmp(argv[1], "--check");
    struct lt_report *report = calloc(1, sizeof(*report));
    int missed = 0;

    if (argc != 3 + check || !report) {
        fputs("usage: linuxtab [--check] DIR BENCH.json\n", stderr);
        return 2;
    }
    if (!lt_read(report, argv[1 + check])) {
        fprintf(stderr, "linuxtab: cannot read %s; bench/linux.sh fills it\n", argv[1 + check]);
        return 2;
    }
    lt_print(report, stdout);
    if (check)
        lt_print_paper(report, stdout);
    if (check)
        missed = lt_targets(report, stdout);
    if (!lt_write(report, argv[2 + check]))
        return 2;
    free(report);
    return missed ? 1 : 0;
}
