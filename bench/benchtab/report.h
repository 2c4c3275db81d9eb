/* SPDX-License-Identifier: MIT */
/*
 * What one run of the bench found: operations by environments, and the measures that are not
 * instructions. Read from the files that bench/run.sh left, written as JSON, shown as a table,
 * compared with the targets.
 */
#ifndef BENCHTAB_REPORT_H
#define BENCHTAB_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum env {
    ENV_BARE,
    ENV_FV,
    ENV_PV,
    ENV_XEN_PV,
    ENV_COUNT,
};

enum measure {
    MEASURE_BOOT_STUB, /* ms from starting QEMU to the guest's first line */
    MEASURE_BOOT_XEN,
    MEASURE_LINUX_STUB, /* ms from starting QEMU to the init of Debian's Linux */
    MEASURE_LINUX_BARE,
    MEASURE_LINUX_XEN,
    MEASURE_IDLE,  /* per cent of a host CPU */
    MEASURE_IMAGE, /* bytes of text and read-only data */
    MEASURE_CORE,  /* the same without grants, XenStore, back-ends, drivers */
    MEASURE_COUNT,
};

struct cell {
    bool present;
    bool has_events;
    double instructions; /* per operation */
    double events;       /* exits and hypercalls per operation */
    long n;              /* operations per batch */
};

struct row {
    char op[40];
    struct cell cell[ENV_COUNT];
};

struct scalar {
    bool present;
    double value;
    char reason[160]; /* why it is absent */
};

#define REPORT_MAX_ROWS 128

struct report {
    struct row row[REPORT_MAX_ROWS];
    size_t nrows;
    bool complete[ENV_COUNT];    /* the environment's run reached its end */
    char reason[ENV_COUNT][160]; /* why not */
    struct scalar measure[MEASURE_COUNT];
};

/* Name of an environment as bench.json and the log files have it. */
const char *env_name(enum env env);

/* Name of a measure as bench.json and the measures file have it. */
const char *measure_name(enum measure measure);

/* The row of @op, NULL if no environment has it. */
const struct row *report_find(const struct report *r, const char *op);

/* Read what is in directory @dir. Absent files and damaged lines become reasons. */
void report_read(struct report *r, const char *dir);

/* Write bench.json. Returns 0, or -1 after a line on stderr. */
int report_write(const struct report *r, const char *path);

/* Print the table and where PV loses. */
void report_print(const struct report *r, FILE *out);

/* Print every target with its outcome. Returns how many were missed. */
int report_targets(const struct report *r, FILE *out);

/* @present is cleared if the target's value is unknown. Used for targets in bench.json. */
struct target_outcome {
    char what[48];
    double value, limit;
    bool present, met;
    const char *unit;
};

/* Outcome of target @i; false when there are no more. */
bool target_outcome(const struct report *r, size_t i, struct target_outcome *t);

#endif
