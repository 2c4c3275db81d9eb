/* SPDX-License-Identifier: MIT */
/* A disk as a PV device: what is in the store about it, and its connection. */
#include "blk.h"
#include "hv_backend.h"
#include "hv_grant.h"

#include <xen/io/protocols.h>

struct blk_dev *blk_devices[HV_MAX_DOMAINS][HV_MAX_DISKS];

/* ---- events */

static void event(struct domain *d, evtchn_port_t port)
{
    for (unsigned i = 0; i < HV_MAX_DISKS && blk_devices[d->id][i]; i++) {
        struct blk_dev *b = blk_devices[d->id][i];

        for (uint32_t k = 0; k < b->nr_rings; k++)
            if (b->ring[k].port == port && !blk_ring_gather(&b->ring[k]) &&
                blk_ring_serve(&b->ring[k]))
                job_raise(&b->ring[k].job);
    }
}

/* ---- nodes */

static int publish(struct xenbus_dev *bus)
{
    struct blk_dev *b = container_of(bus, struct blk_dev, bus);
    const struct disk *disk = b->disk->disk;
    int rc = 0;

    rc |= xenbus_printf(bus, "max-ring-page-order", "%u", BLK_MAX_ORDER);
    rc |= xenbus_printf(bus, "multi-queue-max-queues", "%u", BLK_MAX_RINGS);
    rc |= xenbus_printf(bus, "feature-max-indirect-segments", "%u", BLK_SEGMENTS);
    rc |= xenbus_write(bus, "feature-flush-cache", "1");
    rc |= xenbus_write(bus, "feature-barrier", "1");
    rc |= xenbus_write(bus, "feature-persistent", "0");
    rc |= xenbus_printf(bus, "feature-discard", "%u", disk->can_discard && b->disk->writable);
    rc |= xenbus_printf(bus, "discard-granularity", "%u", disk->physical_sector_size);
    rc |= xenbus_write(bus, "discard-alignment", "0");
    rc |= xenbus_write(bus, "discard-secure", "0");
    rc |= xenbus_printf(bus, "sectors", "%lu", (unsigned long)disk->sectors);
    rc |= xenbus_printf(bus, "info", "%u", b->disk->writable ? 0 : VDISK_READONLY);
    rc |= xenbus_printf(bus, "sector-size", "%u", disk->sector_size);
    rc |= xenbus_printf(bus, "physical-sector-size", "%u", disk->physical_sector_size);
    return rc;
}

/* ---- connecting */

static int refuse(struct xenbus_dev *bus, const char *why)
{
    xenbus_complain(bus, XEN_EINVAL, why);
    return -XEN_EINVAL;
}

/* A number of the front-end's that has a default. */
static uint32_t number(struct xenbus_dev *bus, const char *name, uint32_t otherwise)
{
    uint32_t v;

    return xenbus_read_u32(bus, name, &v) ? otherwise : v;
}

static bool map_page(struct blk_ring *r, const char *node)
{
    struct xenbus_dev *bus = &r->dev->bus;
    uint32_t ref;

    if (xenbus_read_u32(bus, node, &ref) || grant_hv_map(bus->d, ref, true, &r->page[r->nr_pages]))
        return false;
    r->ref[r->nr_pages++] = ref;
    return true;
}

/* dir is "" or "queue-N/". */
static int open_ring(struct blk_ring *r, const char *dir, uint32_t pages, bool numbered)
{
    struct xenbus_dev *bus = &r->dev->bus;
    char node[32];
    uint32_t port;

    for (uint32_t i = 0; i < pages; i++) {
        if (numbered)
            hv_snprintf(node, sizeof(node), "%sring-ref%u", dir, i);
        else
            hv_snprintf(node, sizeof(node), "%sring-ref", dir);
        if (!map_page(r, node))
            return refuse(bus, "a page of the ring is not granted");
    }
    if (blk_ring_open(r)) {
        xenbus_complain(bus, XEN_ENOMEM, "no memory for requests");
        return -XEN_ENOMEM;
    }
    hv_snprintf(node, sizeof(node), "%sevent-channel", dir);
    if (xenbus_read_u32(bus, node, &port) || evtchn_bind_hv(bus->d, port, event))
        return refuse(bus, "event-channel is not a port that waits for the back-end");
    r->port = port;
    return 0;
}

static bool protocol_known(struct xenbus_dev *bus)
{
    char name[24];
    int rc = xenbus_read(bus, "protocol", name, sizeof(name));

    return rc == -XEN_ENOENT || (rc > 0 && !strcmp(name, XEN_IO_PROTO_ABI_X86_64));
}

