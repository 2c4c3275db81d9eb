// SPDX-License-Identifier: MIT OR GPL-2.0
/*
 * A front-end's way through the states of XenBus, by the table of docs/xenbus.md, and the module
 * that both drivers need: the port and what the front-ends have in common.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <xen/interface/io/xenbus.h>
#include <xen/xen.h>

#include "front.h"
#include "pvkit/xenbus_action.h"

#define STEPS       8    /* one change leads to more on our side, never to so many */
#define COMEBACKS   16   /* closings by the back-end in a row, without a connection between them */
#define PATIENCE_MS 5000 /* for a back-end to let go */

/* A number in the back-end's directory; `otherwise` if there is none. */
static unsigned int read_number(struct port_dev *dev, const char *key, unsigned int otherwise)
{
    char text[12];
    unsigned int n;

    if (port_store_read(dev, PORT_THEIRS, key, text, sizeof(text)) || kstrtouint(text, 10, &n))
        return otherwise;
    return n;
}

static bool begins(unsigned int state)
{
    return state == XenbusStateInitialising || state == XenbusStateInitWait;
}

/* It closes, but the device is not taken away: a back-end that begins anew. */
static bool comes_back(struct port_dev *dev, unsigned int theirs)
{
    if (dev->ending || dev->comebacks == COMEBACKS ||
        (theirs != XenbusStateClosing && theirs != XenbusStateClosed))
        return false;
    return read_number(dev, "online", 0) == 1;
}

static void become(struct port_dev *dev, unsigned int state)
{
    dev->mine = state;
    front_bus()->set_state(dev, state);
}

static void stop(struct port_dev *dev)
{
    if (!dev->live)
        return;
    pv_stop(dev->core);
    dev->driver->changed(dev);
}

static void disconnect(struct port_dev *dev)
{
    if (dev->live)
        pv_disconnect(dev->core);
    dev->live = false;
}

/* The back-end may keep memory for a while; for ever, only if it means ill: then it stays its. */
static void abandon(struct port_dev *dev)
{
    unsigned int held = 0;

    dev->live = false;
    if (dev->gone)
        return;
    for (unsigned int ms = 0; ms < PATIENCE_MS; ms += 10) {
        held = pv_abandon(dev->core);
        if (!held)
            break;
        msleep(10);
    }
    if (held) {
        dev_err(dev->device, "the back-end keeps memory of %u requests\n", held);
        __module_get(dev->driver->owner);
    }
    dev->held = held;
    dev->gone = true;
    dev->driver->changed(dev);
}

static void fail(struct port_dev *dev, int error, const char *what)
{
    dev->ending = true;
    front_bus()->fail(dev, error, what);
    dev->mine = XenbusStateClosing;
}

static void do_publish(struct port_dev *dev)
{
    const struct front_bus *bus = front_bus();
    u32 tx;
    int rc;

    dev->live = true;
    do {
        rc = bus->begin(dev, &tx);
        if (rc)
            break;
        rc = pv_publish(dev->core, tx);
        if (rc)
            bus->end(dev, tx, false);
        else
            rc = bus->end(dev, tx, true);
    } while (rc == -EAGAIN);
    if (rc) {
        fail(dev, rc, "publishing the device's parameters");
        return;
    }
    become(dev, dev->driver->at_once ? XenbusStateConnected : XenbusStateInitialised);
    dev->mine = XenbusStateInitialised;
}

static void do_connect(struct port_dev *dev)
{
    int rc = pv_connect(dev->core);

    if (!rc)
        rc = dev->driver->connected(dev);
    if (!rc && dev->driver->watch && !dev->watch)
        front_bus()->watch(dev, dev->driver->watch);
    if (rc) {
        fail(dev, rc, "connecting to the back-end");
        return;
    }
    dev->comebacks = 0;
    become(dev, XenbusStateConnected);
}

static void do_closing(struct port_dev *dev, unsigned int theirs)
{
    bool back = comes_back(dev, theirs);

    dev->comebacks += back;
    dev->unheard = begins(theirs);
    dev->again |= !dev->ending && (dev->mine == XenbusStateInitialising || dev->unheard || back);
    stop(dev);
    become(dev, XenbusStateClosing);
}

static void do_closed(struct port_dev *dev, unsigned int theirs)
{
    if (dev->mine != XenbusStateClosing && comes_back(dev, theirs)) {
        dev->comebacks++;
        dev->again = true;
    }
    disconnect(dev);
    if (!dev->again)
        abandon(dev);
    become(dev, XenbusStateClosed);
}

