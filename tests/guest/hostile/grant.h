/* SPDX-License-Identifier: MIT */
/*
 * Grants: every operation of the grant table with what breaks its rules. The guest grants pages to
 * itself, for on Xen there is nobody else; domain 999 does not exist anywhere.
 */
#ifndef HOSTILE_GRANT_H
#define HOSTILE_GRANT_H

#include "hostile.h"

#include <xen/grant_table.h>

#define NOBODY  999
#define REF     20 /* used by the cases, one after another */
#define BAD_REF 0x7fffffffu

/* ---- grant.c */
extern volatile grant_entry_v1_t *const entry; /* the table, once grant_set_up() was called */
extern char window[2][4096];                   /* where grants are mapped */
extern int own;                                /* our domain id */
void grant_set_up(void);
long grant_op(unsigned int cmd, void *arg, unsigned int n);
void grant_to(unsigned int ref, domid_t to, const void *page, uint16_t flags);
/* Copy len bytes at offset of a page that we granted to ourselves into a spare page. */
struct gnttab_copy grant_own_copy(unsigned int ref, uint16_t offset, uint16_t len);
long grant_copy(struct gnttab_copy *c);
/* The status of these, or the errno of the hypercall. */
extern struct gnttab_map_grant_ref last; /* what was mapped */
long grant_map(unsigned int ref, domid_t dom, uint32_t flags, uint64_t addr);
long grant_map_own(unsigned int ref, uint32_t flags); /* at window[0] */
long grant_unmap(grant_handle_t handle, uint64_t addr, uint64_t bus);
long grant_unmap_last(void);

#endif
