/* SPDX-License-Identifier: MIT */
/*
 * Weighted round robin with credits. Time is dealt out in rounds: per round a vcpu may run for a
 * time proportional to its domain's weight. Who has credit waits in `active`, who has spent it in
 * `expired` with the next round's credit already added; when `active` runs empty the lists change
 * places. Taking the head of a list is all that picking costs. A vcpu that wakes with credit left
 * goes first.
 *
 * A vcpu belongs to the runqueue of v->cpu, whose lock guards everything here about it; v->cpu
 * changes only under that lock and never while v->running.
 */
#include "domain.h"
#include "sched.h"
#include "timer.h"

#define SHARE_MIN_NS 50000ll  /* so weights count up to 200 : 1 */
#define TURN_MIN_NS  500000ll /* no turn is shorter; what is overdrawn is paid back later */
#define DEBT_MAX_NS  5000000ll

struct runqueue {
    spinlock_t lock;
    struct list active, expired;
    uint32_t waiting; /* vcpus on both lists */
    uint32_t round;
    uint32_t assigned; /* vcpus that started out here */
    struct vcpu *cur;  /* picked; NULL: idle */
    uint64_t turn_start;
    bool preempt; /* a vcpu woke and waits at the head of active */
    bool idle;    /* our bit in idle_cpus is set */
    struct timer slice, reap;
    uint64_t reaped_at; /* the last turn of the reaper's */
    uint64_t busy_ns;   /* vcpus ran here so long, up to their last charge */
};

static struct runqueue runq[HV_MAX_CPUS];
static uint32_t max_weight = SCHED_WEIGHT_DEFAULT;
static uint64_t idle_cpus; /* bit per CPU that found nothing to run; atomic */

static void slice_over(struct timer *t)
{
    work_raise(WORK_RESCHED);
}

void sched_init_cpu(uint32_t cpu)
{
    struct runqueue *rq = &runq[cpu];

    memset(rq, 0, sizeof(*rq));
    idle_cpus &= ~(1ull << cpu);
    list_init(&rq->active);
    list_init(&rq->expired);
    timer_init_cpu(cpu);
    timer_init(&rq->slice, cpu, slice_over, rq);
    timer_init(&rq->reap, cpu, slice_over, rq);
}

void sched_init_vcpu(struct vcpu *v)
{
    uint32_t best = 0;

    for (uint32_t c = 1; c < nr_cpus; c++)
        if (runq[c].assigned < runq[best].assigned)
            best = c;
    runq[best].assigned++;
    v->cpu = best;
    v->sched_round = runq[best].round - 1; /* its first wake gives it credit */
    list_init(&v->run_link);
    v->runstate.state = RUNSTATE_offline;
    v->runstate.state_entry_time = hv_now();
}

void sched_end_vcpu(struct vcpu *v)
{
    runq[v->cpu].assigned--;
}

static uint32_t weight_of(const struct domain *d)
{
    return d->weight ? MIN(d->weight, 65535u) : SCHED_WEIGHT_DEFAULT;
}

void sched_weights_changed(void)
{
    uint32_t max = 1;

    for (uint32_t i = 1; i < nr_domains; i++)
        if (domains[i] && domain_alive(domains[i]))
            max = MAX(max, weight_of(domains[i]));
    WRITE_ONCE(max_weight, max);
}

/* CPU time per round: a whole slice for the heaviest domain, for the others in proportion. */
static int64_t share(const struct vcpu *v)
{
    return MAX(SCHED_SLICE_NS * weight_of(v->domain) / max_weight, SHARE_MIN_NS);
}

static void refill(struct vcpu *v)
{
    int64_t s = share(v);

    v->credit_ns = MIN(MAX(v->credit_ns, -DEBT_MAX_NS) + s, s);
}

static struct runqueue *lock_runqueue(const struct vcpu *v)
{
    for (;;) {
        uint32_t cpu = READ_ONCE(v->cpu);

        spin_lock(&runq[cpu].lock);
        if (READ_ONCE(v->cpu) == cpu)
            return &runq[cpu];
        spin_unlock(&runq[cpu].lock);
    }
}

static void cpu_resched(uint32_t cpu)
{
    if (cpu == this_cpu())
        work_raise(WORK_RESCHED);
    else
        arch_work_send(cpu, WORK_RESCHED);
}

/* One idle CPU other than `but`, or -1. */
static int idle_cpu_but(uint32_t but)
{
    uint64_t m = __atomic_load_n(&idle_cpus, __ATOMIC_SEQ_CST) & ~(1ull << but);

    return m ? __builtin_ctzll(m) : -1;
}

bool sched_idle_elsewhere(void)
{
    return idle_cpu_but(this_cpu()) >= 0;
}

