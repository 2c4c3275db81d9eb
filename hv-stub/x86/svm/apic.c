/* SPDX-License-Identifier: MIT */
/*
 * Local APICs of a domain: the models behind MSRs and a page of registers, their timers on the
 * hypervisor's, messages between them. What has happened to a vcpu is a bit in sv->pending, which
 * any CPU may set; the vcpu itself acts on it.
 */
#include "apic.h"
#include "percpu.h"
#include "svm_internal.h"

#define X2APIC_FIRST 0x800u
#define X2APIC_LAST  0x8ffu

#define BASE_BSP    (1u << 8)
#define BASE_X2APIC (1u << 10)
#define BASE_ENABLE (1u << 11)
#define ICR_ASSERT  (1u << 14)

enum shorthand { TO_DESTINATION, TO_SELF, TO_ALL, TO_OTHERS };

void svm_pend(struct svm_vcpu *sv, uint32_t bits)
{
    __atomic_fetch_or(&sv->pending, bits, __ATOMIC_SEQ_CST);
    vcpu_kick(sv->vcpu);
}

void svm_interrupt_self(void)
{
    apic_send_vector(this_percpu()->apic_id, VEC_WORK);
}

/* INIT and STARTUP reach a processor that waits for them, which no interrupt wakes. */
static void pend_start(struct svm_vcpu *sv, uint32_t bit)
{
    svm_pend(sv, bit);
    vcpu_pause_clear(sv->vcpu, VCPU_DOWN);
}

static void message(struct svm_vcpu *to, uint32_t command)
{
    switch (APIC_DELIVERY(command)) {
    case APIC_FIXED:
    case APIC_LOWEST:
        if (lapic_raise(&to->lapic, APIC_VECTOR(command), command & APIC_LEVEL))
            svm_pend(to, PEND_APIC);
        break;
    case APIC_NMI:
        svm_pend(to, PEND_NMI);
        break;
    case APIC_INIT:
        if (!(command & APIC_LEVEL) || (command & ICR_ASSERT)) /* the end of one means nothing */
            pend_start(to, PEND_INIT);
        break;
    case APIC_STARTUP:
        if (!READ_ONCE(to->parked) && !(READ_ONCE(to->pending) & PEND_INIT))
            break;
        WRITE_ONCE(to->start_page, APIC_VECTOR(command));
        pend_start(to, PEND_STARTUP);
        break;
    }
}

void svm_message(struct domain *d, uint32_t command, uint32_t destination)
{
    bool logical = command & APIC_LOGICAL;

    for (uint32_t i = 0; i < d->nr_vcpus; i++) {
        struct svm_vcpu *to = svm_vcpu_of(d->vcpu[i]);

        if (!lapic_is_target(&to->lapic, destination, logical))
            continue;
        message(to, command);
        if (APIC_DELIVERY(command) == APIC_LOWEST)
            return;
    }
}

/* ---- what the model asks of its host */

static uint64_t host_now(void *opaque)
{
    return hv_now();
}

static void host_timer(void *opaque, uint64_t deadline)
{
    struct svm_vcpu *sv = opaque;

    if (deadline == DEV_NEVER)
        timer_cancel(&sv->apic_timer);
    else
        timer_set(&sv->apic_timer, deadline);
}

static void host_ipi(void *opaque, uint32_t command, uint32_t destination)
{
    struct svm_vcpu *sv = opaque;
    struct domain *d = sv->vcpu->domain;
    enum shorthand to = APIC_SHORTHAND(command);

    if (to == TO_DESTINATION) {
        svm_message(d, command, destination);
        return;
    }
    for (uint32_t i = 0; i < d->nr_vcpus; i++)
        if (to == TO_ALL || (d->vcpu[i] == sv->vcpu) == (to == TO_SELF))
            message(svm_vcpu_of(d->vcpu[i]), command);
}

static void host_eoi(void *opaque, uint8_t vector)
{
    struct domain *d = ((struct svm_vcpu *)opaque)->vcpu->domain;
    struct svm_domain *sd;

    svm_upcall_line(svm_vcpu_of(d->vcpu[0])); /* it may have gone down since the last entry */
    sd = machine_lock(d);
    ioapic_eoi(&sd->pc.ioapic, vector);
    machine_unlock(d, sd);
}

static const struct lapic_host lapic_host = {host_now, host_timer, host_ipi, host_eoi};

static void timer_due(struct timer *t)
{
    svm_pend(t->data, PEND_TIMER);
}

void svm_apic_init(struct svm_vcpu *sv)
{
    struct vcpu *v = sv->vcpu;

    timer_init(&sv->apic_timer, v->cpu, timer_due, sv);
    lapic_reset(&sv->lapic, &lapic_host, sv, svm_apic_id(v));
    sv->parked = v->id;
}

