/* SPDX-License-Identifier: MIT */
/* Event channels: every operation, every error, and what the guest then sees in its bits. */
#include "unit.h"
#include "evtchn.h"

static struct domain *a, *b;

static int setup(void **state)
{
    world_reset(1);
    a = world_domain(2, 256);
    b = world_domain(1, 256);
    world_be(a->vcpu[0]);
    return 0;
}

/* The hypercall as the current vcpu makes it: structure in mapped memory, result read back. */
static long op(uint32_t cmd, void *arg, size_t n)
{
    fake_unmap_all();
    fake_map(arg, n);
    return hc_event_channel_op(cmd, U(arg));
}
#define OP(cmd, arg) op(EVTCHNOP_##cmd, &(arg), sizeof(arg))

static evtchn_port_t alloc_unbound(domid_t remote)
{
    struct evtchn_alloc_unbound u = {.dom = DOMID_SELF, .remote_dom = remote};

    assert_int_equal(OP(alloc_unbound, u), 0);
    return u.port;
}

static long send(evtchn_port_t port)
{
    struct evtchn_send s = {.port = port};

    return OP(send, s);
}

static long close_port(evtchn_port_t port)
{
    struct evtchn_close c = {.port = port};

    return OP(close, c);
}

static long bind_to(struct domain *d, evtchn_port_t port, evtchn_port_t *local)
{
    struct evtchn_bind_interdomain i = {.remote_dom = d->id, .remote_port = port};
    long rc = OP(bind_interdomain, i);

    *local = i.local_port;
    return rc;
}

static struct evtchn_status status(evtchn_port_t port)
{
    struct evtchn_status s = {.dom = DOMID_SELF, .port = port};

    assert_int_equal(OP(status, s), 0);
    return s;
}

static bool pending(const struct domain *d, evtchn_port_t port)
{
    return d->shared->evtchn_pending[port / 64] >> (port % 64) & 1;
}

static void test_unbound_has_lowest_port(void **state)
{
    evtchn_port_t p = alloc_unbound(b->id);

    assert_int_equal(p, 1);
    assert_int_equal(alloc_unbound(b->id), 2);
    assert_int_equal(status(1).status, EVTCHNSTAT_unbound);
    assert_int_equal(status(1).u.unbound.dom, b->id);
    assert_int_equal(close_port(1), 0);
    assert_int_equal(status(1).status, EVTCHNSTAT_closed);
    assert_int_equal(alloc_unbound(DOMID_SELF), 1);
    assert_int_equal(status(1).u.unbound.dom, a->id);
}

static void test_unbound_errors(void **state)
{
    struct evtchn_alloc_unbound other = {.dom = b->id, .remote_dom = a->id};
    struct evtchn_alloc_unbound nobody = {.dom = 9, .remote_dom = a->id};

    assert_int_equal(OP(alloc_unbound, other), -XEN_EPERM);
    assert_int_equal(OP(alloc_unbound, nobody), -XEN_ESRCH);
}

static void test_4095_ports_and_no_more(void **state)
{
    struct evtchn_alloc_unbound u = {.dom = DOMID_SELF, .remote_dom = b->id};

    for (uint32_t i = 1; i < 4096; i++)
        assert_int_equal(alloc_unbound(b->id), i);
    assert_int_equal(OP(alloc_unbound, u), -XEN_ENOSPC);
    assert_int_equal(close_port(4000), 0);
    assert_int_equal(alloc_unbound(b->id), 4000);
    assert_int_equal(send(4096), -XEN_EINVAL);
    assert_int_equal(send(~0u), -XEN_EINVAL);
}

static void test_interdomain_both_ways(void **state)
{
    evtchn_port_t pa = alloc_unbound(b->id), pb;

    assert_int_equal(send(pa), 0); /* nobody there: dropped */
    world_be(b->vcpu[0]);
    assert_int_equal(bind_to(a, pa, &pb), 0);
    assert_true(pending(b, pb)); /* it may have missed one */
    assert_int_equal(b->shared->vcpu_info[0].evtchn_pending_sel, 1);
    assert_int_equal(b->shared->vcpu_info[0].evtchn_upcall_pending, 1);
    assert_int_equal(status(pb).status, EVTCHNSTAT_interdomain);
    assert_int_equal(status(pb).u.interdomain.dom, a->id);
    assert_int_equal(status(pb).u.interdomain.port, pa);
    assert_false(pending(a, pa));
    assert_int_equal(send(pb), 0);
    assert_true(pending(a, pa));
    b->shared->evtchn_pending[0] = 0;
    world_be(a->vcpu[0]);
    assert_int_equal(send(pa), 0);
    assert_true(pending(b, pb));
}

