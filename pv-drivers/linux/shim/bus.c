// SPDX-License-Identifier: MIT OR GPL-2.0
/*
 * The devices that XenStore has for this domain, as a Linux bus "pvshim", and what their drivers
 * need (struct front_bus).
 */
#include <linux/device.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "../front.h"
#include "shim.h"

#include <pvkit/hypercall/event.h>
#include <xen/io/xenbus.h>

#define PATH      96          /* of a device's directory, ours or the other end's */
#define KEY       (PATH + 16) /* of a node in it */
#define FRUITLESS 16 /* events in a row that meant nothing, before the channel has to wait */

struct shim_dev {
    struct device dev;
    char node[PATH];  /* "device/vbd/51712" */
    char other[PATH]; /* the back-end's directory */
    domid_t other_id;
    bool seen; /* by the scan under way */
    struct pvk_xs_watch state, looked;
    char state_path[KEY], looked_path[KEY];
    struct work_struct state_work, looked_work;
};

static struct shim_dev *shim_dev_of(struct device *device)
{
    return container_of(device, struct shim_dev, dev);
}

static struct shim_dev *of_port(const struct port_dev *dev)
{
    return shim_dev_of(dev->device);
}

/* ---- drivers ---- */

struct shim_driver {
    struct device_driver driver;
    struct front_driver *front;
};

static struct shim_driver *shim_driver_of(const struct device_driver *driver)
{
    return container_of(driver, struct shim_driver, driver);
}

static int match(struct device *device, COMPAT_MATCH_DRIVER *driver)
{
    const char *type = shim_driver_of(driver)->front->type;
    size_t n = strlen(type);

    return !strncmp(dev_name(device), type, n) && dev_name(device)[n] == '-';
}

static void state_fired(struct pvk_xs_watch *watch)
{
    schedule_work(&((struct shim_dev *)watch->data)->state_work);
}

static void state_changed(struct work_struct *work)
{
    front_step(dev_get_drvdata(&container_of(work, struct shim_dev, state_work)->dev));
}

static int probe(struct device *device)
{
    struct shim_dev *d = shim_dev_of(device);
    struct front_driver *front = shim_driver_of(device->driver)->front;
    struct port_dev *port = front->probe(device, front);
    int rc;

    if (!port)
        return -ENOMEM;
    dev_set_drvdata(device, port);
    rc = shim_store_watch(&d->state, d->state_path, state_fired, d);
    if (rc)
        front_remove(port);
    return rc;
}

static void remove(struct device *device)
{
    struct shim_dev *d = shim_dev_of(device);

    shim_store_unwatch(&d->state);
    cancel_work_sync(&d->state_work);
    front_remove(dev_get_drvdata(device));
}

static struct bus_type bus = {
    .name = "pvshim",
    .match = match,
    .probe = probe,
    .remove = remove,
};

static int add_driver(struct front_driver *front)
{
    struct shim_driver *s = kzalloc(sizeof(*s), GFP_KERNEL);
    int rc;

    if (!s)
        return -ENOMEM;
    s->front = front;
    s->driver.name = front->type;
    s->driver.bus = &bus;
    s->driver.owner = front->owner;
    s->driver.mod_name = front->name;
    rc = driver_register(&s->driver);
    if (rc)
        kfree(s);
    else
        front->bus = s;
    return rc;
}

static void remove_driver(struct front_driver *front)
{
    struct shim_driver *s = front->bus;

    driver_unregister(&s->driver);
    kfree(s);
}

/* ---- grants ---- */

static int grant(struct port_dev *dev, struct port_page *page, bool readonly,
                 struct port_grant *out)
{
    return shim_grant(of_port(dev)->other_id, page, readonly, out);
}

static bool grant_end(struct port_dev *dev, struct port_grant grant)
{
    return shim_grant_end(grant);
}

static void grant_end_free(struct port_dev *dev, struct port_grant grant, struct port_page *page)
{
    shim_grant_end_free(grant, page);
}

/* ---- events ---- */

