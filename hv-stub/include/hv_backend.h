/* SPDX-License-Identifier: MIT */
/* Back-ends of PV devices, as the rest of the hypervisor sees them. */
#ifndef HV_BACKEND_H
#define HV_BACKEND_H

#include "hv.h"

/* ---- backend/blk_dev.c */
/* Offer the domain's disks (hv_disk.h) as PV devices: makes their nodes in the store. After
 * hv_xenstore_domain_start(). 0 or -XEN_ENOMEM. */
int blk_backend_start(struct domain *d);
/* Disk i alone, which came later. The caller sees to it that d neither ends nor starts again
 * meanwhile. 0 or -XEN_*. */
int blk_backend_attach(struct domain *d, uint32_t i);

/* ---- backend/netback.c */
/* Offer the domain's interfaces (hv_net.h) as PV devices, likewise. */
int net_backend_start(struct domain *d);
/* One port alone, which came later; as blk_backend_attach(). */
struct net_port;
int net_backend_attach(struct domain *d, struct net_port *port);

/* ---- backend/xenbus.c */
/* Take a device away, "vbd/NUMBER" or "vif/NUMBER": when its front-end has closed, or by force. It
 * is gone when its directories in the store are. NULL, or why not. */
const char *backend_detach(struct domain *d, const char *which, bool force);

#endif
