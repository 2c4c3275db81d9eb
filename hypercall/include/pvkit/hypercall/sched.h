/* SPDX-License-Identifier: MIT */
/* Scheduling, shutdown and the one-shot timer: sched_op, <xen/sched.h>; set_timer_op. */
#ifndef PVKIT_HYPERCALL_SCHED_H
#define PVKIT_HYPERCALL_SCHED_H

#include <pvkit/xen.h>
#include <pvkit/arch.h>
#include <xen/sched.h>

/* Any SCHEDOP_* command with its structure. */
PVK_INLINE long hypercall_sched_op(unsigned int cmd, void *arg)
{
    return pvk_raw2(__HYPERVISOR_sched_op, cmd, arg);
}

/* Let others run; returns when this vcpu is scheduled again. */
PVK_INLINE int hypercall_sched_yield(void)
{
    return (int)hypercall_sched_op(SCHEDOP_yield, NULL);
}

/*
 * Sleep until an event is pending. Clears the upcall mask atomically with going to sleep, so an
 * event between the caller's last check and here still wakes it: check for work with upcalls
 * masked, then call this.
 */
PVK_INLINE int hypercall_sched_block(void)
{
    return (int)hypercall_sched_op(SCHEDOP_block, NULL);
}

/*
 * Sleep until one of `count` ports is pending (masked or not; no upcall is made for masked ones)
 * or system time reaches `timeout` (0: none). Returns 0 in either case.
 */
PVK_INLINE int hypercall_sched_poll(const evtchn_port_t *ports, unsigned int count,
                                    uint64_t timeout)
{
    struct sched_poll op = {.nr_ports = count, .timeout = timeout};

    set_xen_guest_handle(op.ports, (evtchn_port_t *)ports); /* IN only, the ABI has no const */
    return (int)hypercall_sched_op(SCHEDOP_poll, &op);
}

/* End the domain, all its vcpus, with SHUTDOWN_*. Does not return, except for SHUTDOWN_suspend. */
PVK_INLINE int hypercall_sched_shutdown(unsigned int reason)
{
    struct sched_shutdown op = {.reason = reason};

    return (int)hypercall_sched_op(SCHEDOP_shutdown, &op);
}

/*
 * SHUTDOWN_suspend of a PV guest, whose start_info page is machine frame `start_info`. Returns 0
 * resumed in a new domain (every event channel is gone), 1 suspend cancelled.
 */
PVK_INLINE int hypercall_sched_suspend(xen_pfn_t start_info)
{
    struct sched_shutdown op = {.reason = SHUTDOWN_suspend};

    return (int)pvk_raw3(__HYPERVISOR_sched_op, SCHEDOP_shutdown, &op, start_info);
}

/* Announce the reason with which this domain will later shut down. */
PVK_INLINE int hypercall_sched_shutdown_code(unsigned int reason)
{
    struct sched_shutdown op = {.reason = reason};

    return (int)hypercall_sched_op(SCHEDOP_shutdown_code, &op);
}

/*
 * Domain watchdog, `timeout` in seconds. `id` 0: start a new one, returns its id (> 0). Other ids:
 * restart the countdown, or with timeout 0 stop it; returns 0. When it runs out, the domain is
 * shut down with SHUTDOWN_watchdog. -XEN_ENOSPC: all in use; -XEN_EINVAL: that id is not.
 */
PVK_INLINE int hypercall_sched_watchdog(uint32_t id, uint32_t timeout)
{
    struct sched_watchdog op = {.id = id, .timeout = timeout};

    return (int)hypercall_sched_op(SCHEDOP_watchdog, &op);
}

/* Pin the calling vcpu to physical processor `pcpu`, or undo that (negative). Privileged. */
PVK_INLINE int hypercall_sched_pin_override(int32_t pcpu)
{
    struct sched_pin_override op = {.pcpu = pcpu};

    return (int)hypercall_sched_op(SCHEDOP_pin_override, &op);
}

/*
 * Raise VIRQ_TIMER on the calling vcpu when system time reaches `deadline`; replaces an earlier
 * deadline. 0 cancels. A deadline in the past fires at once.
 */
PVK_INLINE int hypercall_set_timer(uint64_t deadline)
{
    return (int)pvk_raw1(__HYPERVISOR_set_timer_op, deadline);
}

#endif
