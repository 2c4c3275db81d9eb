/* SPDX-License-Identifier: MIT */
/* The block and network measurements of one run of bench/io.sh. */
#ifndef IOTAB_IO_H
#define IOTAB_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define IO_MAX_ROWS   256
#define IO_MAX_SHARES 64
#define IO_MAX_GONE   32

/* How it was counted: guest-visible instructions, or time of this computer. */
enum io_count { IO_ICOUNT, IO_WALL };

/* One BENCH line. Figures are per request or message; counters below 0: not known there. */
struct io_row {
    enum io_count count;
    char env[16]; /* bare-pio, bare-dma, fv-pio, fv-dma, fv-ne2k, fv-pv, pv, xen-dom0 */
    char op[32];
    double instructions, events, hypercalls, bytes, ns;
};

/* What one of `domains` domains did within the same time. */
struct io_share {
    char env[16];
    int domains;
    double requests;
};

struct io_gone {
    char name[40]; /* blk.fv-pio */
    char reason[160];
};

struct io_report {
    struct io_row row[IO_MAX_ROWS];
    struct io_share share[IO_MAX_SHARES];
    struct io_gone gone[IO_MAX_GONE];
    size_t nrows, nshares, ngone;
};

/* read.c: everything in `dir`. False if that cannot be read. */
bool io_read(struct io_report *r, const char *dir);
/* The row, or NULL. */
const struct io_row *io_find(const struct io_report *r, enum io_count count, const char *env,
                             const char *op);
/* Sum, least and number of shares; false if there are none. */
bool io_shares(const struct io_report *r, const char *env, int domains, double *sum, double *least);

/* print.c: the tables. */
void io_print(const struct io_report *r, FILE *out);

/* targets.c: outcome i of the targets; false behind the last. */
struct io_target {
    char what[80];
    double value, limit; /* value must not be below limit, or (at_most) not above it */
    bool at_most, present, met;
};
bool io_target(const struct io_report *r, size_t i, struct io_target *t);
/* The kinds of measurement (blkw, netw) of which a target by wall time is missed, a line each. */
void io_missed_pairs(const struct io_report *r, FILE *out);
/* Print all; how many were missed. */
int io_targets(const struct io_report *r, FILE *out);

/* write.c: put them into the file that benchtab wrote, as "io", "shares" and "io_targets". False if
 * it cannot be read or written. */
bool io_write(const struct io_report *r, const char *path);

#endif
