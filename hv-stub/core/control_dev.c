/* SPDX-License-Identifier: MIT */
/*
 * Devices attached and detached while a domain runs. Words are those of module lines:
 *
 *   disk-add FUNCTION                the virtio disk in this PCI function: answers virtio:N
 *   disk-function N                  where virtio:N is
 *   disk-remove N                    nobody uses virtio:N any more: its slot is emptied
 *   block-attach ID MEDIA,VDEV,MODE  answers vbd/NUMBER
 *   net-attach ID [mac=..][,rate=..] answers vif/NUMBER
 *   detach ID vbd/NUMBER|vif/NUMBER [force]  begins it: the device is gone when its nodes are
 */
#include "control.h"
#include "hv_backend.h"
#include "hv_disk.h"
#include "hv_driver.h"
#include "hv_net.h"
#include "modword.h"

#define MAX_FUNCTION 0xffff
#define NO_NODES     "there is not enough memory"
#define NO_DISK      "there is no such disk"

static struct word word_of(const char *s)
{
    return (struct word){s, strlen(s)};
}

static struct disk *disk_named(const struct request *r)
{
    uint64_t n;

    return word_number(word_of(r->word[0]), 0, DISK_MAX_VIRTIO - 1, &n) ? disk_virtio((uint32_t)n)
                                                                        : NULL;
}

const char *control_disk_add(struct request *r)
{
    const struct disk *disk;
    const char *wrong;
    uint64_t function;

    if (!word_number(word_of(r->word[0]), 0, MAX_FUNCTION, &function))
        return NO_DISK;
    wrong = driver_disk_add((uint32_t)function, &disk);
    if (!wrong)
        control_say(disk->name);
    return wrong;
}

const char *control_disk_function(struct request *r)
{
    const struct disk *disk = disk_named(r);
    char text[12];

    if (!disk)
        return NO_DISK;
    hv_snprintf(text, sizeof(text), "%u", driver_disk_function(disk));
    control_say(text);
    return NULL;
}

const char *control_disk_remove(struct request *r)
{
    struct disk *disk = disk_named(r);

    return disk ? driver_disk_remove(disk) : NO_DISK;
}

static const char *no_pv(const struct domain *d)
{
    return d->kind != DOMAIN_PV && d->cfg && !d->cfg->xen ? "it has no PV devices" : NULL;
}

const char *control_block_attach(struct request *r)
{
    static struct domain_config one; /* large */
    const char *wrong = no_pv(r->d);
    char name[16];
    int i;

    one.nr_disks = 0;
    if (!wrong)
        wrong = disk_option(word_of(r->word[1]), &one);
    if (wrong)
        return wrong;
    i = disk_attach(r->d->id, &one.disk[0], &wrong);
    if (i < 0)
        return wrong;
    if (blk_backend_attach(r->d, (uint32_t)i)) {
        disk_detach(domain_disk(r->d->id, (uint32_t)i));
        return NO_NODES;
    }
    hv_snprintf(name, sizeof(name), "vbd/%u", one.disk[0].number);
    control_say(name);
    return NULL;
}

const char *control_net_attach(struct request *r)
{
    static struct domain_config one;
    const char *wrong = no_pv(r->d);
    struct net_port *port;
    char name[16];

    one.nr_nics = 0;
    if (!wrong)
        wrong = net_option(word_of(r->word[1]), &one);
    if (wrong)
        return wrong;
    port = net_attach(r->d->id, &one.nic[0], &wrong);
    if (!port)
        return wrong;
    if (net_backend_attach(r->d, port)) {
        net_detach(port);
        return NO_NODES;
    }
    hv_snprintf(name, sizeof(name), "vif/%u", port->number);
    control_say(name);
    return NULL;
}

const char *control_detach(struct request *r)
{
    bool force = !strcmp(r->word[2], "force");

    if (*r->word[2] && !force)
        return "too many words";
    return backend_detach(r->d, r->word[1], force);
}