static void act(struct port_dev *dev, enum pvk_xenbus_action action, unsigned int theirs)
{
    switch (action) {
    case PVK_XENBUS_PUBLISH:
        do_publish(dev);
        break;
    case PVK_XENBUS_CONNECT:
        do_connect(dev);
        break;
    case PVK_XENBUS_RESTART:
        dev->again = false;
        disconnect(dev);
        become(dev, XenbusStateInitialising);
        break;
    case PVK_XENBUS_CLOSING:
        do_closing(dev, theirs);
        break;
    case PVK_XENBUS_CLOSED:
        do_closed(dev, theirs);
        break;
    case PVK_XENBUS_WAIT:
        break;
    }
}

/* Who has ended does not begin again by itself, and who is in use does not go. */
static bool allowed(struct port_dev *dev, enum pvk_xenbus_action action, unsigned int theirs)
{
    if (action == PVK_XENBUS_CLOSING && theirs == XenbusStateClosing && !dev->ending &&
        dev->driver->busy && dev->driver->busy(dev) && !comes_back(dev, theirs))
        return false;
    if (action == PVK_XENBUS_RESTART && dev->mine == XenbusStateClosed)
        return !dev->ending && !dev->gone && (begins(theirs) ? !dev->unheard : dev->again);
    if (action == PVK_XENBUS_CLOSING || action == PVK_XENBUS_CLOSED)
        return true;
    return action != PVK_XENBUS_WAIT && !dev->ending;
}

void front_step(struct port_dev *dev)
{
    mutex_lock(&dev->lock);
    for (unsigned int i = 0; i < STEPS && !dev->left; i++) {
        unsigned int theirs = read_number(dev, "state", XenbusStateUnknown);
        enum pvk_xenbus_action action;

        dev->unheard &= begins(theirs);
        action = pvk_xenbus_action(PVK_XENBUS_FRONT, dev->mine, theirs);
        if (!allowed(dev, action, theirs))
            break;
        act(dev, action, theirs);
    }
    mutex_unlock(&dev->lock);
}
EXPORT_SYMBOL_GPL(front_step);

static void step_work(struct work_struct *work)
{
    front_step(container_of(work, struct port_dev, step));
}

void front_step_later(struct port_dev *dev)
{
    schedule_work(&dev->step);
}
EXPORT_SYMBOL_GPL(front_step_later);

void front_step_wait(struct port_dev *dev)
{
    cancel_work_sync(&dev->step);
}
EXPORT_SYMBOL_GPL(front_step_wait);

static void broken_work(struct work_struct *work)
{
    struct port_dev *dev = container_of(work, struct port_dev, broken);

    mutex_lock(&dev->lock);
    fail(dev, -EPROTO, dev->why);
    abandon(dev);
    mutex_unlock(&dev->lock);
    front_step(dev);
}

struct port_dev *front_begin(struct port_dev *dev, struct pv_front *core)
{
    dev->core = core;
    mutex_init(&dev->lock);
    INIT_WORK(&dev->step, step_work);
    INIT_WORK(&dev->broken, broken_work);
    become(dev, XenbusStateInitialising); /* it is Closed after an earlier driver */
    return dev;
}
EXPORT_SYMBOL_GPL(front_begin);

int front_resume(struct port_dev *dev)
{
    mutex_lock(&dev->lock);
    if (!dev->gone) {
        stop(dev);
        disconnect(dev);
        dev->again = dev->unheard = false;
        become(dev, XenbusStateInitialising);
    }
    mutex_unlock(&dev->lock);
    front_step(dev);
    return 0;
}
EXPORT_SYMBOL_GPL(front_resume);

void front_remove(struct port_dev *dev)
{
    if (dev->watch)
        front_bus()->unwatch(dev);
    cancel_work_sync(&dev->step);
    mutex_lock(&dev->lock);
    dev->ending = true;
    if (dev->mine != XenbusStateClosing && dev->mine != XenbusStateClosed)
        do_closing(dev, XenbusStateUnknown);
    mutex_unlock(&dev->lock);
    for (unsigned int ms = 0; dev->mine != XenbusStateClosed && ms < PATIENCE_MS; ms += 10) {
        front_step(dev);
        if (dev->mine != XenbusStateClosed)
            msleep(10);
    }
    mutex_lock(&dev->lock);
    disconnect(dev);
    abandon(dev);
    dev->left = true;
    mutex_unlock(&dev->lock);
    cancel_work_sync(&dev->broken);
    dev->driver->remove(dev);
}
EXPORT_SYMBOL_GPL(front_remove);

void front_look(struct port_dev *dev)
{
    mutex_lock(&dev->lock);
    if (!dev->gone)
        dev->driver->changed(dev);
    mutex_unlock(&dev->lock);
}
EXPORT_SYMBOL_GPL(front_look);

static int __init front_module(void)
{
    return xen_domain() ? front_use(&front_xen) : 0;
}
module_init(front_module);

static void __exit front_module_end(void)
{
    front_xen_end();
}
module_exit(front_module_end);

MODULE_DESCRIPTION("pvkit: what the PV front-ends have in common");
MODULE_LICENSE("Dual MIT/GPL");
