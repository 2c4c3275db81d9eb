/* SPDX-License-Identifier: MIT */
/* What an observer reads by sysctl and domctl, what it cannot do, and what the others are told. */
#include "fake_frames.h"
#include "grant.h"
#include "observe.h"
#include "sched.h"

static struct domain *watcher, *other;
static const struct domain_config observing = {.observer = true};
static struct xen_sysctl s;
static struct xen_domctl c;
static char area[1 << 16] __attribute__((aligned(16)));

static int setup(void **state)
{
    world_reset(2);
    watcher = world_domain(1, 256);
    other = world_domain(3, 512);
    watcher->cfg = &observing;
    world_be(watcher->vcpu[0]);
    memset(area, 0x5a, sizeof(area));
    return 0;
}

/* Only the argument and n bytes of the area can be reached. */
static void reach(void *arg, size_t size, size_t n)
{
    fake_unmap_all();
    fake_map(arg, size);
    if (n)
        fake_map(area, n);
}

static long sysctl(uint32_t cmd, size_t n)
{
    s.cmd = cmd;
    s.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    reach(&s, sizeof(s), n);
    return hc_sysctl(U(&s));
}

static long domctl(uint32_t cmd, domid_t domain, size_t n)
{
    c.cmd = cmd;
    c.domain = domain;
    c.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    reach(&c, sizeof(c), n);
    return hc_domctl(U(&c));
}

static long list(domid_t first, uint32_t max, size_t n)
{
    memset(&s, 0, sizeof(s));
    s.u.getdomaininfolist.first_domain = first;
    s.u.getdomaininfolist.max_domains = max;
    set_xen_guest_handle(s.u.getdomaininfolist.buffer, (void *)area);
    return sysctl(XEN_SYSCTL_getdomaininfolist, n);
}

static void test_versions(void **state)
{
    memset(&s, 0, sizeof(s));
    s.cmd = XEN_SYSCTL_physinfo;
    s.interface_version = XEN_SYSCTL_INTERFACE_VERSION - 1;
    reach(&s, sizeof(s), 0);
    assert_int_equal(hc_sysctl(U(&s)), -XEN_EACCES);
    assert_int_equal(hc_sysctl(U(area)), -XEN_EFAULT);
    memset(&c, 0, sizeof(c));
    c.cmd = XEN_DOMCTL_getdomaininfo;
    c.interface_version = XEN_DOMCTL_INTERFACE_VERSION + 1;
    reach(&c, sizeof(c), 0);
    assert_int_equal(hc_domctl(U(&c)), -XEN_EACCES);
    assert_int_equal(hc_domctl(U(area)), -XEN_EFAULT);
    reach(&s, sizeof(s) - 1, 0);
    assert_int_equal(hc_sysctl(U(&s)), -XEN_EFAULT);
}

static void test_others_are_refused(void **state)
{
    struct xen_sysctl before;

    world_be(other->vcpu[0]);
    for (uint32_t cmd = 0; cmd < 40; cmd++) {
        memset(&s, 0, sizeof(s));
        assert_int_equal(sysctl(cmd, sizeof(area)), -XEN_EPERM);
    }
    before = s;
    assert_int_equal(sysctl(s.cmd, 0), -XEN_EPERM);
    assert_memory_equal(&s, &before, sizeof(s));
    for (uint32_t cmd = 1; cmd < 100; cmd++) {
        assert_int_equal(domctl(cmd, other->id, sizeof(area)), -XEN_EPERM);
        assert_int_equal(domctl(cmd, 9, 0),
                         cmd == XEN_DOMCTL_createdomain ? -XEN_EPERM : -XEN_ESRCH);
    }
    assert_int_equal(domctl(XEN_DOMCTL_getdomaininfo, 0, 0), -XEN_EPERM); /* means the next */
    assert_int_equal(domctl(XEN_DOMCTL_getdomaininfo, DOMID_SELF, 0), -XEN_EINVAL);
}

