/* SPDX-License-Identifier: MIT */
/*
 * What an observer may read: a domain whose module line says observer=1. It gets the answers that
 * Xen gives its privileged domain, but for those only that tell; whatever would change something,
 * or show what is in another guest's memory or registers, is refused to it as to everybody.
 *
 *   sysctl.c   of the machine         perfc.c   counters of domains
 *   domctl.c   of one domain          (event channels, grants, the store: beside the rest of them)
 */
#ifndef CORE_OBSERVE_H
#define CORE_OBSERVE_H

#include "hv.h"

#include <xen/domctl.h>
#include <xen/sysctl.h>

/* The interface version that a toolstack's call begins with is not ours: -XEN_EACCES. */
long observe_version(const char *what, uint32_t has, uint32_t wanted);
/* -XEN_EPERM, with the reason that fits the caller. */
long observe_refuse(const char *what, uint32_t cmd);

/* A map with the first n CPUs in it; behind them are zeroes, but not as many as the caller likes. 0
 * or -XEN_EFAULT. */
long observe_cpus(const struct xenctl_bitmap *map, uint32_t n);

/* ---- domctl.c */
/* d as toolstacks see it; all bytes of *info are written. */
void observe_domain(struct domain *d, xen_domctl_getdomaininfo_t *info);
/* The domain with this number, or with none below it but the next higher; NULL: there is none. One
 * that is over and was given back is none. */
struct domain *observe_find(domid_t from);

/* ---- perfc.c */
long observe_perfc(struct xen_sysctl_perfc_op *op);

#endif
