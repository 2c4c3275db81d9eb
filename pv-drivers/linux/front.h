/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * Linux's side of port.h: a front-end's device on Linux's XenBus. A driver's structure begins with
 * struct port_dev; front.c keeps the state and calls the driver, port.c serves the core.
 */
#ifndef PVKIT_LINUX_FRONT_H
#define PVKIT_LINUX_FRONT_H

#include <linux/mutex.h>
#include <linux/workqueue.h>
#include <xen/xenbus.h>

#include "port.h"

/* What a driver does; all may sleep, one at a time, with the device's lock held. */
struct front_ops {
    /* Write our parameters within the transaction `tx`; called again after a conflict. */
    int (*publish)(struct port_dev *dev, u32 tx);
    /* The back-end's directory is complete: read it, start. */
    int (*connect)(struct port_dev *dev);
    /* Nothing new goes out. */
    void (*stop)(struct port_dev *dev);
    /* Let go of everything shared; what is under way may be kept for the next connection. */
    void (*disconnect)(struct port_dev *dev);
    /* The device is not to come back: fail what is under way. Called once or never. */
    void (*abandon)(struct port_dev *dev);
    /* True while somebody uses the device, so that it should not go away; NULL: never. */
    bool (*busy)(struct port_dev *dev);
    /* Connected where others are Initialised; see docs/xenbus.md. */
    bool at_once;
};

struct port_dev {
    struct xenbus_device *xdev;
    const struct front_ops *ops;
    struct mutex lock;
    struct work_struct step, broken;
    const char *why;        /* it is broken */
    unsigned int mine;      /* XenbusState*, by the tables of docs/xenbus.md */
    unsigned int comebacks; /* closings by the back-end since the last connection */
    bool live;              /* something to disconnect */
    bool ending;            /* no new connection */
    bool gone;              /* abandoned */
    bool again, unheard;    /* closing only to begin anew: hypercall/xenbus.c */
};

/* A probed device is Initialising and takes its first step. */
void front_begin(struct port_dev *dev, struct xenbus_device *xdev, const struct front_ops *ops);
/* What xenbus_driver.otherend_changed calls: do what the two states ask for. */
void front_step(struct port_dev *dev);
/* The same later, from any context: the device is not busy any more. */
void front_step_later(struct port_dev *dev);
/* After xenbus_driver.resume: everything shared is gone; connect again. */
int front_resume(struct port_dev *dev);
/* For xenbus_driver.remove: let go, now. The driver's functions are not called after this. */
void front_end(struct port_dev *dev);

#endif
