/* SPDX-License-Identifier: MIT */
/* Guest kernel and guest user both run at CPL 3. What tells them apart is the page-table root and
 * which of the guest's two GS bases is active. */
#include "hv.h"
#include "cpu.h"
#include "pv.h"
#include "tlb.h"

bool pv_has_user_root(const struct vcpu *v)
{
    return pv_has_root(v->arch.pv.root_user);
}

void pv_load_root(struct vcpu *v)
{
    struct pv_vcpu *pv = &v->arch.pv;
    mfn_t root = pv->kernel_mode ? pv->root_kernel : pv->root_user;
    uint64_t cr3 = root.v << PAGE_SHIFT;

    this_percpu()->cr3 = cr3;
    tlb_note_flush();
    write_cr3(cr3);
}

void pv_toggle_mode(struct vcpu *v)
{
    struct pv_vcpu *pv = &v->arch.pv;

    /* The guest may have changed the base itself, by loading a selector. */
    if (pv->kernel_mode) {
        pv->gs_base_kernel = pv_gs_base();
        pv_set_gs_base(pv->gs_base_user);
        pv->kernel_mode = false;
        this_percpu()->hc_limit = 0;
    } else {
        pv->gs_base_user = pv_gs_base();
        pv_set_gs_base(pv->gs_base_kernel);
        pv->kernel_mode = true;
        this_percpu()->hc_limit = PV_HC_DIRECT;
    }
    pv_load_root(v);
    if (unlikely(v->areas_pending) && pv->kernel_mode)
        vcpu_areas_update(v);
}
