/* SPDX-License-Identifier: MIT */
/*
 * Delivery of events by two levels of bits: a pending bit per port in shared_info, a selector bit
 * per word of them in vcpu_info, and the upcall flag above. Each level is only passed on a 0 -> 1
 * change, so a port that stays pending costs nothing.
 */
#include "evtchn.h"
#include "sched.h"

#define WORD_BITS 64

static bool test_and_set(xen_ulong_t *word, unsigned bit)
{
    uint64_t mask = 1ull << bit;

    return __atomic_fetch_or(word, mask, __ATOMIC_SEQ_CST) & mask; /* one locked bts */
}

static bool test_and_clear(xen_ulong_t *word, unsigned bit)
{
    uint64_t mask = 1ull << bit;

    return __atomic_fetch_and(word, ~mask, __ATOMIC_SEQ_CST) & mask;
}

static void raise_upcall(struct vcpu *v, vcpu_info_t *info)
{
    if (__atomic_exchange_n(&info->evtchn_upcall_pending, 1, __ATOMIC_SEQ_CST))
        return;
    arch_upcall_raised(v);
    vcpu_kick(v);
}

/* The pending bit went up and is not masked. v->info may move meanwhile
 * (VCPUOP_register_vcpu_info): that operation publishes the new place first and then marks
 * everything there pending. */
static void select_port(struct domain *d, struct evtchn *c, evtchn_port_t port)
{
    struct vcpu *v = d->vcpu[READ_ONCE(c->notify_vcpu)];
    vcpu_info_t *info = READ_ONCE(v->info);

    if (test_and_set(&info->evtchn_pending_sel, port / WORD_BITS))
        return;
    raise_upcall(v, info);
}

void evtchn_upcall(struct vcpu *v)
{
    raise_upcall(v, READ_ONCE(v->info));
}

void __attribute__((noinline)) evtchn_wake_pollers(struct domain *d, evtchn_port_t port)
{
    uint32_t mask = READ_ONCE(d->poll_mask);

    while (mask) {
        struct vcpu *v = d->vcpu[__builtin_ctz(mask)];
        uint32_t wanted = READ_ONCE(v->poll_port);

        mask &= mask - 1;
        if (!wanted || wanted == port)
            vcpu_unblock(v);
    }
}

static void set_pending(struct domain *d, struct evtchn *c, evtchn_port_t port)
{
    unsigned word = port / WORD_BITS, bit = port % WORD_BITS;

    if (test_and_set(&d->shared->evtchn_pending[word], bit))
        return;
    if (unlikely(READ_ONCE(d->poll_mask)))
        evtchn_wake_pollers(d, port);
    if (!(READ_ONCE(d->shared->evtchn_mask[word]) >> bit & 1))
        select_port(d, c, port);
}

/* In this order: whoever sets the bit after we cleared the mask sees it clear and selects himself.
 */
static void unmask(struct domain *d, struct evtchn *c, evtchn_port_t port)
{
    shared_info_t *s = d->shared;
    unsigned word = port / WORD_BITS, bit = port % WORD_BITS;

    if (test_and_clear(&s->evtchn_mask[word], bit) &&
        (READ_ONCE(s->evtchn_pending[word]) >> bit & 1))
        select_port(d, c, port);
}

static bool is_pending(const struct domain *d, evtchn_port_t port)
{
    return READ_ONCE(d->shared->evtchn_pending[port / WORD_BITS]) >> (port % WORD_BITS) & 1;
}

static void clear_pending(struct domain *d, evtchn_port_t port)
{
    test_and_clear(&d->shared->evtchn_pending[port / WORD_BITS], port % WORD_BITS);
}

static bool is_busy(const struct domain *d, evtchn_port_t port)
{
    (void)d;
    (void)port;
    return false;
}

const struct evtchn_ops evtchn_2l_ops = {
    .set_pending = set_pending,
    .unmask = unmask,
    .is_pending = is_pending,
    .clear_pending = clear_pending,
    .is_busy = is_busy,
};
