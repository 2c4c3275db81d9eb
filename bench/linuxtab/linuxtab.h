/* SPDX-License-Identifier: MIT */
/* What one run of bench/linux.sh left: one stock Linux, the same work, ten environments. */
#ifndef LINUXTAB_LINUXTAB_H
#define LINUXTAB_LINUXTAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define LT_MAX_ROWS 64
#define LT_MAX_GONE 24

/* Behind the columns: PV and Xen again, with our front-ends in place of Linux's; and the two disks
 * of an FV guest that pv_shim.ko has told of the hypervisor. */
enum lt_env {
    LT_BARE,
    LT_CONTAINER,
    LT_FV,
    LT_FV_PV,
    LT_PV,
    LT_XEN_PV,
    LT_COLUMNS, /* of the table: those before */
    LT_PV_KIT = LT_COLUMNS,
    LT_XEN_KIT,
    LT_FV_ATA,
    LT_FV_RING,
    LT_ENVS
};
/* How it was counted: guest-visible instructions, or nanoseconds of this computer. */
enum lt_count { LT_INSTRUCTIONS, LT_NS, LT_COUNTS };

/* Of one operation; below 0: not measured. */
struct lt_row {
    char op[32];
    double value[LT_COUNTS][LT_ENVS];
};

struct lt_gone {
    char name[40]; /* of the run: lmb.fv */
    char reason[160];
};

struct lt_report {
    struct lt_row row[LT_MAX_ROWS]; /* in the order in which they were measured */
    struct lt_gone gone[LT_MAX_GONE];
    size_t nrows, ngone;
};

/* read.c: the names of environments in files and JSON. */
extern const char *const lt_env_names[LT_ENVS];
/* Everything in `dir`. False if that cannot be read. */
bool lt_read(struct lt_report *r, const char *dir);
/* The row, or NULL. */
const struct lt_row *lt_find(const struct lt_report *r, const char *op);
/* `over` by `under`; below 0 if one is not known. */
double lt_ratio(const struct lt_row *row, enum lt_count count, enum lt_env over, enum lt_env under);
/* What the hypervisor adds to the bare row, ours by Xen's, in instructions; below 0 if not known.
 */
double lt_added(const struct lt_row *row);

/* print.c: the tables. */
void lt_print(const struct lt_report *r, FILE *out);
/* A ratio, or - for one below 0, in so many columns. */
void lt_print_ratio(FILE *out, double ratio, int width);

/* paper.c: what the paper that introduced Xen printed of an operation, microseconds. */
struct lt_paper {
    const char *op;
    double linux_up, xen;
};
/* The ith row; NULL behind the last. */
const struct lt_paper *lt_paper(size_t i);
/* Its ratios beside those of this run. */
void lt_print_paper(const struct lt_report *r, FILE *out);

/* targets.c: outcome i of the targets; false behind the last. None is `present` without Xen. */
struct lt_target {
    char what[80];
    double value, limit; /* value must not be above limit */
    bool present, met;
};
bool lt_target(const struct lt_report *r, size_t i, struct lt_target *t);
/* Print all; how many were missed. */
int lt_targets(const struct lt_report *r, FILE *out);

/* write.c: put them into the file that benchtab wrote, as "linux", "linux_targets",
 * "linux_missing" and "linux_paper". False if it cannot be read or written. */
bool lt_write(const struct lt_report *r, const char *path);

#endif