static void enqueue(struct runqueue *rq, struct vcpu *v, bool first)
{
    if (v->credit_ns <= 0) {
        refill(v);
        v->sched_round = rq->round + 1;
    }
    if ((int32_t)(v->sched_round - rq->round) > 0)
        list_add_tail(&rq->expired, &v->run_link);
    else if (first)
        list_add(&rq->active, &v->run_link);
    else
        list_add_tail(&rq->active, &v->run_link);
    v->queued = true;
    WRITE_ONCE(rq->waiting, rq->waiting + 1);
}

static void dequeue(struct runqueue *rq, struct vcpu *v)
{
    list_del(&v->run_link);
    v->queued = false;
    WRITE_ONCE(rq->waiting, rq->waiting - 1);
}

/* The runstate of a vcpu that does not run. */
static int waiting_state(const struct vcpu *v)
{
    uint32_t p = READ_ONCE(v->pause);

    if (!p)
        return RUNSTATE_runnable;
    return p & (VCPU_DOWN | VCPU_PAUSED | VCPU_HELD | VCPU_SUSPENDED) ? RUNSTATE_offline
                                                                      : RUNSTATE_blocked;
}

/* Queue a vcpu that became runnable; it goes first if it has credit. */
static void wake_locked(struct runqueue *rq, struct vcpu *v)
{
    runstate_change(v, RUNSTATE_runnable, hv_now());
    if ((int32_t)(rq->round - v->sched_round) > 0) { /* it slept through the end of a round */
        refill(v);
        v->sched_round = rq->round;
    }
    rq->preempt |= v->credit_ns > 0;
    enqueue(rq, v, true);
}

void vcpu_wake(struct vcpu *v)
{
    for (bool moved = false;; moved = true) {
        struct runqueue *rq = lock_runqueue(v);
        uint32_t cpu = v->cpu;
        int idle = -1;

        if (READ_ONCE(v->pause) || v->queued || rq->cur == v) {
            spin_unlock(&rq->lock);
            return;
        }
        if (!moved && rq->cur && !READ_ONCE(v->running))
            idle = idle_cpu_but(cpu);
        if (idle < 0) {
            wake_locked(rq, v);
            spin_unlock(&rq->lock);
            cpu_resched(cpu);
            return;
        }
        /* Its CPU is busy and another one idle: that one runs it at once. */
        v->sched_round = READ_ONCE(runq[idle].round) - 1;
        WRITE_ONCE(v->cpu, (uint32_t)idle);
        spin_unlock(&rq->lock);
    }
}

void vcpu_sleep(struct vcpu *v)
{
    struct runqueue *rq = lock_runqueue(v);
    uint32_t cpu = v->cpu;
    bool is_cur = rq->cur == v;

    if (READ_ONCE(v->pause) && !is_cur) {
        if (v->queued)
            dequeue(rq, v);
        runstate_change(v, waiting_state(v), hv_now());
    }
    spin_unlock(&rq->lock);
    if (is_cur)
        cpu_resched(cpu);
}

bool vcpu_is_off(struct vcpu *v)
{
    struct runqueue *rq;
    bool off;

    if (!(READ_ONCE(v->pause) & (VCPU_PAUSED | VCPU_HELD | VCPU_SUSPENDED)))
        return false;
    /* Under the lock: it may be about to be picked from a queue it was not taken off yet. */
    rq = lock_runqueue(v);
    if (v->queued)
        dequeue(rq, v);
    off = rq->cur != v && !__atomic_load_n(&v->running, __ATOMIC_ACQUIRE);
    spin_unlock(&rq->lock);
    return off;
}

void vcpu_pause_set(struct vcpu *v, uint32_t bits)
{
    if ((__atomic_fetch_or(&v->pause, bits, __ATOMIC_SEQ_CST) & bits) != bits)
        vcpu_sleep(v);
}

void vcpu_pause_clear(struct vcpu *v, uint32_t bits)
{
    uint32_t old = __atomic_fetch_and(&v->pause, ~bits, __ATOMIC_SEQ_CST);

    if ((old & bits) && !(old & ~bits))
        vcpu_wake(v);
}

bool vcpu_unblock(struct vcpu *v)
{
    if (!(READ_ONCE(v->pause) & VCPU_BLOCKED))
        return false;
    /* A poll ends with any wake-up. Its timer is left to the vcpu itself: it alone sets it. */
    if (READ_ONCE(v->domain->poll_mask) & (1u << v->id))
        __atomic_fetch_and(&v->domain->poll_mask, ~(1u << v->id), __ATOMIC_SEQ_CST);
    vcpu_pause_clear(v, VCPU_BLOCKED);
    return true;
}