static void test_observer_changes_nothing(void **state)
{
    static const uint32_t sysctls[] = {
        XEN_SYSCTL_physinfo,          XEN_SYSCTL_sched_id,   XEN_SYSCTL_perfc_op,
        XEN_SYSCTL_getdomaininfolist, XEN_SYSCTL_getcpuinfo, XEN_SYSCTL_cputopoinfo,
        XEN_SYSCTL_numainfo,          XEN_SYSCTL_cpupool_op, XEN_SYSCTL_scheduler_op,
    };
    static const uint32_t domctls[] = {XEN_DOMCTL_getdomaininfo, XEN_DOMCTL_getvcpuinfo,
                                       XEN_DOMCTL_scheduler_op, XEN_DOMCTL_getvcpuaffinity};

    for (uint32_t cmd = 0; cmd < 2000; cmd++) {
        bool reads = false;

        for (unsigned i = 0; i < ARRAY_SIZE(sysctls); i++)
            reads |= sysctls[i] == cmd;
        memset(&s, 0xff, sizeof(s));
        if (!reads)
            assert_int_equal(sysctl(cmd, sizeof(area)), -XEN_EPERM);
        reads = false;
        for (unsigned i = 0; i < ARRAY_SIZE(domctls); i++)
            reads |= domctls[i] == cmd;
        if (!reads)
            assert_int_equal(domctl(cmd, other->id, sizeof(area)), -XEN_EPERM);
    }
    s.u.perfc_op.cmd = XEN_SYSCTL_PERFCOP_reset;
    assert_int_equal(sysctl(XEN_SYSCTL_perfc_op, 0), -XEN_EPERM);
    c.u.scheduler_op.sched_id = XEN_SCHEDULER_CREDIT;
    c.u.scheduler_op.cmd = XEN_DOMCTL_SCHEDOP_putinfo;
    assert_int_equal(domctl(XEN_DOMCTL_scheduler_op, other->id, 0), -XEN_EPERM);
    s.u.cpupool_op.op = XEN_SYSCTL_CPUPOOL_OP_CREATE;
    assert_int_equal(sysctl(XEN_SYSCTL_cpupool_op, sizeof(area)), -XEN_EPERM);
    memset(&s, 0, sizeof(s));
    s.u.scheduler_op.sched_id = XEN_SCHEDULER_CREDIT;
    s.u.scheduler_op.cmd = XEN_SYSCTL_SCHEDOP_putinfo;
    assert_int_equal(sysctl(XEN_SYSCTL_scheduler_op, 0), -XEN_EPERM);
    assert_true(domain_alive(other) && other->weight == 512);
}

static void test_list(void **state)
{
    const xen_domctl_getdomaininfo_t *info = (void *)area;
    const size_t one = sizeof(*info);

    assert_int_equal(list(0, 32, sizeof(area)), 0);
    assert_int_equal(s.u.getdomaininfolist.num_domains, 2);
    assert_int_equal(info[0].domain, watcher->id);
    assert_int_equal(info[1].domain, other->id);
    assert_int_equal(info[1].max_vcpu_id, 2);
    assert_int_equal(info[1].nr_online_vcpus, 1);
    assert_int_equal(info[1].max_pages, other->max_pages);
    assert_memory_equal(info[1].handle, other->handle, sizeof(info[1].handle));
    assert_int_equal(info[1].pad1, 0);
    assert_int_equal(info[1].pad2[6], 0);
    assert_int_equal(area[2 * one], 0x5a); /* and not a byte more */

    assert_int_equal(list(other->id, 32, sizeof(area)), 0);
    assert_int_equal(s.u.getdomaininfolist.num_domains, 1);
    assert_int_equal(info[0].domain, other->id);
    assert_int_equal(list(other->id + 1, ~0u, 0), 0);
    assert_int_equal(s.u.getdomaininfolist.num_domains, 0);
    assert_int_equal(list(0xffff, ~0u, 0), 0);
    assert_int_equal(list(0, 0, 0), 0);
    assert_int_equal(s.u.getdomaininfolist.num_domains, 0);
    assert_int_equal(list(0, 1, one), 0);
    assert_int_equal(s.u.getdomaininfolist.num_domains, 1);
    assert_int_equal(list(0, 32, one), -XEN_EFAULT); /* the second does not fit */
    assert_int_equal(list(0, 32, one - 1), -XEN_EFAULT);
}

static uint32_t flags(void)
{
    assert_int_equal(domctl(XEN_DOMCTL_getdomaininfo, other->id, 0), 0);
    return c.u.getdomaininfo.flags;
}

