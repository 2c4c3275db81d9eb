/* SPDX-License-Identifier: MIT */
/* Virtual processors: vcpu_op, <xen/vcpu.h>. `vcpu` counts from 0 within the domain. */
#ifndef PVKIT_HYPERCALL_VCPU_H
#define PVKIT_HYPERCALL_VCPU_H

#include <pvkit/arch.h>
#include <pvkit/types.h>
#include <xen/vcpu.h>

/* Any VCPUOP_* command with its argument. -XEN_ENOENT: no such vcpu. */
PVK_INLINE long hypercall_vcpu_op(unsigned int cmd, unsigned int vcpu, void *arg)
{
    return pvk_raw3(__HYPERVISOR_vcpu_op, cmd, vcpu, arg);
}

/*
 * Give a new vcpu its first register state (PV: vcpu_guest_context). Once per vcpu; -XEN_EEXIST
 * after that. It runs only after hypercall_vcpu_up(). The context is read during the call only,
 * but the page tables and GDT frames it names stay in use.
 */
PVK_INLINE int hypercall_vcpu_initialise(unsigned int vcpu, struct vcpu_guest_context *context)
{
    return (int)hypercall_vcpu_op(VCPUOP_initialise, vcpu, context);
}

/* Make the vcpu runnable. -XEN_EINVAL: not initialised. */
PVK_INLINE int hypercall_vcpu_up(unsigned int vcpu)
{
    return (int)hypercall_vcpu_op(VCPUOP_up, vcpu, NULL);
}

/* Stop the vcpu; asynchronous unless it is the caller's own. */
PVK_INLINE int hypercall_vcpu_down(unsigned int vcpu)
{
    return (int)hypercall_vcpu_op(VCPUOP_down, vcpu, NULL);
}

/* 1 up, 0 down, or an error. */
PVK_INLINE int hypercall_vcpu_is_up(unsigned int vcpu)
{
    return (int)hypercall_vcpu_op(VCPUOP_is_up, vcpu, NULL);
}

/* Time spent per RUNSTATE_*, in ns. */
PVK_INLINE int hypercall_vcpu_get_runstate(unsigned int vcpu, struct vcpu_runstate_info *out)
{
    return (int)hypercall_vcpu_op(VCPUOP_get_runstate_info, vcpu, out);
}

/*
 * Have the hypervisor keep `area` up to date whenever the vcpu is scheduled. It must stay mapped
 * at this linear address; NULL ends it.
 */
PVK_INLINE int hypercall_vcpu_register_runstate(unsigned int vcpu, struct vcpu_runstate_info *area)
{
    struct vcpu_register_runstate_memory_area op = {.addr.v = area};

    return (int)hypercall_vcpu_op(VCPUOP_register_runstate_memory_area, vcpu, &op);
}

/* VIRQ_TIMER every `period` ns (not below 1 ms) while the vcpu runs. */
PVK_INLINE int hypercall_vcpu_set_periodic_timer(unsigned int vcpu, uint64_t period)
{
    struct vcpu_set_periodic_timer op = {.period_ns = period};

    return (int)hypercall_vcpu_op(VCPUOP_set_periodic_timer, vcpu, &op);
}

/* No periodic VIRQ_TIMER any more. A PV guest starts with a 10 ms one on Xen. */
PVK_INLINE int hypercall_vcpu_stop_periodic_timer(unsigned int vcpu)
{
    return (int)hypercall_vcpu_op(VCPUOP_stop_periodic_timer, vcpu, NULL);
}

/*
 * One VIRQ_TIMER at system time `deadline`, on the calling vcpu only (others: -XEN_EINVAL). With
 * VCPU_SSHOTTMR_future in `flags` the hypervisor may refuse a deadline in the past (-XEN_ETIME);
 * Xen 4.17 fires at once instead.
 */
PVK_INLINE int hypercall_vcpu_set_singleshot_timer(unsigned int vcpu, uint64_t deadline,
                                                   uint32_t flags)
{
    struct vcpu_set_singleshot_timer op = {.timeout_abs_ns = deadline, .flags = flags};

    return (int)hypercall_vcpu_op(VCPUOP_set_singleshot_timer, vcpu, &op);
}

/* Cancel the one-shot timer of the calling vcpu. */
PVK_INLINE int hypercall_vcpu_stop_singleshot_timer(unsigned int vcpu)
{
    return (int)hypercall_vcpu_op(VCPUOP_stop_singleshot_timer, vcpu, NULL);
}

/*
 * Move the vcpu's vcpu_info from shared_info to offset `offset` of frame `frame` (64 bytes that do
 * not cross a page). Once per vcpu, and needed for vcpus from XEN_LEGACY_MAX_VCPUS up. The
 * hypervisor copies the old contents, keeps the frame, and reports an event at the new place right
 * away: have upcalls masked. pvk_evtchn_place_info() does that.
 */
PVK_INLINE int hypercall_vcpu_register_info(unsigned int vcpu, pvk_mfn_t frame, uint32_t offset)
{
    struct vcpu_register_vcpu_info op = {.mfn = frame.n, .offset = offset};

    return (int)hypercall_vcpu_op(VCPUOP_register_vcpu_info, vcpu, &op);
}

/* Keep a second copy of the vcpu's time record at `area`, e.g. mapped into user space. */
PVK_INLINE int hypercall_vcpu_register_time(unsigned int vcpu, struct vcpu_time_info *area)
{
    struct vcpu_register_time_memory_area op = {.addr.v = area};

    return (int)hypercall_vcpu_op(VCPUOP_register_vcpu_time_memory_area, vcpu, &op);
}

/* Raise an NMI (the NMI callback) on the vcpu. */
PVK_INLINE int hypercall_vcpu_send_nmi(unsigned int vcpu)
{
    return (int)hypercall_vcpu_op(VCPUOP_send_nmi, vcpu, NULL);
}

/* APIC id (low half) and ACPI id (high half) of the processor the vcpu is pinned to. */
PVK_INLINE int hypercall_vcpu_get_physid(unsigned int vcpu, uint64_t *out)
{
    struct vcpu_get_physid op = {.phys_id = 0};
    int rc = (int)hypercall_vcpu_op(VCPUOP_get_physid, vcpu, &op);

    if (!rc)
        *out = op.phys_id;
    return rc;
}

#endif
