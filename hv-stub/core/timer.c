/* SPDX-License-Identifier: MIT */
/*
 * One-shot timers: a binary heap per CPU, the earliest on top. A timer is queued on the CPU that
 * sets it, so that setting needs no other CPU's hardware; a lock per heap lets others cancel or
 * replace it. Timers live inside domains and vcpus, which are never freed, so a callback that races
 * with its cancellation finds valid memory.
 */
#include "hv.h"
#include "timer.h"

/* Everything that owns a timer, in case all sit on one CPU. */
#define HEAP_PAGES DIV_UP(TIMERS_MAX * sizeof(struct timer *), PAGE_SIZE)

struct timer_queue {
    spinlock_t lock;
    uint32_t n;
    struct timer **heap;
    uint64_t armed; /* what the hardware was told; ~0: nothing */
};

static struct timer_queue queues[HV_MAX_CPUS];

void timer_init_cpu(uint32_t cpu)
{
    struct timer_queue *q = &queues[cpu];

    q->heap = hv_alloc(HEAP_PAGES * PAGE_SIZE);
    q->armed = ~0ull;
    q->n = 0;
    if (!q->heap)
        hv_panic("no memory for the timers of CPU %u", cpu);
}

void timer_init(struct timer *t, uint32_t cpu, void (*fn)(struct timer *), void *data)
{
    t->fn = fn;
    t->data = data;
    t->cpu = cpu;
    t->index = -1;
}

static void place(struct timer_queue *q, uint32_t i, struct timer *t)
{
    q->heap[i] = t;
    t->index = (int32_t)i;
}

static void sift_up(struct timer_queue *q, uint32_t i)
{
    struct timer *t = q->heap[i];

    while (i > 0 && q->heap[(i - 1) / 2]->expires > t->expires) {
        place(q, i, q->heap[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    place(q, i, t);
}

static void sift_down(struct timer_queue *q, uint32_t i)
{
    struct timer *t = q->heap[i];
    uint32_t c;

    while ((c = 2 * i + 1) < q->n) {
        if (c + 1 < q->n && q->heap[c + 1]->expires < q->heap[c]->expires)
            c++;
        if (q->heap[c]->expires >= t->expires)
            break;
        place(q, i, q->heap[c]);
        i = c;
    }
    place(q, i, t);
}

static void heap_insert(struct timer_queue *q, struct timer *t)
{
    HV_ASSERT(q->n < HEAP_PAGES * PAGE_SIZE / sizeof(q->heap[0]));
    place(q, q->n++, t);
    sift_up(q, q->n - 1);
}

static void heap_remove(struct timer_queue *q, struct timer *t)
{
    uint32_t i = (uint32_t)t->index;
    struct timer *last = q->heap[--q->n];

    t->index = -1;
    if (last == t)
        return;
    place(q, i, last);
    sift_up(q, i);
    sift_down(q, (uint32_t)last->index);
}

/* Only on the queue's own CPU. An earlier deadline in the hardware is left: it costs one look. */
static void arm(struct timer_queue *q)
{
    if (q->n && q->heap[0]->expires < q->armed) {
        q->armed = q->heap[0]->expires;
        arch_timer_set(q->armed);
    }
}

/* The queue that holds t, or held it last; locked. */
static struct timer_queue *lock_queue(struct timer *t)
{
    for (;;) {
        uint32_t cpu = READ_ONCE(t->cpu);
        struct timer_queue *q = &queues[cpu];

        spin_lock(&q->lock);
        if (READ_ONCE(t->cpu) == cpu)
            return q;
        spin_unlock(&q->lock);
    }
}

/* The queue is this CPU's and locked. */
static void set_here(struct timer_queue *q, struct timer *t, uint64_t expires_ns)
{
    t->expires = expires_ns;
    if (t->index < 0) {
        heap_insert(q, t);
    } else {
        sift_up(q, (uint32_t)t->index);
        sift_down(q, (uint32_t)t->index);
    }
    arm(q);
}

/* From another CPU's queue to ours. It may be set there again between the two locks: then that
 * setting came last, and wins. */
static void set_moving(struct timer_queue *from, struct timer_queue *here, struct timer *t,
                       uint64_t expires_ns)
{
    if (t->index >= 0)
        heap_remove(from, t);
    WRITE_ONCE(t->cpu, this_cpu());
    spin_unlock(&from->lock);
    spin_lock(&here->lock);
    if (t->cpu == this_cpu() && t->index < 0)
        set_here(here, t, expires_ns);
    spin_unlock(&here->lock);
}

void timer_set(struct timer *t, uint64_t expires_ns)
{
    struct timer_queue *here = &queues[this_cpu()], *q = lock_queue(t);

    if (unlikely(q != here)) {
        set_moving(q, here, t, expires_ns);
        return;
    }
    set_here(q, t, expires_ns);
    spin_unlock(&q->lock);
}

void timer_cancel(struct timer *t)
{
    struct timer_queue *q;

    if (READ_ONCE(t->index) < 0)
        return;
    q = lock_queue(t);
    if (t->index >= 0)
        heap_remove(q, t);
    spin_unlock(&q->lock);
}

/* Bounded: a callback that sets its timer again sets it at least a slice ahead (periodic >= 1 ms).
 */
void timers_run(void)
{
    struct timer_queue *q = &queues[this_cpu()];
    uint64_t now = hv_now();

    spin_lock(&q->lock);
    q->armed = ~0ull;
    while (q->n && q->heap[0]->expires <= now) {
        struct timer *t = q->heap[0];

        heap_remove(q, t);
        spin_unlock(&q->lock);
        t->fn(t);
        spin_lock(&q->lock);
    }
    arm(q);
    spin_unlock(&q->lock);
    time_refresh(now);
}