static void test_states(void **state)
{
    assert_int_equal(flags(), 0); /* it waits for a CPU */
    vcpu_pause_set(other->vcpu[0], VCPU_BLOCKED);
    assert_int_equal(flags(), XEN_DOMINF_blocked);
    vcpu_pause_clear(other->vcpu[0], VCPU_BLOCKED);
    fake_be(0);
    fake_run(100000000);
    assert_int_equal(flags(), XEN_DOMINF_running);
    assert_true(c.u.getdomaininfo.cpu_time > 0);
    for (unsigned i = 0; i < 3; i++)
        vcpu_pause_set(other->vcpu[i], VCPU_HELD);
    assert_true(flags() & XEN_DOMINF_paused);
    domain_shutdown(other, SHUTDOWN_reboot);
    assert_true(flags() & XEN_DOMINF_shutdown);
    assert_int_equal(flags() >> XEN_DOMINF_shutdownshift, SHUTDOWN_reboot);
    other->state = DOMAIN_CRASHED;
    assert_int_equal(flags() >> XEN_DOMINF_shutdownshift, SHUTDOWN_crash);
    other->kind = DOMAIN_FV;
    assert_true(flags() & XEN_DOMINF_hvm_guest);
    other->kind = DOMAIN_PV;
    other->released = true;
    assert_int_equal(domctl(XEN_DOMCTL_getdomaininfo, other->id, 0), -XEN_ESRCH);
    assert_int_equal(domctl(XEN_DOMCTL_getvcpuinfo, other->id, 0), -XEN_ESRCH);
}

static void test_domain(void **state)
{
    /* The next one if there is none with that number. */
    assert_int_equal(domctl(XEN_DOMCTL_getdomaininfo, 0, 0), 0);
    assert_int_equal(c.domain, watcher->id);
    assert_int_equal(domctl(XEN_DOMCTL_getdomaininfo, 3, 0), -XEN_ESRCH);
    assert_int_equal(domctl(XEN_DOMCTL_getdomaininfo, DOMID_SELF, 0), -XEN_EINVAL);
    memset(&c, 0, sizeof(c));
    assert_int_equal(domctl(XEN_DOMCTL_getvcpuinfo, other->id, 0), 0);
    assert_true(c.u.getvcpuinfo.online && !c.u.getvcpuinfo.blocked && !c.u.getvcpuinfo.running);
    c.u.getvcpuinfo.vcpu = 1;
    assert_int_equal(domctl(XEN_DOMCTL_getvcpuinfo, other->id, 0), 0);
    assert_false(c.u.getvcpuinfo.online);
    for (uint32_t wrong = 3; wrong; wrong <<= 7) {
        c.u.getvcpuinfo.vcpu = wrong;
        assert_int_equal(domctl(XEN_DOMCTL_getvcpuinfo, other->id, 0), -XEN_EINVAL);
    }
    c.u.scheduler_op.sched_id = XEN_SCHEDULER_CREDIT;
    c.u.scheduler_op.cmd = XEN_DOMCTL_SCHEDOP_getinfo;
    assert_int_equal(domctl(XEN_DOMCTL_scheduler_op, other->id, 0), 0);
    assert_int_equal(c.u.scheduler_op.u.credit.weight, 512);
    c.u.scheduler_op.sched_id = XEN_SCHEDULER_RTDS;
    assert_int_equal(domctl(XEN_DOMCTL_scheduler_op, other->id, 0), -XEN_EINVAL);
}

static long affinity(uint32_t vcpu, uint32_t what, uint32_t bits, size_t n)
{
    memset(&c, 0, sizeof(c));
    c.u.vcpuaffinity.vcpu = vcpu;
    c.u.vcpuaffinity.flags = what;
    c.u.vcpuaffinity.cpumap_hard.nr_bits = bits;
    set_xen_guest_handle(c.u.vcpuaffinity.cpumap_hard.bitmap, (uint8_t *)area);
    return domctl(XEN_DOMCTL_getvcpuaffinity, other->id, n);
}

static void test_affinity(void **state)
{
    assert_int_equal(affinity(0, XEN_VCPUAFFINITY_HARD, 9, 2), 0);
    assert_int_equal(area[0], 3);
    assert_int_equal(area[1], 0);
    assert_int_equal(area[2], 0x5a);
    assert_int_equal(affinity(0, XEN_VCPUAFFINITY_HARD, 17, 2), -XEN_EFAULT);
    assert_int_equal(affinity(0, XEN_VCPUAFFINITY_HARD, ~0u, 64), 0); /* not without end */
    assert_int_equal(area[63], 0);
    assert_int_equal(area[64], 0x5a);
    assert_int_equal(affinity(0, XEN_VCPUAFFINITY_SOFT, 0, 0), 0);
    assert_int_equal(affinity(0, 0, 8, 1), -XEN_EINVAL);
    assert_int_equal(affinity(0, XEN_VCPUAFFINITY_FORCE, 8, 0), 0); /* means nothing */
    assert_int_equal(affinity(3, XEN_VCPUAFFINITY_HARD, 8, 1), -XEN_EINVAL);
}

