/* SPDX-License-Identifier: MIT */
/* Where the guest wants its traps and callbacks: set_trap_table, set_callbacks, callback_op,
 * stack_switch. Addresses must be canonical; code selectors get RPL 3. */
#include "hv.h"
#include "handlers.h"
#include "pv.h"

#include <xen/callback.h>
#include <xen/nmi.h>

bool pv_softint_allowed(const struct vcpu *v, uint8_t vector)
{
    const struct trap_info *ti = &v->arch.pv.trap[vector];

    return TI_GET_DPL(ti) >= (v->arch.pv.kernel_mode ? 1 : 3);
}

long hc_set_trap_table(uint64_t table)
{
    struct vcpu *v = current_vcpu();
    struct trap_info ti;

    if (!table) {
        memset(v->arch.pv.trap, 0, sizeof(v->arch.pv.trap));
        return 0;
    }
    for (;; table += sizeof(ti)) {
        if (guest_read(&ti, GVA(table), sizeof(ti)))
            return hv_refuse(-XEN_EFAULT, "trap table entry at %lx is not readable", table);
        if (!ti.address)
            return 0;
        if (!is_canonical(ti.address))
            return hv_refuse(-XEN_EINVAL, "handler %lx of trap %u is not a canonical address",
                             ti.address, ti.vector);
        ti.cs |= 3;
        v->arch.pv.trap[ti.vector] = ti;
        if (hypercall_preempt())
            return hypercall_continue(__HYPERVISOR_set_trap_table, 1, table + sizeof(ti), 0, 0, 0);
    }
}

long hc_stack_switch(uint64_t ss, uint64_t sp)
{
    struct pv_vcpu *pv = &current_vcpu()->arch.pv;

    pv->kernel_ss = ss | 3;
    pv->kernel_sp = sp;
    return 0;
}

static void register_nmi(struct pv_vcpu *pv, uint64_t address)
{
    pv->trap[VEC_NMI] = (struct trap_info){
        .vector = VEC_NMI,
        .flags = 4, /* with events masked */
        .cs = FLAT_KERNEL_CS,
        .address = address,
    };
    if (pv->nmi_pending)
        work_raise(WORK_TELL); /* look at it on the way out */
}

static long register_callback(uint16_t type, uint16_t flags, uint64_t address)
{
    struct pv_vcpu *pv = &current_vcpu()->arch.pv;
    bool mask = flags & CALLBACKF_mask_events;

    if (!is_canonical(address))
        return hv_refuse(-XEN_EINVAL, "callback %lx is not a canonical address", address);
    switch (type) {
    case CALLBACKTYPE_event:
        pv->event_eip = address;
        return 0;
    case CALLBACKTYPE_failsafe:
        pv->failsafe_eip = address;
        pv->failsafe_masks_events = mask;
        return 0;
    case CALLBACKTYPE_syscall:
        pv->syscall_eip = address;
        pv->syscall_masks_events = mask;
        return 0;
    case CALLBACKTYPE_syscall32:
        pv->syscall32_eip = address;
        pv->syscall32_masks_events = mask;
        return 0;
    case CALLBACKTYPE_sysenter:
        pv->sysenter_eip = address;
        pv->sysenter_masks_events = mask;
        return 0;
    case CALLBACKTYPE_nmi:
        register_nmi(pv, address);
        return 0;
    default:
        return hv_refuse(-XEN_ENOSYS, "callback type %u does not exist", type);
    }
}

static long unregister_callback(uint16_t type)
{
    switch (type) {
    case CALLBACKTYPE_event:
    case CALLBACKTYPE_failsafe:
    case CALLBACKTYPE_syscall:
    case CALLBACKTYPE_syscall32:
    case CALLBACKTYPE_sysenter:
        return hv_refuse(-XEN_EINVAL, "callback type %u cannot be unregistered", type);
    case CALLBACKTYPE_nmi:
        memset(&current_vcpu()->arch.pv.trap[VEC_NMI], 0, sizeof(struct trap_info));
        return 0;
    default:
        return hv_refuse(-XEN_ENOSYS, "callback type %u does not exist", type);
    }
}

/* Like Xen, each address that is acceptable is taken and the call as a whole succeeds. */
long hc_set_callbacks(uint64_t event, uint64_t failsafe, uint64_t syscall)
{
    register_callback(CALLBACKTYPE_event, 0, event);
    register_callback(CALLBACKTYPE_failsafe, 0, failsafe);
    register_callback(CALLBACKTYPE_syscall, 0, syscall);
    return 0;
}

long hc_callback_op(uint64_t cmd, uint64_t arg)
{
    struct callback_register reg;
    struct callback_unregister unreg;

    switch ((uint32_t)cmd) {
    case CALLBACKOP_register:
        if (guest_read(&reg, GVA(arg), sizeof(reg)))
            return hv_refuse(-XEN_EFAULT, "argument at %lx is not readable", arg);
        return register_callback(reg.type, reg.flags, reg.address);
    case CALLBACKOP_unregister:
        if (guest_read(&unreg, GVA(arg), sizeof(unreg)))
            return hv_refuse(-XEN_EFAULT, "argument at %lx is not readable", arg);
        return unregister_callback(unreg.type);
    default:
        return hv_refuse(-XEN_ENOSYS, "callback_op %lu does not exist", cmd);
    }
}

/* The older way to do the same. */
long hc_nmi_op(uint64_t cmd, uint64_t arg)
{
    struct xennmi_callback cb;

    switch ((uint32_t)cmd) {
    case XENNMI_register_callback:
        if (guest_read(&cb, GVA(arg), sizeof(cb)))
            return hv_refuse(-XEN_EFAULT, "argument at %lx is not readable", arg);
        return register_callback(CALLBACKTYPE_nmi, 0, cb.handler_address);
    case XENNMI_unregister_callback:
        return unregister_callback(CALLBACKTYPE_nmi);
    }
    return hv_refuse(-XEN_ENOSYS, "nmi_op %lu does not exist", cmd);
}

/* The vcpu finds it on its way to the guest: WORK_TELL makes it look. When it does not run now it
 * looks at its next start. */
void arch_vcpu_send_nmi(struct vcpu *v)
{
    __atomic_store_n(&v->arch.pv.nmi_pending, true, __ATOMIC_SEQ_CST);
    if (v == current_vcpu())
        work_raise(WORK_TELL);
    else if (READ_ONCE(v->running))
        arch_work_send(READ_ONCE(v->cpu), WORK_TELL);
}
