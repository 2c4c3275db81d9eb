/* SPDX-License-Identifier: MIT */
/* Events into the guest: exceptions, and interrupts when the guest can take them. */
#include "svm_internal.h"

#define DR6_BS     (1ull << 14)
#define DR6_CAUSES 0xe00full
#define INTERRUPT(vector) \
    (uint32_t)(EVENT_VALID | EVENT_INTR << EVENT_TYPE_SHIFT | (unsigned)(vector))
/* B0..B3 for the breakpoints that DR7 enables locally or globally. */
#define DR7_ENABLED(dr7) \
    (((dr7)&3 ? 1 : 0) | ((dr7)&0xc ? 2 : 0) | ((dr7)&0x30 ? 4 : 0) | ((dr7)&0xc0 ? 8 : 0))

static bool is_interrupt(uint64_t event)
{
    return (event & EVENT_VALID) && EVENT_TYPE(event) == EVENT_INTR;
}

void svm_inject(struct svm_vcpu *sv, unsigned int vector, int32_t error)
{
    uint64_t event = EVENT_VALID | EVENT_EXCEPTION << EVENT_TYPE_SHIFT | vector;

    if (error >= 0)
        event |= EVENT_HAS_ERROR | (uint64_t)error << EVENT_ERROR_SHIFT;
    sv->vmcb->event_inj = event;
}

void __attribute__((cold))
svm_inject_page_fault(struct svm_vcpu *sv, uint64_t address, uint32_t error)
{
    sv->vmcb->cr2 = address;
    write_cr2(address); /* VMRUN loads it; Bochs 2.7 does not */
    sv->vmcb->clean &= ~CLEAN_CR2;
    svm_inject(sv, EXC_PF, (int32_t)error);
}

void __attribute__((cold)) svm_inject_step(struct svm_vcpu *sv)
{
    sv->vmcb->dr6 |= DR6_BS;
    sv->vmcb->clean &= ~CLEAN_DR;
    svm_inject(sv, EXC_DB, -1);
}

void __attribute__((cold)) svm_inject_debug(struct svm_vcpu *sv)
{
    struct vmcb *c = sv->vmcb;

    if (!(c->dr6 & DR6_CAUSES)) {
        /* The processor notes the cause before the exit. Bochs 2.7 does not: name what is possible.
         */
        c->dr6 |= c->rflags & RFLAGS_TF ? DR6_BS : DR7_ENABLED(c->dr7);
        c->clean &= ~CLEAN_DR;
    }
    svm_inject(sv, EXC_DB, -1);
}

/* The virtual interrupt is to be `virq` (0: none); its intercept, if `window`, comes before it. */
static __attribute__((noinline)) void set_virq(struct svm_vcpu *sv, uint64_t virq, bool window)
{
    struct vmcb *c = sv->vmcb;

    c->int_ctl = (c->int_ctl & ~(INT_V_IRQ | INT_V_VECTOR)) | virq;
    c->intercept1 = (c->intercept1 & ~ICPT1_VINTR) | (window ? ICPT1_VINTR : 0);
    c->clean &= ~(CLEAN_TPR | CLEAN_INTERCEPTS);
    sv->window = window;
}

/*
 * A virtual interrupt that is never delivered: its intercept fires as soon as the guest could take
 * it. Only then is the PIC asked, so that the vector is the one with the highest priority by then.
 */
static void window_set(struct svm_vcpu *sv, bool open)
{
    if (sv->window != open)
        set_virq(sv, open ? INT_V_IRQ : 0, open);
}

/* A software interrupt is not delivered again: rip still points at its instruction. */
void __attribute__((cold)) svm_reinject(struct svm_vcpu *sv)
{
    uint64_t event = sv->vmcb->exit_int_info;

    if (EVENT_TYPE(event) == EVENT_SOFT_INT)
        return;
    if (sv->taken && !sv->window)
        return; /* the virtual one: QEMU 7.2 calls it an exception, and leaves it set */
    /* #BP and #OF come from instructions, too. */
    if (EVENT_TYPE(event) == EVENT_EXCEPTION &&
        (EVENT_VECTOR(event) == 3 || EVENT_VECTOR(event) == 4))
        return;
    sv->vmcb->event_inj = event;
}

