/* SPDX-License-Identifier: MIT */
/* Event channels, scheduling, timers, vcpus. */
#include "abi.h"

#define EVENT(op, ...)                                      \
    __HYPERVISOR_event_channel_op,                          \
    {                                                       \
        EVTCHNOP_##op, ARG(struct evtchn_##op, __VA_ARGS__) \
    }

static enum outcome event_tables(void)
{
    const struct abi_call calls[] = {
        {"event_channel_op 99", __HYPERVISOR_event_channel_op, {99, 0}, -XEN_ENOSYS},
        {"send unmapped",
         __HYPERVISOR_event_channel_op,
         {EVTCHNOP_send, BAD_UNMAPPED},
         -XEN_EFAULT},
        {"alloc_unbound for nobody", EVENT(alloc_unbound, .dom = NO_DOMAIN), -XEN_ESRCH},
        {"bind_interdomain to nobody", EVENT(bind_interdomain, .remote_dom = NO_DOMAIN),
         -XEN_ESRCH},
        {"bind_interdomain to port 0", EVENT(bind_interdomain, .remote_dom = DOMID_SELF),
         -XEN_EINVAL},
        {"bind_interdomain to a free port",
         EVENT(bind_interdomain, .remote_dom = DOMID_SELF, .remote_port = NO_PORT), -XEN_EINVAL},
        {"bind_interdomain out of range",
         EVENT(bind_interdomain, .remote_dom = DOMID_SELF, .remote_port = 1U << 31), -XEN_EINVAL},
        {"bind_virq 99", EVENT(bind_virq, .virq = 99), -XEN_EINVAL},
        {"bind_virq to no vcpu", EVENT(bind_virq, .virq = VIRQ_TIMER, .vcpu = NO_VCPU),
         -XEN_ENOENT},
        {"bind_virq twice", EVENT(bind_virq, .virq = VIRQ_TIMER), -XEN_EEXIST},
        {"bind_ipi to no vcpu", EVENT(bind_ipi, .vcpu = NO_VCPU), -XEN_ENOENT},
        {"close port 0", EVENT(close, .port = 0), -XEN_EINVAL},
        {"close a free port", EVENT(close, .port = NO_PORT), -XEN_EINVAL},
        {"close out of range", EVENT(close, .port = 1U << 31), -XEN_EINVAL},
        {"send to port 0", EVENT(send, .port = 0), -XEN_EINVAL},
        {"send to a free port", EVENT(send, .port = NO_PORT), -XEN_EINVAL},
        {"send out of range", EVENT(send, .port = ~0U), -XEN_EINVAL},
        {"status of nobody", EVENT(status, .dom = NO_DOMAIN), -XEN_ESRCH},
        {"status out of range", EVENT(status, .dom = DOMID_SELF, .port = 1U << 31), -XEN_EINVAL},
        {"unmask port 0", EVENT(unmask, .port = 0), 0},
        {"unmask out of range", EVENT(unmask, .port = 1U << 31), -XEN_EINVAL},
        {"bind_vcpu of a free port", EVENT(bind_vcpu, .port = NO_PORT), -XEN_EINVAL},
        {"bind_vcpu to no vcpu", EVENT(bind_vcpu, .port = 1, .vcpu = NO_VCPU), -XEN_ENOENT},
        {"reset of nobody", EVENT(reset, .dom = NO_DOMAIN), -XEN_ESRCH},
    };

    return abi_run(calls, ARRAY_LEN(calls));
}

/* The kinds of port and what they allow. */
static enum outcome event_kinds(void)
{
    evtchn_port_t unbound = 0, ipi = 0, virq = 0, bound = 0;
    struct evtchn_status status = {.dom = DOMID_SELF};

