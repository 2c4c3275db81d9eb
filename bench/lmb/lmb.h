/* SPDX-License-Identifier: MIT */
/*
 * The operating-system measurements of lmbench as the Xen paper (SOSP 2003, tables 3 to 5) reports
 * them, written anew from their description. One row is one figure of those tables.
 */
#ifndef LMB_LMB_H
#define LMB_LMB_H

#include <stddef.h>
#include <stdint.h>

/*
 * A row does its operation `n` times in one batch; the cheapest of several batches counts, so that
 * timer ticks and neighbours fall out. A batch is kept below a tick's length.
 */
struct row {
    const char *op;
    unsigned n;
    /* Set up and take down, outside of what is counted; may be NULL. */
    void (*begin)(const struct row *row);
    /* Before each batch, outside of what is counted; may be NULL. */
    void (*prepare)(const struct row *row);
    void (*batch)(const struct row *row, unsigned n);
    void (*end)(const struct row *row);
    /* The same without what the row is about, to be subtracted; may be NULL. */
    void (*overhead)(const struct row *row, unsigned n);
    /* What one operation comes to within a batch, if it is not one of n; 0: 1. */
    unsigned per;
    unsigned processes,
        bytes; /* of context switches: that many, each with so much data; per request */
};

/* In files of these names; each list is ended by a row without a name. disk_rows want LMB_DISK. */
extern const struct row syscall_rows[], process_rows[], context_rows[], memory_rows[], tcp_rows[],
    disk_rows[];

/* main.c: say what failed, with errno, and end the program. */
_Noreturn void lmb_die(const char *what);
/* This program's path, to be executed. */
extern const char *lmb_self;

/* container.c: put this process into a container of its own: namespaces, a root and a cgroup. */
void container_enter(void);

#endif
