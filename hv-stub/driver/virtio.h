/* SPDX-License-Identifier: MIT */
/*
 * Virtio 1.x devices on PCI with split virtqueues ("virtio 1.1", sections 2, 3, 4.1): what all
 * their drivers share. A transitional device is used as a modern one.
 *
 * The device is trusted with memory, but not with indices: what it returns is checked. Nothing here
 * locks; a queue is used under its driver's lock. Memory given to a device must be in the direct
 * map (hv_alloc(), frames of guests).
 */
#ifndef DRIVER_VIRTIO_H
#define DRIVER_VIRTIO_H

#include "hv.h"
#include "hv_job.h"

#define VIRTIO_ID_NET 1
#define VIRTIO_ID_BLK 2

#define VIRTIO_F_INDIRECT_DESC (1ull << 28)
#define VIRTIO_F_VERSION_1     (1ull << 32)

struct virtio_dev {
    uint32_t function;
    uint64_t features; /* negotiated */
    volatile uint8_t *common, *notify;
    volatile uint8_t *config; /* of its kind */
    uint32_t config_bytes, notify_step, notify_bytes;
};

#define VIRTQ_F_NEXT     1
#define VIRTQ_F_WRITE    2 /* by the device */
#define VIRTQ_F_INDIRECT 4
struct virtq_desc {
    uint64_t pa;
    uint32_t bytes;
    uint16_t flags, next;
};

struct virtq {
    uint16_t size, index; /* descriptors; number of the queue */
    uint16_t nr_free, first_free;
    uint16_t avail_idx; /* next to be written */
    uint16_t shown_idx; /* what the device was told of last */
    uint16_t used_idx;  /* next to be read */
    volatile uint16_t *notify;
    struct virtq_desc *desc;
    struct virtq_avail *avail;
    struct virtq_used *used;
    uint32_t bytes; /* of all four */
    void **token;   /* by first descriptor; NULL: not with the device */
    struct job *job;
};

/* ---- life, in this order; each returns false if the device cannot be used. At boot. */
/* Find its registers, reset it. */
bool virtio_open(struct virtio_dev *v, uint32_t function);
/* Take those of the wanted features that it offers; VERSION_1 is added, and must be there. */
bool virtio_negotiate(struct virtio_dev *v, uint64_t wanted);
/* Set up queue `index` with at most max_size descriptors; its interrupts raise the job, on the CPU
 * this is called on. */
bool virtq_open(struct virtio_dev *v, struct virtq *q, uint16_t index, uint16_t max_size,
                struct job *job);
/* The device was reset: free the queue's memory. One that was not opened may be closed. */
void virtq_close(struct virtq *q);
/* It may begin. */
void virtio_ready(struct virtio_dev *v);
/* Nobody will use it: quiet again. */
void virtio_reset(struct virtio_dev *v);

/* Numbers from its configuration; at is a multiple of their size. 0 behind its end. */
uint8_t virtio_config8(const struct virtio_dev *v, uint32_t at);
uint16_t virtio_config16(const struct virtio_dev *v, uint32_t at);
uint32_t virtio_config32(const struct virtio_dev *v, uint32_t at);
uint64_t virtio_config64(const struct virtio_dev *v, uint32_t at);

/* ---- queues */
/* A piece of memory for the device. */
static inline struct virtq_desc virtq_piece(const void *p, uint32_t bytes, bool device_writes)
{
    uint64_t pa = (virt_to_mfn(p).v << PAGE_SHIFT) | ((uintptr_t)p & (PAGE_SIZE - 1));

    return (struct virtq_desc){pa, bytes, device_writes ? VIRTQ_F_WRITE : 0, 0};
}
/* Queue a buffer of n >= 1 pieces, those the device reads first. With INDIRECT_DESC negotiated and
 * `list` itself in the direct map and left alone until the buffer comes back, pass indirect = true:
 * it takes one descriptor then, otherwise n. False: no room. */
bool virtq_add(struct virtq *q, struct virtq_desc *list, uint16_t n, bool indirect, void *token);
/* Tell the device of what was added, if it wants to be told. */
void virtq_kick(struct virtq *q);
/* The next buffer that came back: its token, and in *bytes how much the device wrote. NULL: none.
 */
void *virtq_take(struct virtq *q, uint32_t *bytes);
/* Have the next buffer that comes back interrupt us, or not. With on, true if some came back
 * already: no interrupt may follow for those. */
bool virtq_interrupts(struct virtq *q, bool on);

#endif
