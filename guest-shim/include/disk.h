/* SPDX-License-Identifier: MIT */
/*
 * Disks, whatever drives them: ATA by programmed I/O or bus-master DMA (hw/), or a PV block
 * front-end (pv-drivers/shim/). Callers see queues of requests with completion callbacks.
 */
#ifndef SHIM_DISK_H
#define SHIM_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum disk_op {
    DISK_READ,
    DISK_WRITE,
    DISK_FLUSH,   /* every write that was done before this was submitted becomes durable */
    DISK_DISCARD, /* contents of the sectors are undefined afterwards */
};

/* Outcomes of a request. */
enum disk_error {
    DISK_OK,
    DISK_EIO,      /* the device failed it */
    DISK_ERANGE,   /* out of range, misaligned, or longer than max_bytes */
    DISK_EROFS,    /* a write or discard on a read-only disk */
    DISK_ENOTSUPP, /* flush or discard where the device has none */
};

/*
 * A request, in the caller's memory. The caller fills the first part and keeps its hands off
 * until `done` is called, which happens exactly once per submitted request, and whose task it then
 * is again. `data` is memory of the direct map or of the kernel image, contiguous there, aligned
 * to 512 bytes, and the driver's until `done`.
 */
struct disk_request {
    enum disk_op op;
    uint64_t sector; /* first, in units of the disk's sector_size */
    uint32_t bytes;  /* a multiple of sector_size; 0 for a flush */
    void *data;      /* NULL for flush and discard */
    void (*done)(struct disk_request *request, enum disk_error error);
    void *context; /* the caller's */

    struct disk_request *next; /* the driver's while it has the request, the caller's otherwise */
    uint64_t driver[2];        /* the driver's */
};

struct disk {
    const char *name;     /* as in disk=: "ata-pio", "ata-dma", "xen" */
    uint64_t sectors;     /* capacity in sectors of sector_size bytes */
    uint32_t sector_size; /* 512 or a larger power of two up to 4096 */
    uint32_t max_bytes;   /* of one request; at least 4096, a multiple of sector_size */
    unsigned depth;       /* requests that the device can serve at a time */
    bool readonly;
    bool can_flush; /* without it, writes are durable when done */
    bool can_discard;

    /*
     * Queue a valid request (see disk_submit()). The device need not hear of it before kick().
     * Never refuses: what does not fit the device waits in the driver, linked by `next`. `done`
     * is never called from in here.
     */
    void (*submit)(struct disk *disk, struct disk_request *request);

    /* Start what was submitted, with one notification if possible. */
    void (*kick)(struct disk *disk);

    /*
     * Look for completions, call `done` for each (which may submit anew), and start what waited.
     * A completion without interrupt is found after the next pulse (io.h). Returns how many
     * requests were completed.
     */
    unsigned (*poll)(struct disk *disk);

    /* Stop using the device; nothing is in flight. It may be opened again. */
    void (*close)(struct disk *disk);

    struct disk_request *refused; /* kernel/disk.c: their `done` is due */
};

/*
 * A way to drive disks: finds unit number `unit` (counted from 0) and prepares it, or returns
 * NULL. The disk belongs to the driver.
 */
struct disk_driver {
    const char *name;
    struct disk *(*open)(unsigned unit);
};

/* The variant's drivers, best first; the last entry has no name. */
extern const struct disk_driver disk_drivers[];

/* --- kernel/disk.c: what callers use ---------------------------------------------------------- */

/*
 * Open the disk that the command line asks for: driver `disk=` (otherwise the first that finds
 * one), unit `unit=` (otherwise 0). NULL, with a line on the console, if there is none.
 */
struct disk *disk_open(void);

/*
 * Queue a request. It is checked here, once for all drivers: range, alignment, size, read-only,
 * abilities. One that fails is completed with the reason by a later disk_poll().
 */
void disk_submit(struct disk *disk, struct disk_request *request);

/* As disk->kick and disk->poll; the latter completes refused requests, too. */
void disk_kick(struct disk *disk);
unsigned disk_poll(struct disk *disk);

/* Kick, and wait until at least one request was completed. For use between io_begin and io_end. */
void disk_wait(struct disk *disk);

/* One request from submission to completion. `bytes` at most max_bytes. */
enum disk_error disk_sync(struct disk *disk, enum disk_op op, uint64_t sector, void *data,
                          uint32_t bytes);

void disk_close(struct disk *disk);

#endif