/* The bus's part of a channel. A back-end whose events mean nothing waits for a tick each time. */
struct channel {
    struct port_event *event;
    unsigned int fruitless;
    struct delayed_work unmask;
};

static void handle(evtchn_port_t port, void *data)
{
    struct channel *c = data;

    if (c->event->fn(c->event->data)) {
        c->fruitless = 0;
    } else if (++c->fruitless >= FRUITLESS) {
        shim_port_mask(port);
        schedule_delayed_work(&c->unmask, 1);
    }
}

static void unmask(struct work_struct *work)
{
    shim_port_unmask(container_of(to_delayed_work(work), struct channel, unmask)->event->port);
}

static int event_open(struct port_event *event, unsigned int queue)
{
    struct channel *c = kzalloc(sizeof(*c), GFP_NOIO);
    int rc;

    if (!c)
        return -ENOMEM;
    c->event = event;
    INIT_DELAYED_WORK(&c->unmask, unmask);
    event->own = c;
    rc = hypercall_evtchn_alloc_unbound(DOMID_SELF, of_port(event->dev)->other_id, &event->port);
    if (rc)
        goto free;
    rc = shim_port_attach(event->port, handle, c);
    if (rc)
        goto close;
    shim_port_unmask(event->port);
    return 0;
close:
    hypercall_evtchn_close(event->port);
free:
    kfree(c);
    return rc;
}

static void event_close(struct port_event *event)
{
    struct channel *c = event->own;

    shim_port_detach(event->port);
    cancel_delayed_work_sync(&c->unmask);
    hypercall_evtchn_close(event->port);
    kfree(c);
}

static void event_notify(struct port_event *event)
{
    hypercall_evtchn_send(event->port);
}

/* ---- XenStore ---- */

static int store_read(struct port_dev *dev, enum port_dir dir, const char *key, char *value,
                      size_t size)
{
    struct shim_dev *d = of_port(dev);

    return shim_store_read(dir == PORT_OURS ? d->node : d->other, key, value, size);
}

static int store_write(struct port_dev *dev, u32 tx, const char *key, const char *value)
{
    return shim_store_write(tx, of_port(dev)->node, key, value);
}

static int store_remove(struct port_dev *dev, u32 tx, const char *key)
{
    return shim_store_remove(tx, of_port(dev)->node, key);
}

static int begin(struct port_dev *dev, u32 *tx)
{
    return shim_store_begin(tx);
}

static int end(struct port_dev *dev, u32 tx, bool commit)
{
    return shim_store_end(tx, commit);
}

/* Of a device that the toolstack has taken away, nothing shall be left. */
static void set_state(struct port_dev *dev, unsigned int state)
{
    char text[4];

    if (store_read(dev, PORT_OURS, "state", text, sizeof(text)) == -ENOENT)
        return;
    snprintf(text, sizeof(text), "%u", state);
    shim_store_write(0, of_port(dev)->node, "state", text);
}

static void fail(struct port_dev *dev, int error, const char *what)
{
    char key[KEY], text[KEY];

    dev_err(dev->device, "%s: %d\n", what, error);
    snprintf(key, sizeof(key), "%s/error", of_port(dev)->node);
    snprintf(text, sizeof(text), "%d %s", -error, what);
    shim_store_write(0, "error", key, text);
    set_state(dev, XenbusStateClosing);
}

/* ---- watches ---- */

static void looked_fired(struct pvk_xs_watch *watch)
{
    schedule_work(&((struct shim_dev *)watch->data)->looked_work);
}

static void look(struct work_struct *work)
{
    front_look(dev_get_drvdata(&container_of(work, struct shim_dev, looked_work)->dev));
}

static int watch(struct port_dev *dev, const char *key)
{
    struct shim_dev *d = of_port(dev);
    int rc;

    if (snprintf(d->looked_path, KEY, "%s/%s", d->other, key) >= KEY)
        return -E2BIG;
    rc = shim_store_watch(&d->looked, d->looked_path, looked_fired, d);
    if (!rc)
        dev->watch = d;
    return rc;
}

