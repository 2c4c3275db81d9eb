/* SPDX-License-Identifier: MIT */
/*
 * Jobs: two lists per CPU, which only that CPU touches. An interrupt may raise a job, but is only
 * taken where nobody works on the lists.
 */
#include "hv.h"
#include "hv_job.h"

enum job_state {
    JOB_IDLE,
    JOB_WAITS,   /* on a list */
    JOB_RUNS,    /* its function is being called */
    JOB_RUNS_ON, /* … and it was raised meanwhile */
};

struct job_list {
    struct job *first, **last;
};

static struct job_cpu {
    struct job_list now, later, lazy;
    struct timer rest, patience;
} job_cpus[HV_MAX_CPUS];

void job_init(struct job *j, bool (*fn)(struct job *), void *data)
{
    *j = (struct job){.fn = fn, .data = data};
}

static void append(struct job_list *l, struct job *j)
{
    j->next = NULL;
    if (l->first)
        *l->last = j;
    else
        l->first = j;
    l->last = &j->next;
}

/* What waits on b goes behind a. */
static void join(struct job_list *a, struct job_list *b)
{
    if (!b->first)
        return;
    if (a->first)
        *a->last = b->first;
    else
        a->first = b->first;
    a->last = b->last;
    b->first = NULL;
}

static bool change(struct job *j, uint32_t from, uint32_t to)
{
    return __atomic_compare_exchange_n(&j->state, &from, to, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST);
}

void job_raise(struct job *j)
{
    for (;;) {
        if (change(j, JOB_IDLE, JOB_WAITS)) {
            append(&job_cpus[this_cpu()].now, j);
            work_raise(WORK_JOB);
            return;
        }
        if (__atomic_load_n(&j->state, __ATOMIC_SEQ_CST) == JOB_WAITS ||
            change(j, JOB_RUNS, JOB_RUNS_ON) ||
            __atomic_load_n(&j->state, __ATOMIC_SEQ_CST) == JOB_RUNS_ON)
            return;
    }
}

/* A lazy job need not wait any longer if it is for the vcpu that stops, or (NULL) if it says so. */
static uint64_t waits_until(struct job *j, const struct vcpu *stops)
{
    if (stops)
        return !j->owner || j->owner == stops->domain ? 0 : ~0ull;
    return j->waits ? j->waits(j) : 0;
}

/* Such jobs join the others. Returns until when the rest waits. */
static uint64_t end_waits(struct job_cpu *c, const struct vcpu *stops, uint64_t now)
{
    struct job *j = c->lazy.first, *next;
    uint64_t first = ~0ull;

    c->lazy.first = NULL;
    for (; j; j = next) {
        uint64_t until = waits_until(j, stops);

        next = j->next;
        append(until > now ? &c->lazy : &c->now, j);
        if (until > now)
            first = MIN(first, until);
    }
    return first;
}

static void impatient(struct timer *t)
{
    struct job_cpu *c = t->data;
    uint64_t until = end_waits(c, NULL, hv_now());

    if (c->lazy.first)
        timer_set(t, until);
    if (c->now.first)
        work_raise(WORK_JOB);
}

void job_raise_lazy(struct job *j)
{
    struct job_cpu *c = &job_cpus[this_cpu()];
    uint64_t until;

    if (!change(j, JOB_IDLE, JOB_WAITS)) {
        job_raise(j);
        return;
    }
    append(&c->lazy, j);
    if (!c->patience.fn)
        timer_init(&c->patience, this_cpu(), impatient, c);
    until = hv_now() + JOB_LAZY_NS;
    if (c->patience.index < 0 || c->patience.expires > until)
        timer_set(&c->patience, until);
}

/* True: it has to be called again. */
static bool call(struct job *j)
{
    bool more;

    __atomic_store_n(&j->state, JOB_RUNS, __ATOMIC_SEQ_CST);
    more = j->fn(j);
    if (!more && change(j, JOB_RUNS, JOB_IDLE))
        return false;
    __atomic_store_n(&j->state, JOB_WAITS, __ATOMIC_SEQ_CST);
    return true;
}

/* Work for others than v is not charged to it. Returns its time. */
static uint64_t call_for_others(struct vcpu *v, struct job *j, bool *more)
{
    uint64_t start = hv_now(), took;

    *more = call(j);
    took = hv_now() - start;
    v->run_since += took;
    return took;
}

/* Each of them once; who wants more waits on `later`. Returns the time taken from v, if not NULL.
 */
static uint64_t run_list(struct job_cpu *c, struct vcpu *v)
{
    struct job_list list = c->now;
    uint64_t took = 0;

    c->now.first = NULL;
    while (list.first) {
        struct job *j = list.first;
        bool more;

        list.first = j->next;
        if (!v || j->owner == v->domain)
            more = call(j);
        else
            took += call_for_others(v, j, &more);
        if (more)
            append(&c->later, j);
    }
    return took;
}

static void rested(struct timer *t)
{
    struct job_cpu *c = t->data;

    join(&c->now, &c->later);
    work_raise(WORK_JOB);
}

void jobs_run(void)
{
    struct job_cpu *c = &job_cpus[this_cpu()];
    uint64_t took = run_list(c, current_vcpu());

    if (!c->later.first)
        return;
    if (!c->rest.fn)
        timer_init(&c->rest, this_cpu(), rested, c);
    if (c->rest.index < 0)
        timer_set(&c->rest, hv_now() + MAX(took, (uint64_t)JOB_REST_NS));
}

void jobs_run_idle(void)
{
    struct job_cpu *c = &job_cpus[this_cpu()];

    join(&c->now, &c->later);
    join(&c->now, &c->lazy);
    if (!c->now.first)
        return;
    run_list(c, NULL);
    if (c->later.first)
        work_raise(WORK_JOB);
}

void jobs_run_lazy(void)
{
    struct job_cpu *c = &job_cpus[this_cpu()];
    struct vcpu *v = current_vcpu();

    if (!c->lazy.first)
        return;
    end_waits(c, v, 0);
    jobs_run();
    v->stopped = true;
}
