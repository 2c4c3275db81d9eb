/* SPDX-License-Identifier: MIT */
#include "front.h"
#include "kernel.h"
#include "pv_ops.h"
#include "xen_platform.h"

#define PATIENCE (10 * NS_PER_SEC)
#define NAMES    512

/* The `unit`-th number, in their order, of a list of names. */
static bool pick(const char *names, uint32_t len, unsigned int unit, unsigned long *number)
{
    unsigned long least = 0, found;

    for (;; unit--, least = found + 1) {
        found = ~0UL;
        for (const char *s = names; s < names + len; s += strlen(s) + 1) {
            unsigned long n = 0;

            for (const char *c = s; *c >= '0' && *c <= '9'; c++)
                n = n * 10 + (unsigned long)(*c - '0');
            if (n >= least && n < found)
                found = n;
        }
        if (found == ~0UL || !unit)
            break;
    }
    *number = found;
    return found != ~0UL;
}

static int find(const char *class, unsigned int unit, char *node, size_t size)
{
    char names[NAMES], dir[24];
    unsigned long number;
    uint32_t len;

    format(dir, sizeof(dir), "device/%s", class);
    if (pvk_xs_directory(xen_store(), 0, dir, names, NAMES - 1, &len))
        return -XEN_ENODEV;
    names[NAMES - 1] = 0;
    if (!pick(names, len, unit, &number))
        return -XEN_ENODEV;
    format(node, size, "%s/%lu", dir, number);
    return 0;
}

/* Serve the store until the device is in `state`, or patience ends. */
static bool wait_for(struct port_dev *dev, unsigned int state)
{
    uint64_t until = pv_ops.time.now() + PATIENCE;

    while (dev->bus.mine != state && !dev->bus.error && pv_ops.time.now() < until)
        xen_store_serve(100 * NS_PER_MS);
    return dev->bus.mine == state;
}

/* ---- XenBus ---- */

static struct port_dev *dev_of(struct pvk_xenbus *bus)
{
    return (struct port_dev *)bus;
}

static int publish(struct pvk_xenbus *bus, uint32_t tx)
{
    return pv_publish(dev_of(bus)->core, tx);
}

static int connect(struct pvk_xenbus *bus)
{
    int rc = pv_connect(dev_of(bus)->core);

    if (!rc)
        dev_of(bus)->changed(dev_of(bus));
    return rc;
}

static void stop(struct pvk_xenbus *bus)
{
    pv_stop(dev_of(bus)->core);
    dev_of(bus)->changed(dev_of(bus));
}

static void disconnect(struct pvk_xenbus *bus)
{
    pv_disconnect(dev_of(bus)->core);
    dev_of(bus)->changed(dev_of(bus));
}

static const struct pvk_xenbus_ops early_ops = {publish, connect, stop, disconnect, true};
static const struct pvk_xenbus_ops bus_ops = {publish, connect, stop, disconnect, false};

int front_begin(struct port_dev *dev, const char *class, unsigned int unit, bool at_once,
                void (*changed)(struct port_dev *dev))
{
    char node[40];
    int rc = xen_platform_start();

    if (!rc)
        rc = find(class, unit, node, sizeof(node));
    dev->changed = changed;
    return rc ? rc
              : pvk_xenbus_open(&dev->bus, xen_store(), PVK_XENBUS_FRONT, node,
                                at_once ? &early_ops : &bus_ops, NULL);
}

int front_connect(struct port_dev *dev)
{
    if (wait_for(dev, XenbusStateConnected))
        return 0;
    return dev->bus.error ? dev->bus.error : -XEN_EAGAIN;
}

bool front_close(struct port_dev *dev)
{
    pvk_xenbus_close(&dev->bus);
    wait_for(dev, XenbusStateClosed);
    pvk_xenbus_release(&dev->bus);
    if (dev->core && pv_abandon(dev->core))
        return false;
    pv_free(dev->core);
    return true;
}

void front_serve(struct port_dev *dev)
{
    const char *why = dev->broken;

    if (why) {
        dev->broken = NULL;
        pv_abandon(dev->core);
        printk("xen: %s: %s\n", dev->bus.node, why);
        pvk_xenbus_fail(&dev->bus, -XEN_EINVAL, why);
    }
    xen_store_serve(0);
}
