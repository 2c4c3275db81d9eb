/* SPDX-License-Identifier: MIT */
/* Between the files of the shim's port: a device, and how it comes to be connected. */
#ifndef SHIM_PORT_FRONT_H
#define SHIM_PORT_FRONT_H

#include <pvkit/xenbus.h>
#include "port.h"

struct port_dev {
    struct pvk_xenbus bus;
    const char *broken; /* why the core wants to be abandoned, until somebody has seen to it */
};

/*
 * Find the `unit`-th device (by number) of `class`, "vbd" or "vif", and begin: from here on
 * port_store_read() works, and front_close() is due. 0, or -XEN_ENODEV: there is none; then, or
 * with another error, nothing was begun.
 */
int front_begin(struct port_dev *dev, const char *class, unsigned int unit,
                const struct pvk_xenbus_ops *ops, void *data);

/*
 * Let it happen: wait for the back-end, some seconds at most. 0, -XEN_EAGAIN: no answer, or why the
 * connection failed.
 */
int front_connect(struct port_dev *dev);

/* Close and wait for the back-end to do the same, for some seconds at most. */
void front_close(struct port_dev *dev);

/* Carry out what XenStore has for us, and report a broken connection. */
void front_serve(struct port_dev *dev);

#endif