void vcpu_kick(struct vcpu *v)
{
    if (!vcpu_unblock(v) && v != current_vcpu() && READ_ONCE(v->running))
        arch_work_send(READ_ONCE(v->cpu), 0); /* it looks for events on its way back */
}

void vcpu_yield(struct vcpu *v)
{
    if (likely(!READ_ONCE(runq[this_cpu()].waiting)))
        return;
    v->yielded = true;
    work_raise(WORK_RESCHED);
}

/* Remove and return the next to run; NULL when none waits. */
static struct vcpu *pop(struct runqueue *rq)
{
    while (rq->waiting) {
        struct vcpu *v;

        if (list_empty(&rq->active)) { /* the round is over: everything expired becomes active */
            rq->active = rq->expired;
            rq->active.next->prev = rq->active.prev->next = &rq->active;
            list_init(&rq->expired);
            rq->round++;
        }
        v = list_entry(rq->active.next, struct vcpu, run_link);
        dequeue(rq, v);
        if (v->credit_ns > 0)
            return v;
        enqueue(rq, v, false); /* still in debt: sits out this round (bounded by DEBT_MAX_NS) */
    }
    return NULL;
}

/* May prev, which still wants to run, keep the CPU? */
static bool keeps_turn(struct runqueue *rq, struct vcpu *prev, uint64_t now)
{
    if (prev->yielded || prev->credit_ns <= 0)
        return !rq->waiting;
    if (list_empty(&rq->active))
        return true;
    if (prev->stopped && rq->preempt)
        return false;
    return now - rq->turn_start < (rq->preempt ? SCHED_PREEMPT_NS : SCHED_SLICE_NS);
}

/* Charge prev for its time and put it where it belongs now. True: it goes on running. */
static bool settle(struct runqueue *rq, struct vcpu *prev, uint64_t now)
{
    uint64_t ran = now - prev->run_since;
    bool turn_over = prev->yielded || now - rq->turn_start >= SCHED_SLICE_NS, keeps;

    prev->run_since = now;
    prev->cpu_time_ns += ran;
    rq->busy_ns += ran;
    prev->credit_ns -= (int64_t)ran;
    if (READ_ONCE(prev->pause)) {
        runstate_change(prev, waiting_state(prev), now);
        return false;
    }
    keeps = keeps_turn(rq, prev, now);
    prev->yielded = prev->stopped = false;
    if (!keeps) {
        runstate_change(prev, RUNSTATE_runnable, now);
        if (list_empty(
                &rq->active)) /* it yields to those who wait for the next round: joins them */
            prev->sched_round = rq->round + 1;
        enqueue(rq, prev, false);
        if (!turn_over &&
            prev->sched_round == rq->round) { /* back to second place, behind who woke */
            list_del(&prev->run_link);
            list_add(rq->active.next, &prev->run_link);
        }
        return false;
    }
    if (prev->credit_ns <= 0) { /* alone: a round passes for those who sleep */
        rq->round++;
        refill(prev);
        prev->sched_round = rq->round;
    }
    if (turn_over)
        rq->turn_start = now;
    return true;
}

/* A vcpu waiting on another CPU, now ours and on no queue; NULL: none. No lock is held. */
static struct vcpu *steal_from(struct runqueue *rq, uint32_t cpu)
{
    struct list *heads[] = {&rq->active, &rq->expired}, *p;
    struct vcpu *found = NULL;

    spin_lock(&rq->lock);
    for (unsigned i = 0; i < ARRAY_SIZE(heads) && !found; i++)
        list_for_each(p, heads[i])
        {
            struct vcpu *v = list_entry(p, struct vcpu, run_link);

            if (READ_ONCE(v->running)) /* being switched out: its state is still on that CPU */
                continue;
            found = v;
            break;
        }
    if (found) {
        dequeue(rq, found);
        found->sched_round = runq[cpu].round;
        WRITE_ONCE(found->cpu, cpu);
    }
    spin_unlock(&rq->lock);
    return found;
}

/*
 * Nothing to run here: declare ourselves idle, then look at the others. In this order: whoever
 * queues a vcpu afterwards sees the bit and sends us a kick; whoever did before is found. rq is
 * unlocked meanwhile.
 */
static struct vcpu *take_over(struct runqueue *rq, uint32_t cpu)
{
    struct vcpu *v = NULL;

    rq->idle = true;
    __atomic_fetch_or(&idle_cpus, 1ull << cpu, __ATOMIC_SEQ_CST);
    rq->cur = NULL;
    spin_unlock(&rq->lock);
    for (uint32_t i = 1; i < nr_cpus && !v; i++) {
        uint32_t other = (cpu + i) % nr_cpus;

        if (READ_ONCE(runq[other].waiting))
            v = steal_from(&runq[other], cpu);
    }
    spin_lock(&rq->lock);
    if (v && v->cpu == cpu && !v->queued && !READ_ONCE(v->pause))
        enqueue(rq, v, true);
    return pop(rq);
}