/*
 * Before its next instruction the guest gets the interrupt that was taken. QEMU 7.2 forgets that
 * EVENTINJ has delivered an interrupt, and delivers it again, interrupts on or off, if it leaves
 * the guest for reasons of its own before there was an exit or an exception. Where this may be so
 * it is the virtual interrupt instead, which Bochs 2.7 holds back. The window for `more` needs
 * that, though: then an interrupt of ours ends the guest's turn behind EVENTINJ at once.
 */
static void deliver(struct svm_vcpu *sv, bool more)
{
    if (svm_virq && !more) {
        set_virq(sv, INT_V_IRQ | (uint64_t)EVENT_VECTOR(sv->taken) << INT_V_VECTOR_SHIFT, false);
        return;
    }
    sv->vmcb->event_inj = sv->taken;
    sv->taken = 0;
    window_set(sv, more);
    if (svm_virq)
        svm_interrupt_self();
}

/* ---- what waits */

void svm_poll(struct svm_vcpu *sv)
{
    uint32_t p = READ_ONCE(sv->pending) & (PEND_TIMER | PEND_FLUSH);

    if (!p)
        return;
    __atomic_fetch_and(&sv->pending, ~p, __ATOMIC_SEQ_CST);
    if (p & PEND_FLUSH) {
        svm_asid_flush(sv);
        sv->hint.page = ~0ull;
    }
    if (p & PEND_TIMER)
        lapic_timer_run(&sv->lapic);
    if (lapic_requested(&sv->lapic))
        __atomic_fetch_or(&sv->pending, PEND_APIC, __ATOMIC_SEQ_CST);
}

static bool pic_pending_here(const struct svm_vcpu *sv)
{
    return (READ_ONCE(sv->pending) & PEND_PIC) && lapic_passes_pic(&sv->lapic);
}

/* Events do not, if the one that was taken is of them. */
bool __attribute__((noinline)) svm_interrupt_pending(struct svm_vcpu *sv)
{
    return (svm_upcall(sv) && EVENT_VECTOR(sv->taken) != sv->dom->upcall_vector) ||
           pic_pending_here(sv) || svm_apic_pending(sv) >= 0;
}

/* The guest clears the flag of its events itself, with interrupts off: that one comes again until
 * then. */
static int next_vector(struct svm_vcpu *sv)
{
    if (svm_upcall(sv))
        return sv->dom->upcall_vector;
    if (pic_pending_here(sv))
        return machine_ack(sv);
    return svm_apic_ack(sv);
}

/* After it the next one waits for the handler's end. */
static bool inject_nmi(struct svm_vcpu *sv)
{
    struct vmcb *c = sv->vmcb;

    if (sv->nmi != NMI_OPEN || !(READ_ONCE(sv->pending) & PEND_NMI))
        return false;
    __atomic_fetch_and(&sv->pending, ~PEND_NMI, __ATOMIC_SEQ_CST);
    c->event_inj = EVENT_VALID | EVENT_NMI << EVENT_TYPE_SHIFT | EXC_NMI;
    c->intercept1 |= ICPT1_IRET;
    c->clean &= ~CLEAN_INTERCEPTS;
    sv->nmi = NMI_BLOCKED;
    return true;
}

void svm_update_interrupt(struct svm_vcpu *sv)
{
    struct vmcb *c = sv->vmcb;
    bool busy;
    int vector;

    if (unlikely(is_interrupt(c->event_inj))) { /* the guest was not entered */
        sv->taken = (uint32_t)c->event_inj;
        c->event_inj = 0;
    }
    busy = (c->event_inj & EVENT_VALID) || (c->int_shadow & 1);
    svm_poll(sv);
    svm_upcall_line(sv);
    if (unlikely(sv->nmi == NMI_RETURNING) && c->exit_code != VMEXIT_IRET)
        sv->nmi = NMI_OPEN;
    if (!busy)
        busy = inject_nmi(sv);
    if (!sv->taken && !svm_interrupt_pending(sv)) {
        window_set(sv, false);
        return;
    }
    if (busy || !(c->rflags & RFLAGS_IF)) {
        window_set(sv, true);
        return;
    }
    if (!sv->taken && (vector = next_vector(sv)) >= 0)
        sv->taken = INTERRUPT(vector);
    if (sv->taken)
        deliver(sv, svm_interrupt_pending(sv));
    else
        window_set(sv, false);
}
