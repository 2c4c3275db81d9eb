/* SPDX-License-Identifier: MIT */
/* Back-ends of PV devices, as the rest of the hypervisor sees them. */
#ifndef HV_BACKEND_H
#define HV_BACKEND_H

#include "hv.h"

/* ---- backend/blk_dev.c */
/* Offer the domain's disks (hv_disk.h) as PV devices: makes their nodes in the store. After
 * hv_xenstore_domain_start(). 0 or -XEN_ENOMEM. */
int blk_backend_start(struct domain *d);

/* ---- backend/netback.c */
/* Offer the domain's interfaces (hv_net.h) as PV devices, likewise. */
int net_backend_start(struct domain *d);

#endif
