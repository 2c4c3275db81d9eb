/* SPDX-License-Identifier: MIT */
#include "disk.h"
#include "io.h"
#include "kernel.h"

struct disk *disk_open(void)
{
    const char *wanted = cmdline_value("disk");
    unsigned unit = cmdline_number("unit", 0);
    struct disk *disk;

    for (const struct disk_driver *driver = disk_drivers; driver->name; driver++) {
        if (wanted && !list_contains(wanted, driver->name))
            continue;
        disk = driver->open(unit);
        if (disk)
            return disk;
    }
    printk("disk: no unit %u\n", unit);
    return NULL;
}

static enum disk_error check(const struct disk *disk, const struct disk_request *r)
{
    uint64_t sectors = r->bytes / disk->sector_size;

    if (r->op == DISK_FLUSH)
        return disk->can_flush ? DISK_OK : DISK_ENOTSUPP;
    if (r->op == DISK_DISCARD && !disk->can_discard)
        return DISK_ENOTSUPP;
    if (r->op != DISK_READ && disk->readonly)
        return DISK_EROFS;
    if (r->bytes == 0 || r->bytes % disk->sector_size)
        return DISK_ERANGE;
    if (r->op != DISK_DISCARD && (r->bytes > disk->max_bytes || (uint64_t)r->data % 512))
        return DISK_ERANGE;
    if (sectors > disk->sectors || r->sector > disk->sectors - sectors)
        return DISK_ERANGE;
    return DISK_OK;
}

void disk_submit(struct disk *disk, struct disk_request *request)
{
    enum disk_error error = check(disk, request);

    if (error == DISK_OK) {
        disk->submit(disk, request);
        return;
    }
    request->driver[0] = error;
    request->next = disk->refused;
    disk->refused = request;
}

void disk_kick(struct disk *disk)
{
    disk->kick(disk);
}

unsigned disk_poll(struct disk *disk)
{
    struct disk_request *r = disk->refused, *next;
    unsigned n = 0;

    for (disk->refused = NULL; r; r = next, n++) {
        next = r->next;
        r->done(r, r->driver[0]);
    }
    return n + disk->poll(disk);
}

void disk_wait(struct disk *disk)
{
    disk_kick(disk);
    while (!disk_poll(disk))
        io_wait();
}

struct waiter {
    bool done;
    enum disk_error error;
};

static void wake(struct disk_request *r, enum disk_error error)
{
    *(struct waiter *)r->context = (struct waiter){true, error};
}

enum disk_error disk_sync(struct disk *disk, enum disk_op op, uint64_t sector, void *data,
                          uint32_t bytes)
{
    struct waiter waiter = {0};
    struct disk_request r = {
        .op = op,
        .sector = sector,
        .bytes = bytes,
        .data = data,
        .done = wake,
        .context = &waiter,
    };

    disk_submit(disk, &r);
    while (!waiter.done)
        disk_wait(disk);
    return waiter.error;
}

void disk_close(struct disk *disk)
{
    disk->close(disk);
}
