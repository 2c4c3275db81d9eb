/* SPDX-License-Identifier: MIT */
/* Port dispatch and the timer list shared by all device models. */
#include "device.h"

static bool range_has(const struct dev_port_range *r, uint16_t port)
{
    return (uint16_t)(port - r->first) < r->count;
}

bool dev_bus_claim(struct dev_bus *bus, uint16_t first, uint16_t count, unsigned int width,
                   const struct dev_port_ops *ops, void *opaque)
{
    uint32_t end = (uint32_t)first + count;

    if (bus->nr == DEV_BUS_RANGES || !count || end > 0x10000)
        return false;
    for (unsigned int i = 0; i < bus->nr; i++) {
        const struct dev_port_range *r = &bus->range[i];

        if (first < (uint32_t)r->first + r->count && r->first < end)
            return false;
    }
    bus->range[bus->nr++] = (struct dev_port_range){
        .first = first, .count = count, .width = width, .ops = ops, .opaque = opaque};
    return true;
}

void dev_bus_release(struct dev_bus *bus, uint16_t first, const void *opaque)
{
    for (unsigned int i = 0; i < bus->nr; i++) {
        if (bus->range[i].first != first || bus->range[i].opaque != opaque)
            continue;
        bus->nr--;
        for (; i < bus->nr; i++)
            bus->range[i] = bus->range[i + 1];
    }
}

void dev_bus_claim_dword(struct dev_bus *bus, uint16_t port, const struct dev_port_ops *ops,
                         void *opaque)
{
    bus->dword = (struct dev_port_range){
        .first = port, .count = 4, .width = 4, .ops = ops, .opaque = opaque};
}

static struct dev_port_range *bus_find(struct dev_bus *bus, uint16_t port)
{
    if (bus->last < bus->nr && range_has(&bus->range[bus->last], port))
        return &bus->range[bus->last];
    for (unsigned int i = 0; i < bus->nr; i++) {
        if (range_has(&bus->range[i], port)) {
            bus->last = i;
            return &bus->range[i];
        }
    }
    return NULL;
}

/* The range that takes the whole access, or NULL if it must be split into bytes. */
static struct dev_port_range *bus_find_whole(struct dev_bus *bus, uint16_t port, unsigned int size)
{
    struct dev_port_range *r;

    if (size == 4 && port == bus->dword.first && bus->dword.ops)
        return &bus->dword;
    r = bus_find(bus, port);
    if (!r || size > r->width || (uint16_t)(port - r->first) + size > r->count)
        return NULL;
    return r;
}

uint32_t dev_bus_read(struct dev_bus *bus, uint16_t port, unsigned int size)
{
    struct dev_port_range *r = bus_find_whole(bus, port, size);
    uint32_t value = 0;

    if (r)
        return r->ops->read(r->opaque, port, size);
    for (unsigned int i = 0; i < size; i++) {
        uint32_t byte = 0xff;

        r = (uint32_t)port + i < 0x10000 ? bus_find(bus, port + i) : NULL;
        if (r)
            byte = r->ops->read(r->opaque, port + i, 1) & 0xff;
        value |= byte << (8 * i);
    }
    return value;
}

void dev_bus_write(struct dev_bus *bus, uint16_t port, unsigned int size, uint32_t value)
{
    struct dev_port_range *r = bus_find_whole(bus, port, size);

    if (r) {
        r->ops->write(r->opaque, port, size, value);
        return;
    }
    for (unsigned int i = 0; i < size; i++) {
        r = (uint32_t)port + i < 0x10000 ? bus_find(bus, port + i) : NULL;
        if (r)
            r->ops->write(r->opaque, port + i, 1, (value >> (8 * i)) & 0xff);
    }
}

void dev_timer_add(struct dev_timers *timers, struct dev_timer *timer,
                   void (*fire)(void *opaque, uint64_t now), void *opaque)
{
    timer->deadline = DEV_NEVER;
    timer->fire = fire;
    timer->opaque = opaque;
    timer->next = timers->head;
    timers->head = timer;
}

void dev_timers_run(struct dev_timers *timers, uint64_t now)
{
    for (struct dev_timer *t = timers->head; t; t = t->next) {
        if (t->deadline > now)
            continue;
        t->deadline = DEV_NEVER;
        t->fire(t->opaque, now);
    }
}

uint64_t dev_timers_next(const struct dev_timers *timers)
{
    uint64_t next = DEV_NEVER;

    for (const struct dev_timer *t = timers->head; t; t = t->next) {
        if (t->deadline < next)
            next = t->deadline;
    }
    return next;
}
