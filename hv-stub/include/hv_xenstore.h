/* SPDX-License-Identifier: MIT */
/*
 * The XenStore of this machine. Guests reach it through their store page and event channel
 * (xen/io/xs_wire.h); hv-stub's own parts, which are domain 0 there, through the functions below.
 *
 * All may be called from any CPU with no lock held, watch callbacks included; errors are negative
 * XEN_* numbers, the ones a guest would read as words. Paths are absolute.
 */
#ifndef HV_XENSTORE_H
#define HV_XENSTORE_H

#include "hv.h"

/* ---- life of domains (xs_domain.c, xs_ring.c) */
/* Enter a new domain: its nodes as a toolstack makes them, then its connection. 0 or -XEN_ENOMEM.
 */
int hv_xenstore_domain_start(struct domain *d);
/* It ended: connection, watches, transactions and nodes go, and its ring's frame. May be called
 * again and for a domain never started. */
void hv_xenstore_domain_end(struct domain *d);
/* It goes on as a new domain, with new ports: its connection begins anew, the nodes stay. */
void hv_xenstore_domain_resume(struct domain *d);
/* The guest sent on its store port (an evtchn_alloc_hv() handler). */
void hv_xenstore_event(struct domain *d, evtchn_port_t port);

/* ---- nodes (xs_hv.c) */
/* Copy a value, at most n - 1 bytes, and end it with a 0. Returns the value's length. */
int hv_xenstore_read(const char *path, char *buf, size_t n);
/* A value that is a decimal number and nothing else; -XEN_EINVAL if it is not one. */
int hv_xenstore_read_u32(const char *path, uint32_t *value);
/* Create or change a node; missing ones above it are made too. */
int hv_xenstore_write(const char *path, const char *value);
int hv_xenstore_printf(const char *path, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
int hv_xenstore_mkdir(const char *path);
/* Remove a node and all below it. */
int hv_xenstore_rm(const char *path);
/* Names of the nodes below, each with its 0. Returns how many bytes; -XEN_E2BIG above n. */
int hv_xenstore_directory(const char *path, char *buf, size_t n);
/* Owner, what everybody else may do, and one domain with a right of its own: letters as in
 * XS_SET_PERMS, 'r' 'w' 'b' 'n'. reader == owner: nobody has. */
int hv_xenstore_set_perms(const char *path, domid_t owner, char others, domid_t reader, char right);

/* ---- watches (xs_hv.c) */
/* Call fn when the node or one below it changes, and once at first. Calls of all watches come one
 * after the other; several changes of the same node may come as one. "@introduceDomain" and
 * "@releaseDomain" work too. fn and ctx together name the watch of this path. */
typedef void (*hv_xenstore_watch_fn)(const char *path, void *ctx);
int hv_xenstore_watch(const char *path, hv_xenstore_watch_fn fn, void *ctx);
/* No call begins after the return; one may be going on on another CPU. */
int hv_xenstore_unwatch(const char *path, hv_xenstore_watch_fn fn, void *ctx);

#endif
