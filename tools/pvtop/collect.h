/* SPDX-License-Identifier: MIT */
/* Snapshots by libxenctrl and libxenstore, of Xen and of hv-stub alike. */
#ifndef PVTOP_COLLECT_H
#define PVTOP_COLLECT_H

#include "snapshot.h"

struct collector;

/* NULL after a line on stderr that says what is missing. @program is put in front. */
struct collector *collector_open(const char *program);
/* Fill @s, which is empty. False: it stays empty, and collector_problem() says why. */
bool collector_read(struct collector *c, struct snapshot *s);
const char *collector_problem(const struct collector *c);
void collector_close(struct collector *c);

/* ---- grants.c: what can be known of a domain's grant table. The frames of a table are mapped to
 * be counted, if the hypervisor lets us, and let go at once: a domain that ends must not wait. */
struct xc_interface_core;
struct xenforeignmemory_handle;
void grants_read(struct xc_interface_core *xch, struct xenforeignmemory_handle *fmem,
                 struct domain *d);
/* Entries of a version 1 table with a permission, and those in use. */
struct grant_entry_v1;
void grants_count_v1(const struct grant_entry_v1 *e, size_t n, struct domain *d);

#endif