static void arm_slice(struct runqueue *rq, const struct vcpu *v, uint64_t now)
{
    uint64_t end = rq->turn_start + (rq->preempt ? SCHED_PREEMPT_NS : SCHED_SLICE_NS);

    if (!rq->waiting) {
        timer_cancel(&rq->slice);
        return;
    }
    end = MIN(end, now + (uint64_t)MAX(v->credit_ns, TURN_MIN_NS));
    timer_set(&rq->slice, end);
}

static void begin_turn(struct runqueue *rq, struct vcpu *next, uint64_t now)
{
    rq->turn_start = now;
    next->run_since = now;
    next->running = true;
    next->stopped = false;
    runstate_change(next, RUNSTATE_running, now);
}

/* Without locks: whoever queues something after we looked sends us WORK_RESCHED. */
static bool anything_waits(void)
{
    for (uint32_t i = 0; i < nr_cpus; i++)
        if (READ_ONCE(runq[i].waiting))
            return true;
    return false;
}

/*
 * Reaping is the work of idle CPUs. Where none is idle, one becomes it for a moment when its vcpu
 * changes, each REAP_TURN_NS at most.
 */
static bool reap_turn(struct runqueue *rq, uint64_t now)
{
    if (now - rq->reaped_at < REAP_TURN_NS)
        return false;
    rq->reaped_at = now;
    work_raise(WORK_RESCHED); /* and after that it looks for a vcpu */
    return true;
}

void sched_reap_again(void)
{
    timer_set(&runq[this_cpu()].reap, hv_now() + REAP_TURN_NS);
}

/* prev, which would go on, is the first to run after that. */
static void make_way(struct runqueue *rq, struct vcpu *prev, uint64_t now)
{
    runstate_change(prev, RUNSTATE_runnable, now);
    enqueue(rq, prev, true);
}

struct vcpu *sched_pick(struct vcpu *prev)
{
    uint32_t cpu = this_cpu();
    struct runqueue *rq = &runq[cpu];
    struct vcpu *next = prev;
    bool stopped = prev && prev->stopped, woken = false;
    uint64_t now;

    if (!prev && rq->idle && !anything_waits())
        return NULL;
    now = hv_now();
    spin_lock(&rq->lock);
    if (unlikely(prev && READ_ONCE(domains_to_reap)) && reap_turn(rq, now)) {
        if (settle(rq, prev, now))
            make_way(rq, prev, now);
        rq->cur = next = NULL;
    } else if (!prev || !settle(rq, prev, now)) {
        woken = prev && prev->queued && stopped;
        next = pop(rq);
        if (!next)
            next = take_over(rq, cpu);
        rq->cur = next;
        if (next)
            begin_turn(rq, next, now);
    }
    rq->preempt &= next && (next == prev || woken) && !list_empty(&rq->active);
    if (next && rq->idle) {
        rq->idle = false;
        __atomic_fetch_and(&idle_cpus, ~(1ull << cpu), __ATOMIC_SEQ_CST);
    }
    if (next)
        arm_slice(rq, next, now);
    spin_unlock(&rq->lock);
    if (prev && prev != next)
        timer_cancel(&prev->periodic_timer);
    return next;
}

void sched_saved(struct vcpu *prev)
{
    int idle;

    __atomic_store_n(&prev->running, false, __ATOMIC_SEQ_CST);
    if (!READ_ONCE(prev->queued))
        return;
    idle = idle_cpu_but(this_cpu());
    if (idle >= 0) /* it could not be stolen until now */
        arch_work_send((uint32_t)idle, WORK_RESCHED);
}

/* ---- for those who look on */

uint64_t sched_ran_ns(struct vcpu *v, bool *running)
{
    struct runqueue *rq = lock_runqueue(v);
    uint64_t now = hv_now(), ran = v->cpu_time_ns;

    *running = rq->cur == v;
    if (*running && now > v->run_since)
        ran += now - v->run_since;
    spin_unlock(&rq->lock);
    return ran;
}

uint64_t sched_idle_ns(uint32_t cpu)
{
    struct runqueue *rq = &runq[cpu];
    uint64_t now, busy;

    spin_lock(&rq->lock);
    now = hv_now();
    busy = rq->busy_ns;
    if (rq->cur && now > rq->cur->run_since)
        busy += now - rq->cur->run_since;
    spin_unlock(&rq->lock);
    return now - MIN(now, busy);
}
