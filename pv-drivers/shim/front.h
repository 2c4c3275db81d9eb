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
 * Connect the `unit`-th device (by number) of `class`, "vbd" or "vif": wait until the back-end is
 * there, or for some seconds. 0, -XEN_ENODEV: there is none, -XEN_EAGAIN: no answer, or why the
 * connection failed. With an error nothing is left open but what `ops` was told to disconnect.
 */
int front_open(struct port_dev *dev, const char *class, unsigned int unit,
               const struct pvk_xenbus_ops *ops, void *data);

/* Close and wait for the back-end to do the same, for some seconds at most. */
void front_close(struct port_dev *dev);

/* Carry out what XenStore has for us, and report a broken connection. */
void front_serve(struct port_dev *dev);

#endif
