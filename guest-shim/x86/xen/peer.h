/* SPDX-License-Identifier: MIT */
/* Events between two domains, each running this kernel: one measures, one answers. */
#ifndef SHIM_PEER_H
#define SHIM_PEER_H

#include "xen_shim.h"

/* Offer a port to `domain` and wait until it has bound to it; 0 if it did not in ten seconds. */
evtchn_port_t peer_offer(domid_t domain);

/* Bind to the port that `domain` offers and send back every event, until it closes the channel. */
void peer_answer(domid_t domain);

#endif
