/* SPDX-License-Identifier: MIT */
/* Devices on XenBus: carry out what the tables say. */
#include <pvkit/arch.h>
#include <pvkit/xenbus.h>

#include "string.h"

#define TRIES     16 /* of a transaction */
#define STEPS     8  /* one change leads to more on our side, never to so many */
#define COMEBACKS 16 /* closings by the back-end in a row, without a connection between them */

static bool join(char *out, const char *dir, const char *name)
{
    uint32_t a = str_size(dir) - 1, b = str_size(name);

    if (a + 1 + b > PVK_XENBUS_PATH)
        return false;
    for (uint32_t i = 0; i < a; i++)
        out[i] = dir[i];
    out[a] = '/';
    for (uint32_t i = 0; i < b; i++)
        out[a + 1 + i] = name[i];
    return true;
}

static unsigned int read_state(struct pvk_xenbus *dev)
{
    uint64_t state;

    if (pvk_xs_read_number(dev->xs, 0, dev->other_state, NULL, &state) ||
        state >= PVK_XENBUS_STATES)
        return XenbusStateUnknown;
    return (unsigned int)state;
}

static bool begins(unsigned int state)
{
    return state == XenbusStateInitialising || state == XenbusStateInitWait;
}

/* The back-end closes, but not because the device is taken away: the front-end may begin anew. */
static bool comes_back(struct pvk_xenbus *dev)
{
    uint64_t online;

    if (dev->end != PVK_XENBUS_FRONT || dev->close || dev->comebacks == COMEBACKS ||
        (dev->theirs != XenbusStateClosing && dev->theirs != XenbusStateClosed))
        return false;
    if (pvk_xs_read_number(dev->xs, 0, dev->other, "online", &online) || online != 1)
        return false;
    dev->comebacks++;
    return true;
}

static int become(struct pvk_xenbus *dev, unsigned int state)
{
    int rc = dev->mine == state ? 0 : pvk_xs_write_number(dev->xs, 0, dev->node, "state", state);

    dev->mine = state;
    return rc;
}

static void disconnect(struct pvk_xenbus *dev)
{
    if (dev->live)
        dev->ops->disconnect(dev);
    dev->live = false;
}

/* What a driver writes and its state appear at once. */
static int publish(struct pvk_xs *xs, uint32_t tx, void *data)
{
    struct pvk_xenbus *dev = data;
    unsigned int state = dev->end == PVK_XENBUS_BACK ? XenbusStateInitWait
                         : dev->ops->at_once         ? XenbusStateConnected
                                                     : XenbusStateInitialised;
    int rc = dev->ops->publish(dev, tx);

    return rc ? rc : pvk_xs_write_number(xs, tx, dev->node, "state", state);
}

static void do_publish(struct pvk_xenbus *dev)
{
    int rc;

    dev->live = true;
    rc = pvk_xs_transact(dev->xs, publish, dev, TRIES);
    if (rc)
        pvk_xenbus_fail(dev, rc, "publishing the device's parameters");
    else
        dev->mine = dev->end == PVK_XENBUS_FRONT ? XenbusStateInitialised : XenbusStateInitWait;
}

static void do_connect(struct pvk_xenbus *dev)
{
    int rc;

    dev->live = true;
    rc = dev->ops->connect(dev);
    if (rc) {
        pvk_xenbus_fail(dev, rc, "connecting to the other end");
        return;
    }
    dev->comebacks = 0;
    become(dev, XenbusStateConnected);
}

static void do_closing(struct pvk_xenbus *dev)
{
    if (dev->live && dev->ops->stop)
        dev->ops->stop(dev);
    become(dev, XenbusStateClosing);
}

static void act(struct pvk_xenbus *dev, enum pvk_xenbus_action action)
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
        dev->unheard = begins(dev->theirs);
        dev->again |= dev->mine == XenbusStateInitialising || dev->unheard || comes_back(dev);
        do_closing(dev);
        break;
    case PVK_XENBUS_CLOSED:
        if (dev->mine != XenbusStateClosing)
            dev->again |= comes_back(dev);
        disconnect(dev);
        become(dev, XenbusStateClosed);
        break;
    case PVK_XENBUS_WAIT:
        break;
    }
}

