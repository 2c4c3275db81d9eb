/* SPDX-License-Identifier: MIT */
#include <pvkit/arch.h>
#include <pvkit/evtchn.h>
#include <pvkit/hypercall/event.h>
#include <pvkit/hypercall/vcpu.h>
#include <pvkit/hypercall/version.h>

/* The scan relies on it: one selector word covers all words of the bitmap. */
_Static_assert(sizeof(xen_ulong_t) * 8 == PVK_EVTCHN_WORD_BITS, "word size");
_Static_assert(EVTCHN_2L_NR_CHANNELS == PVK_EVTCHN_MAX, "ports of the 2-level ABI");

static unsigned int word_of(evtchn_port_t port)
{
    return port / PVK_EVTCHN_WORD_BITS;
}

static unsigned int bit_of(evtchn_port_t port)
{
    return port % PVK_EVTCHN_WORD_BITS;
}

/* Words that the hypervisor writes are read exactly once where read. */
static xen_ulong_t read_word(const xen_ulong_t *word)
{
    return __atomic_load_n(word, __ATOMIC_RELAXED);
}

static bool usable(const struct pvk_evtchn *ec, evtchn_port_t port)
{
    return port && port < ec->nr_ports;
}

static struct pvk_evtchn_port *slot_of(const struct pvk_evtchn *ec, evtchn_port_t port)
{
    return usable(ec, port) ? &ec->ports[port] : NULL;
}

static bool masked(const struct pvk_evtchn *ec, evtchn_port_t port)
{
    return read_word(&ec->shared->evtchn_mask[word_of(port)]) >> bit_of(port) & 1;
}

int pvk_evtchn_place_info(struct pvk_evtchn *ec, unsigned int vcpu, struct vcpu_info *info,
                          pvk_mfn_t frame, uint32_t offset)
{
    struct vcpu_info *old;
    bool enabled;
    int rc;

    if (vcpu >= ec->nr_vcpus)
        return -XEN_EINVAL;
    old = ec->vcpus[vcpu].info;
    enabled = old && pvk_upcall_disable(old);
    rc = hypercall_vcpu_register_info(vcpu, frame, offset);
    if (!rc)
        ec->vcpus[vcpu].info = info;
    if (enabled) /* the hypervisor copied our mask to the new place */
        pvk_upcall_enable(ec->vcpus[vcpu].info);
    return rc;
}

void pvk_evtchn_init(struct pvk_evtchn *ec, struct shared_info *shared,
                     struct pvk_evtchn_port *ports, unsigned int nr_ports,
                     struct pvk_evtchn_vcpu *vcpus, unsigned int nr_vcpus, bool hvm)
{
    unsigned int i, w;

    ec->shared = shared;
    ec->ports = ports;
    ec->vcpus = vcpus;
    ec->nr_ports = nr_ports < PVK_EVTCHN_MAX ? nr_ports : PVK_EVTCHN_MAX;
    ec->nr_vcpus = nr_vcpus;
    ec->hvm = hvm;

    for (w = 0; w < PVK_EVTCHN_WORDS; w++)
        pvk_arch_or(&shared->evtchn_mask[w], ~(xen_ulong_t)0);
    for (i = 0; i < ec->nr_ports; i++)
        ports[i].handler = NULL;
    for (i = 0; i < nr_vcpus; i++) {
        vcpus[i].info = i < XEN_LEGACY_MAX_VCPUS ? &shared->vcpu_info[i] : NULL;
        vcpus[i].word = vcpus[i].bit = 0;
        for (w = 0; w < PVK_EVTCHN_WORDS; w++)
            __atomic_store_n(&vcpus[i].owned[w], 0, __ATOMIC_RELAXED);
    }
}

int pvk_evtchn_attach(struct pvk_evtchn *ec, evtchn_port_t port, unsigned int vcpu,
                      pvk_evtchn_handler *handler, void *data)
{
    struct pvk_evtchn_port *slot = slot_of(ec, port);

    if (!slot || vcpu >= ec->nr_vcpus || !handler)
        return -XEN_EINVAL;
    if (slot->handler)
        return -XEN_EBUSY;
    pvk_evtchn_mask(ec, port);
    slot->handler = handler;
    slot->data = data;
    slot->vcpu = vcpu;
    /* Last, and a full barrier: a dispatcher that sees the bit sees the handler. */
    pvk_arch_set_bit(&ec->vcpus[vcpu].owned[word_of(port)], bit_of(port));
    return 0;
}

int pvk_evtchn_detach(struct pvk_evtchn *ec, evtchn_port_t port)
{
    struct pvk_evtchn_port *slot = slot_of(ec, port);

    if (!slot || !slot->handler)
        return -XEN_EINVAL;
    pvk_evtchn_mask(ec, port);
    pvk_arch_clear_bit(&ec->vcpus[slot->vcpu].owned[word_of(port)], bit_of(port));
    pvk_arch_clear_bit(&ec->shared->evtchn_pending[word_of(port)], bit_of(port));
    slot->handler = NULL;
    return 0;
}

