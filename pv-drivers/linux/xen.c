// SPDX-License-Identifier: MIT OR GPL-2.0
/* The bus of a Linux that runs as a guest of Xen: its own XenBus, event channels and grants. */
#include <linux/interrupt.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <xen/events.h>
#include <xen/grant_table.h>
#include <xen/page.h>
#include <xen/xenbus.h>

#include "front.h"

/* ---- drivers ---- */

struct xen_driver {
    struct xenbus_driver driver;
    struct front_driver *front;
    struct xenbus_device_id ids[2]; /* the last one is empty */
};

static struct xenbus_device *xdev_of(const struct port_dev *dev)
{
    return to_xenbus_device(dev->device);
}

static int probe(struct xenbus_device *xdev, const struct xenbus_device_id *id)
{
    struct xen_driver *x =
        container_of(to_xenbus_driver(xdev->dev.driver), struct xen_driver, driver);
    struct port_dev *dev = x->front->probe(&xdev->dev, x->front);

    if (!dev)
        return -ENOMEM;
    dev_set_drvdata(&xdev->dev, dev);
    return 0;
}

static void remove(struct xenbus_device *xdev)
{
    front_remove(dev_get_drvdata(&xdev->dev));
}

static int resume(struct xenbus_device *xdev)
{
    return front_resume(dev_get_drvdata(&xdev->dev));
}

static void changed(struct xenbus_device *xdev, enum xenbus_state state)
{
    front_step(dev_get_drvdata(&xdev->dev));
}

static int add_driver(struct front_driver *front)
{
    struct xen_driver *x = kzalloc(sizeof(*x), GFP_KERNEL);
    int rc;

    if (!x)
        return -ENOMEM;
    x->front = front;
    strscpy(x->ids[0].devicetype, front->type, sizeof(x->ids[0].devicetype));
    x->driver = (struct xenbus_driver){
        .name = front->type,
        .ids = x->ids,
        .probe = probe,
        .remove = remove,
        .resume = resume,
        .otherend_changed = changed,
    };
    rc = __xenbus_register_frontend(&x->driver, front->owner, front->name);
    if (rc)
        kfree(x);
    else
        front->bus = x;
    return rc;
}

static void remove_driver(struct front_driver *front)
{
    struct xen_driver *x = front->bus;

    xenbus_unregister_driver(&x->driver);
    kfree(x);
}

/* ---- grants ---- */

/* Numbers of grants, taken from Linux's list by the dozen, which has one lock for all. */
#define RESERVE 32

static DEFINE_PER_CPU(
    struct {
        grant_ref_t head;
        unsigned int left;
    },
    reserve);

static int take_ref(void)
{
    int ref = -ENOSPC;
    unsigned long flags;

    local_irq_save(flags);
    if (!this_cpu_read(reserve.left) &&
        !gnttab_alloc_grant_references(RESERVE, this_cpu_ptr(&reserve.head)))
        this_cpu_write(reserve.left, RESERVE);
    if (this_cpu_read(reserve.left)) {
        this_cpu_dec(reserve.left);
        ref = gnttab_claim_grant_reference(this_cpu_ptr(&reserve.head));
    }
    local_irq_restore(flags);
    return ref;
}

void front_xen_end(void)
{
    int cpu;

    for_each_possible_cpu(cpu) if (per_cpu(reserve.left, cpu))
        gnttab_free_grant_references(per_cpu(reserve.head, cpu));
}

static int grant(struct port_dev *dev, struct port_page *page, bool readonly,
                 struct port_grant *out)
{
    int ref = take_ref();

    if (ref < 0)
        return -ENOSPC;
    gnttab_grant_foreign_access_ref(ref, xdev_of(dev)->otherend_id,
                                    xen_page_to_gfn((struct page *)page), readonly);
    *out = (struct port_grant){ref, 0};
    return 0;
}

static bool grant_end(struct port_dev *dev, struct port_grant grant)
{
    return gnttab_try_end_foreign_access(grant.ref);
}

/* Linux keeps a list of those that are still in use, and looks again from time to time. */
static void grant_end_free(struct port_dev *dev, struct port_grant grant, struct port_page *page)
{
    gnttab_end_foreign_access(grant.ref, (struct page *)page);
}

/* ---- events ---- */

