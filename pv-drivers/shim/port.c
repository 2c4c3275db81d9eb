/* SPDX-License-Identifier: MIT */
/*
 * The port to the shim. The core is never called from an interrupt: handlers of events only wake
 * whoever polls (io.h). So there is one context, which may wait, and nothing to lock.
 */
#include "front.h"
#include "io.h"
#include "kernel.h"
#include "mm.h"
#include "xen_platform.h"

void port_broken(struct port_dev *dev, const char *why)
{
    dev->broken = why;
    io_notify();
}

void port_log(struct port_dev *dev, const char *fmt, ...)
{
    char text[160];
    va_list args;

    va_start(args, fmt);
    vformat(text, sizeof(text), fmt, args);
    va_end(args);
    printk("xen: %s: %s\n", dev->bus.node, text);
}

/* ---- memory ---- */

void *port_alloc(size_t size)
{
    return kzalloc(size);
}

void port_free(void *p)
{
    if (p)
        kfree(p);
}

struct port_page *port_pages_alloc(unsigned int order)
{
    pfn_t pfn = page_alloc_order(order);

    if (!pfn_valid(pfn))
        return NULL;
    return memset(pfn_to_virt(pfn), 0, PAGE_SIZE << order);
}

struct port_page *port_page_alloc(void)
{
    return port_pages_alloc(0);
}

void port_page_free(struct port_page *page)
{
    page_free_order(virt_to_pfn(page), 0);
}

void *port_page_address(struct port_page *page)
{
    return page;
}

struct port_page *port_page_next(struct port_page *page, unsigned int n)
{
    return (struct port_page *)((char *)page + n * PAGE_SIZE);
}

/* ---- grants ---- */

int port_grant(struct port_dev *dev, struct port_page *page, bool readonly, struct port_grant *out)
{
    struct pvk_grant grant;
    int rc =
        pvk_grant_access(xen_grants(), dev->bus.other_id, xen_frame_of(page), readonly, &grant);

    if (!rc)
        *out = (struct port_grant){grant.ref, grant.use};
    return rc;
}

bool port_grant_end(struct port_dev *dev, struct port_grant grant)
{
    return pvk_grant_end(xen_grants(), (struct pvk_grant){grant.ref, grant.use}) == 0;
}

/* Pages the other end did not let go of when it should have; looked at when there is another. */
static struct held {
    struct held *next;
    struct port_grant grant;
    struct port_page *page;
} * held;

static void retry_held(struct port_dev *dev)
{
    struct held **at = &held, *h;

    while ((h = *at)) {
        if (!port_grant_end(dev, h->grant)) {
            at = &h->next;
            continue;
        }
        *at = h->next;
        port_page_free(h->page);
        kfree(h);
    }
}

void port_grant_end_free(struct port_dev *dev, struct port_grant grant, struct port_page *page)
{
    struct held *h;

    if (held)
        retry_held(dev);
    if (port_grant_end(dev, grant)) {
        port_page_free(page);
        return;
    }
    h = kzalloc(sizeof(*h));
    if (!h)
        return; /* the page is lost, not the guest */
    *h = (struct held){held, grant, page};
    held = h;
}

/* ---- events ---- */

struct port_event {
    evtchn_port_t port;
    port_event_fn *fn;
    void *data;
};

static void handle(evtchn_port_t port, void *data)
{
    struct port_event *event = data;

    event->fn(event->data);
}

struct port_event *port_event_open(struct port_dev *dev, unsigned int queue, port_event_fn *fn,
                                   void *data)
{
    struct port_event *event = kzalloc(sizeof(*event));

    if (!event)
        return NULL;
    *event = (struct port_event){.fn = fn, .data = data};
    if (xen_port_alloc(dev->bus.other_id, handle, event, &event->port)) {
        kfree(event);
        return NULL;
    }
    xen_port_unmask(event->port);
    return event;
}

void port_event_close(struct port_event *event)
{
    if (!event)
        return;
    xen_port_close(event->port);
    kfree(event);
}

uint32_t port_event_number(const struct port_event *event)
{
    return event->port;
}

void port_event_notify(struct port_event *event)
{
    xen_port_notify(event->port);
}

/* ---- locks: see above ---- */

void port_lock_init(struct port_lock *lock)
{
}

unsigned long port_lock(struct port_lock *lock)
{
    return 0;
}

void port_unlock(struct port_lock *lock, unsigned long state)
{
}

/* ---- XenStore ---- */

int port_store_read(struct port_dev *dev, enum port_dir dir, const char *key, char *value,
                    size_t size)
{
    return pvk_xs_read(dev->bus.xs, 0, dir == PORT_OURS ? dev->bus.node : dev->bus.other, key,
                       value, (uint32_t)size);
}

int port_store_write(struct port_dev *dev, uint32_t tx, const char *key, const char *value)
{
    return pvk_xs_write(dev->bus.xs, tx, dev->bus.node, key, value);
}

int port_store_remove(struct port_dev *dev, uint32_t tx, const char *key)
{
    int rc = pvk_xs_rm(dev->bus.xs, tx, dev->bus.node, key);

    return rc == -XEN_ENOENT ? 0 : rc;
}
