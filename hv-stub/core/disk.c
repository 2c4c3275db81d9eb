/* SPDX-License-Identifier: MIT */
/* Which disks there are, who uses them, and the checks every request passes. */
#include "disk.h"

#define MAX_DRIVER_DISKS 32
#define MAX_NAMED        16

static struct disk *driver_disks[MAX_DRIVER_DISKS];
static uint32_t nr_driver_disks;

static struct {
    char name[16];
    struct disk *disk;
} named[MAX_NAMED];

static struct disk_user users[HV_MAX_DOMAINS][HV_MAX_DISKS];

struct disk_user *domain_disk(domid_t id, uint32_t i)
{
    if (id >= HV_MAX_DOMAINS || i >= HV_MAX_DISKS || !users[id][i].disk)
        return NULL;
    return &users[id][i];
}

void disk_register(struct disk *disk)
{
    if (nr_driver_disks < MAX_DRIVER_DISKS)
        driver_disks[nr_driver_disks++] = disk;
    else
        hv_log("%s: more than %u disks", disk->name, MAX_DRIVER_DISKS);
}

/* ---- opening */

static struct disk *named_disk(const struct disk_config *c, const char **wrong)
{
    unsigned i = 0;

    while (i < MAX_NAMED && named[i].disk && strcmp(named[i].name, c->name))
        i++;
    *wrong = "there are too many RAM disks with names";
    if (i == MAX_NAMED)
        return NULL;
    *wrong = "there is not enough memory";
    if (!named[i].disk) {
        named[i].disk = ram_disk_create(c->mib, c->name);
        strcpy_n(named[i].name, c->name, sizeof(named[i].name));
    } else if (named[i].disk->sectors != (uint64_t)c->mib << 11) {
        *wrong = "a RAM disk of this name has another size";
        return NULL;
    }
    return named[i].disk;
}

static struct disk *find(const struct disk_config *c, const char *owner, const char **wrong)
{
    if (c->media == DISK_RAM && c->name[0])
        return named_disk(c, wrong);
    if (c->media == DISK_RAM) {
        *wrong = "there is not enough memory";
        return ram_disk_create(c->mib, owner);
    }
    *wrong = "there is no such disk";
    return c->index < nr_driver_disks ? driver_disks[c->index] : NULL;
}

/* What is wrong, or NULL. */
static const char *open_disk(struct disk_user *u, domid_t id, const struct disk_config *c)
{
    const char *wrong;
    char owner[24];
    struct disk *disk;

    hv_snprintf(owner, sizeof(owner), "d%u-%s", id, c->vdev);
    disk = find(c, owner, &wrong);
    if (!disk)
        return wrong;
    if (c->writable && disk->readonly)
        return "the disk is read-only";
    if (disk->has_writer || (c->writable && disk->users))
        return "somebody uses the disk already, and one of the two may write";
    disk->has_writer = c->writable;
    disk->users++;
    *u = (struct disk_user){.disk = disk, .cfg = *c, .domid = id, .writable = c->writable};
    u->last = &u->first;
    list_init(&u->turn);
    disk_limit_init(u);
    return NULL;
}

bool disks_open(domid_t id, const struct domain_config *cfg, char *err, size_t n)
{
    for (uint32_t i = 0; i < cfg->nr_disks; i++) {
        const char *wrong = open_disk(&users[id][i], id, &cfg->disk[i]);

        if (!wrong)
            continue;
        hv_snprintf(err, n, "disk %s: %s", cfg->disk[i].vdev, wrong);
        return false;
    }
    return true;
}

/* ---- requests */

static bool pieces_fit(const struct disk *disk, const struct disk_io *io)
{
    uint64_t left = io->sectors * DISK_SECTOR;

    if (io->nr_segs > disk->max_segs)
        return false;
    for (uint32_t i = 0; i < io->nr_segs; i++) {
        if (io->seg[i].bytes % DISK_SECTOR || io->seg[i].bytes > left)
            return false;
        left -= io->seg[i].bytes;
    }
    return !left;
}

static int check(const struct disk_user *u, const struct disk_io *io)
{
    const struct disk *disk = u->disk;
    uint64_t mask = disk->sector_size / DISK_SECTOR - 1;

    if (io->op == DISK_FLUSH)
        return 0;
    if (io->op == DISK_DISCARD && !disk->can_discard)
        return -XEN_EOPNOTSUPP;
    if (io->op != DISK_READ && !u->writable)
        return -XEN_EIO;
    if (!io->sectors || io->sectors > disk->sectors || io->sector > disk->sectors - io->sectors)
        return -XEN_EIO;
    if ((io->sector | io->sectors) & mask)
        return -XEN_EIO;
    return io->op == DISK_DISCARD || pieces_fit(disk, io) ? 0 : -XEN_EIO;
}

void disk_submit(struct disk_user *u, struct disk_io *io)
{
    int err = check(u, io);

    io->user = u;
    if (err)
        io->done(io, err);
    else if (!u->cfg.iops || !disk_limited(u, io))
        u->disk->submit(u->disk, io);
}