static int connect(struct xenbus_dev *bus)
{
    struct blk_dev *b = container_of(bus, struct blk_dev, bus);
    uint32_t order = number(bus, "ring-page-order", 0);
    uint32_t queues = number(bus, "multi-queue-num-queues", 1);
    char dir[12] = "";
    int rc;

    if (!protocol_known(bus))
        return refuse(bus, "only protocol " XEN_IO_PROTO_ABI_X86_64 " is spoken");
    if (order > BLK_MAX_ORDER || !queues || queues > BLK_MAX_RINGS)
        return refuse(bus, "more ring pages or queues than offered");
    for (uint32_t i = 0; i < queues; i++) {
        if (queues > 1)
            hv_snprintf(dir, sizeof(dir), "queue-%u/", i);
        b->ring[i].nr_pages = 0;
        b->nr_rings = i + 1;
        rc = open_ring(&b->ring[i], dir, 1u << order, order > 0);
        if (rc)
            return rc;
    }
    for (uint32_t i = 0; i < queues; i++)
        job_raise(&b->ring[i].job); /* requests may wait already */
    return 0;
}

static void close_ring(struct blk_ring *r)
{
    struct domain *d = r->dev->bus.d;

    blk_ring_close(r);
    if (r->port)
        evtchn_unbind_hv(d, r->port, event);
    r->port = 0;
    while (r->nr_pages) {
        r->nr_pages--;
        grant_hv_unmap(d, r->ref[r->nr_pages], true, r->page[r->nr_pages]);
    }
}

static bool release(struct xenbus_dev *bus)
{
    struct blk_dev *b = container_of(bus, struct blk_dev, bus);
    bool drained = true;

    for (uint32_t i = 0; i < b->nr_rings; i++)
        drained &= blk_ring_drain(&b->ring[i]);
    if (!drained)
        return false;
    for (uint32_t i = 0; i < b->nr_rings; i++)
        close_ring(&b->ring[i]);
    b->nr_rings = 0;
    return true;
}

/* ---- the device */

static void removed(struct xenbus_dev *bus)
{
    disk_detach(container_of(bus, struct blk_dev, bus)->disk);
}

static const struct xenbus_ops ops = {publish, connect, release, removed};

/* What a toolstack writes beside what every device has. */
static int describe(struct blk_dev *b, bool first)
{
    const struct disk_config *c = &b->disk->cfg;
    struct xenbus_dev *bus = &b->bus;
    char id[12];
    int rc = 0;

    hv_snprintf(id, sizeof(id), "%u", c->number);
    rc |= xenbus_write(bus, "bootable", first ? "1" : "0");
    rc |= xenbus_write(bus, "dev", c->vdev);
    rc |= xenbus_write(bus, "type", "phy");
    rc |= xenbus_write(bus, "params", b->disk->disk->name);
    rc |= xenbus_write(bus, "mode", c->writable ? "w" : "r");
    rc |= xenbus_write(bus, "device-type", "disk");
    rc |= xenbus_write(bus, "discard-enable", "1");
    rc |= xenbus_write_front(bus, "virtual-device", id);
    rc |= xenbus_write_front(bus, "device-type", "disk");
    return rc;
}

int blk_backend_attach(struct domain *d, uint32_t i)
{
    struct blk_dev *b = blk_devices[d->id][i]; /* of an earlier life */
    int rc;

    if (!b)
        b = hv_alloc(sizeof(*b));
    if (!b)
        return -XEN_ENOMEM;
    b->disk = domain_disk(d->id, i);
    b->bus.fixed = xenbus_emulated(d) && !b->disk->hot;
    for (uint32_t k = 0; k < BLK_MAX_RINGS; k++)
        b->ring[k].dev = b;
    blk_devices[d->id][i] = b;
    rc = xenbus_create(&b->bus, d, &ops, "vbd", b->disk->cfg.number);
    if (!rc)
        rc = describe(b, i == 0);
    if (!rc)
        rc = xenbus_start(&b->bus);
    if (rc)
        xenbus_abandon(&b->bus);
    return rc;
}

/* For tests of front-ends: all that are connected lose their back-end, again and again. */
static void restart_all(struct timer *t)
{
    xenbus_restart_all(&ops);
    timer_set(t, hv_now() + hv_opt.blk_restart_ms * 1000000ull);
}

int blk_backend_start(struct domain *d)
{
    static struct timer restarts;
    int rc = 0;

    if (hv_opt.blk_restart_ms && !restarts.fn) {
        timer_init(&restarts, 0, restart_all, NULL);
        timer_set(&restarts, hv_now() + hv_opt.blk_restart_ms * 1000000ull);
    }

    for (uint32_t i = 0; i < HV_MAX_DISKS && !rc; i++)
        if (domain_disk(d->id, i))
            rc = blk_backend_attach(d, i);
    return rc;
}