    abi_begin();
    abi_check("alloc_unbound", hypercall_evtchn_alloc_unbound(DOMID_SELF, DOMID_SELF, &unbound), 0);
    abi_check("send on an unbound port", hypercall_evtchn_send(unbound), 0);
    abi_check("bind_vcpu of an unbound port", hypercall_evtchn_bind_vcpu(unbound, 0), 0);
    abi_check("bind_interdomain", hypercall_evtchn_bind_interdomain(DOMID_SELF, unbound, &bound),
              0);
    abi_check("bind_interdomain again",
              hypercall_evtchn_bind_interdomain(DOMID_SELF, unbound, &virq), -XEN_EINVAL);
    status.port = bound;
    abi_check("status", hypercall_evtchn_status(&status), 0);
    abi_check("status says interdomain", status.status, EVTCHNSTAT_interdomain);
    abi_check("status says which port", status.u.interdomain.port, unbound);
    abi_check("close", hypercall_evtchn_close(bound), 0);
    status.port = unbound;
    abi_check("status of the other end", hypercall_evtchn_status(&status), 0);
    abi_check("the other end is unbound", status.status, EVTCHNSTAT_unbound);
    abi_check("close the other end", hypercall_evtchn_close(unbound), 0);
    abi_check("close twice", hypercall_evtchn_close(unbound), -XEN_EINVAL);
    status.port = unbound;
    abi_check("status of a free port", hypercall_evtchn_status(&status), 0);
    abi_check("it is free", status.status, EVTCHNSTAT_closed);

    abi_check("bind_ipi", hypercall_evtchn_bind_ipi(0, &ipi), 0);
    abi_check("bind_vcpu of an IPI port", hypercall_evtchn_bind_vcpu(ipi, 0), -XEN_EINVAL);
    abi_check("close an IPI port", hypercall_evtchn_close(ipi), 0);
    abi_check("bind_virq debug", hypercall_evtchn_bind_virq(VIRQ_DEBUG, 0, &virq), 0);
    abi_check("send on a VIRQ port", hypercall_evtchn_send(virq), -XEN_EINVAL);
    abi_check("bind_vcpu of a VIRQ port", hypercall_evtchn_bind_vcpu(virq, 0), -XEN_EINVAL);
    abi_check("close a VIRQ port", hypercall_evtchn_close(virq), 0);
    return abi_end();
}

enum outcome abi_events(void)
{
    enum outcome outcome = event_tables();

    return outcome == TEST_OK ? event_kinds() : outcome;
}

#define SCHED(cmd, arg)    \
    __HYPERVISOR_sched_op, \
    {                      \
        SCHEDOP_##cmd, arg \
    }

enum outcome abi_sched(void)
{
    static evtchn_port_t good_ports[1] = {1}, bad_ports[1] = {1U << 31};
    const struct abi_call calls[] = {
        {"sched_op 99", __HYPERVISOR_sched_op, {99, 0}, -XEN_ENOSYS},
        {"yield", SCHED(yield, 0), 0},
        {"poll unmapped", SCHED(poll, BAD_UNMAPPED), -XEN_EFAULT},
        {"poll of 129 ports", SCHED(poll, ARG(struct sched_poll, .nr_ports = 129, .timeout = 1)),
         -XEN_EINVAL},
        {"poll, list unmapped",
         SCHED(poll, ARG(struct sched_poll, .ports.p = (evtchn_port_t *)BAD_UNMAPPED, .nr_ports = 1,
                         .timeout = 1)),
         -XEN_EFAULT},
        {"poll, list in hypervisor",
         SCHED(poll, ARG(struct sched_poll, .ports.p = (evtchn_port_t *)BAD_HYPERVISOR,
                         .nr_ports = 1, .timeout = 1)),
         -XEN_EFAULT},
        {"poll of a bad port",
         SCHED(poll, ARG(struct sched_poll, .ports.p = bad_ports, .nr_ports = 1, .timeout = 1)),
         -XEN_EINVAL},
        {"poll until the past",
         SCHED(poll, ARG(struct sched_poll, .ports.p = good_ports, .nr_ports = 1, .timeout = 1)),
         0},
        {"shutdown unmapped", SCHED(shutdown, BAD_UNMAPPED), -XEN_EFAULT},
        {"watchdog unmapped", SCHED(watchdog, BAD_UNMAPPED), -XEN_EFAULT},
        {"watchdog 99", SCHED(watchdog, ARG(struct sched_watchdog, .id = 99, .timeout = 1)),
         -XEN_EINVAL},
        {"watchdog 1, not in use",
         SCHED(watchdog, ARG(struct sched_watchdog, .id = 1, .timeout = 1)), -XEN_EINVAL},
        {"watchdog started", SCHED(watchdog, ARG(struct sched_watchdog, .id = 0, .timeout = 100)),
         1},
        {"watchdog put off", SCHED(watchdog, ARG(struct sched_watchdog, .id = 1, .timeout = 100)),
         0},
        {"watchdog stopped", SCHED(watchdog, ARG(struct sched_watchdog, .id = 1)), 0},
        {"watchdog stopped twice", SCHED(watchdog, ARG(struct sched_watchdog, .id = 1)),
         -XEN_EINVAL},
        {"remote_shutdown of nobody",
         SCHED(remote_shutdown, ARG(struct sched_remote_shutdown, .domain_id = NO_DOMAIN)),
         -XEN_ESRCH},
        {"set_timer_op 0", __HYPERVISOR_set_timer_op, {0}, 0},
    };

