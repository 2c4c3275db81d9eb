/* SPDX-License-Identifier: MIT */
/* Control registers as the guest kernel sees them. */
#include "cpu.h"
#include "entry.h"
#include "insn.h"
#include "pv.h"
#include "xstate.h"

/* What of the real CR4 a guest sees besides its own choices. */
#define CR4_VISIBLE (CR4_PAE | CR4_MCE | CR4_OSFXSR | CR4_OSXMMEXCPT)

uint64_t pv_cr4_guest(uint64_t wanted)
{
    if (!xstate_mask)
        wanted &= ~CR4_OSXSAVE;
    if (!cpu_has_fsgsbase())
        wanted &= ~CR4_FSGSBASE;
    return (this_percpu()->cr4 & CR4_VISIBLE) | (wanted & PV_CR4_REAL);
}

uint64_t pv_cr4_real(uint64_t cr4)
{
    return (cr4 & PV_CR4_REAL) | (xstate_mask ? CR4_OSXSAVE : 0);
}

bool pv_read_cr(struct vcpu *v, unsigned cr, uint64_t *val)
{
    const struct pv_vcpu *pv = &v->arch.pv;

    switch (cr) {
    case 0:
        *val = (read_cr0() & ~CR0_TS) | pv->cr0;
        return true;
    case 2:
        *val = pv->cr2;
        return true;
    case 3:
        *val = pv->root_kernel.v << PAGE_SHIFT;
        return true;
    case 4:
        *val = pv->cr4;
        return true;
    default:
        return false;
    }
}

static void write_cr4_of(struct vcpu *v, uint64_t val)
{
    bool enabled = val & ~v->arch.pv.cr4 & CR4_OSXSAVE, ts = v->arch.pv.cr0 & CR0_TS;

    v->arch.pv.cr4 = val;
    cr4_load(pv_cr4_real(val));
    if (!enabled)
        return;
    pv_set_ts(v, false); /* the instructions below would fault */
    xstate_enable(v);
    pv_set_ts(v, ts);
}

long pv_write_cr(struct vcpu *v, unsigned cr, uint64_t val)
{
    struct pv_vcpu *pv = &v->arch.pv;

    switch (cr) {
    case 0:
        if ((val ^ read_cr0()) & ~CR0_TS)
            return hv_refuse(-XEN_EINVAL, "CR0 %lx changes more than TS", val);
        pv_set_ts(v, val & CR0_TS);
        return 0;
    case 2:
        pv->cr2 = val;
        v->info->arch.cr2 = val;
        return 0;
    case 3:
        return pv_new_root(v, MFN(val >> PAGE_SHIFT));
    case 4:
        write_cr4_of(v, pv_cr4_guest(val));
        return 0;
    default:
        return -XEN_EINVAL;
    }
}
