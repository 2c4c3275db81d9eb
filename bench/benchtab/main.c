/* SPDX-License-Identifier: MIT */
/* benchtab [--check] DIR OUT.json: collate what bench/run.sh left in DIR. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

int main(int argc, char **argv)
{
    bool check = argc > 1 && !strcmp(argv[1], "--check");
    struct report *report = calloc(1, sizeof(*report));
    int missed = 0;

    if (argc != 3 + check || !report) {
        fputs("usage: benchtab [--check] DIR OUT.json\n", stderr);
        return 2;
    }
    report_read(report, argv[1 + check]);
    report_print(report, stdout);
    if (check)
        missed = report_targets(report, stdout);
    if (report_write(report, argv[2 + check]) < 0)
        return 2;
    printf("written: %s\n", argv[2 + check]);
    free(report);
    return missed ? 1 : 0;
}
