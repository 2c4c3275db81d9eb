/* SPDX-License-Identifier: MIT */
/* Starting an application processor, and what it does then. */
#include "smp.h"
#include "cpu.h"

#define AP_TIMER_NS (5 * NS_PER_MS)

static struct ap the_ap;
static evtchn_port_t timer_port;
static volatile bool timer_fired;

bool ap_exists(unsigned id)
{
    return hypercall_vcpu_is_up(id) >= 0;
}

static void on_ipi(evtchn_port_t port, void *data)
{
    struct ap *ap = data;

    ap->events++;
    if (ap->reply_port)
        hypercall_evtchn_send(ap->reply_port);
}

static void on_timer(evtchn_port_t port, void *data)
{
    timer_fired = true;
}

/* Block unless the job changed meanwhile: whoever changes it sends an event afterwards. */
static void ap_idle(struct ap *ap)
{
    pv_ops.irq.disable();
    if (ap->job == AP_IDLE)
        pv_ops.irq.halt();
    pv_ops.irq.enable();
}

static void ap_timer(struct ap *ap)
{
    uint64_t start = xen_time_now();

    timer_fired = false;
    hypercall_vcpu_set_singleshot_timer(ap->id, start + AP_TIMER_NS, 0);
    while (!timer_fired)
        cpu_pause();
    ap->counter = xen_time_now() - start;
    while (ap->job == AP_TIMER)
        cpu_pause();
}

static void ap_work(struct ap *ap)
{
    switch (ap->doing) {
    case AP_IDLE:
        ap_idle(ap);
        break;
    case AP_COUNT:
        ap->counter++;
        break;
    case AP_WATCH:
        ap->counter = *ap->watched;
        break;
    case AP_TIMER:
        ap_timer(ap);
        break;
    case AP_DOWN:
        hypercall_vcpu_down(ap->id);
        break;
    }
}

/* Entered by the hypervisor on the AP's own stack, with upcalls masked. */
static void ap_main(void)
{
    struct ap *ap = &the_ap;

    hypercall_vcpu_stop_periodic_timer(ap->id);
    pv_ops.irq.enable();
    for (;;) {
        ap->doing = ap->job;
        ap_work(ap);
    }
}

static void fill_context(struct vcpu_guest_context *c, unsigned id, uint64_t stack)
{
    xen_copy_context(c);
    c->flags = VGCF_IN_KERNEL;
    c->user_regs.rip = (uint64_t)ap_main;
    c->user_regs.rsp = stack - 8; /* as if called */
    c->user_regs.cs = FLAT_KERNEL_CS;
    c->user_regs.ss = FLAT_KERNEL_SS;
    c->user_regs.rflags = RFLAGS_IF | 2;
    c->kernel_ss = FLAT_KERNEL_SS;
    c->kernel_sp = stack;
    c->ctrlreg[0] = CR0_PE | CR0_PG | CR0_MP;
    c->ctrlreg[3] = xen_pfn_to_cr3(pfn_to_mfn(kernel_aspace.top).n);
    c->event_callback_eip = (uint64_t)xen_event_entry;
    c->failsafe_callback_eip = (uint64_t)xen_failsafe_entry;
    c->syscall_callback_eip = (uint64_t)xen_syscall_entry;
    c->gs_base_kernel = (uint64_t)&xen_cpus[id];
}

static bool bind_ports(struct ap *ap)
{
    return hypercall_evtchn_bind_ipi(ap->id, &ap->port) == 0 &&
           hypercall_evtchn_bind_virq(VIRQ_TIMER, ap->id, &timer_port) == 0 &&
           pvk_evtchn_attach(&xen_events, ap->port, ap->id, on_ipi, ap) == 0 &&
           pvk_evtchn_attach(&xen_events, timer_port, ap->id, on_timer, ap) == 0;
}

static bool start(struct ap *ap, unsigned id)
{
    struct vcpu_guest_context *context = kzalloc(sizeof(*context));
    void *stack = kstack_alloc();
    int rc;

    if (!context || !stack)
        return false;
    ap->id = id;
    fill_context(context, id, (uint64_t)stack);
    xen_cpus[id].info->evtchn_upcall_mask = 1;
    rc = hypercall_vcpu_initialise(id, context);
    kfree(context);
    if (rc || !bind_ports(ap))
        return false;
    pvk_evtchn_unmask(&xen_events, 0, ap->port);
    pvk_evtchn_unmask(&xen_events, 0, timer_port);
    ap->doing = AP_DOWN;
    return hypercall_vcpu_up(id) == 0;
}

struct ap *ap_get(unsigned id)
{
    if (!ap_exists(id))
        return NULL;
    if (the_ap.id != id && !start(&the_ap, id))
        return NULL;
    if (hypercall_vcpu_is_up(id) == 0) {
        the_ap.job = AP_IDLE; /* or it would go down again at once */
        hypercall_vcpu_up(id);
    }
    return ap_do(&the_ap, AP_IDLE) ? &the_ap : NULL;
}

bool ap_wait(const volatile uint64_t *value, uint64_t least)
{
    uint64_t end = xen_time_now() + TEST_WAIT_NS;

    while (*value < least) {
        if (xen_time_now() > end)
            return false;
        hypercall_sched_yield();
    }
    return true;
}

bool ap_do(struct ap *ap, enum ap_job job)
{
    uint64_t end = xen_time_now() + TEST_WAIT_NS;

    ap->job = job;
    hypercall_evtchn_send(ap->port);
    while (ap->doing != job) {
        if (xen_time_now() > end)
            return false;
        hypercall_sched_yield();
    }
    return true;
}

void ap_stop(struct ap *ap)
{
    ap_do(ap, AP_DOWN);
    while (hypercall_vcpu_is_up(ap->id) == 1)
        hypercall_sched_yield();
}
