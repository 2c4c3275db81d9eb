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
#define VIA_VECTOR    2
#define FIRST_VECTOR  0x10

/* Interrupts of the PICs that no device here drives. */
static bool line_free(uint64_t n)
{
    return n == 5 || n == 7 || n == 9 || n == 12;
}

bool svm_upcall_set(struct domain *d, uint64_t via)
{
    struct svm_domain *sd = d->arch.svm;
    uint8_t vector = 0, line = 0;

    if (VIA_TYPE(via) == VIA_VECTOR && (via & 0xff) >= FIRST_VECTOR)
        vector = (uint8_t)via;
    else if (VIA_TYPE(via) == VIA_GSI && line_free(via))
        line = (uint8_t)via;
    else if (via)
        return false;
    spin_lock(&sd->dev_lock);
    if (sd->upcall_line_level)
        pic_set_irq(&sd->pc.pic, sd->upcall_line, false);
    sd->upcall_line_level = false;
    sd->upcall_line = line;
    WRITE_ONCE(sd->upcall_vector, vector);
    spin_unlock(&sd->dev_lock);
    return true;
}

void svm_upcall_line(struct svm_vcpu *sv)
{
    struct svm_domain *sd = sv->dom;
    bool level = READ_ONCE(sv->vcpu->info->evtchn_upcall_pending);

    if (!sd->upcall_line || sd->upcall_line_level == level)
        return;
    spin_lock(&sd->dev_lock);
    sd->upcall_line_level = level;
    pic_set_irq(&sd->pc.pic, sd->upcall_line, level);
    spin_unlock(&sd->dev_lock);
}

static bool give_page(struct domain *d, uint64_t gfn, mfn_t *m)
{
    spin_lock(&d->lock);
    *m = frame_alloc_domain(d, 0);
    spin_unlock(&d->lock);
    return !mfn_eq(*m, INVALID_MFN) && npt_map(d->arch.svm, gfn << PAGE_SHIFT, *m, true);
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
