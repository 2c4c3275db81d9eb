/* SPDX-License-Identifier: MIT */
/* hvm_op: parameters of a fully virtualized domain. PV domains have none, and hear so. */
#include "handlers.h"
#include "hv.h"

#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>

/* No store, console or callback is wired to an FV domain: every parameter reads 0. */
static long get_param(uint64_t uarg)
{
    struct xen_hvm_param p;

    if (guest_read(&p, GVA(uarg), sizeof(p)))
        return -XEN_EFAULT;
    if (p.domid != DOMID_SELF)
        return hv_refuse(-XEN_EPERM, "parameters of domain %u are not yours", p.domid);
    if (p.index >= HVM_NR_PARAMS)
        return hv_refuse(-XEN_EINVAL, "no parameter %u", p.index);
    p.value = 0;
    return guest_write(GVA(uarg), &p, sizeof(p));
}

long hc_hvm_op(uint64_t op, uint64_t uarg)
{
    if (op != HVMOP_get_param && op != HVMOP_set_param)
        return hv_refuse(-XEN_ENOSYS, "no hvm_op %llu", (unsigned long long)op);
    if (current_vcpu()->domain->kind == DOMAIN_PV)
        return hv_refuse(-XEN_EINVAL, "a PV domain has no HVM parameters");
    if (op == HVMOP_get_param)
        return get_param(uarg);
    return hv_refuse(-XEN_ENOSYS, "HVM parameters cannot be set");
}
