/* SPDX-License-Identifier: MIT */
/*
 * Disks, as block back-ends and emulated controllers use them, and as drivers supply them.
 *
 * A domain's disks are opened before it is built, from its module line, or by disk_attach() while
 * it runs; domain_disk() finds them. They stay when it is built anew. Emulated hardware and PV
 * back-end of the same domain use the same struct disk_user: its requests count as one flow, and
 * flows take turns when a disk cannot take all at once.
 *
 * Sectors are units of 512 bytes here, whatever the disk's own sector size; requests begin and end
 * at multiples of that.
 */
#ifndef HV_DISK_H
#define HV_DISK_H

#include "hv.h"
#include "hv_job.h"

#define DISK_SECTOR     512u
#define DISK_MAX_VIRTIO 32

enum disk_op { DISK_READ, DISK_WRITE, DISK_FLUSH, DISK_DISCARD };

/* A piece of memory in the direct map, within one page or physically contiguous. Any alignment;
 * bytes is a multiple of DISK_SECTOR. */
struct disk_seg {
    void *p;
    uint32_t bytes;
};

/* A request, in its owner's memory from disk_submit() to done(): queueing it allocates nothing. */
struct disk_io {
    enum disk_op op;
    uint32_t nr_segs; /* READ, WRITE: at most disk.max_segs, together `sectors` long */
    uint64_t sector;
    uint64_t sectors; /* FLUSH: both are 0 */
    struct disk_seg *seg;
    /* err: 0, -XEN_EIO, -XEN_EOPNOTSUPP. No lock is held; on any CPU, perhaps before disk_submit()
     * returned. May submit again. The memory of seg[] is not touched any more. */
    void (*done)(struct disk_io *io, int err);

    /* the disk's, while it has the request */
    struct disk_user *user;
    struct disk_io *next;
    uint64_t at;
};

struct disk {
    char name[24]; /* for messages */
    uint64_t sectors;
    uint32_t sector_size, physical_sector_size; /* bytes */
    uint32_t max_segs;                          /* per request; at least 64 */
    bool readonly, can_discard;
    bool volatile_cache; /* what was written is safe only after a FLUSH */
    bool instant;        /* reads and writes are done within submit() */
    /* The request is in range and allowed. Never refuses for lack of room. */
    void (*submit)(struct disk *disk, struct disk_io *io);
    void *driver; /* the driver's own */
    bool private; /* memory of one user, who takes it along */

    /* disk.c */
    bool has_writer;
    uint32_t users;
};

/* A domain's access to a disk. */
struct disk_user {
    struct disk *disk;
    struct disk_config cfg;
    domid_t domid;
    bool writable;
    bool hot; /* by disk_attach(): no emulated hardware has it */

    /* disk.c: requests above the limit of cfg.iops */
    spinlock_t lock;
    struct disk_io *late, **late_last;
    uint64_t tat; /* when all admitted so far would be served at that rate */
    struct timer timer;
    struct job job;

    /* the driver's: requests that wait for room (under its lock) */
    struct disk_io *first, **last;
    struct list turn;   /* among the users who wait */
    uint32_t in_flight; /* requests the disk works at */
};

/* ---- core/disk.c */
/* Disk i of a domain, i < HV_MAX_DISKS: those of its module line first, in order. NULL: there is
 * none at i. */
struct disk_user *domain_disk(domid_t id, uint32_t i);
/* Hand over a request. One that is out of range or not allowed (a write to a disk opened
 * read-only, pieces that do not add up) is done with -XEN_EIO, a discard where there is none with
 * -XEN_EOPNOTSUPP. */
void disk_submit(struct disk_user *u, struct disk_io *io);

/* Open the disks of a domain, making RAM disks as needed. False, with err saying which disk and
 * why: there is none such, no memory, or somebody else writes to it (a writable disk has no other
 * user). */
bool disks_open(domid_t id, const struct domain_config *cfg, char *err, size_t n);
/* Open one more disk for a domain: its i, or -1 with *wrong saying what is. For one caller at a
 * time. */
int disk_attach(domid_t id, const struct disk_config *c, const char **wrong);
/* Close it: no request of it is under way or follows. From anywhere. */
void disk_detach(struct disk_user *u);
/* Close all of a domain that is over. */
void disks_close(domid_t id);
/* A driver found a disk: it is virtio:N with the lowest free N, which is returned. -1: there are
 * too many. */
int disk_register(struct disk *disk);
/* The disk virtio:N goes: true if nobody uses it, and nobody will. */
bool disk_unregister(struct disk *disk);
/* virtio:N, or NULL. */
struct disk *disk_virtio(uint32_t n);

/* ---- core/disk_ram.c: a new disk of zeros; NULL: out of memory. */
struct disk *ram_disk_create(uint32_t mib, const char *name);
/* Nobody uses it: its memory is given back. */
void ram_disk_free(struct disk *disk);

#endif
