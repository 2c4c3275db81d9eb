// SPDX-License-Identifier: MIT OR GPL-2.0
/* port.h by Linux's means: what needs no bus. */
#include <linux/device.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

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
    dev_warn(dev->device, "%pV\n", &vaf);
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