static void test_machine(void **state)
{
    memset(&s, 0xff, sizeof(s));
    assert_int_equal(sysctl(XEN_SYSCTL_physinfo, 0), 0);
    assert_int_equal(s.u.physinfo.nr_cpus, 2);
    assert_int_equal(s.u.physinfo.total_pages, palloc_all_frames());
    assert_true(s.u.physinfo.free_pages && s.u.physinfo.free_pages < s.u.physinfo.total_pages);
    assert_int_equal(s.u.physinfo.pad, 0);
    assert_int_equal(sysctl(XEN_SYSCTL_sched_id, 0), 0);
    assert_int_equal(s.u.sched_id.sched_id, XEN_SCHEDULER_CREDIT);

    s.u.getcpuinfo.max_cpus = ~0u;
    set_xen_guest_handle(s.u.getcpuinfo.info, (void *)area);
    assert_int_equal(sysctl(XEN_SYSCTL_getcpuinfo, 15), -XEN_EFAULT);
    assert_int_equal(sysctl(XEN_SYSCTL_getcpuinfo, 16), 0);
    assert_int_equal(s.u.getcpuinfo.nr_cpus, 2);
    s.u.getcpuinfo.max_cpus = 1;
    assert_int_equal(sysctl(XEN_SYSCTL_getcpuinfo, 8), 0);
    assert_int_equal(s.u.getcpuinfo.nr_cpus, 1);
}

static void test_idle_time(void **state)
{
    uint64_t idle, ran;
    bool running;

    vcpu_pause_set(watcher->vcpu[0], VCPU_BLOCKED);
    fake_run(1000000);
    fake_be(0);
    ran = sched_ran_ns(other->vcpu[0], &running);
    idle = sched_idle_ns(0) + sched_idle_ns(1);
    fake_run(10000000);
    assert_true(running);
    assert_int_equal(sched_ran_ns(other->vcpu[0], &running) - ran, 10000000);
    assert_int_equal(sched_idle_ns(0) + sched_idle_ns(1) - idle, 10000000); /* the other CPU */
}

static void test_topology(void **state)
{
    memset(&s, 0, sizeof(s));
    assert_int_equal(sysctl(XEN_SYSCTL_cputopoinfo, 0), 0);
    assert_int_equal(s.u.cputopoinfo.num_cpus, 2);
    set_xen_guest_handle(s.u.cputopoinfo.cputopo, (void *)area);
    assert_int_equal(sysctl(XEN_SYSCTL_cputopoinfo, 24), 0);
    s.u.cputopoinfo.num_cpus = 1;
    assert_int_equal(sysctl(XEN_SYSCTL_cputopoinfo, 12), 0);
    assert_int_equal(s.u.cputopoinfo.num_cpus, 1);
    memset(&s, 0, sizeof(s));
    assert_int_equal(sysctl(XEN_SYSCTL_numainfo, 0), 0);
    assert_int_equal(s.u.numainfo.num_nodes, 1);
    set_xen_guest_handle(s.u.numainfo.meminfo, (void *)area);
    set_xen_guest_handle(s.u.numainfo.distance, (void *)(area + 16));
    s.u.numainfo.num_nodes = 7;
    assert_int_equal(sysctl(XEN_SYSCTL_numainfo, 20), 0);
    assert_int_equal(s.u.numainfo.num_nodes, 1);
    assert_int_equal(*(uint32_t *)(area + 16), 10);
    assert_int_equal(sysctl(XEN_SYSCTL_numainfo, 19), -XEN_EFAULT);
    s.u.numainfo.num_nodes = 0;
    assert_int_equal(sysctl(XEN_SYSCTL_numainfo, 0), 0);
    assert_int_equal(s.u.numainfo.num_nodes, 0);
}

static void test_pool(void **state)
{
    memset(&s, 0, sizeof(s));
    s.u.cpupool_op.op = XEN_SYSCTL_CPUPOOL_OP_INFO;
    s.u.cpupool_op.cpumap.nr_bits = 8;
    set_xen_guest_handle(s.u.cpupool_op.cpumap.bitmap, (uint8_t *)area);
    assert_int_equal(sysctl(XEN_SYSCTL_cpupool_op, 1), 0);
    assert_int_equal(s.u.cpupool_op.n_dom, 2);
    assert_int_equal(area[0], 3);
    assert_int_equal(sysctl(XEN_SYSCTL_cpupool_op, 0), -XEN_EFAULT);
    s.u.cpupool_op.cpupool_id = 1;
    assert_int_equal(sysctl(XEN_SYSCTL_cpupool_op, 1), -XEN_ENOENT);
    s.u.cpupool_op.op = XEN_SYSCTL_CPUPOOL_OP_FREEINFO;
    assert_int_equal(sysctl(XEN_SYSCTL_cpupool_op, 1), 0);
    assert_int_equal(area[0], 0);
}

