// SPDX-License-Identifier: MIT OR GPL-2.0
/*
 * Which bus there is, and port.h's functions that are the bus's to answer. Those of the hot path
 * are patched into their callers, and cost nothing more.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/static_call.h>
#include <xen/xen.h>

#include "front.h"

DEFINE_STATIC_CALL_NULL(pvkit_grant, port_grant);
DEFINE_STATIC_CALL_NULL(pvkit_grant_end, port_grant_end);
DEFINE_STATIC_CALL_NULL(pvkit_event_notify, port_event_notify);

static const struct front_bus *the_bus;
static DEFINE_MUTEX(lock); /* of it */

const struct front_bus *front_bus(void)
{
    return the_bus;
}
EXPORT_SYMBOL_GPL(front_bus);

int front_use(const struct front_bus *bus)
{
    int rc = -EBUSY;

    mutex_lock(&lock);
    if (!the_bus && (bus == &front_xen || !xen_domain())) {
        static_call_update(pvkit_grant, bus->grant);
        static_call_update(pvkit_grant_end, bus->grant_end);
        static_call_update(pvkit_event_notify, bus->event_notify);
        the_bus = bus;
        rc = 0;
    }
    mutex_unlock(&lock);
    return rc;
}
EXPORT_SYMBOL_GPL(front_use);

void front_unuse(const struct front_bus *bus)
{
    mutex_lock(&lock);
    if (the_bus == bus)
        the_bus = NULL;
    mutex_unlock(&lock);
}
EXPORT_SYMBOL_GPL(front_unuse);

int front_register(struct front_driver *driver)
{
    int rc = -ENODEV;

    mutex_lock(&lock);
    if (the_bus && try_module_get(the_bus->owner)) {
        rc = the_bus->add_driver(driver);
        if (rc)
            module_put(the_bus->owner);
    }
    mutex_unlock(&lock);
    return rc;
}
EXPORT_SYMBOL_GPL(front_register);

void front_unregister(struct front_driver *driver)
{
    the_bus->remove_driver(driver);
    module_put(the_bus->owner);
}
EXPORT_SYMBOL_GPL(front_unregister);

/* ---- grants ---- */

int port_grant(struct port_dev *dev, struct port_page *page, bool readonly, struct port_grant *out)
{
    return static_call(pvkit_grant)(dev, page, readonly, out);
}
EXPORT_SYMBOL_GPL(port_grant);

bool port_grant_end(struct port_dev *dev, struct port_grant grant)
{
    return static_call(pvkit_grant_end)(dev, grant);
}
EXPORT_SYMBOL_GPL(port_grant_end);

void port_grant_end_free(struct port_dev *dev, struct port_grant grant, struct port_page *page)
{
    the_bus->grant_end_free(dev, grant, page);
}
EXPORT_SYMBOL_GPL(port_grant_end_free);

/* ---- events ---- */

struct port_event *port_event_open(struct port_dev *dev, unsigned int queue, port_event_fn *fn,
                                   void *data)
{
    struct port_event *event = kzalloc(sizeof(*event), GFP_NOIO);

    if (!event)
        return NULL;
    *event = (struct port_event){.dev = dev, .fn = fn, .data = data};
    if (!the_bus->event_open(event, queue))
        return event;
    kfree(event);
    return NULL;
}
EXPORT_SYMBOL_GPL(port_event_open);

void port_event_close(struct port_event *event)
{
    if (!event)
        return;
    the_bus->event_close(event);
    kfree(event);
}
EXPORT_SYMBOL_GPL(port_event_close);

uint32_t port_event_number(const struct port_event *event)
{
    return event->port;
}
EXPORT_SYMBOL_GPL(port_event_number);

void port_event_notify(struct port_event *event)
{
    static_call(pvkit_event_notify)(event);
}
EXPORT_SYMBOL_GPL(port_event_notify);

/* ---- XenStore ---- */

int port_store_read(struct port_dev *dev, enum port_dir dir, const char *key, char *value,
                    size_t size)
{
    return the_bus->store_read(dev, dir, key, value, size);
}
EXPORT_SYMBOL_GPL(port_store_read);

int port_store_write(struct port_dev *dev, uint32_t tx, const char *key, const char *value)
{
    return the_bus->store_write(dev, tx, key, value);
}
EXPORT_SYMBOL_GPL(port_store_write);

int port_store_remove(struct port_dev *dev, uint32_t tx, const char *key)
{
    int rc = the_bus->store_remove(dev, tx, key);

    return rc == -ENOENT ? 0 : rc;
}
EXPORT_SYMBOL_GPL(port_store_remove);