    return abi_run(calls, ARRAY_LEN(calls));
}

#define VCPU(cmd, vcpu, arg)    \
    __HYPERVISOR_vcpu_op,       \
    {                           \
        VCPUOP_##cmd, vcpu, arg \
    }
#define INFO(...) ARG(struct vcpu_register_vcpu_info, __VA_ARGS__)

enum outcome abi_vcpu(void)
{
    const struct abi_call calls[] = {
        {"vcpu_op 99", __HYPERVISOR_vcpu_op, {99, 0, 0}, -XEN_ENOSYS},
        {"is_up of no vcpu", VCPU(is_up, NO_VCPU, 0), -XEN_ENOENT},
        {"is_up", VCPU(is_up, 0, 0), 1},
        {"initialise again", VCPU(initialise, 0, BAD_UNMAPPED), -XEN_EFAULT},
        {"initialise no vcpu", VCPU(initialise, NO_VCPU, BAD_UNMAPPED), -XEN_ENOENT},
        {"up again", VCPU(up, 0, 0), 0},
        {"get_runstate_info unmapped", VCPU(get_runstate_info, 0, BAD_UNMAPPED), -XEN_EFAULT},
        {"register_runstate unmapped", VCPU(register_runstate_memory_area, 0, BAD_UNMAPPED),
         -XEN_EFAULT},
        {"register_time unmapped", VCPU(register_vcpu_time_memory_area, 0, BAD_UNMAPPED),
         -XEN_EFAULT},
        {"set_periodic_timer of 1 us",
         VCPU(set_periodic_timer, 0, ARG(struct vcpu_set_periodic_timer, .period_ns = 1000)),
         -XEN_EINVAL},
        {"set_periodic_timer unmapped", VCPU(set_periodic_timer, 0, BAD_UNMAPPED), -XEN_EFAULT},
        {"stop_periodic_timer", VCPU(stop_periodic_timer, 0, 0), 0},
        {"singleshot in the past",
         VCPU(set_singleshot_timer, 0,
              ARG(struct vcpu_set_singleshot_timer, .timeout_abs_ns = 1,
                  .flags = VCPU_SSHOTTMR_future)),
         0},
        {"singleshot unmapped", VCPU(set_singleshot_timer, 0, BAD_UNMAPPED), -XEN_EFAULT},
        {"stop_singleshot_timer", VCPU(stop_singleshot_timer, 0, 0), 0},
        {"register_vcpu_info unmapped", VCPU(register_vcpu_info, 0, BAD_UNMAPPED), -XEN_EFAULT},
        {"register_vcpu_info, offset 4090",
         VCPU(register_vcpu_info, 0, INFO(.mfn = NO_FRAME, .offset = 4090)), -XEN_ENXIO},
        {"register_vcpu_info, no such frame", VCPU(register_vcpu_info, 0, INFO(.mfn = NO_FRAME)),
         -XEN_EINVAL},
    };

    return abi_run(calls, ARRAY_LEN(calls));
}
