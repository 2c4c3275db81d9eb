/* SPDX-License-Identifier: MIT */
/* A disk in memory: requests are copied at once, by whoever brings them. Only discards, which may
 * be as large as the disk, are left to a job. */
#include "hv_disk.h"
#include "hv_job.h"

#define CHUNK         (2ul << 20)
#define DISCARD_BYTES (256ul << 10) /* per call of the job */

struct ram_disk {
    struct disk disk;
    struct job job;
    spinlock_t lock; /* discards */
    struct disk_io *first, **last;
    struct ram_disk *next_spare;
    uint64_t nr_chunks;
    char **chunk;
};

/* Jobs of disks that were freed may be raised yet, so their structs are kept. */
static struct ram_disk *spare;
static spinlock_t spare_lock;

/* Memory at a byte of the disk, and how much there is in one piece. */
static char *memory_at(const struct ram_disk *r, uint64_t at, uint64_t *len)
{
    *len = MIN(*len, CHUNK - at % CHUNK);
    return r->chunk[at / CHUNK] + at % CHUNK;
}

static void transfer(const struct ram_disk *r, const struct disk_io *io)
{
    uint64_t at = io->sector * DISK_SECTOR;

    for (uint32_t i = 0; i < io->nr_segs; i++) {
        char *p = io->seg[i].p;
        uint64_t left = io->seg[i].bytes, n;

        for (; left; left -= n, at += n, p += n) {
            char *m = memory_at(r, at, (n = left, &n));

            if (io->op == DISK_READ)
                memcpy(p, m, n);
            else
                memcpy(m, p, n);
        }
    }
}

/* ---- discards: io->at says how many bytes are done */

static bool discard_step(const struct ram_disk *r, struct disk_io *io)
{
    uint64_t total = io->sectors * DISK_SECTOR, budget = MIN(DISCARD_BYTES, total - io->at);

    while (budget) {
        uint64_t n = budget;
        char *m = memory_at(r, io->sector * DISK_SECTOR + io->at, &n);

        memset(m, 0, n);
        io->at += n;
        budget -= n;
    }
    return io->at == total;
}

static bool discard_job(struct job *j)
{
    struct ram_disk *r = j->data;
    struct disk_io *io, *finished = NULL;
    bool more;

    spin_lock(&r->lock);
    io = r->first;
    spin_unlock(&r->lock);
    if (!io)
        return false;
    if (discard_step(r, io))
        finished = io;
    spin_lock(&r->lock);
    if (finished) {
        r->first = io->next;
        if (!r->first)
            r->last = &r->first;
    }
    more = r->first;
    spin_unlock(&r->lock);
    if (finished)
        finished->done(finished, 0);
    return more;
}

static void discard(struct ram_disk *r, struct disk_io *io)
{
    io->at = 0;
    io->next = NULL;
    spin_lock(&r->lock);
    *r->last = io;
    r->last = &io->next;
    spin_unlock(&r->lock);
    job_raise(&r->job);
}

static void submit(struct disk *disk, struct disk_io *io)
{
    struct ram_disk *r = container_of(disk, struct ram_disk, disk);

    if (io->op == DISK_DISCARD) {
        discard(r, io);
        return;
    }
    if (io->op != DISK_FLUSH)
        transfer(r, io);
    io->done(io, 0);
}

static struct ram_disk *new_disk(void)
{
    struct ram_disk *r;

    spin_lock(&spare_lock);
    r = spare;
    if (r)
        spare = r->next_spare;
    spin_unlock(&spare_lock);
    if (r || !(r = hv_alloc(sizeof(*r))))
        return r;
    r->last = &r->first;
    job_init(&r->job, discard_job, r);
    return r;
}

void ram_disk_free(struct disk *disk)
{
    struct ram_disk *r = container_of(disk, struct ram_disk, disk);

    for (uint64_t i = 0; i < r->nr_chunks && r->chunk[i]; i++)
        hv_free(r->chunk[i], CHUNK);
    if (r->chunk)
        hv_free(r->chunk, r->nr_chunks * sizeof(r->chunk[0]));
    r->chunk = NULL;
    *disk = (struct disk){0};
    spin_lock(&spare_lock);
    r->next_spare = spare;
    spare = r;
    spin_unlock(&spare_lock);
}

struct disk *ram_disk_create(uint32_t mib, const char *name)
{
    struct ram_disk *r = new_disk();
    bool all;

    if (!r)
        return NULL;
    r->nr_chunks = DIV_UP((uint64_t)mib << 20, CHUNK);
    r->chunk = hv_alloc(r->nr_chunks * sizeof(r->chunk[0]));
    all = r->chunk;
    for (uint64_t i = 0; all && i < r->nr_chunks; i++)
        all = (r->chunk[i] = hv_alloc(CHUNK));
    if (!all) {
        ram_disk_free(&r->disk);
        return NULL;
    }
    strcpy_n(r->disk.name, name, sizeof(r->disk.name));
    r->disk.sectors = (uint64_t)mib << 11;
    r->disk.sector_size = r->disk.physical_sector_size = DISK_SECTOR;
    r->disk.max_segs = 256;
    r->disk.can_discard = true;
    r->disk.instant = true;
    r->disk.submit = submit;
    return &r->disk;
}
