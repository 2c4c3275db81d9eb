/* SPDX-License-Identifier: MIT */
/*
 * The second virtual processor. The kernel as such runs on vcpu 0; an application processor does
 * one job at a time, told through a mailbox, for tests and measurements.
 */
#ifndef SHIM_SMP_H
#define SHIM_SMP_H

#include "selftest.h"
#include "xen_shim.h"

enum ap_job {
    AP_IDLE,  /* block until an event */
    AP_COUNT, /* count in ap->counter */
    AP_WATCH, /* read the word at ap->watched into ap->counter, over and over */
    AP_TIMER, /* one-shot timer of its own; ap->counter = ns it took */
    AP_DOWN,  /* take itself down; comes back here when taken up */
};

struct ap {
    unsigned id;
    volatile enum ap_job job;   /* written by vcpu 0 */
    volatile enum ap_job doing; /* written by the AP */
    volatile uint64_t counter;
    volatile uint64_t events; /* IPIs handled */
    const volatile uint64_t *volatile watched;
    evtchn_port_t port;       /* send here to interrupt it */
    evtchn_port_t reply_port; /* if not 0, its handler sends here */
};

/* Is there a vcpu `id`? */
bool ap_exists(unsigned id);

/* The AP, started if it was not. NULL if there is none, or it does not start. */
struct ap *ap_get(unsigned id);

/* Give it a job and wait until it does that; false if it does not within TEST_WAIT_NS. */
bool ap_do(struct ap *ap, enum ap_job job);

/* Wait until `*value` is at least `least`, letting others run; false after TEST_WAIT_NS. */
bool ap_wait(const volatile uint64_t *value, uint64_t least);

/* End: take it down for good. */
void ap_stop(struct ap *ap);

/* The traps and GDT frame that vcpu 0 uses, for a new vcpu's context (cpu.c). */
void xen_copy_context(struct vcpu_guest_context *context);

extern const struct test smp_tests[];

#endif