/*
 * Moving a port. The hypervisor does not move a pending event with it, so:
 * 1. Mask. From here on events only set the pending bit; nobody's selector changes.
 * 2. Rebind. An event still reported through the old vcpu's selector is skipped there after
 *    step 3, because that vcpu no longer owns the port.
 * 3. Change the owner, old one first: for a moment none owns it, never both.
 * 4. Unmask by hypercall, which tests the pending bit and reports to the new vcpu. So an event
 *    sent before, during or after is delivered there, once.
 */
int pvk_evtchn_move(struct pvk_evtchn *ec, evtchn_port_t port, unsigned int vcpu)
{
    struct pvk_evtchn_port *slot = slot_of(ec, port);
    bool was_masked;
    int rc;

    if (!slot || vcpu >= ec->nr_vcpus || !slot->handler)
        return -XEN_EINVAL;
    was_masked = pvk_arch_test_and_set_bit(&ec->shared->evtchn_mask[word_of(port)], bit_of(port));
    rc = hypercall_evtchn_bind_vcpu(port, vcpu);
    if (!rc) {
        pvk_arch_clear_bit(&ec->vcpus[slot->vcpu].owned[word_of(port)], bit_of(port));
        slot->vcpu = vcpu;
        pvk_arch_set_bit(&ec->vcpus[vcpu].owned[word_of(port)], bit_of(port));
    }
    if (!was_masked)
        hypercall_evtchn_unmask(port);
    return rc;
}

void pvk_evtchn_mask(struct pvk_evtchn *ec, evtchn_port_t port)
{
    if (usable(ec, port))
        pvk_arch_set_bit(&ec->shared->evtchn_mask[word_of(port)], bit_of(port));
}

/*
 * Unmasking without the hypervisor, for a port of this vcpu. While the port was masked an event
 * set its pending bit and nothing else, and no second event will report it (only a 0 -> 1 change
 * does). So after clearing the mask we do what the hypervisor would have done:
 * 1. Clear the mask bit. The full barrier keeps step 2 from reading an old pending bit: an event
 *    before this point leaves the bit for step 2 to see, one after it is reported in full.
 * 2. If pending, set the selector bit and, if that is news, the upcall flag. An event that slips
 *    in between 1 and 2 was reported already, perhaps even handled: then the bit is clear and we
 *    do nothing, or we report it twice, and the dispatcher, finding no pending bit the second
 *    time, does nothing.
 * 3. Nobody notices a flag that the guest sets itself. If upcalls are enabled, enter the
 *    hypervisor, which looks on its way out. If they are not, enabling them does the same.
 * The flags of another vcpu cannot be set this way: it might be running, or blocked. HVM guests
 * do not get to look on the way out with every kind of callback. Both use the hypercall.
 */
void pvk_evtchn_unmask(struct pvk_evtchn *ec, unsigned int self, evtchn_port_t port)
{
    struct shared_info *shared = ec->shared;
    unsigned int word = word_of(port), bit = bit_of(port);
    struct vcpu_info *info;

    if (!usable(ec, port))
        return;
    if (ec->hvm || self >= ec->nr_vcpus || ec->ports[port].vcpu != self) {
        hypercall_evtchn_unmask(port);
        return;
    }
    info = ec->vcpus[self].info;

    pvk_arch_clear_bit(&shared->evtchn_mask[word], bit); /* 1 */
    if (read_word(&shared->evtchn_pending[word]) >> bit & 1 &&
        !pvk_arch_test_and_set_bit(&info->evtchn_pending_sel, word)) /* 2 */
        __atomic_store_n(&info->evtchn_upcall_pending, 1, __ATOMIC_SEQ_CST);
    if (pvk_upcall_enabled(info) && __atomic_load_n(&info->evtchn_upcall_pending, __ATOMIC_RELAXED))
        pvk_upcall_force(); /* 3 */
}

bool pvk_evtchn_pending(const struct pvk_evtchn *ec, evtchn_port_t port)
{
    return usable(ec, port) &&
           (read_word(&ec->shared->evtchn_pending[word_of(port)]) >> bit_of(port) & 1);
}

bool pvk_evtchn_consume(struct pvk_evtchn *ec, evtchn_port_t port)
{
    return usable(ec, port) &&
           pvk_arch_test_and_clear_bit(&ec->shared->evtchn_pending[word_of(port)], bit_of(port));
}

/* Lowest set bit at or above `from`, else lowest of all; `set` is not 0. */
static unsigned int next_bit(xen_ulong_t set, unsigned int from)
{
    xen_ulong_t above = set & (~(xen_ulong_t)0 << from);

    return (unsigned int)__builtin_ctzl(above ? above : set);
}

