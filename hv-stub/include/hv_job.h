/* SPDX-License-Identifier: MIT */
/*
 * Deferred work of back-ends and drivers: a function that a CPU calls on its way back to a guest,
 * or while it has nothing else to do, with no lock held.
 *
 * Who may get how much: a job that was raised runs with the next exit of the CPU that raised it. If
 * it wants more after that, an idle CPU lets it go on at once, looking for vcpus and interrupts in
 * between; a CPU with a guest to run lets that run for as long as its jobs took, JOB_REST_NS at
 * least. So jobs take no more than half of a CPU from guests. A vcpu is charged
 * for the jobs of its own domain only.
 *
 * A job raised lazily waits until the vcpu that runs here stops, if that is its owner's, so that
 * its guest can add to it; but for JOB_LAZY_NS at most, or longer while its waits() says so.
 */
#ifndef HV_JOB_H
#define HV_JOB_H

#include "hv_types.h"

#define JOB_REST_NS 50000
#define JOB_LAZY_NS 300000

struct job {
    struct job *next;             /* on a list of job.c's */
    bool (*fn)(struct job *self); /* true: there is more to do */
    /* lazy: until when, after JOB_LAZY_NS; NULL: no longer. No job.c call is allowed */
    uint64_t (*waits)(struct job *self);
    void *data;           /* the caller's */
    struct domain *owner; /* for whom; NULL: for several, or nobody */
    uint32_t state;       /* job.c's; atomic */
};

/* fn does a bounded piece of work each time (some ten microseconds); it is never called by two CPUs
 * at once. A job is never freed: nothing takes one back that was raised. owner is
 * NULL at first. */
void job_init(struct job *j, bool (*fn)(struct job *), void *data);
/* Have fn called soon, from the start: whatever was written before this call is seen by it. Many
 * calls may become one. May be called from anywhere, with any lock held, by fn itself too. */
void job_raise(struct job *j);
/* The same, when the vcpu on this CPU has stopped or JOB_LAZY_NS are over. */
void job_raise_lazy(struct job *j);

/* ---- for the way out and the idle loop (WORK_JOB) */
/* Run what was raised here, once each; the CPU has a vcpu to run. */
void jobs_run(void);
/* The same for a CPU without one: also those that have rested too little. Raises WORK_JOB if there
 * is more to do. */
void jobs_run_idle(void);
/* The vcpu here is about to stop: run what was raised lazily for its domain, which may be what it
 * waits for. */
void jobs_run_lazy(void);

#endif
