/* SPDX-License-Identifier: MIT */
/* A network back-end that behaves: it takes frames apart from answering them, and delivers others.
 */
#ifndef FAKE_NETBACK_H
#define FAKE_NETBACK_H

#include "abi.h"
#include "fake_port.h"

#define NB_QUEUES 4
#define NB_LEN    70000

struct nb_frame {
    uint8_t data[NB_LEN];
    uint32_t len;
    unsigned int slots;
    uint16_t flags; /* of the first request */
    struct netif_extra_info gso;
};

struct nb_queue {
    netif_tx_back_ring_t tx;
    netif_rx_back_ring_t rx;
    uint32_t tx_ref, rx_ref, tx_event, rx_event;
    struct netif_tx_request taken[256]; /* not answered yet; size 0: an extra */
    bool extra[256];
    unsigned int nr_taken;
};

struct netback {
    struct port_dev *dev;
    unsigned int nr_queues;
    struct nb_queue queue[NB_QUEUES];
    unsigned long events;
};

void nb_offer(struct netback *b, struct port_dev *dev, unsigned int queues, bool split);
bool nb_connect(struct netback *b);
void nb_disconnect(struct netback *b);
/* The next frame of a queue; false if there is none. It is kept until answered. */
bool nb_take(struct netback *b, unsigned int queue, struct nb_frame *out);
/* Answer `n` of the requests taken, with this status, and raise the event if it is wanted. */
void nb_answer(struct netback *b, unsigned int queue, unsigned int n, int16_t status);
/* Buffers the front-end has posted. */
unsigned int nb_buffers(struct netback *b, unsigned int queue);
/* Deliver a frame in pieces of `piece` bytes, with `flags` and, if gso_size, how to cut it. */
void nb_deliver(struct netback *b, unsigned int queue, const uint8_t *data, uint32_t len,
                uint32_t piece, uint16_t flags, uint16_t gso_size);
/* Push what was delivered and raise the event if it is wanted. */
void nb_push(struct netback *b, unsigned int queue);

#endif
