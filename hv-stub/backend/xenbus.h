/* SPDX-License-Identifier: MIT */
/*
 * The back-end's half of XenBus (docs/xenbus.md), the same for all kinds of devices: nodes, the
 * state machine, the domain's end. A device does everything here from one job, so its callbacks
 * never run at once; they are called with no lock held, on any CPU.
 */
#ifndef BACKEND_XENBUS_H
#define BACKEND_XENBUS_H

#include "hv.h"
#include "hv_job.h"

#include <xen/io/xenbus.h>

struct xenbus_dev;

struct xenbus_ops {
    /* Write what front-ends read before they connect. 0 or -XEN_*. */
    int (*publish)(struct xenbus_dev *dev);
    /* The front-end has published: read its nodes, map its rings, serve them. 0, or -XEN_*: it was
     * refused (xenbus_complain() says why), and release() is called for what was done of it. */
    int (*connect)(struct xenbus_dev *dev);
    /* Take no more work and let go of everything of the front-end's. False: not all is back yet;
     * xenbus_wake() when it is. Also called when nothing is connected. */
    bool (*release)(struct xenbus_dev *dev);
    /* It was detached: nothing is left of it, in the store or in use. The struct may serve for
     * another device of this place from here on. */
    void (*removed)(struct xenbus_dev *dev);
};

/* A device that is detached: as toolstacks do it, its node "online" says 0 and "state" Closing, and
 * the ring is served until the front-end has closed; then both directories are removed. */
enum xenbus_detach {
    XENBUS_STAYS,
    XENBUS_DETACH,
    XENBUS_FORCE, /* it does not wait for the front-end */
};

struct xenbus_dev {
    struct domain *d;
    const struct xenbus_ops *ops;
    char front[40], back[48]; /* directories */
    struct job job;
    struct xenbus_dev *next; /* of all devices */
    uint8_t mine;            /* enum xenbus_state; the job's */
    bool orderly;            /* for release(): what the front-end shared is still what it was */
    bool fresh;              /* began anew by itself: the front-end has to follow */
    bool wants_restart;      /* xenbus_restart() */
    bool wants_close;        /* xenbus_fail() */
    bool resumes;            /* the front-end was put back to Initialising */
    bool fixed;              /* emulated hardware of the domain is behind it too: it stays */
    uint8_t detach;          /* enum xenbus_detach */
    bool told_to_close;      /* … and its nodes say so */
    bool gone;               /* the domain has ended, or it was detached */
    bool gone_done;          /* … and nothing of it is left */
};

/* Enter a device of a domain, or of one that starts again: both directories with the nodes every
 * device has, states Initialising. `type` is "vbd" or "vif". The device's own nodes are written
 * then, and xenbus_start() lets the front-end see them. 0 or -XEN_*. */
int xenbus_create(struct xenbus_dev *dev, struct domain *d, const struct xenbus_ops *ops,
                  const char *type, uint32_t number);
int xenbus_start(struct xenbus_dev *dev);
/* Have the state machine look again: something changed, release() has finished. */
void xenbus_wake(struct xenbus_dev *dev);
/* The front-end broke the protocol: say so in the store, close. From anywhere. */
void xenbus_fail(struct xenbus_dev *dev, const char *why);
/* The text alone, for callbacks that fail anyway; err is positive. */
void xenbus_complain(struct xenbus_dev *dev, int err, const char *why);
/* Close and begin anew, as a driver domain does that was replaced. */
void xenbus_restart(struct xenbus_dev *dev);
/* xenbus_create() or what followed failed: remove what there is of it. */
void xenbus_abandon(struct xenbus_dev *dev);
/* … all of these that are connected. */
void xenbus_restart_all(const struct xenbus_ops *ops);
/* The first device, then by ->next; entered at boot only. */
extern struct xenbus_dev *xenbus_devices;

/* What a back-end in state `mine` (Initialising to Closed) does about a front-end in state
 * `theirs`. */
enum xenbus_action {
    XENBUS_WAIT,
    XENBUS_PUBLISH,
    XENBUS_CONNECT,
    XENBUS_RESTART,
    XENBUS_CLOSING,
    XENBUS_CLOSED,
};
enum xenbus_action xenbus_action(uint8_t mine, uint32_t theirs);

/* Do the domain's devices have emulated hardware beside them? */
static inline bool xenbus_emulated(const struct domain *d)
{
    return d->kind != DOMAIN_PV && d->cfg && !d->cfg->pvh;
}

/* ---- nodes: `name` is relative to the front-end's or the back-end's directory */
int xenbus_read(const struct xenbus_dev *dev, const char *name, char *buf, size_t n);
/* A number of the front-end's: 0, -XEN_ENOENT if there is no such node, -XEN_EINVAL if it is not a
 * number. */
int xenbus_read_u32(const struct xenbus_dev *dev, const char *name, uint32_t *value);
int xenbus_write_front(const struct xenbus_dev *dev, const char *name, const char *value);
int xenbus_write(const struct xenbus_dev *dev, const char *name, const char *value);
int xenbus_printf(const struct xenbus_dev *dev, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
