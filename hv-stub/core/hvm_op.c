/* SPDX-License-Identifier: MIT */
/* hvm_op: parameters of a fully virtualized domain. PV domains have none, and hear so. */
#include "handlers.h"
#include "hv.h"
#include "memory_op.h"

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
    [HVM_PARAM_ALTP2M] = GUEST_READS,
    [HVM_PARAM_VM86_TSS] = GUEST_READS | GUEST_WRITES,
    [HVM_PARAM_VM86_TSS_SIZED] = GUEST_READS | GUEST_WRITES,
    [HVM_PARAM_ACPI_IOPORTS_LOCATION] = GUEST_READS | GUEST_WRITES,
    [HVM_PARAM_VM_GENERATION_ID_ADDR] = GUEST_READS | GUEST_WRITES,
    [HVM_PARAM_X87_FIP_WIDTH] = GUEST_READS | GUEST_WRITES,
};

/* Numbers that no parameter of 4.17 has. */
static bool is_parameter(uint32_t index)
{
    const uint64_t gaps = 1ull << 4 | 1ull << 13 | 0x7full << 20 | 1ull << 30;

    return !(gaps >> index & 1);
}

/* HVM parameters of which domain? Domain 0 is hv-stub, which has none. */
static long check_domain(domid_t domid)
{
    const struct domain *self = current_vcpu()->domain;
    const struct domain *d = domid == DOMID_SELF ? self : domain_by_id(domid);

    if (!d && domid)
        return hv_refuse(-XEN_ESRCH, "no domain %u", domid);
    if (!d || d->kind == DOMAIN_PV)
        return hv_refuse(-XEN_EINVAL, "a PV domain has no HVM parameters");
    return d == self ? 0 : hv_refuse(-XEN_EPERM, "parameters of domain %u are not yours", domid);
}

static long read_argument(uint64_t uarg, struct xen_hvm_param *p, uint8_t right)
{
    long rc;

    if (guest_read(p, GVA(uarg), sizeof(*p)))
        return -XEN_EFAULT;
    if (p->index >= HVM_NR_PARAMS)
        return hv_refuse(-XEN_EINVAL, "no parameter %u", p->index);
    rc = check_domain(p->domid);
    if (rc)
        return rc;
    if (!is_parameter(p->index))
        return hv_refuse(-XEN_EINVAL, "%u is no parameter", p->index);
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
    if (p.index == HVM_PARAM_CALLBACK_IRQ)
        arch_upcall_set(d, p.value);
    d->hvm_param[p.index] = p.value;
    return 0;
}

static long set_upcall_vector(uint64_t uarg)
{
    struct xen_hvm_evtchn_upcall_vector a;
    struct domain *d = current_vcpu()->domain;

    if (!d->hvm_param)
        return hv_refuse(-XEN_EINVAL, "events by vector are for HVM domains");
    if (guest_read(&a, GVA(uarg), sizeof(a)))
        return -XEN_EFAULT;
    if (a.vector < 0x10)
        return hv_refuse(-XEN_EINVAL, "vector %u is an exception's", a.vector);
    if (a.vcpu >= d->nr_vcpus)
        return hv_refuse(-XEN_ENOENT, "no vcpu %u", a.vcpu);
    arch_upcall_vector(d->vcpu[a.vcpu], a.vector);
    return 0;
}

static long get_time(uint64_t uarg)
{
    struct xen_hvm_get_time t = {.now = hv_now()};

    return guest_write(GVA(uarg), &t, sizeof(t)) ? -XEN_EFAULT : 0;
}

/* Nobody reads a trace. */
static long trace(uint64_t uarg)
{
    struct xen_hvm_xentrace t;

    if (guest_read(&t, GVA(uarg), sizeof(t)))
        return -XEN_EFAULT;
    return t.extra_bytes > sizeof(t.extra) ? hv_refuse(-XEN_EINVAL, "too many bytes of trace") : 0;
}

static long get_mem_type(uint64_t uarg)
{
    struct xen_hvm_get_mem_type t;
    struct domain *d;
    long rc;

    if (guest_read(&t, GVA(uarg), sizeof(t)))
        return -XEN_EFAULT;
    d = memop_domain(t.domid, &rc);
    if (!d)
        return rc;
    t.mem_type =
        mfn_eq(arch_gfn_to_mfn(d, GFN(t.pfn)), INVALID_MFN) ? HVMMEM_mmio_dm : HVMMEM_ram_rw;
    return guest_write(GVA(uarg), &t, sizeof(t)) ? -XEN_EFAULT : 0;
}

static long flush_tlbs(uint64_t uarg)
{
    struct domain *d = current_vcpu()->domain;

    if (uarg || d->kind == DOMAIN_PV)
        return hv_refuse(-XEN_EINVAL, "for HVM domains, with a null argument");
    arch_flush_domain(d);
    return 0;
}

/* A PV domain may call it as well: it hears that it has no parameters. */
long hc_hvm_op(uint64_t op, uint64_t uarg)
{
    struct xen_hvm_pagetable_dying dying;

    switch (op) {
    case HVMOP_get_param:
        return get_param(uarg);
    case HVMOP_set_param:
        return set_param(uarg);
    case HVMOP_set_evtchn_upcall_vector:
        return set_upcall_vector(uarg);
    case HVMOP_flush_tlbs:
        return flush_tlbs(uarg);
    case HVMOP_pagetable_dying: /* a hint about shadow page tables, which nobody has */
        return guest_read(&dying, GVA(uarg), sizeof(dying)) ? -XEN_EFAULT : -XEN_EOPNOTSUPP;
    case HVMOP_get_time:
        return get_time(uarg);
    case HVMOP_xentrace:
        return trace(uarg);
    case HVMOP_get_mem_type:
        return get_mem_type(uarg);
    case HVMOP_guest_request_vm_event: /* nobody listens */
        return uarg ? -XEN_EINVAL : 0;
    case HVMOP_altp2m:
        return -XEN_EOPNOTSUPP;
    }
    return hv_refuse(-XEN_ENOSYS, "no hvm_op %llu", (unsigned long long)op);
}