static void test_bind_interdomain_errors(void **state)
{
    evtchn_port_t pa = alloc_unbound(b->id), local;

    assert_int_equal(bind_to(a, pa, &local), -XEN_EINVAL); /* it waits for b, not for a */
    world_be(b->vcpu[0]);
    assert_int_equal(bind_to(a, pa + 1, &local), -XEN_EINVAL);
    assert_int_equal(bind_to(a, 0, &local), -XEN_EINVAL);
    assert_int_equal(bind_to(a, 100000, &local), -XEN_EINVAL);
    assert_int_equal(bind_to(a, pa, &local), 0);
    assert_int_equal(local, 1);                            /* the failed ones kept no port */
    assert_int_equal(bind_to(a, pa, &local), -XEN_EINVAL); /* taken */

    struct evtchn_bind_interdomain nobody = {.remote_dom = 7, .remote_port = 1};

    assert_int_equal(OP(bind_interdomain, nobody), -XEN_ESRCH);
    nobody.remote_dom = 0; /* hv-stub offers no ports */
    assert_int_equal(OP(bind_interdomain, nobody), -XEN_EINVAL);
}

static void test_loopback(void **state)
{
    evtchn_port_t p = alloc_unbound(DOMID_SELF), q;

    assert_int_equal(bind_to(a, p, &q), 0);
    a->shared->evtchn_pending[0] = 0;
    assert_int_equal(send(p), 0);
    assert_true(pending(a, q));
    assert_int_equal(close_port(q), 0);
    assert_int_equal(status(p).status, EVTCHNSTAT_unbound);
    assert_int_equal(status(p).u.unbound.dom, a->id);
}

static void test_close_unbinds_peer(void **state)
{
    evtchn_port_t pa = alloc_unbound(b->id), pb;

    world_be(b->vcpu[0]);
    assert_int_equal(bind_to(a, pa, &pb), 0);
    assert_int_equal(close_port(pb), 0);
    assert_false(pending(b, pb));
    assert_int_equal(send(pb), -XEN_EINVAL);
    world_be(a->vcpu[0]);
    assert_int_equal(status(pa).status, EVTCHNSTAT_unbound);
    assert_int_equal(status(pa).u.unbound.dom, b->id);
    assert_int_equal(send(pa), 0);
    world_be(b->vcpu[0]);
    assert_int_equal(bind_to(a, pa, &pb), 0); /* and may bind again */
}

static void test_close_errors(void **state)
{
    assert_int_equal(close_port(0), -XEN_EINVAL);
    assert_int_equal(close_port(5), -XEN_EINVAL);
    assert_int_equal(close_port(5000), -XEN_EINVAL);
}

static void test_virq(void **state)
{
    struct evtchn_bind_virq t0 = {.virq = VIRQ_TIMER, .vcpu = 0};
    struct evtchn_bind_virq t1 = {.virq = VIRQ_TIMER, .vcpu = 1};
    struct evtchn_bind_virq g = {.virq = VIRQ_CONSOLE, .vcpu = 0};

    assert_int_equal(OP(bind_virq, t0), 0);
    assert_int_equal(OP(bind_virq, t1), 0);
    assert_int_equal(OP(bind_virq, g), 0);
    assert_int_equal(status(t1.port).status, EVTCHNSTAT_virq);
    assert_int_equal(status(t1.port).vcpu, 1);
    assert_int_equal(status(t1.port).u.virq, VIRQ_TIMER);
    virq_raise(a->vcpu[1], VIRQ_TIMER);
    assert_true(pending(a, t1.port));
    assert_false(pending(a, t0.port));
    assert_int_equal(a->shared->vcpu_info[1].evtchn_upcall_pending, 1);
    assert_int_equal(a->shared->vcpu_info[0].evtchn_upcall_pending, 0);
    virq_raise(a->vcpu[1], VIRQ_CONSOLE); /* global: goes through vcpu 0 */
    assert_true(pending(a, g.port));
    assert_int_equal(send(t0.port), -XEN_EINVAL);
    assert_int_equal(close_port(t1.port), 0);
    virq_raise(a->vcpu[1], VIRQ_TIMER);
    assert_false(pending(a, t1.port));
}

