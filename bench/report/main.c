/* SPDX-License-Identifier: MIT */
/* report BENCH.json OUT.html: a page to read in a browser, with nothing else beside it. */
#include "report.h"

int main(int argc, char **argv)
{
    json_error_t error;
    json_t *root;
    FILE *out;
    bool good;

    if (argc != 3) {
        fputs("usage: report BENCH.json OUT.html\n", stderr);
        return 2;
    }
    root = json_load_file(argv[1], 0, &error);
    if (!root) {
        fprintf(stderr, "report: %s: %s; `make bench` writes it\n", argv[1], error.text);
        return 2;
    }
    out = fopen(argv[2], "w");
    if (!out) {
        perror(argv[2]);
        return 2;
    }
    text_head(out);
    good = sections_put(out, root);
    text_foot(out);
    good &= fclose(out) == 0;
    json_decref(root);
    if (!good)
        fputs("report: gnuplot could not draw; package gnuplot-nox\n", stderr);
    else
        printf("written: %s\n", argv[2]);
    return good ? 0 : 1;
}
