/* SPDX-License-Identifier: MIT */
/*
 * An FV domain that is told of the hypervisor: leaves of CPUID, rings of store and console in two
 * pages above its memory, and the ways by which events reach it.
 */
#include "svm_internal.h"

#include <xen/hvm/params.h>

/* Where Xen's toolstack has them. */
#define CONSOLE_GFN 0xfeffeul
#define STORE_GFN   0xfeffful

#define VIA_TYPE(via) ((via) >> 56)
#define VIA_GSI       0
#define VIA_INTX      1
#define VIA_VECTOR    2
#define VIA_SLOT(via) ((via) >> 11 & 31)

/* With dev_lock: the flag of vcpu 0's events on the line it is to assert. */
static void set_line(struct svm_domain *sd, bool level)
{
    sd->upcall_level = level;
    if (sd->upcall_slot)
        piix_inta(&sd->pc.piix, sd->upcall_slot, level);
    else if (sd->upcall_line)
        pc_host_irq(&sd->pc, sd->upcall_line, level);
}

/* As on Xen any input will do, also one that a device uses; of INTx, which names a function of bus
 * 0, only the slot counts; and what is nothing of this kind ends the delivery. */
void svm_upcall_set(struct domain *d, uint64_t via)
{
    struct svm_domain *sd = d->arch.svm;
    uint64_t type = VIA_TYPE(via);

    spin_lock(&sd->dev_lock);
    set_line(sd, false);
    sd->upcall_line = type == VIA_GSI && via < IOAPIC_PINS && sd->hardware ? (uint8_t)via : 0;
    sd->upcall_slot = type == VIA_INTX && sd->hardware ? VIA_SLOT(via) : 0;
    WRITE_ONCE(sd->upcall_vector, type == VIA_VECTOR ? (uint8_t)via : 0);
    spin_unlock(&sd->dev_lock);
}

void svm_upcall_line(struct svm_vcpu *sv)
{
    struct svm_domain *sd = sv->dom;
    bool level;

    if (likely(!sd->upcall_line && !sd->upcall_slot) || sv->vcpu->id)
        return;
    level = !sv->event_vector && READ_ONCE(sv->vcpu->info->evtchn_upcall_pending);
    if (sd->upcall_level == level)
        return;
    spin_lock(&sd->dev_lock);
    set_line(sd, level);
    spin_unlock(&sd->dev_lock);
}

void svm_upcall_raised(struct vcpu *v)
{
    struct svm_vcpu *sv = svm_vcpu_of(v);
    uint8_t vector = sv ? READ_ONCE(sv->event_vector) : 0;

    if (!vector)
        return;
    lapic_latch(&sv->lapic, vector, false);
    svm_pend(sv, PEND_APIC);
}

void svm_upcall_vector(struct vcpu *v, uint8_t vector)
{
    WRITE_ONCE(svm_vcpu_of(v)->event_vector, vector);
    svm_upcall_raised(v);
}

static bool give_page(struct domain *d, uint64_t gfn, mfn_t *m)
{
    spin_lock(&d->lock);
    *m = frame_alloc_domain(d, 0);
    spin_unlock(&d->lock);
    return !mfn_eq(*m, INVALID_MFN) && npt_map(d->arch.svm, gfn << PAGE_SHIFT, *m);
}

bool svm_xen_init(struct domain *d)
{
    uint64_t *param = hv_alloc(HVM_NR_PARAMS * sizeof(*param));

    d->max_pages += 2;
    if (!param || !give_page(d, CONSOLE_GFN, &d->console_mfn) ||
        !give_page(d, STORE_GFN, &d->store_mfn) || console_ring_init(d))
        return false;
    param[HVM_PARAM_CONSOLE_PFN] = CONSOLE_GFN;
    param[HVM_PARAM_CONSOLE_EVTCHN] = d->console_port;
    param[HVM_PARAM_STORE_PFN] = STORE_GFN;
    param[HVM_PARAM_STORE_EVTCHN] = d->store_port;
    d->hvm_param = param;
    d->arch.svm->xen_leaves = true;
    return true;
}
