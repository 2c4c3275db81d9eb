/* SPDX-License-Identifier: MIT */
/* Event channels and the upcall, polls, timers. */
#include "conform.h"

#include <xen/event_channel.h>
#include <xen/sched.h>
#include <xen/vcpu.h>

static long event_op(unsigned cmd, void *arg)
{
    return pvk_raw2(__HYPERVISOR_event_channel_op, cmd, arg);
}

static long poll(evtchn_port_t port, uint64_t timeout)
{
    struct sched_poll p = {.nr_ports = 1, .timeout = timeout};

    set_xen_guest_handle(p.ports, &port);
    return pvk_raw2(__HYPERVISOR_sched_op, SCHEDOP_poll, &p);
}

static void ask_ports(void)
{
    static const evtchn_port_t ports[] = {0,   1,   2,    3,    10,   31,   32,     63,     64, 65,
                                          127, 128, 1000, 1023, 4095, 4096, 131071, 131072, -1};

    for (unsigned i = 0; i < ARRAY_SIZE(ports); i++) {
        struct evtchn_status status = {.dom = DOMID_SELF, .port = ports[i]};
        struct evtchn_unmask unmask = {.port = ports[i]};
        struct evtchn_send send = {.port = ports[i]};
        struct evtchn_bind_vcpu bind = {.port = ports[i]};
        struct evtchn_close close = {.port = ports[i]};
        struct evtchn_set_priority prio = {.port = ports[i]};

        name("port");
        print_number((int)ports[i]);
        print(" status ");
        print_number(event_op(EVTCHNOP_status, &status));
        print(" ");
        print_number(status.status);
        print(" unmask ");
        print_number(i == 1 || i == 2 ? 0 : event_op(EVTCHNOP_unmask, &unmask));
        print(" send ");
        print_number(i == 1 || i == 2 ? 0 : event_op(EVTCHNOP_send, &send));
        print(" bind_vcpu ");
        print_number(event_op(EVTCHNOP_bind_vcpu, &bind));
        print(" set_priority ");
        print_number(event_op(EVTCHNOP_set_priority, &prio));
        print(" close ");
        print_number(i == 1 || i == 2 ? 0 : event_op(EVTCHNOP_close, &close));
        print(" poll ");
        print_number(poll(ports[i], 1));
        print("\n");
    }
}

static void ask_virqs(void)
{
    for (unsigned virq = 0; virq < 28; virq++)
        for (unsigned vcpu = 0; vcpu < 3; vcpu++) {
            struct evtchn_bind_virq b = {.virq = virq, .vcpu = vcpu};
            struct evtchn_close c;

            name("virq");
            print_number(virq);
            print(" of vcpu ");
            print_number(vcpu);
            print(" ");
            print_number(event_op(EVTCHNOP_bind_virq, &b));
            print(" again ");
            c.port = b.port;
            print_number(event_op(EVTCHNOP_bind_virq, &b));
            print(" close ");
            print_number(c.port ? event_op(EVTCHNOP_close, &c) : 0);
            print("\n");
        }
}

static evtchn_port_t ipi;

static uint64_t send_ipi(void *unused)
{
    struct evtchn_send s = {.port = ipi};
    uint64_t rc = (uint64_t)event_op(EVTCHNOP_send, &s);

    __asm__ volatile("nop; nop");
    return rc;
}

static uint64_t unmask_upcalls(void *unused)
{
    shared->vcpu_info[0].evtchn_upcall_mask = 0;
    return 0;
}

static uint64_t send_unmasked(void *unused)
{
    shared->vcpu_info[0].evtchn_upcall_mask = 0;
    return send_ipi(NULL);
}

static void state(const char *what)
{
    vcpu_info_t now = shared->vcpu_info[0], *v = &now;

    shared->vcpu_info[0].evtchn_upcall_mask = 1; /* printing makes hypercalls */
    name(what);
    outcome(0);
    print(" upcall ");
    print_hex(v->evtchn_upcall_pending);
    print(" selector ");
    print_hex(v->evtchn_pending_sel);
    print(" pending ");
    print_hex(shared->evtchn_pending[0] >> ipi & 1);
    print(" mask ");
    print_hex(v->evtchn_upcall_mask);
    print("\n");
}

