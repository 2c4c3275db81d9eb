/* SPDX-License-Identifier: MIT */
/*
 * Delivery of events by queues: each vcpu has 16 of them, one per priority, each a list of ports
 * that is linked through the ports' event words. We append, the guest takes from the head and
 * unlinks, and a bit per queue says that its head is new.
 *
 * The words are the guest's to spoil. Of a word we only believe its flags, and only as far as they
 * decide whether that guest hears of its own event: where to write next comes from our own tails.
 */
#include "evtchn_fifo.h"

#define PENDING   (1u << EVTCHN_FIFO_PENDING)
#define MASKED    (1u << EVTCHN_FIFO_MASKED)
#define LINKED    (1u << EVTCHN_FIFO_LINKED)
#define BUSY      (1u << EVTCHN_FIFO_BUSY)
#define LINK_MASK ((event_word_t)EVTCHN_FIFO_LINK_MASK)

#define LINK_TRIES 5

static event_word_t set_flag(event_word_t *word, event_word_t flag)
{
    return __atomic_fetch_or(word, flag, __ATOMIC_SEQ_CST);
}

static event_word_t clear_flag(event_word_t *word, event_word_t flag)
{
    return __atomic_fetch_and(word, ~flag, __ATOMIC_SEQ_CST);
}

/*
 * Let the tail's word lead on to port. False: the guest took the tail off already, so the queue is
 * empty. BUSY asks the guest to leave the word alone; one that does not comply within a few tries
 * loses the event.
 */
static bool link_behind(event_word_t *tail, evtchn_port_t port)
{
    for (unsigned i = 0; i < LINK_TRIES; i++) {
        event_word_t w = i ? set_flag(tail, BUSY) | BUSY : READ_ONCE(*tail);

        if (!(w & LINKED)) {
            if (i)
                clear_flag(tail, BUSY);
            return false;
        }
        if (__atomic_compare_exchange_n(tail, &w, (w & ~(BUSY | LINK_MASK)) | port, false,
                                        __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
            return true;
    }
    clear_flag(tail, BUSY);
    return true;
}

/* Append to the queue of v; f->lock is held. True: v has to be told of it. */
static bool append(struct evtchn_fifo *f, struct vcpu *v, struct evtchn *c, evtchn_port_t port,
                   event_word_t *word)
{
    struct fifo_vcpu *q = &f->vcpu[v->id];
    uint8_t priority = READ_ONCE(c->priority);
    evtchn_port_t *tail = &q->tail[priority];
    evtchn_port_t *last = &f->vcpu[c->last_vcpu].tail[c->last_priority];
    uint32_t bit = 1u << priority;

    set_flag(word, LINKED);
    /* It was unlinked, so where it was the tail nothing is left. */
    if (*last == port)
        *last = 0;
    c->last_vcpu = (uint8_t)v->id;
    c->last_priority = priority;
    if (*tail && link_behind(fifo_word(f, *tail), port)) {
        *tail = port;
        return false;
    }
    __atomic_store_n(&q->block->head[priority], port, __ATOMIC_SEQ_CST);
    *tail = port;
    return !(__atomic_fetch_or(&q->block->ready, bit, __ATOMIC_SEQ_CST) & bit);
}

/*
 * A word that is linked already needs nothing more: whoever takes it off its queue looks at PENDING
 * afterwards. A masked one is linked by the unmask call, which its guest makes if it sees PENDING.
 */
static void set_pending(struct domain *d, struct evtchn *c, evtchn_port_t port)
{
    struct vcpu *v = d->vcpu[READ_ONCE(c->notify_vcpu)];
    struct evtchn_fifo *f = d->evtchn_fifo;
    event_word_t *word, old;
    bool tell = false;

    spin_lock(&f->lock);
    word = fifo_word(f, port);
    if (unlikely(!word)) {
        c->pending = true;
        spin_unlock(&f->lock);
        return;
    }
    old = set_flag(word, PENDING);
    if (!(old & (MASKED | LINKED)) && f->vcpu[v->id].block)
        tell = append(f, v, c, port, word);
    spin_unlock(&f->lock);
    if (unlikely(READ_ONCE(d->poll_mask)) && !(old & PENDING))
        evtchn_wake_pollers(d, port);
    if (tell)
        evtchn_upcall(v);
}

static void unmask(struct domain *d, struct evtchn *c, evtchn_port_t port)
{
    event_word_t *word = fifo_word(d->evtchn_fifo, port);

    if (word && clear_flag(word, MASKED) & PENDING)
        set_pending(d, c, port);
}

static bool is_pending(const struct domain *d, evtchn_port_t port)
{
    const event_word_t *word = fifo_word(d->evtchn_fifo, port);

    return word && READ_ONCE(*word) & PENDING;
}

/* The guest takes the word off its queue and finds nothing pending. */
static void clear_pending(struct domain *d, evtchn_port_t port)
{
    event_word_t *word = fifo_word(d->evtchn_fifo, port);

    if (word)
        clear_flag(word, PENDING);
}

static bool is_busy(const struct domain *d, evtchn_port_t port)
{
    const event_word_t *word = fifo_word(d->evtchn_fifo, port);

    return word && READ_ONCE(*word) & LINKED;
}

const struct evtchn_ops evtchn_fifo_ops = {
    .set_pending = set_pending,
    .unmask = unmask,
    .is_pending = is_pending,
    .clear_pending = clear_pending,
    .is_busy = is_busy,
};