/*
 * Consume one event and call its handler; false if there is nothing to do. The set of due ports
 * was read some handlers ago, and one of them may have masked this port since (then the pending
 * bit must stay, for the unmask to find) or consumed its event.
 */
static bool deliver(struct pvk_evtchn *ec, evtchn_port_t port)
{
    struct pvk_evtchn_port *slot = &ec->ports[port];

    if (masked(ec, port))
        return false;
    /* Before the call: an event from now on is a new one, reported anew. After it, the event
     * that arrives while the handler is busy would be lost. */
    if (!pvk_arch_test_and_clear_bit(&ec->shared->evtchn_pending[word_of(port)], bit_of(port)))
        return false;
    if (!slot->handler)
        return false;
    slot->handler(port, slot->data);
    return true;
}

/* Serve one word of ports; returns false if `*budget` ran out before its end. */
static bool scan_word(struct pvk_evtchn *ec, struct pvk_evtchn_vcpu *v, unsigned int word,
                      unsigned int *budget)
{
    unsigned int bit = word == v->word ? v->bit : 0;
    xen_ulong_t due = read_word(&ec->shared->evtchn_pending[word]) &
                      ~read_word(&ec->shared->evtchn_mask[word]) & read_word(&v->owned[word]);

    while (due) {
        if (!*budget) {
            v->word = word;
            v->bit = bit;
            return false;
        }
        bit = next_bit(due, bit);
        due &= ~((xen_ulong_t)1 << bit);
        *budget -= deliver(ec, word * PVK_EVTCHN_WORD_BITS + bit);
        bit = (bit + 1) % PVK_EVTCHN_WORD_BITS;
    }
    v->word = (word + 1) % PVK_EVTCHN_WORDS;
    v->bit = 0;
    return true;
}

/*
 * The flags are cleared from the outside in, opposite to the order in which a sender sets them:
 * 1. Clear the upcall flag, before looking for work. A sender that sets a selector bit after step
 *    2 sets the flag again after step 1, and the loop goes round. The other way about its flag
 *    would be wiped out together with the knowledge of its selector bit.
 * 2. Take the whole selector, atomically. The exchange is a full barrier: step 1 is visible before
 *    the selector is read, and pending bits are read after it, so every bit set before the
 *    selector bit that we took is seen.
 * 3. Serve the words. A pending bit of a word that we have passed comes with a new selector bit
 *    and a new flag; one in a word that we have yet to reach may be served now, and its selector
 *    bit then finds nothing, which is harmless.
 * 4. Out of budget: put the words not served back, then the flag, as a sender would.
 */
unsigned int pvk_evtchn_dispatch(struct pvk_evtchn *ec, unsigned int vcpu, unsigned int budget)
{
    struct pvk_evtchn_vcpu *v = &ec->vcpus[vcpu];
    struct vcpu_info *info = v->info;
    unsigned int left = budget, word;
    xen_ulong_t selector = 0;

    do {
        __atomic_store_n(&info->evtchn_upcall_pending, 0, __ATOMIC_RELAXED); /* 1 */
        selector = pvk_arch_xchg(&info->evtchn_pending_sel, 0);              /* 2 */
        while (selector) {                                                   /* 3 */
            word = next_bit(selector, v->word);
            if (!scan_word(ec, v, word, &left))
                break;
            selector &= ~((xen_ulong_t)1 << word);
        }
    } while (!selector && left && __atomic_load_n(&info->evtchn_upcall_pending, __ATOMIC_RELAXED));

    if (selector) { /* 4 */
        pvk_arch_or(&info->evtchn_pending_sel, selector);
        __atomic_store_n(&info->evtchn_upcall_pending, 1, __ATOMIC_RELAXED);
    }
    return budget - left;
}

bool pvk_upcall_enabled(const struct vcpu_info *info)
{
    return !__atomic_load_n(&info->evtchn_upcall_mask, __ATOMIC_RELAXED);
}

bool pvk_upcall_disable(struct vcpu_info *info)
{
    bool enabled = pvk_upcall_enabled(info);

    __atomic_store_n(&info->evtchn_upcall_mask, 1, __ATOMIC_RELAXED);
    pvk_arch_barrier(); /* nothing of the critical section before it */
    return enabled;
}

/*
 * 1. Clear the mask. An event from now on interrupts us by itself.
 * 2. Look whether one came before. No fence between the two: the mask matters only to the
 *    hypervisor on this very processor, to which our own stores are always visible. An event that
 *    comes between 1 and 2 has been delivered by the time we look.
 */
void pvk_upcall_enable(struct vcpu_info *info)
{
    pvk_arch_barrier();
    __atomic_store_n(&info->evtchn_upcall_mask, 0, __ATOMIC_RELAXED); /* 1 */
    pvk_arch_barrier();
    if (__atomic_load_n(&info->evtchn_upcall_pending, __ATOMIC_RELAXED)) /* 2 */
        pvk_upcall_force();
}

void pvk_upcall_force(void)
{
    hypercall_version();
}