static void test_virq_errors(void **state)
{
    struct evtchn_bind_virq v = {.virq = VIRQ_TIMER, .vcpu = 0};

    assert_int_equal(OP(bind_virq, v), 0);
    assert_int_equal(OP(bind_virq, v), -XEN_EEXIST);
    v.vcpu = 2;
    assert_int_equal(OP(bind_virq, v), -XEN_ENOENT);
    v.virq = NR_VIRQS;
    assert_int_equal(OP(bind_virq, v), -XEN_EINVAL);
    v.virq = ~0u;
    assert_int_equal(OP(bind_virq, v), -XEN_EINVAL);
    v.virq = VIRQ_CONSOLE;
    v.vcpu = 1;
    assert_int_equal(OP(bind_virq, v), -XEN_EINVAL);
}

static void test_ipi(void **state)
{
    struct evtchn_bind_ipi i = {.vcpu = 1}, bad = {.vcpu = 2};

    assert_int_equal(OP(bind_ipi, i), 0);
    assert_int_equal(OP(bind_ipi, bad), -XEN_ENOENT);
    assert_int_equal(status(i.port).status, EVTCHNSTAT_ipi);
    assert_int_equal(status(i.port).vcpu, 1);
    assert_int_equal(send(i.port), 0);
    assert_true(pending(a, i.port));
    assert_int_equal(a->shared->vcpu_info[1].evtchn_upcall_pending, 1);
}

static void test_pirq_refused(void **state)
{
    struct evtchn_bind_pirq p = {.pirq = 5}, huge = {.pirq = ~0u};

    assert_int_equal(OP(bind_pirq, p), -XEN_EPERM);
    assert_int_equal(OP(bind_pirq, huge), -XEN_EINVAL);
}

static void test_bind_vcpu(void **state)
{
    struct evtchn_bind_ipi ipi = {.vcpu = 0};
    struct evtchn_bind_virq virq = {.virq = VIRQ_TIMER}, global = {.virq = VIRQ_CONSOLE};
    struct evtchn_bind_vcpu v = {.port = alloc_unbound(b->id), .vcpu = 1};

    assert_int_equal(OP(bind_vcpu, v), 0);
    assert_int_equal(status(v.port).vcpu, 1);
    v.vcpu = 2;
    assert_int_equal(OP(bind_vcpu, v), -XEN_ENOENT);
    assert_int_equal(OP(bind_ipi, ipi), 0);
    assert_int_equal(OP(bind_virq, virq), 0);
    assert_int_equal(OP(bind_virq, global), 0);
    v = (struct evtchn_bind_vcpu){.port = ipi.port, .vcpu = 1};
    assert_int_equal(OP(bind_vcpu, v), -XEN_EINVAL);
    v.port = virq.port;
    assert_int_equal(OP(bind_vcpu, v), -XEN_EINVAL);
    v.port = global.port;
    assert_int_equal(OP(bind_vcpu, v), 0);
    virq_raise(a->vcpu[0], VIRQ_CONSOLE);
    assert_int_equal(a->shared->vcpu_info[1].evtchn_upcall_pending, 1);
    v.port = 77;
    assert_int_equal(OP(bind_vcpu, v), -XEN_EINVAL);
}

static void test_masked_port_has_no_upcall(void **state)
{
    struct evtchn_bind_ipi i = {.vcpu = 0};
    vcpu_info_t *info = &a->shared->vcpu_info[0];

    assert_int_equal(OP(bind_ipi, i), 0);
    a->shared->evtchn_mask[0] = 1ull << i.port;
    assert_int_equal(send(i.port), 0);
    assert_true(pending(a, i.port));
    assert_int_equal(info->evtchn_pending_sel, 0);
    assert_int_equal(info->evtchn_upcall_pending, 0);

    struct evtchn_unmask u = {.port = i.port};

    assert_int_equal(OP(unmask, u), 0);
    assert_int_equal(a->shared->evtchn_mask[0], 0);
    assert_int_equal(info->evtchn_pending_sel, 1);
    assert_int_equal(info->evtchn_upcall_pending, 1);
    info->evtchn_pending_sel = info->evtchn_upcall_pending = 0;
    assert_int_equal(OP(unmask, u), 0); /* was not masked: nothing happens */
    assert_int_equal(info->evtchn_upcall_pending, 0);
    u.port = 999;
    assert_int_equal(OP(unmask, u), -XEN_EINVAL);
}

