/* SPDX-License-Identifier: MIT */
/*
 * Delivery of events, two-level ABI: a pending bit per port in shared_info, a selector bit per word
 * of them in vcpu_info, and the upcall flag above. Each level is only passed on a 0 -> 1 change, so
 * a port that stays pending costs nothing.
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

/* The pending bit went up and is not masked. v->info may move meanwhile
 * (VCPUOP_register_vcpu_info): that operation publishes the new place first and then marks
 * everything there pending. */
static void select_port(struct vcpu *v, evtchn_port_t port)
{
    vcpu_info_t *info = READ_ONCE(v->info);

    if (test_and_set(&info->evtchn_pending_sel, port / WORD_BITS))
        return;
    if (__atomic_exchange_n(&info->evtchn_upcall_pending, 1, __ATOMIC_SEQ_CST))
        return;
    vcpu_kick(v);
}

/* Who polls for this port (or for several) wakes up even when it is masked. */
static void wake_pollers(struct domain *d, evtchn_port_t port)
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

void evtchn_set_pending(struct vcpu *v, evtchn_port_t port)
{
    struct domain *d = v->domain;
    unsigned word = port / WORD_BITS, bit = port % WORD_BITS;

    if (test_and_set(&d->shared->evtchn_pending[word], bit))
        return;
    if (!(READ_ONCE(d->shared->evtchn_mask[word]) >> bit & 1))
        select_port(v, port);
    if (unlikely(READ_ONCE(d->poll_mask)))
        wake_pollers(d, port);
}

/* In this order: whoever sets the bit after we cleared the mask sees it clear and selects himself.
 */
void evtchn_unmask(struct vcpu *v, evtchn_port_t port)
{
    shared_info_t *s = v->domain->shared;
    unsigned word = port / WORD_BITS, bit = port % WORD_BITS;

    if (test_and_clear(&s->evtchn_mask[word], bit) &&
        (READ_ONCE(s->evtchn_pending[word]) >> bit & 1))
        select_port(v, port);
}

bool evtchn_is_pending(const struct domain *d, evtchn_port_t port)
{
    return READ_ONCE(d->shared->evtchn_pending[port / WORD_BITS]) >> (port % WORD_BITS) & 1;
}

void evtchn_clear_pending(struct domain *d, evtchn_port_t port)
{
    test_and_clear(&d->shared->evtchn_pending[port / WORD_BITS], port % WORD_BITS);
}
