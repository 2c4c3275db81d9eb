/* SPDX-License-Identifier: MIT */
/* Two stacks on one wire, which may lose, double, delay and damage frames. */
#ifndef TEST_SHIMNET_WIRE_H
#define TEST_SHIMNET_WIRE_H

#include "net.h"

#define WIRE_HOSTS 2
#define WIRE_IP(i) NET_IP(10, 0, 2, 100 + (i))

struct host {
    struct nic nic; /* first */
    struct net net;
};

struct wire {
    struct host *host[WIRE_HOSTS];
    unsigned loss, twice, late, damage; /* of 1000 frames */
    unsigned pieces;                    /* frames arrive in so many pieces (0: 1) */
    bool segment;                       /* long segments are cut, as for a card that cannot */
    uint64_t now, random;
    unsigned lost, frames, longest; /* what happened */
};

extern struct wire wire;

/* A wire without faults between two new hosts. With `offload` their cards do checksums and TSO. */
void wire_start(bool offload);
void wire_stop(void);

/* Let `ns` pass, or until `done` is true (which may be NULL). True if it is. */
bool wire_run(uint64_t ns, bool (*done)(void));

#endif
