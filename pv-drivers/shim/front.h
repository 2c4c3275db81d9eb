/* SPDX-License-Identifier: MIT */
/* Between the files of the shim's port: a device, and how it comes to be connected. */
#ifndef SHIM_PORT_FRONT_H
#define SHIM_PORT_FRONT_H

#include <pvkit/xenbus.h>
#include "pv_front.h"

/* A device; its user sets `core` between front_begin() and front_connect(). */
struct port_dev {
    struct pvk_xenbus bus; /* first */
    struct pv_front *core;
    void (*changed)(struct port_dev *dev); /* it is connected, or not any more */
    const char *broken; /* why the core wants to be abandoned, until somebody has seen to it */
};

/*
 * Find the `unit`-th device (by number) of `class`, "vbd" or "vif", and begin: from here on
 * port_store_read() works, and front_close() is due. 0, or -XEN_ENODEV: there is none; then, or
 * with another error, nothing was begun.
 */
int front_begin(struct port_dev *dev, const char *class, unsigned int unit, bool at_once,
                void (*changed)(struct port_dev *dev));

/*
 * Let it happen: wait for the back-end, some seconds at most. 0, -XEN_EAGAIN: no answer, or why the
 * connection failed.
 */
int front_connect(struct port_dev *dev);

/*
 * Close, wait for the back-end to do the same, for some seconds at most, and free the core. False:
 * the back-end still uses memory of what was under way, so that has to stay.
 */
bool front_close(struct port_dev *dev);

/* Carry out what XenStore has for us; abandon a broken connection, and report it. */
void front_serve(struct port_dev *dev);

#endif
