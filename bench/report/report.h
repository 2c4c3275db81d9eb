/* SPDX-License-Identifier: MIT */
/* out/report.html: the figures of out/bench.json as tables and charts, in one file. */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#define CHART_SERIES 8
#define CHART_GROUPS 12

/* Bars in groups, or (lines) a curve per series over the groups. Values below 0 are left out. */
struct chart {
    const char *title, *unit;
    bool lines;
    double floor; /* of a logarithmic axis; 0: linear, from 0 */
    int nseries, ngroups;
    const char *series[CHART_SERIES], *group[CHART_GROUPS];
    double value[CHART_SERIES][CHART_GROUPS];
};

/* chart.c: append it as an inline SVG; gnuplot draws. False: gnuplot cannot be run. */
bool chart_put(FILE *out, const struct chart *c);

/* data.c: figures of the file. NULL: not there. */
const json_t *data_io(const json_t *root, const char *count, const char *env, const char *op,
                      const char *figure);
const json_t *data_cpu(const json_t *root, const char *env, const char *op, const char *figure);
const json_t *data_linux(const json_t *root, const char *env, const char *op, const char *figure);
/* The nth of the operations that Linux did, in the order of the file (its rows follow one another).
 */
const char *data_linux_op(const json_t *root, size_t nth);
/* As a number, -1 if there is none. */
double data_number(const json_t *v);

/* section.c: what the page is made of. False: a chart failed. */
bool sections_put(FILE *out, const json_t *root);

/* linux.c: the section about a stock Linux, if there are figures. False: a chart failed. */
bool linux_put(FILE *out, const json_t *root);

/* text.c */
void text_head(FILE *out);
void text_foot(FILE *out);
void text_escape(FILE *out, const char *text);
/* A cell of a table with a figure of the file (a dash if there is none), shown times `scale`. It
 * names its place in the file. */
void text_cell(FILE *out, const char *op, const char *env, const char *figure, const json_t *value,
               double scale, int digits);

#endif