static void test_pending_port_is_not_raised_again(void **state)
{
    struct evtchn_bind_ipi i = {.vcpu = 0};
    vcpu_info_t *info = &a->shared->vcpu_info[0];

    assert_int_equal(OP(bind_ipi, i), 0);
    assert_int_equal(send(i.port), 0);
    info->evtchn_pending_sel = info->evtchn_upcall_pending = 0;
    assert_int_equal(send(i.port), 0);
    assert_int_equal(info->evtchn_upcall_pending, 0);
}

static void test_selector_of_a_high_port(void **state)
{
    struct evtchn_bind_ipi i = {.vcpu = 1};

    for (int n = 1; n < 200; n++)
        alloc_unbound(b->id);
    assert_int_equal(OP(bind_ipi, i), 0);
    assert_int_equal(i.port, 200);
    assert_int_equal(send(i.port), 0);
    assert_int_equal(a->shared->evtchn_pending[3], 1ull << 8);
    assert_int_equal(a->shared->vcpu_info[1].evtchn_pending_sel, 1ull << 3);
}

static void test_status_errors(void **state)
{
    struct evtchn_status s = {.dom = b->id, .port = 0};

    assert_int_equal(OP(status, s), -XEN_EPERM);
    s.dom = 9;
    assert_int_equal(OP(status, s), -XEN_ESRCH);
    s = (struct evtchn_status){.dom = DOMID_SELF, .port = 4096};
    assert_int_equal(OP(status, s), -XEN_EINVAL);
    assert_int_equal(status(0).status, EVTCHNSTAT_closed);
}

static void test_reset(void **state)
{
    struct evtchn_reset r = {.dom = DOMID_SELF};
    evtchn_port_t pa = alloc_unbound(b->id), pb;
    struct evtchn_bind_virq v = {.virq = VIRQ_TIMER};

    assert_int_equal(OP(bind_virq, v), 0);
    world_be(b->vcpu[0]);
    assert_int_equal(bind_to(a, pa, &pb), 0);
    world_be(a->vcpu[0]);
    assert_int_equal(OP(reset, r), 0);
    assert_int_equal(status(pa).status, EVTCHNSTAT_closed);
    assert_int_equal(a->vcpu[0]->virq_port[VIRQ_TIMER], 0);
    world_be(b->vcpu[0]);
    assert_int_equal(status(pb).status, EVTCHNSTAT_unbound);
    r.dom = a->id;
    assert_int_equal(OP(reset, r), -XEN_EPERM);
    r.dom = 20;
    assert_int_equal(OP(reset, r), -XEN_ESRCH);
}

static void work_arrives(void)
{
    work_raise(WORK_TIMER);
}

static void test_reset_is_continued(void **state)
{
    struct evtchn_reset r = {.dom = DOMID_SELF};
    struct vcpu *v = a->vcpu[0];
    int calls = 0;

    for (int n = 1; n < 300; n++)
        alloc_unbound(b->id);
    fake_irq = work_arrives;
    v->regs->rip = 0x1002;
    do {
        fake_cpus[0].work = 0;
        v->regs->rip = 0x1002;
        calls++;
        if (OP(reset, r) != 0)
            assert_int_equal(v->regs->rip, 0x1000);
    } while (v->regs->rip == 0x1000);
    assert_true(calls > 3);
    assert_int_equal(v->regs->rdi, EVTCHNOP_reset);
    assert_int_equal(v->regs->rsi, U(&r));
    for (uint32_t p = 1; p < 300; p++)
        assert_int_equal(evtchn_lookup(a, p)->state, CHN_FREE);
}

static void test_unknown_operations(void **state)
{
    struct evtchn_init_control i = {0};

    assert_int_equal(op(15, &i, sizeof(i)), -XEN_ENOSYS);
    assert_int_equal(op(~0u, &i, sizeof(i)), -XEN_ENOSYS);
}

