/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * Linux's side of port.h. A driver's structure begins with struct port_dev; front.c keeps the state
 * and calls the driver, port.c serves the core. Where devices come from, and by what means they
 * reach their back-ends, is a bus: Linux's own XenBus (xen.c), or that of pv_shim.ko.
 */
#ifndef PVKIT_LINUX_FRONT_H
#define PVKIT_LINUX_FRONT_H

#include <linux/device.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>

#include "pv_front.h"

struct front_driver;

struct port_dev {
    struct device *device; /* on the bus */
    const struct front_driver *driver;
    struct pv_front *core;
    struct mutex lock;
    struct work_struct step, broken;
    const char *why;        /* it is broken */
    void *watch;            /* the bus's; NULL: nothing is watched */
    unsigned int mine;      /* XenbusState*, by the tables of docs/xenbus.md */
    unsigned int comebacks; /* closings by the back-end since the last connection */
    bool live;              /* something to disconnect */
    bool ending;            /* no new connection */
    bool gone;              /* abandoned */
    bool left;              /* the bus has taken the device back: a late step does nothing */
    bool held;              /* for ever: the back-end does not let go of memory */
    bool again, unheard;    /* closing only to begin anew: hypercall/xenbus.c */
};

/* A probed device, whose `device` and `driver` are set, is Initialising. Returns it. */
struct port_dev *front_begin(struct port_dev *dev, struct pv_front *core);
/* What a bus calls when the other end's state has changed: do what the two states ask for. */
void front_step(struct port_dev *dev);
/* The same later, from any context: the device is not busy any more. */
void front_step_later(struct port_dev *dev);
/* For who called that: wait for it, before the memory goes. */
void front_step_wait(struct port_dev *dev);
/* What a bus calls after suspension: everything shared is gone; connect again. */
int front_resume(struct port_dev *dev);
/* What a bus calls when the device is to go: let go of it, now, and have the driver forget it. */
void front_remove(struct port_dev *dev);

/* What a bus calls when what is watched has changed. */
void front_look(struct port_dev *dev);

/* ---- drivers ---- */

/* A driver of devices of one type. All may sleep, one at a time, with the device's lock held. */
struct front_driver {
    const char *type; /* "vbd" */
    const char *name; /* the module's */
    struct module *owner;
    /* Connected where others are Initialised; see docs/xenbus.md. */
    bool at_once;
    const char *watch; /* a key in the back-end's directory, or NULL */
    /* A device is there: front_begin() and return it; NULL: it cannot be used. No lock. */
    struct port_dev *(*probe)(struct device *device, const struct front_driver *driver);
    /* It is connected. 0 or a negative error. */
    int (*connected)(struct port_dev *dev);
    /* It is not any more, or for ever (dev->gone), or what is watched has changed. */
    void (*changed)(struct port_dev *dev);
    /* True while somebody uses the device, so that it should not go away; NULL: never. */
    bool (*busy)(struct port_dev *dev);
    /* It is gone: free it, unless it is held. No lock. */
    void (*remove)(struct port_dev *dev);
    void *bus; /* the bus's own */
};

/* Drive such devices of the bus there is. -ENODEV: there is none. */
int front_register(struct front_driver *driver);
void front_unregister(struct front_driver *driver);

/* ---- buses ---- */

/* A channel; the bus sets port, and has irq or own for itself. */
struct port_event {
    struct port_dev *dev;
    u32 port;
    int irq;
    void *own;
    port_event_fn *fn;
    void *data;
};

/* What a bus does; the same as in port.h, but for what is said here. */
struct front_bus {
    struct module *owner;
    int (*add_driver)(struct front_driver *driver);
    void (*remove_driver)(struct front_driver *driver);
    int (*grant)(struct port_dev *dev, struct port_page *page, bool readonly,
                 struct port_grant *out);
    bool (*grant_end)(struct port_dev *dev, struct port_grant grant);
    void (*grant_end_free)(struct port_dev *dev, struct port_grant grant, struct port_page *page);
    /* Everything but event->port is set; 0 or a negative error. */
    int (*event_open)(struct port_event *event, unsigned int queue);
    void (*event_close)(struct port_event *event);
    void (*event_notify)(struct port_event *event);
    int (*store_read)(struct port_dev *dev, enum port_dir dir, const char *key, char *value,
                      size_t size);
    int (*store_write)(struct port_dev *dev, u32 tx, const char *key, const char *value);
    int (*store_remove)(struct port_dev *dev, u32 tx, const char *key);
    /* A transaction. end: -EAGAIN: it met a conflict, and nothing was done. */
    int (*begin)(struct port_dev *dev, u32 *tx);
    int (*end)(struct port_dev *dev, u32 tx, bool commit);
    /* Our state becomes this XenbusState*. */
    void (*set_state)(struct port_dev *dev, unsigned int state);
    /* The device failed: say so where its operator looks, and become Closing. */
    void (*fail)(struct port_dev *dev, int error, const char *what);
    /* Set dev->watch and have front_look() called; undo that. */
    int (*watch)(struct port_dev *dev, const char *key);
    void (*unwatch)(struct port_dev *dev);
};

/* Linux's XenBus, of a kernel that was booted as a guest of Xen. */
extern const struct front_bus front_xen;
/* Give back what it has in reserve, when no device is left. */
void front_xen_end(void);

/*
 * Make `bus` the one there is. -EBUSY: Linux has its own, or there is another. Its owner stays as
 * long as there are drivers; when none is left it may take the bus away again.
 */
int front_use(const struct front_bus *bus);
void front_unuse(const struct front_bus *bus);
/* The one there is, or NULL; stays while a driver is registered. */
const struct front_bus *front_bus(void);

#endif
