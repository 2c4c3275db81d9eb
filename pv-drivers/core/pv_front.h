/* SPDX-License-Identifier: MIT */
/*
 * A front-end's connection, the same for every kind of device. The port (port.h) runs the XenBus
 * states and calls what is declared here, each in a context that may sleep, one at a time.
 */
#ifndef PVKIT_PV_FRONT_H
#define PVKIT_PV_FRONT_H

#include "port.h"

/* Where a front-end stands. */
enum pv_state {
    PV_DOWN,      /* no rings */
    PV_PUBLISHED, /* rings are offered to the back-end */
    PV_UP,        /* in use */
    PV_STOPPED,   /* nothing new goes out; what is out may be answered */
    PV_BROKEN,    /* the back-end broke the protocol: only abandoning helps */
    PV_GONE,      /* abandoned: everything is refused */
};

/* What every front-end begins with: a struct pv_blk, or pv_net, as these functions see it. */
struct pv_front;

/*
 * Make the rings, unless there are, and write their parameters within `tx`; may be called again
 * after a conflict. 0 or an error: of the store, -XEN_ENOMEM, -XEN_ENOSPC, -XEN_EOPNOTSUPP: the
 * back-end lacks what it takes.
 */
int pv_publish(struct pv_front *front, uint32_t tx);
/*
 * Read what the back-end offers, and begin. 0 or an error: -XEN_ENOMEM, -XEN_EINVAL: the back-end's
 * values make no sense.
 */
int pv_connect(struct pv_front *front);
/* Nothing new goes out. */
void pv_stop(struct pv_front *front);
/* Let go of everything shared. */
void pv_disconnect(struct pv_front *front);
/*
 * Give the device up: disconnect, and fail what is under way, and what comes later. Returns how
 * many requests or pieces of frames cannot be: the back-end still uses their pages. Calling it
 * again tries again.
 */
unsigned int pv_abandon(struct pv_front *front);
/* Free it; it is DOWN or GONE and nothing is under way. NULL is fine. */
void pv_free(struct pv_front *front);

/* [any] */
enum pv_state pv_state(const struct pv_front *front);

#endif
