/* SPDX-License-Identifier: MIT */
/* PV irq group: event channels, and a mask byte in shared memory as interrupt flag. */
#include "xen_shim.h"
#include "irq.h"

#define EVENT_BUDGET 64

static evtchn_port_t ports[IRQ_COUNT];

static void deliver(evtchn_port_t port, void *data)
{
    irq_deliver((enum irq)(uint64_t)data);
}

static void attach(enum irq irq)
{
    CHECK(pvk_evtchn_attach(&xen_events, ports[irq], 0, deliver, (void *)(uint64_t)irq) == 0);
}

/* The timer, the console (a virtual interrupt for the initial domain, a channel for others). */
void xen_irq_init(void)
{
    CHECK(hypercall_evtchn_bind_virq(VIRQ_TIMER, 0, &ports[IRQ_TIMER]) == 0);
    CHECK(hypercall_evtchn_bind_ipi(0, &ports[IRQ_SELF]) == 0);
    attach(IRQ_TIMER);
    attach(IRQ_SELF);
    if (xen_boot.initial_domain && hypercall_evtchn_bind_virq(VIRQ_CONSOLE, 0, &ports[IRQ_CONSOLE]))
        ports[IRQ_CONSOLE] = 0;
    else if (!xen_boot.initial_domain)
        ports[IRQ_CONSOLE] = xen_boot.console_port;
    if (ports[IRQ_CONSOLE])
        attach(IRQ_CONSOLE);
}

void xen_irq_unmask(enum irq irq)
{
    pvk_evtchn_unmask(&xen_events, this_cpu_id(), ports[irq]);
}

void xen_irq_mask(enum irq irq)
{
    pvk_evtchn_mask(&xen_events, ports[irq]);
}

bool xen_irq_pending(enum irq irq)
{
    return pvk_evtchn_pending(&xen_events, ports[irq]);
}

bool xen_irq_raise(void)
{
    return hypercall_evtchn_send(ports[IRQ_SELF]) == 0;
}

void xen_irq_disable(void)
{
    pvk_upcall_disable(this_vcpu_info());
}

void xen_irq_enable(void)
{
    pvk_upcall_enable(this_vcpu_info());
}

bool xen_irq_enabled(void)
{
    return pvk_upcall_enabled(this_vcpu_info());
}

/* Blocking unmasks upcalls in the same step, so no event can be missed. */
void xen_irq_halt(void)
{
    hypercall_sched_block();
}

void xen_event(struct regs *regs)
{
    pvk_evtchn_dispatch(&xen_events, this_cpu_id(), EVENT_BUDGET);
    trap_leave(regs);
}