/* Who has ended, or failed, does not begin again by itself. */
static bool allowed(const struct pvk_xenbus *dev, enum pvk_xenbus_action action)
{
    if (action == PVK_XENBUS_RESTART && dev->mine == XenbusStateClosed)
        return !dev->close && (begins(dev->theirs) ? !dev->unheard : dev->again);
    if (action == PVK_XENBUS_CLOSING || action == PVK_XENBUS_CLOSED)
        return true;
    return action != PVK_XENBUS_WAIT && !dev->close;
}

void pvk_xenbus_step(struct pvk_xenbus *dev)
{
    for (unsigned int i = 0; i < STEPS; i++) {
        enum pvk_xenbus_action action;

        dev->theirs = read_state(dev);
        dev->unheard &= begins(dev->theirs);
        action = pvk_xenbus_action(dev->end, dev->mine, dev->theirs);
        if (!allowed(dev, action))
            return;
        act(dev, action);
    }
}

static void changed(struct pvk_xs_watch *watch)
{
    pvk_xenbus_step(watch->data);
}

static int find_other(struct pvk_xenbus *dev)
{
    bool front = dev->end == PVK_XENBUS_FRONT;
    uint64_t id;
    int rc = pvk_xs_read(dev->xs, 0, dev->node, front ? "backend" : "frontend", dev->other,
                         sizeof(dev->other));

    if (!rc)
        rc = pvk_xs_read_number(dev->xs, 0, dev->node, front ? "backend-id" : "frontend-id", &id);
    if (rc)
        return rc;
    if (id >= DOMID_FIRST_RESERVED || !join(dev->other_state, dev->other, "state"))
        return -XEN_EINVAL;
    dev->other_id = (uint16_t)id;
    return 0;
}

int pvk_xenbus_open(struct pvk_xenbus *dev, struct pvk_xs *xs, enum pvk_xenbus_end end,
                    const char *node, const struct pvk_xenbus_ops *ops, void *data)
{
    int rc;

    *dev = (struct pvk_xenbus){.xs = xs, .ops = ops, .data = data, .end = end};
    if (str_size(node) > sizeof(dev->node))
        return -XEN_E2BIG;
    for (uint32_t i = 0; i < str_size(node); i++)
        dev->node[i] = node[i];
    rc = find_other(dev);
    if (!rc)
        rc = become(dev, XenbusStateInitialising);
    if (rc)
        return rc;
    return pvk_xs_watch(xs, &dev->watch, dev->other_state, changed, dev);
}

void pvk_xenbus_close(struct pvk_xenbus *dev)
{
    dev->close = true;
    if (dev->mine != XenbusStateClosed)
        do_closing(dev);
    pvk_xenbus_step(dev);
}

/* "error/<node>/error" holds "<number> <text>", where people and toolstacks look. */
static void report(struct pvk_xenbus *dev, int error, const char *text)
{
    char path[PVK_XENBUS_PATH], value[128];
    uint32_t n = 0, size = str_size(text);
    unsigned int number = (unsigned int)-error % 1000;

    for (unsigned int unit = 100; unit; unit /= 10)
        if (number >= unit || unit == 1)
            value[n++] = (char)('0' + number / unit % 10);
    value[n++] = ' ';
    if (n + size > sizeof(value) || !join(path, "error", dev->node))
        return;
    for (uint32_t i = 0; i < size; i++)
        value[n + i] = text[i];
    pvk_xs_write(dev->xs, 0, path, "error", value);
}

void pvk_xenbus_fail(struct pvk_xenbus *dev, int error, const char *text)
{
    dev->error = error;
    dev->close = true;
    report(dev, error, text);
    do_closing(dev);
}

void pvk_xenbus_release(struct pvk_xenbus *dev)
{
    pvk_xs_unwatch(dev->xs, &dev->watch);
    disconnect(dev);
}