static void test_counters(void **state)
{
    xen_sysctl_perfc_desc_t *desc = (void *)area;
    uint32_t *val = (void *)(area + 32768), at = 0, found = 0, counters, values;

    other->vcpu[0]->hc_count[3] = 5;
    other->vcpu[2]->hc_count[3] = 0x100000002;
    other->vcpu[1]->exit_count[14] = 9;
    other->grants->nr_pinned = 4;
    memset(&s, 0, sizeof(s));
    s.u.perfc_op.cmd = XEN_SYSCTL_PERFCOP_query;
    assert_int_equal(sysctl(XEN_SYSCTL_perfc_op, 0), 0);
    counters = s.u.perfc_op.nr_counters;
    values = s.u.perfc_op.nr_vals;
    set_xen_guest_handle(s.u.perfc_op.desc, desc);
    set_xen_guest_handle(s.u.perfc_op.val, val);
    assert_int_equal(sysctl(XEN_SYSCTL_perfc_op, sizeof(area)), 0);
    assert_ptr_equal(s.u.perfc_op.desc.p, desc);
    assert_int_equal(s.u.perfc_op.nr_counters, counters);
    for (uint32_t i = 0; i < counters; i++) {
        if (!strcmp(desc[i].name, "d2 hypercalls"))
            found += val[at + 3] == 7;
        if (!strcmp(desc[i].name, "d2 exits"))
            found += val[at + 14] == 9;
        if (!strcmp(desc[i].name, "d2 grants in use"))
            found += val[at] == 4;
        at += desc[i].nr_vals;
    }
    other->grants->nr_pinned = 0;
    assert_int_equal(found, 3);
    assert_int_equal(at, values);
    assert_int_equal(desc[0].name[79], 0);
    assert_int_equal(area[counters * sizeof(*desc)], 0x5a);
    assert_int_equal(sysctl(XEN_SYSCTL_perfc_op, 32768 + values * 4), 0);
    assert_int_equal(sysctl(XEN_SYSCTL_perfc_op, 32768 + values * 4 - 1), -XEN_EFAULT);
    domains[2] = NULL; /* their number stays */
    assert_int_equal(sysctl(XEN_SYSCTL_perfc_op, sizeof(area)), 0);
    assert_int_equal(s.u.perfc_op.nr_vals, values);
    domains[2] = other;
}

static void test_events_and_grants(void **state)
{
    struct evtchn_status status = {.dom = other->id, .port = 0};
    struct gnttab_query_size size = {.dom = other->id};
    struct gnttab_setup_table table = {.dom = other->id, .nr_frames = 2};

    reach(&status, sizeof(status), sizeof(area));
    assert_int_equal(hc_event_channel_op(EVTCHNOP_status, U(&status)), 0);
    assert_int_equal(status.status, EVTCHNSTAT_closed);
    fake_map(&size, sizeof(size));
    assert_int_equal(hc_grant_table_op(GNTTABOP_query_size, U(&size), 1), 0);
    assert_int_equal(size.status, GNTST_okay);
    assert_int_equal(size.nr_frames, other->grants->nr_frames);
    fake_map(&table, sizeof(table));
    set_xen_guest_handle(table.frame_list, (xen_pfn_t *)area);
    assert_int_equal(hc_grant_table_op(GNTTABOP_setup_table, U(&table), 1), 0);
    assert_int_equal(table.status, GNTST_permission_denied);
    world_be(other->vcpu[0]);
    status.dom = size.dom = watcher->id;
    assert_int_equal(hc_event_channel_op(EVTCHNOP_status, U(&status)), -XEN_EPERM);
    assert_int_equal(hc_grant_table_op(GNTTABOP_query_size, U(&size), 1), 0);
    assert_int_equal(size.status, GNTST_permission_denied);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_versions, setup),
        cmocka_unit_test_setup(test_others_are_refused, setup),
        cmocka_unit_test_setup(test_observer_changes_nothing, setup),
        cmocka_unit_test_setup(test_list, setup),
        cmocka_unit_test_setup(test_states, setup),
        cmocka_unit_test_setup(test_domain, setup),
        cmocka_unit_test_setup(test_affinity, setup),
        cmocka_unit_test_setup(test_machine, setup),
        cmocka_unit_test_setup(test_idle_time, setup),
        cmocka_unit_test_setup(test_topology, setup),
        cmocka_unit_test_setup(test_pool, setup),
        cmocka_unit_test_setup(test_counters, setup),
        cmocka_unit_test_setup(test_events_and_grants, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
