/* SPDX-License-Identifier: MIT */
/* memory_op in three files: dispatch and queries, changes of the reservation, exchange. */
#ifndef MEMORY_OP_H
#define MEMORY_OP_H

#include "hv.h"

#include <xen/memory.h>

/* The command carries the extent to go on with above its own bits. */
#define MEMOP_EXTENT_SHIFT 6
#define MEMOP_CMD_MASK     ((1u << MEMOP_EXTENT_SHIFT) - 1)
/* What a domain without devices may ask for in one piece: 2 MiB. */
#define MEMOP_MAX_ORDER 9

/* The domain a command names: only the caller itself can be. NULL if there is none; *rc then says
 * -XEN_ESRCH, or -XEN_EPERM for somebody else. */
struct domain *memop_domain(domid_t domid, long *rc);
/* Is [start, start + n) of a list of 8-byte values at a guest's address? */
bool memop_list_ok(gva_t list, uint64_t n);
/* Address limit from memory flags: bits, 0 for none. False: no memory is that low. */
bool memop_address_bits(unsigned mem_flags, unsigned *bits);
/* mfn_list in guest memory */
bool memop_list_read(gva_t list, uint64_t i, uint64_t *v);
bool memop_list_write(gva_t list, uint64_t i, uint64_t v);

/* ---- memory_reservation.c */
long memop_reservation(uint32_t cmd, uint64_t start, gva_t arg);
/* Take a page from its domain: gone for the books at once, free when nothing refers to it. */
bool memop_remove_page(struct domain *d, mfn_t m);
/* ---- memory_exchange.c */
long memop_exchange(gva_t arg);

#endif
