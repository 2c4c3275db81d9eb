/* SPDX-License-Identifier: MIT */
/* vm_assist: switches that change how the hypervisor treats this domain (VMASST_TYPE_* of
 * xen/xen.h). */
#include "hv.h"
#include "handlers.h"

#define BIT(t) (1ull << VMASST_TYPE_##t)

/*
 * The types Xen 4.17 accepts. Several are no-ops in 64-bit domains (4gb_segments, pae_extended_cr3)
 * or were given up (writable_pagetables: a guest's stores to its page tables are emulated
 * regardless), but asking for them succeeds.
 */
#define VALID_FV BIT(runstate_update_flag)
#define VALID_PV                                                                          \
    (VALID_FV | BIT(4gb_segments) | BIT(4gb_segments_notify) | BIT(writable_pagetables) | \
     BIT(pae_extended_cr3) | BIT(architectural_iopl) | BIT(m2p_strict))

long hc_vm_assist(uint64_t a_cmd, uint64_t a_type)
{
    struct domain *d = current_vcpu()->domain;
    uint64_t valid = d->kind == DOMAIN_PV ? VALID_PV : VALID_FV;
    uint32_t type = (uint32_t)a_type;
    uint64_t bit = 1ull << (type & 63);

    if (type >= 64 || !(valid & bit))
        return hv_refuse(-XEN_EINVAL, "no assist type %u", type);
    if ((uint32_t)a_cmd == VMASST_CMD_enable)
        __atomic_fetch_or(&d->vm_assist, bit, __ATOMIC_RELAXED);
    else if ((uint32_t)a_cmd == VMASST_CMD_disable)
        __atomic_fetch_and(&d->vm_assist, ~bit, __ATOMIC_RELAXED);
    else
        return hv_refuse(-XEN_ENOSYS, "no assist command %u", (uint32_t)a_cmd);
    for (uint32_t i = 0; i < d->nr_vcpus; i++)
        d->vcpu[i]->shows_iopl = d->vm_assist & BIT(architectural_iopl);
    return 0;
}