/* An INIT: everything is as after a reset, but the id and the mode. */
void svm_apic_restart(struct svm_vcpu *sv)
{
    bool x2apic = sv->lapic.x2apic, enabled = sv->lapic.enabled;

    timer_cancel(&sv->apic_timer);
    lapic_reset(&sv->lapic, &lapic_host, sv, svm_apic_id(sv->vcpu));
    (void)lapic_set_mode(&sv->lapic, true, x2apic);
    (void)lapic_set_mode(&sv->lapic, enabled, x2apic);
}

/* ---- registers */

/* CR8 is the upper half of the task priority; the processor keeps it in the VMCB. */
static void priority_from_cr8(struct svm_vcpu *sv)
{
    uint32_t *tpr = &sv->lapic.reg[LAPIC_TPR], cr8 = sv->vmcb->int_ctl & INT_V_TPR;

    if (*tpr >> 4 != cr8)
        *tpr = cr8 << 4;
}

static void priority_to_cr8(struct svm_vcpu *sv)
{
    struct vmcb *c = sv->vmcb;

    c->int_ctl = (c->int_ctl & ~INT_V_TPR) | sv->lapic.reg[LAPIC_TPR] >> 4;
    c->clean &= ~CLEAN_TPR;
}

int svm_apic_pending(struct svm_vcpu *sv)
{
    if (!(READ_ONCE(sv->pending) & PEND_APIC))
        return -1;
    priority_from_cr8(sv);
    return lapic_pending(&sv->lapic);
}

/* The bit goes before the look that finds nothing: what arrives between them sets it again. */
int svm_apic_ack(struct svm_vcpu *sv)
{
    int vector;

    __atomic_fetch_and(&sv->pending, ~PEND_APIC, __ATOMIC_SEQ_CST);
    vector = lapic_pending(&sv->lapic);
    if (vector >= 0)
        lapic_accept(&sv->lapic, (uint8_t)vector);
    if (lapic_requested(&sv->lapic))
        __atomic_fetch_or(&sv->pending, PEND_APIC, __ATOMIC_SEQ_CST);
    return vector;
}

uint32_t svm_apic_read(struct svm_vcpu *sv, uint32_t offset)
{
    priority_from_cr8(sv);
    return lapic_read(&sv->lapic, offset);
}

void svm_apic_write(struct svm_vcpu *sv, uint32_t offset, uint32_t value)
{
    priority_from_cr8(sv);
    lapic_write(&sv->lapic, offset, value);
    priority_to_cr8(sv);
}

static uint64_t base_read(const struct svm_vcpu *sv)
{
    return LAPIC_BASE | (sv->lapic.enabled ? BASE_ENABLE : 0) |
           (sv->lapic.x2apic ? BASE_X2APIC : 0) | (sv->vcpu->id ? 0 : BASE_BSP);
}

static bool base_write(struct svm_vcpu *sv, uint64_t value)
{
    if ((value & ~(uint64_t)(BASE_ENABLE | BASE_X2APIC | BASE_BSP)) != LAPIC_BASE)
        return false; /* it cannot be moved */
    return lapic_set_mode(&sv->lapic, value & BASE_ENABLE, value & BASE_X2APIC);
}

bool svm_apic_rdmsr(struct svm_vcpu *sv, uint32_t msr, uint64_t *value)
{
    if (msr == MSR_APIC_BASE) {
        *value = base_read(sv);
        return true;
    }
    if (msr == MSR_TSC_DEADLINE) {
        *value = sv->lapic.timer_end == DEV_NEVER ? 0 : sv->tsc_deadline;
        return true;
    }
    if (msr - X2APIC_FIRST > X2APIC_LAST - X2APIC_FIRST)
        return false;
    priority_from_cr8(sv);
    return lapic_rdmsr(&sv->lapic, msr - X2APIC_FIRST, value);
}

bool svm_apic_wrmsr(struct svm_vcpu *sv, uint32_t msr, uint64_t value)
{
    if (msr == MSR_TSC_DEADLINE) {
        sv->tsc_deadline = value;
        lapic_set_deadline(&sv->lapic,
                           value ? hv_time_at(value - sv->vmcb->tsc_offset) : DEV_NEVER);
        return true;
    }
    if (msr == MSR_APIC_BASE)
        return base_write(sv, value);
    if (msr - X2APIC_FIRST > X2APIC_LAST - X2APIC_FIRST)
        return false;
    priority_from_cr8(sv);
    if (!lapic_wrmsr(&sv->lapic, msr - X2APIC_FIRST, value))
        return false;
    priority_to_cr8(sv);
    return true;
}