static void unwatch(struct port_dev *dev)
{
    struct shim_dev *d = of_port(dev);

    shim_store_unwatch(&d->looked);
    cancel_work_sync(&d->looked_work);
}

static const struct front_bus ops = {
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

/* ---- devices ---- */

static void release(struct device *device)
{
    kfree(shim_dev_of(device));
}

/* Where the other end is; an error as long as the toolstack has not written it. */
static int read_other(struct shim_dev *d)
{
    char id[8];
    int rc = shim_store_read(d->node, "backend", d->other, sizeof(d->other));

    if (!rc)
        rc = shim_store_read(d->node, "backend-id", id, sizeof(id));
    if (!rc)
        rc = kstrtou16(id, 10, &d->other_id);
    snprintf(d->state_path, KEY, "%s/state", d->other);
    return rc;
}

static void add_device(const char *type, const char *id)
{
    struct shim_dev *d = kzalloc(sizeof(*d), GFP_KERNEL);

    if (!d)
        return;
    device_initialize(&d->dev);
    d->dev.bus = &bus;
    d->dev.release = release;
    d->seen = true;
    INIT_WORK(&d->state_work, state_changed);
    INIT_WORK(&d->looked_work, look);
    if (snprintf(d->node, sizeof(d->node), "device/%s/%s", type, id) >= sizeof(d->node) ||
        read_other(d) || dev_set_name(&d->dev, "%s-%s", type, id) || device_add(&d->dev))
        put_device(&d->dev);
}

static void see_device(const char *type, const char *id)
{
    char name[PATH];
    struct device *device;

    snprintf(name, sizeof(name), "%s-%s", type, id);
    device = bus_find_device_by_name(&bus, NULL, name);
    if (!device) {
        add_device(type, id);
        return;
    }
    shim_dev_of(device)->seen = true;
    put_device(device);
}

/* Call fn for each name below `dir`. */
static void for_each_name(const char *dir, void (*fn)(const char *dir, const char *name))
{
    char *names = kmalloc(XENSTORE_PAYLOAD_MAX, GFP_KERNEL);
    int len = names ? shim_store_list(dir, names, XENSTORE_PAYLOAD_MAX) : 0;

    for (int at = 0; at < len; at += strnlen(names + at, len - at) + 1)
        fn(dir, names + at);
    kfree(names);
}

static void see_of_type(const char *dir, const char *id)
{
    see_device(dir + strlen("device/"), id);
}

static void see_type(const char *dir, const char *type)
{
    char path[PATH];

    if (snprintf(path, sizeof(path), "device/%s", type) < sizeof(path))
        for_each_name(path, see_of_type);
}

static int forget(struct device *device, void *data)
{
    shim_dev_of(device)->seen = false;
    return 0;
}

static int unseen(struct device *device, const void *data)
{
    return !shim_dev_of(device)->seen;
}

static void remove_unseen(void)
{
    struct device *device;

    while ((device = bus_find_device(&bus, NULL, NULL, unseen))) {
        device_unregister(device);
        put_device(device);
    }
}

/* Something below "device" is new, gone, or was written to. */
static void scan(struct work_struct *work)
{
    bus_for_each_dev(&bus, NULL, NULL, forget);
    for_each_name("device", see_type);
    remove_unseen();
}

static DECLARE_WORK(scan_work, scan);
static struct pvk_xs_watch devices;

static void devices_fired(struct pvk_xs_watch *watch)
{
    schedule_work(&scan_work);
}

int shim_bus_start(void)
{
    int rc = bus_register(&bus);

    if (rc)
        return rc;
    rc = shim_store_watch(&devices, "device", devices_fired, NULL);
    if (rc)
        goto unregister;
    rc = front_use(&ops);
    if (!rc)
        return 0;
    shim_bus_stop();
    return rc;
unregister:
    bus_unregister(&bus);
    return rc;
}

void shim_bus_stop(void)
{
    front_unuse(&ops);
    shim_store_unwatch(&devices);
    cancel_work_sync(&scan_work);
    bus_for_each_dev(&bus, NULL, NULL, forget);
    remove_unseen();
    bus_unregister(&bus);
}
