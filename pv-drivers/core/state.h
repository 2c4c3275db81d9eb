/* SPDX-License-Identifier: MIT */
/* Where a front-end stands. */
#ifndef PVKIT_FRONT_STATE_H
#define PVKIT_FRONT_STATE_H

enum pv_state {
    PV_DOWN,      /* no rings */
    PV_PUBLISHED, /* rings are offered to the back-end */
    PV_UP,        /* in use */
    PV_STOPPED,   /* nothing new goes out; what is out may be answered */
    PV_BROKEN,    /* the back-end broke the protocol: only abandoning helps */
    PV_GONE,      /* abandoned: everything is refused */
};

#endif
