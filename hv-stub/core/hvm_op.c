/* SPDX-License-Identifier: MIT */
/* hvm_op: parameters of a fully virtualized domain. PV domains have none, and hear so. */
#include "handlers.h"
#include "hv.h"

#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>

/* Who may do what with a parameter, as Xen 4.17 has it; the others are the toolstack's. */
#define GUEST_READS  1
#define GUEST_WRITES 2

static const uint8_t rights[HVM_NR_PARAMS] = {
    [HVM_PARAM_CALLBACK_IRQ] = GUEST_READS | GUEST_WRITES,
    [HVM_PARAM_STORE_PFN] = GUEST_READS,
    [HVM_PARAM_STORE_EVTCHN] = GUEST_READS | GUEST_WRITES,
    [HVM_PARAM_CONSOLE_PFN] = GUEST_READS,
    [HVM_PARAM_CONSOLE_EVTCHN] = GUEST_READS | GUEST_WRITES,
    [HVM_PARAM_VM86_TSS] = GUEST_READS | GUEST_WRITES,
    [HVM_PARAM_VM86_TSS_SIZED] = GUEST_READS | GUEST_WRITES,
    [HVM_PARAM_ACPI_IOPORTS_LOCATION] = GUEST_READS | GUEST_WRITES,
    [HVM_PARAM_VM_GENERATION_ID_ADDR] = GUEST_READS | GUEST_WRITES,
    [HVM_PARAM_X87_FIP_WIDTH] = GUEST_READS | GUEST_WRITES,
};

static long read_argument(uint64_t uarg, struct xen_hvm_param *p, uint8_t right)
{
    const struct domain *d = current_vcpu()->domain;

    if (guest_read(p, GVA(uarg), sizeof(*p)))
        return -XEN_EFAULT;
    if (p->index >= HVM_NR_PARAMS)
        return hv_refuse(-XEN_EINVAL, "no parameter %u", p->index);
    if (p->domid != DOMID_SELF && p->domid != d->id)
        return hv_refuse(-XEN_EPERM, "parameters of domain %u are not yours", p->domid);
    if (d->kind == DOMAIN_PV)
        return hv_refuse(-XEN_EINVAL, "a PV domain has no HVM parameters");
    if (!(rights[p->index] & right))
        return hv_refuse(-XEN_EPERM, "parameter %u is the toolstack's", p->index);
    return 0;
}

static long get_param(uint64_t uarg)
{
    const uint64_t *param = current_vcpu()->domain->hvm_param;
    struct xen_hvm_param p;
    long rc = read_argument(uarg, &p, GUEST_READS);

    if (rc)
        return rc;
    p.value = param ? param[p.index] : 0;
    return guest_write(GVA(uarg), &p, sizeof(p));
}

static long set_param(uint64_t uarg)
{
    struct domain *d = current_vcpu()->domain;
    struct xen_hvm_param p;
    long rc = read_argument(uarg, &p, GUEST_WRITES);

    if (rc)
        return rc;
    if (!d->hvm_param)
        return hv_refuse(-XEN_ENOSYS, "the domain is not told of Xen: give it xen=1");
    if (p.index == HVM_PARAM_CALLBACK_IRQ && !arch_upcall_set(d, p.value))
        return hv_refuse(-XEN_EINVAL, "events cannot be delivered by 0x%llx",
                         (unsigned long long)p.value);
    d->hvm_param[p.index] = p.value;
    return 0;
}

static long set_upcall_vector(uint64_t uarg)
{
    struct xen_hvm_evtchn_upcall_vector a;
    struct domain *d = current_vcpu()->domain;

    if (guest_read(&a, GVA(uarg), sizeof(a)))
        return -XEN_EFAULT;
    if (!d->hvm_param)
        return hv_refuse(-XEN_EINVAL, "events by vector are for HVM domains");
    if (a.vector < 0x10)
        return hv_refuse(-XEN_EINVAL, "vector %u is an exception's", a.vector);
    if (a.vcpu >= d->nr_vcpus)
        return hv_refuse(-XEN_ENOENT, "no vcpu %u", a.vcpu);
    arch_upcall_vector(d->vcpu[a.vcpu], a.vector);
    return 0;
}

long hc_hvm_op(uint64_t op, uint64_t uarg)
{
    if (op == HVMOP_get_param)
        return get_param(uarg);
    if (op == HVMOP_set_param)
        return set_param(uarg);
    if (op == HVMOP_set_evtchn_upcall_vector)
        return set_upcall_vector(uarg);
    if (op == HVMOP_pagetable_dying) /* a hint about shadow page tables, which nobody has */
        return -XEN_ENOSYS;
    return hv_refuse(-XEN_ENOSYS, "no hvm_op %llu", (unsigned long long)op);
}
