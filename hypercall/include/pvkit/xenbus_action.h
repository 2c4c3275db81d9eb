/* SPDX-License-Identifier: MIT */
/*
 * What an end of a XenBus device does on seeing the other's state: the tables of docs/xenbus.md,
 * without the client that carries them out (xenbus.h), for kernels that have their own.
 */
#ifndef PVKIT_XENBUS_ACTION_H
#define PVKIT_XENBUS_ACTION_H

#define PVK_XENBUS_STATES 9

enum pvk_xenbus_end { PVK_XENBUS_FRONT, PVK_XENBUS_BACK };

enum pvk_xenbus_action {
    PVK_XENBUS_WAIT,    /* nothing to do until the other moves */
    PVK_XENBUS_PUBLISH, /* write what the other needs; front: Initialised, back: InitWait */
    PVK_XENBUS_CONNECT, /* read what the other wrote, become Connected */
    PVK_XENBUS_RESTART, /* the other begins anew: let go of the old rings, become Initialising */
    PVK_XENBUS_CLOSING, /* stop taking work, become Closing */
    PVK_XENBUS_CLOSED,  /* let go of everything, become Closed */
};

/* The answer to a pair of XenbusState*. A state that is none counts as Unknown. */
enum pvk_xenbus_action pvk_xenbus_action(enum pvk_xenbus_end end, unsigned int mine,
                                         unsigned int theirs);

#endif