static void quiet(void)
{
    volatile vcpu_info_t *v = &shared->vcpu_info[0];

    v->evtchn_upcall_mask = 1;
    v->evtchn_upcall_pending = 0;
    v->evtchn_pending_sel = 0;
    shared->evtchn_pending[0] &= ~(1ul << ipi);
}

static void ask_upcalls(void)
{
    struct evtchn_bind_ipi b = {.vcpu = 0};
    struct evtchn_unmask u;

    number("bind_ipi", event_op(EVTCHNOP_bind_ipi, &b));
    ipi = u.port = b.port;
    quiet();
    try(send_ipi, NULL);
    state("sent to a masked port");
    number("unmask", event_op(EVTCHNOP_unmask, &u));
    state("unmasked");
    try(send_ipi, NULL);
    state("sent twice");
    try(unmask_upcalls, NULL);
    state("upcalls let through by a store");
    quiet();
    try(send_unmasked, NULL);
    state("sent with upcalls let through");
    hex("cs of the frame", seen.cs);
    quiet();
    shared->evtchn_pending[0] |= 1ul << ipi;
    number("poll of a pending port", poll(ipi, 1));
    shared->evtchn_pending[0] &= ~(1ul << ipi);
    number("poll with a time gone by", poll(ipi, 1));
    quiet();
    number("close", event_op(EVTCHNOP_close, &(struct evtchn_close){.port = ipi}));
}

static void ask_alloc(void)
{
    static const domid_t doms[] = {DOMID_SELF,    0,        77, DOMID_IO, DOMID_XEN,
                                   DOMID_INVALID, DOMID_COW};

    for (unsigned i = 0; i < ARRAY_SIZE(doms); i++)
        for (unsigned j = 0; j < ARRAY_SIZE(doms); j++) {
            struct evtchn_alloc_unbound a = {.dom = doms[i], .remote_dom = doms[j]};
            struct evtchn_bind_interdomain b = {.remote_dom = doms[i],
                                                .remote_port = doms[j] == DOMID_SELF ? 3 : 77};

            name("alloc_unbound of ");
            print_hex(doms[i]);
            print(" for ");
            print_hex(doms[j]);
            print(" ");
            print_number(event_op(EVTCHNOP_alloc_unbound, &a));
            if (a.port)
                event_op(EVTCHNOP_close, &(struct evtchn_close){.port = a.port});
            print(" bind_interdomain ");
            print_number(event_op(EVTCHNOP_bind_interdomain, &b));
            print("\n");
        }
}

static void ask_sched(void)
{
    static evtchn_port_t list[200];
    struct sched_poll p = {.timeout = 1};
    struct sched_shutdown r = {.reason = 77};
    struct sched_watchdog w = {0};

    set_xen_guest_handle(p.ports, list);
    for (unsigned n = 0; n < 4; n++) {
        p.nr_ports = (unsigned[]){2, 128, 129, ~0u}[n];
        for (unsigned i = 0; i < ARRAY_SIZE(list); i++)
            list[i] = 1;
        number("poll of many ports", pvk_raw2(__HYPERVISOR_sched_op, SCHEDOP_poll, &p));
    }
    p.nr_ports = 2;
    set_xen_guest_handle(p.ports, (void *)UNMAPPED);
    number("poll of an unreadable list", pvk_raw2(__HYPERVISOR_sched_op, SCHEDOP_poll, &p));
    number("shutdown_code", pvk_raw2(__HYPERVISOR_sched_op, SCHEDOP_shutdown_code, &r));
    w.timeout = 1000;
    for (unsigned id = 0; id < 5; id++) {
        w.id = (unsigned[]){5, 0, 0, 0, 1}[id];
        number("watchdog", pvk_raw2(__HYPERVISOR_sched_op, SCHEDOP_watchdog, &w));
    }
    w.timeout = 0;
    for (unsigned id = 1; id < 5; id++) {
        w.id = id;
        number("watchdog off", pvk_raw2(__HYPERVISOR_sched_op, SCHEDOP_watchdog, &w));
    }
    number("yield", pvk_raw2(__HYPERVISOR_sched_op, SCHEDOP_yield, NULL));
}

void ask_events(void)
{
    ask_ports();
    ask_virqs();
    ask_upcalls();
    ask_alloc();
    ask_sched();
}
