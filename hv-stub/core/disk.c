/* SPDX-License-Identifier: MIT */
/* Which disks there are, who uses them, and the checks every request passes. */
#include "disk.h"

#define MAX_NAMED 16

static spinlock_t lock; /* who uses which disk */
static struct disk *driver_disks[DISK_MAX_VIRTIO];

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

struct disk *disk_virtio(uint32_t n)
{
    return n < DISK_MAX_VIRTIO ? driver_disks[n] : NULL;
}

int disk_register(struct disk *disk)
{
    for (int i = 0; i < DISK_MAX_VIRTIO; i++)
        if (!driver_disks[i]) {
            driver_disks[i] = disk;
            return i;
        }
    return -1;
}

bool disk_unregister(struct disk *disk)
{
    bool unused;

    spin_lock(&lock);
    unused = !disk->users;
    for (unsigned i = 0; unused && i < DISK_MAX_VIRTIO; i++)
        if (driver_disks[i] == disk)
            driver_disks[i] = NULL;
    spin_unlock(&lock);
    return unused;
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
        struct disk *disk = ram_disk_create(c->mib, owner);

        *wrong = "there is not enough memory";
        if (disk)
            disk->private = true;
        return disk;
    }
    *wrong = "there is no such disk";
    return disk_virtio(c->index);
}

static const char *take(struct disk *disk, bool write)
{
    const char *wrong = NULL;

    spin_lock(&lock);
    if (write && disk->readonly)
        wrong = "the disk is read-only";
    else if (disk->has_writer || (write && disk->users))
        wrong = "somebody uses the disk already, and one of the two may write";
    if (!wrong) {
        disk->has_writer = write;
        disk->users++;
    }
    spin_unlock(&lock);
    return wrong;
}

/* What is wrong, or NULL. */
static const char *open_disk(struct disk_user *u, domid_t id, const struct disk_config *c, bool hot)
{
    const char *wrong;
    char owner[24];
    struct disk *disk;

    hv_snprintf(owner, sizeof(owner), "d%u-%s", id, c->vdev);
    disk = find(c, owner, &wrong);
    if (!disk)
        return wrong;
    wrong = take(disk, c->writable);
    if (wrong)
        return wrong;
    u->cfg = *c;
    u->domid = id;
    u->writable = c->writable;
    u->hot = hot;
    u->last = &u->first;
    list_init(&u->turn);
    disk_limit_init(u);
    WRITE_ONCE(u->disk, disk);
    return NULL;
}

void disk_detach(struct disk_user *u)
{
    struct disk *disk = u->disk;

    timer_cancel(&u->timer);
    spin_lock(&lock);
    disk->users--;
    if (u->writable)
        disk->has_writer = false;
    spin_unlock(&lock);
    if (disk->private)
        ram_disk_free(disk);
    __atomic_store_n(&u->disk, NULL, __ATOMIC_RELEASE);
}

void disks_close(domid_t id)
{
    for (uint32_t i = 0; i < HV_MAX_DISKS; i++)
        if (domain_disk(id, i))
            disk_detach(&users[id][i]);
}

int disk_attach(domid_t id, const struct disk_config *c, const char **wrong)
{
    int free = -1;

    for (int i = HV_MAX_DISKS - 1; i >= 0; i--) {
        if (!domain_disk(id, (uint32_t)i))
            free = i;
        else if (users[id][i].cfg.number == c->number)
            *wrong = "two disks of the same name";
    }
    if (*wrong)
        return -1;
    *wrong = free < 0 ? "it can have no more" : open_disk(&users[id][free], id, c, true);
    return *wrong ? -1 : free;
}

bool disks_open(domid_t id, const struct domain_config *cfg, char *err, size_t n)
{
    for (uint32_t i = 0; i < cfg->nr_disks; i++) {
        const char *wrong = open_disk(&users[id][i], id, &cfg->disk[i], false);

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
