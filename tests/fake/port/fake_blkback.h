/* SPDX-License-Identifier: MIT */
/* A block back-end that behaves, over an array of bytes. It takes requests and answers them apart,
 * so that a test can hold them, reorder them, or die in between. */
#ifndef FAKE_BLKBACK_H
#define FAKE_BLKBACK_H

#include "abi.h"
#include "fake_port.h"

#define BACK_QUEUES 4
#define BACK_DEPTH  512

struct back_request {
    blkif_request_t req; /* copied once */
    int16_t status;
};

struct back_queue {
    blkif_back_ring_t ring;
    uint32_t event;
    uint32_t refs[16];
    unsigned int pages;
    void *window; /* the ring's pages; the port's are contiguous anyway */
    struct back_request taken[BACK_DEPTH];
    unsigned int nr_taken;
};

struct blkback {
    struct port_dev *dev;
    uint8_t *disk;
    uint64_t sectors;
    unsigned int nr_queues;
    struct back_queue queue[BACK_QUEUES];
    unsigned int unit; /* sectors that are one sector of the disk, if not 0 */
    unsigned long requests, segments, indirect, flushes, discards, events;
    int16_t status; /* what is answered to what would have worked */
    bool keep_maps; /* forget to unmap: a misbehaving one */
};

/* Offer what Linux's offers: `order`, `queues`, `segments` of indirect requests (0: none). */
void back_offer(struct blkback *b, struct port_dev *dev, uint64_t sectors, unsigned int order,
                unsigned int queues, unsigned int segments);
/* Read what the front-end wrote, map its rings. False if it makes no sense. */
bool back_connect(struct blkback *b);
void back_disconnect(struct blkback *b);
/* Take all requests of a queue; returns how many are held now. */
unsigned int back_take(struct blkback *b, unsigned int queue);
/* Do and answer the i-th of those held. */
void back_answer(struct blkback *b, unsigned int queue, unsigned int i);
/* Push answers and raise the event if the front-end wants it. */
void back_push(struct blkback *b, unsigned int queue);
/* Take, answer everything in order, push; returns how many. */
unsigned int back_serve(struct blkback *b, unsigned int queue);

#endif
