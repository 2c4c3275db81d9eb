/* SPDX-License-Identifier: MIT */
/* The store of a domain without a management domain, private to core/. */
#ifndef CORE_STORE_H
#define CORE_STORE_H

#include "hv.h"

/* A new domain's ring: forget what an earlier one with this id left half-read. */
void store_init(struct domain *d);
/* The guest sent on its store port. */
void store_event(struct domain *d, evtchn_port_t port);
/* Drop the ring's frame; d has ended. */
void store_release(struct domain *d);

#endif
