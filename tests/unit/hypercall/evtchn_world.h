/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's half of event delivery, two vcpus, and handlers that keep books: for tests of
 * hypercall/evtchn.c. Events and upcalls can be made to happen at any step of the code under test.
 */
#ifndef EVTCHN_WORLD_H
#define EVTCHN_WORLD_H

#include "unit.h"

#include <pvkit/evtchn.h>

#define WORLD_PORTS 300
#define WORLD_VCPUS 2

struct world {
    struct shared_info shared;
    struct vcpu_info other_info; /* where pvk_evtchn_place_info() may move one */
    struct pvk_evtchn ec;
    struct pvk_evtchn_port ports[WORLD_PORTS];
    struct pvk_evtchn_vcpu vcpus[WORLD_VCPUS];

    struct vcpu_info *info[WORLD_VCPUS]; /* hypervisor's view */
    unsigned int bound[WORLD_PORTS];     /* port -> vcpu, hypervisor's view */
    unsigned int self;                   /* vcpu that executes */
    unsigned int budget;                 /* of the upcall */

    unsigned int calls[WORLD_PORTS];       /* of the handler */
    unsigned int called_on[WORLD_PORTS];   /* vcpu of the last one */
    unsigned long sent_at[WORLD_PORTS];    /* logical times of the last send */
    unsigned long handled_at[WORLD_PORTS]; /* and of the last handler call */
    unsigned long now;
    unsigned int order[64], nr_order; /* ports in order of handling */

    unsigned int hypercalls; /* all */
    unsigned int forced;     /* xen_version only */
    unsigned int steps;
    void (*on_step)(void);
};

extern struct world world;

/* cmocka setup: nothing pending, upcalls of both vcpus enabled, budget without limit. */
int world_setup(void **state);

/* Attach a book-keeping handler to `port` on `vcpu`; it stays masked. */
void world_attach(evtchn_port_t port, unsigned int vcpu);

/* Attach and unmask. */
void world_open(evtchn_port_t port, unsigned int vcpu);

/* Somebody else, on another processor, raises the event. */
void world_send(evtchn_port_t port);

/* The event was handled after it was last sent, and nothing of it is left. */
void world_expect_delivered(evtchn_port_t port);

#endif