static irqreturn_t handle(int irq, void *cookie)
{
    struct port_event *event = cookie;

    xen_irq_lateeoi(irq, event->fn(event->data) ? 0 : XEN_EOI_FLAG_SPURIOUS);
    return IRQ_HANDLED;
}

static int event_open(struct port_event *event, unsigned int queue)
{
    struct xenbus_device *xdev = xdev_of(event->dev);
    int rc = xenbus_alloc_evtchn(xdev, &event->port);

    if (rc)
        return rc;
    event->irq =
        bind_evtchn_to_irqhandler_lateeoi(event->port, handle, 0, dev_name(&xdev->dev), event);
    if (event->irq >= 0)
        return 0;
    xenbus_free_evtchn(xdev, event->port);
    return event->irq;
}

static void event_close(struct port_event *event)
{
    unbind_from_irqhandler(event->irq, event); /* closes the channel, too */
}

static void event_notify(struct port_event *event)
{
    notify_remote_via_irq(event->irq);
}

/* ---- XenStore ---- */

static int store_read(struct port_dev *dev, enum port_dir dir, const char *key, char *value,
                      size_t size)
{
    struct xenbus_device *xdev = xdev_of(dev);
    unsigned int len;
    char *text =
        xenbus_read(XBT_NIL, dir == PORT_OURS ? xdev->nodename : xdev->otherend, key, &len);
    int rc = 0;

    if (IS_ERR(text))
        return PTR_ERR(text);
    if (len < size)
        memcpy(value, text, len + 1);
    else
        rc = -E2BIG;
    kfree(text);
    return rc;
}

static int store_write(struct port_dev *dev, u32 tx, const char *key, const char *value)
{
    struct xenbus_transaction t = {tx};

    return xenbus_printf(t, xdev_of(dev)->nodename, key, "%s", value);
}

static int store_remove(struct port_dev *dev, u32 tx, const char *key)
{
    struct xenbus_transaction t = {tx};

    return xenbus_rm(t, xdev_of(dev)->nodename, key);
}

static int begin(struct port_dev *dev, u32 *tx)
{
    struct xenbus_transaction t;
    int rc = xenbus_transaction_start(&t);

    *tx = t.id;
    return rc;
}

static int end(struct port_dev *dev, u32 tx, bool commit)
{
    return xenbus_transaction_end((struct xenbus_transaction){tx}, !commit);
}

static void set_state(struct port_dev *dev, unsigned int state)
{
    if (state == XenbusStateClosed)
        xenbus_frontend_closed(xdev_of(dev));
    else
        xenbus_switch_state(xdev_of(dev), state);
}

static void fail(struct port_dev *dev, int error, const char *what)
{
    xenbus_dev_fatal(xdev_of(dev), error, "%s", what);
}

/* ---- watches ---- */

struct xen_watch {
    struct xenbus_watch watch;
    struct port_dev *dev;
};

static void fired(struct xenbus_watch *watch, const char *path, const char *token)
{
    front_look(container_of(watch, struct xen_watch, watch)->dev);
}

static int watch(struct port_dev *dev, const char *key)
{
    struct xen_watch *w = kzalloc(sizeof(*w), GFP_KERNEL);
    int rc;

    if (!w)
        return -ENOMEM;
    w->dev = dev;
    rc = xenbus_watch_pathfmt(xdev_of(dev), &w->watch, NULL, fired, "%s/%s", xdev_of(dev)->otherend,
                              key);
    if (rc)
        kfree(w);
    else
        dev->watch = w;
    return rc;
}

static void unwatch(struct port_dev *dev)
{
    struct xen_watch *w = dev->watch;

    unregister_xenbus_watch(&w->watch);
    kfree(w->watch.node);
    kfree(w);
}

const struct front_bus front_xen = {
    .owner = THIS_MODULE,
    .add_driver = add_driver,
    .remove_driver = remove_driver,
    .grant = grant,
    .grant_end = grant_end,
    .grant_end_free = grant_end_free,
    .event_open = event_open,
    .event_close = event_close,
    .event_notify = event_notify,
    .store_read = store_read,
    .store_write = store_write,
    .store_remove = store_remove,
    .begin = begin,
    .end = end,
    .set_state = set_state,
    .fail = fail,
    .watch = watch,
    .unwatch = unwatch,
};
