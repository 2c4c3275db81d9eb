/* SPDX-License-Identifier: MIT */
/* docs/xenbus.md in C: what to do, by the own state (row) and the other's (column). */
#include <pvkit/xenbus_action.h>
#include <stdint.h>
#include <xen/io/xenbus.h>

enum {
    W = PVK_XENBUS_WAIT,
    P = PVK_XENBUS_PUBLISH,
    C = PVK_XENBUS_CONNECT,
    R = PVK_XENBUS_RESTART,
    S = PVK_XENBUS_CLOSING,
    E = PVK_XENBUS_CLOSED,
};

/* clang-format off */
static const uint8_t table[2][PVK_XENBUS_STATES][PVK_XENBUS_STATES] = {
    [PVK_XENBUS_FRONT] = {
        /*                  theirs:   Unkn Ing  Wait Ised Conn Clsg Clsd Rcfg Rcfd */
        [XenbusStateInitialising] = { W,   W,   P,   P,   S,   S,   W,   S,   S },
        [XenbusStateInitialised]  = { E,   W,   W,   W,   C,   S,   E,   C,   C },
        [XenbusStateConnected]    = { E,   S,   S,   W,   W,   S,   E,   W,   W },
        [XenbusStateClosing]      = { E,   E,   E,   E,   W,   E,   E,   W,   W },
        [XenbusStateClosed]       = { W,   R,   R,   W,   W,   W,   R,   W,   W },
    },
    [PVK_XENBUS_BACK] = {
        [XenbusStateInitialising] = { P,   P,   P,   P,   P,   E,   E,   P,   P },
        [XenbusStateInitWait]     = { E,   W,   W,   C,   C,   S,   E,   C,   C },
        [XenbusStateConnected]    = { E,   R,   R,   W,   W,   S,   E,   W,   W },
        [XenbusStateClosing]      = { E,   R,   R,   W,   W,   W,   E,   W,   W },
        [XenbusStateClosed]       = { W,   R,   W,   R,   W,   W,   W,   W,   W },
    },
};
/* clang-format on */

enum pvk_xenbus_action pvk_xenbus_action(enum pvk_xenbus_end end, unsigned int mine,
                                         unsigned int theirs)
{
    if (mine >= PVK_XENBUS_STATES)
        return PVK_XENBUS_WAIT;
    if (theirs >= PVK_XENBUS_STATES)
        theirs = XenbusStateUnknown;
    return (enum pvk_xenbus_action)table[end][mine][theirs];
}
