// SPDX-License-Identifier: MIT OR GPL-2.0
/* port.h by Linux's means. */
#include <linux/device.h>
#include <linux/interrupt.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <xen/events.h>
#include <xen/grant_table.h>
#include <xen/page.h>

#include "front.h"

void port_broken(struct port_dev *dev, const char *why)
{
    dev->why = why;
    schedule_work(&dev->broken);
}
EXPORT_SYMBOL_GPL(port_broken);

void port_log(struct port_dev *dev, const char *format, ...)
{
    struct va_format vaf;
    va_list args;

    va_start(args, format);
    vaf.fmt = format;
    vaf.va = &args;
    dev_warn(&dev->xdev->dev, "%pV\n", &vaf);
    va_end(args);
}
EXPORT_SYMBOL_GPL(port_log);

/* ---- memory ---- */

/* Not to write to the very disk that waits for it. */
void *port_alloc(size_t size)
{
    return kvzalloc(size, GFP_NOIO);
}
EXPORT_SYMBOL_GPL(port_alloc);

void port_free(void *p)
{
    kvfree(p);
}
EXPORT_SYMBOL_GPL(port_free);

static struct page *to_page(struct port_page *page)
{
    return (struct page *)page;
}

struct port_page *port_page_alloc(void)
{
    return (struct port_page *)alloc_page(GFP_ATOMIC | __GFP_ZERO | __GFP_NOWARN);
}
EXPORT_SYMBOL_GPL(port_page_alloc);

void port_page_free(struct port_page *page)
{
    __free_page(to_page(page));
}
EXPORT_SYMBOL_GPL(port_page_free);

void *port_page_address(struct port_page *page)
{
    return page_address(to_page(page));
}
EXPORT_SYMBOL_GPL(port_page_address);

struct port_page *port_pages_alloc(unsigned int order)
{
    struct page *page = alloc_pages(GFP_NOIO | __GFP_ZERO, order);

    if (page)
        split_page(page, order);
    return (struct port_page *)page;
}
EXPORT_SYMBOL_GPL(port_pages_alloc);

struct port_page *port_page_next(struct port_page *page, unsigned int n)
{
    return (struct port_page *)nth_page(to_page(page), n);
}
EXPORT_SYMBOL_GPL(port_page_next);

/* ---- grants ---- */

int port_grant(struct port_dev *dev, struct port_page *page, bool readonly, struct port_grant *out)
{
    int ref = gnttab_grant_foreign_access(dev->xdev->otherend_id, xen_page_to_gfn(to_page(page)),
                                          readonly);

    if (ref < 0)
        return -ENOSPC;
    *out = (struct port_grant){ref, 0};
    return 0;
}
EXPORT_SYMBOL_GPL(port_grant);

bool port_grant_end(struct port_dev *dev, struct port_grant grant)
{
    return gnttab_try_end_foreign_access(grant.ref);
}
EXPORT_SYMBOL_GPL(port_grant_end);

/* Linux keeps a list of those that are still in use, and looks again from time to time. */
void port_grant_end_free(struct port_dev *dev, struct port_grant grant, struct port_page *page)
{
    gnttab_end_foreign_access(grant.ref, to_page(page));
}
EXPORT_SYMBOL_GPL(port_grant_end_free);

/* ---- events ---- */

struct port_event {
    evtchn_port_t port;
    int irq;
    port_event_fn *fn;
    void *data;
};

static irqreturn_t handle(int irq, void *cookie)
{
    struct port_event *event = cookie;

    xen_irq_lateeoi(irq, event->fn(event->data) ? 0 : XEN_EOI_FLAG_SPURIOUS);
    return IRQ_HANDLED;
}

struct port_event *port_event_open(struct port_dev *dev, unsigned int queue, port_event_fn *fn,
                                   void *data)
{
    struct port_event *event = kzalloc(sizeof(*event), GFP_NOIO);

    if (!event)
        return NULL;
    event->fn = fn;
    event->data = data;
    if (xenbus_alloc_evtchn(dev->xdev, &event->port))
        goto free;
    event->irq =
        bind_evtchn_to_irqhandler_lateeoi(event->port, handle, 0, dev_name(&dev->xdev->dev), event);
    if (event->irq >= 0)
        return event;
    xenbus_free_evtchn(dev->xdev, event->port);
free:
    kfree(event);
    return NULL;
}
EXPORT_SYMBOL_GPL(port_event_open);

void port_event_close(struct port_event *event)
{
    if (!event)
        return;
    unbind_from_irqhandler(event->irq, event); /* closes the channel, too */
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
    notify_remote_via_irq(event->irq);
}
EXPORT_SYMBOL_GPL(port_event_notify);

/* ---- locks ---- */

static spinlock_t *to_spinlock(struct port_lock *lock)
{
    BUILD_BUG_ON(sizeof(spinlock_t) > sizeof(*lock));
    return (spinlock_t *)lock;
}

void port_lock_init(struct port_lock *lock)
{
    spin_lock_init(to_spinlock(lock));
}
EXPORT_SYMBOL_GPL(port_lock_init);

unsigned long port_lock(struct port_lock *lock) __acquires(lock)
{
    unsigned long flags;

    spin_lock_irqsave(to_spinlock(lock), flags);
    return flags;
}
EXPORT_SYMBOL_GPL(port_lock);

void port_unlock(struct port_lock *lock, unsigned long state) __releases(lock)
{
    spin_unlock_irqrestore(to_spinlock(lock), state);
}
EXPORT_SYMBOL_GPL(port_unlock);

/* ---- XenStore ---- */

int port_store_read(struct port_dev *dev, enum port_dir dir, const char *key, char *value,
                    size_t size)
{
    unsigned int len;
    char *text = xenbus_read(XBT_NIL, dir == PORT_OURS ? dev->xdev->nodename : dev->xdev->otherend,
                             key, &len);
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
EXPORT_SYMBOL_GPL(port_store_read);

int port_store_write(struct port_dev *dev, uint32_t tx, const char *key, const char *value)
{
    struct xenbus_transaction t = {tx};

    return xenbus_printf(t, dev->xdev->nodename, key, "%s", value);
}
EXPORT_SYMBOL_GPL(port_store_write);

int port_store_remove(struct port_dev *dev, uint32_t tx, const char *key)
{
    struct xenbus_transaction t = {tx};
    int rc = xenbus_rm(t, dev->xdev->nodename, key);

    return rc == -ENOENT ? 0 : rc;
}
EXPORT_SYMBOL_GPL(port_store_remove);
