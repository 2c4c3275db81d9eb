/* SPDX-License-Identifier: MIT */
/* Events into the guest: exceptions, and the PIC's interrupts when the guest can take them. */
#include "svm_internal.h"

#define DR6_BS     (1ull << 14)
#define DR6_CAUSES 0xe00full
/* B0..B3 for the breakpoints that DR7 enables locally or globally. */
#define DR7_ENABLED(dr7) \
    (((dr7)&3 ? 1 : 0) | ((dr7)&0xc ? 2 : 0) | ((dr7)&0x30 ? 4 : 0) | ((dr7)&0xc0 ? 8 : 0))

void svm_inject(struct svm_vcpu *sv, unsigned int vector, int32_t error)
{
    uint64_t event = EVENT_VALID | EVENT_EXCEPTION << EVENT_TYPE_SHIFT | vector;

    if (error >= 0)
        event |= EVENT_HAS_ERROR | (uint64_t)error << EVENT_ERROR_SHIFT;
    sv->vmcb->event_inj = event;
}

void svm_inject_page_fault(struct svm_vcpu *sv, uint64_t address, uint32_t error)
{
    sv->vmcb->cr2 = address;
    write_cr2(address); /* VMRUN loads it; Bochs 2.7 does not */
    sv->vmcb->clean &= ~CLEAN_CR2;
    svm_inject(sv, EXC_PF, (int32_t)error);
}

void svm_inject_step(struct svm_vcpu *sv)
{
    sv->vmcb->dr6 |= DR6_BS;
    sv->vmcb->clean &= ~CLEAN_DR;
    svm_inject(sv, EXC_DB, -1);
}

void svm_inject_debug(struct svm_vcpu *sv)
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

/* A software interrupt is not delivered again: rip still points at its instruction. */
void svm_reinject(struct svm_vcpu *sv)
{
    uint64_t event = sv->vmcb->exit_int_info;

    if (EVENT_TYPE(event) == EVENT_SOFT_INT)
        return;
    /* #BP and #OF come from instructions, too. */
    if (EVENT_TYPE(event) == EVENT_EXCEPTION &&
        (EVENT_VECTOR(event) == 3 || EVENT_VECTOR(event) == 4))
        return;
    sv->vmcb->event_inj = event;
}

/*
 * A virtual interrupt that is never delivered: its intercept fires as soon as the guest could take
 * it. Only then is the PIC asked, so that the vector is the one with the highest priority by then.
 */
static void window_set(struct svm_vcpu *sv, bool open)
{
    if (sv->window == open)
        return;
    sv->window = open;
    if (open)
        sv->vmcb->int_ctl |= INT_V_IRQ;
    else
        sv->vmcb->int_ctl &= ~INT_V_IRQ;
    sv->vmcb->clean &= ~CLEAN_TPR;
}

void svm_update_interrupt(struct svm_vcpu *sv)
{
    struct vmcb *c = sv->vmcb;
    int vector;

    svm_upcall_line(sv);
    if (!svm_interrupt_pending(sv)) {
        window_set(sv, false);
        return;
    }
    if ((c->event_inj & EVENT_VALID) || !(c->rflags & RFLAGS_IF) || (c->int_shadow & 1)) {
        window_set(sv, true);
        return;
    }
    /* The guest clears its flag itself, with interrupts off: it comes again until then. */
    vector = svm_upcall(sv) ? sv->dom->upcall_vector : machine_ack(sv);
    if (vector >= 0)
        c->event_inj = EVENT_VALID | EVENT_INTR << EVENT_TYPE_SHIFT | (unsigned int)vector;
    window_set(sv, READ_ONCE(sv->irq_pending));
}