static void test_bad_pointers(void **state)
{
    struct evtchn_alloc_unbound u = {.dom = DOMID_SELF, .remote_dom = b->id};

    fake_unmap_all();
    assert_int_equal(hc_event_channel_op(EVTCHNOP_alloc_unbound, U(&u)), -XEN_EFAULT);
    fake_map_ro(&u, sizeof(u));
    assert_int_equal(hc_event_channel_op(EVTCHNOP_alloc_unbound, U(&u)), -XEN_EFAULT);
    fake_unmap_all();
    fake_map(&u, sizeof(u) - 1);
    assert_int_equal(hc_event_channel_op(EVTCHNOP_alloc_unbound, U(&u)), -XEN_EFAULT);
}

static void test_compat(void **state)
{
    struct evtchn_op c = {.cmd = EVTCHNOP_alloc_unbound};

    c.u.alloc_unbound.dom = DOMID_SELF;
    c.u.alloc_unbound.remote_dom = b->id;
    fake_map(&c, sizeof(c));
    assert_int_equal(hc_event_channel_op_compat(U(&c)), 0);
    assert_int_equal(c.u.alloc_unbound.port, 1);
    c.cmd = EVTCHNOP_reset;
    assert_int_equal(hc_event_channel_op_compat(U(&c)), -XEN_ENOSYS);
    assert_int_equal(hc_event_channel_op_compat(U(&c) + sizeof(c)), -XEN_EFAULT);
}

static unsigned heard;

static void listener(struct domain *d, evtchn_port_t port)
{
    assert_false(spin_is_locked(&d->event_lock));
    heard += port;
}

static void test_own_ends(void **state)
{
    int p = evtchn_alloc_hv(a, listener);

    assert_true(p > 0);
    heard = 0;
    assert_int_equal(send((evtchn_port_t)p), 0);
    assert_int_equal(heard, p);
    assert_int_equal(status((evtchn_port_t)p).status, EVTCHNSTAT_interdomain);
    assert_int_equal(status((evtchn_port_t)p).u.interdomain.dom, 0);
    evtchn_notify_hv(a, (evtchn_port_t)p);
    assert_true(pending(a, (evtchn_port_t)p));
    assert_int_equal(close_port((evtchn_port_t)p), 0);
    evtchn_notify_hv(a, (evtchn_port_t)p); /* nobody there any more */
    assert_false(pending(a, (evtchn_port_t)p));
}

static void test_dead_domain_frees_its_peers(void **state)
{
    evtchn_port_t pa = alloc_unbound(b->id), pb;

    world_be(b->vcpu[0]);
    assert_int_equal(bind_to(a, pa, &pb), 0);
    evtchn_destroy(a);
    assert_int_equal(status(pb).status, EVTCHNSTAT_unbound);
    assert_int_equal(send(pb), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_unbound_has_lowest_port, setup),
        cmocka_unit_test_setup(test_unbound_errors, setup),
        cmocka_unit_test_setup(test_4095_ports_and_no_more, setup),
        cmocka_unit_test_setup(test_interdomain_both_ways, setup),
        cmocka_unit_test_setup(test_bind_interdomain_errors, setup),
        cmocka_unit_test_setup(test_loopback, setup),
        cmocka_unit_test_setup(test_close_unbinds_peer, setup),
        cmocka_unit_test_setup(test_close_errors, setup),
        cmocka_unit_test_setup(test_virq, setup),
        cmocka_unit_test_setup(test_virq_errors, setup),
        cmocka_unit_test_setup(test_ipi, setup),
        cmocka_unit_test_setup(test_pirq_refused, setup),
        cmocka_unit_test_setup(test_bind_vcpu, setup),
        cmocka_unit_test_setup(test_masked_port_has_no_upcall, setup),
        cmocka_unit_test_setup(test_pending_port_is_not_raised_again, setup),
        cmocka_unit_test_setup(test_selector_of_a_high_port, setup),
        cmocka_unit_test_setup(test_status_errors, setup),
        cmocka_unit_test_setup(test_reset, setup),
        cmocka_unit_test_setup(test_reset_is_continued, setup),
        cmocka_unit_test_setup(test_unknown_operations, setup),
        cmocka_unit_test_setup(test_bad_pointers, setup),
        cmocka_unit_test_setup(test_compat, setup),
        cmocka_unit_test_setup(test_own_ends, setup),
        cmocka_unit_test_setup(test_dead_domain_frees_its_peers, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
