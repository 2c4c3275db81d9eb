/* SPDX-License-Identifier: MIT */
/* memory_op but for exchange: reservations, queries, and what wrong arguments are answered. */
#include "fake_frames.h"

#include <xen/memory.h>

#define LIST 600

static struct domain *d, *other;
static struct vcpu *v;
static uint64_t list[LIST];
static union {
    struct xen_memory_reservation r;
    struct xen_memory_domain dom;
    struct xen_machphys_mapping mapping;
    struct xen_machphys_mfn_list mfns;
    struct xen_memory_map map;
    struct xen_add_to_physmap add;
    struct xen_remove_from_physmap remove;
    struct xen_add_to_physmap_batch batch;
    struct xen_vnuma_topology_info numa;
    struct xen_reserved_device_memory_map rdm;
    struct xen_pod_target pod;
    struct xen_mem_acquire_resource res;
} arg;

static int setup(void **state)
{
    world_reset(1);
    other = world_domain(1, 256);
    d = world_domain(1, 256);
    d->max_pages = 700;
    v = d->vcpu[0];
    world_be(v);
    v->regs->rip = 0x1002;
    memset(list, 0, sizeof(list));
    memset(&arg, 0, sizeof(arg));
    fake_map(list, sizeof(list));
    fake_map(&arg, sizeof(arg));
    return 0;
}

static long op(uint64_t cmd)
{
    return hc_memory_op(cmd, U(&arg));
}

static void reservation(uint64_t n, unsigned order)
{
    arg.r = (struct xen_memory_reservation){
        .nr_extents = n, .extent_order = order, .domid = DOMID_SELF};
    set_xen_guest_handle(arg.r.extent_start, list);
}

static void as_fv(void)
{
    d->kind = DOMAIN_FV;
}

/* An FV domain's pages come into its map, and go from it. */
static void test_fv_populate_and_decrease(void **state)
{
    uint64_t pages = d->tot_pages;

    as_fv();
    reservation(3, 0);
    for (unsigned int i = 0; i < 3; i++)
        list[i] = 10 + i;
    assert_int_equal(op(XENMEM_populate_physmap), 3);
    assert_int_equal(d->tot_pages, pages + 3);
    for (unsigned int i = 0; i < 3; i++) {
        assert_int_equal(list[i], 10 + i);
        assert_true(mfn_valid(arch_gfn_to_mfn(d, GFN(10 + i))));
    }
    assert_int_equal(op(XENMEM_decrease_reservation), 3);
    assert_int_equal(d->tot_pages, pages);
    assert_false(mfn_valid(arch_gfn_to_mfn(d, GFN(11))));
    assert_int_equal(op(XENMEM_decrease_reservation), 0);
    assert_int_equal(op(XENMEM_increase_reservation), 0);
}

/* Pages of an extent that cannot be mapped are not kept; the first one could. */
static void test_fv_populate_without_tables(void **state)
{
    uint64_t pages = d->tot_pages;

    as_fv();
    reservation(1, 1);
    list[0] = FAKE_PHYSMAP_END - 1;
    assert_int_equal(op(XENMEM_populate_physmap), 0);
    assert_int_equal(d->tot_pages, pages + 1);
}

/* Somebody still uses it: it leaves the map at once, and the domain later. */
static void test_fv_page_in_use(void **state)
{
    mfn_t m;

    as_fv();
    reservation(1, 0);
    list[0] = 7;
    assert_int_equal(op(XENMEM_populate_physmap), 1);
    m = arch_gfn_to_mfn(d, GFN(7));
    assert_true(frame_get(frame_of(m), d));
    assert_int_equal(op(XENMEM_decrease_reservation), 1);
    assert_false(mfn_valid(arch_gfn_to_mfn(d, GFN(7))));
    assert_ptr_equal(frame_of(m)->owner, d);
    frame_put(frame_of(m));
}

/* Who did not take it out of the map does not know when nobody reaches it any more. */
static void test_fv_page_taken_by_two(void **state)
{
    uint64_t pages;

    as_fv();
    reservation(1, 0);
    list[0] = 7;
    assert_int_equal(op(XENMEM_populate_physmap), 1);
    pages = d->tot_pages;
    fake_physmap_race = true;
    assert_int_equal(op(XENMEM_decrease_reservation), 0);
    assert_int_equal(d->tot_pages, pages);
}

static void test_fv_remove(void **state)
{
    as_fv();
    arg.add = (struct xen_add_to_physmap){
        .domid = DOMID_SELF, .space = XENMAPSPACE_shared_info, .gpfn = 9};
    assert_int_equal(op(XENMEM_add_to_physmap), 0);
    assert_int_equal(arch_gfn_to_mfn(d, GFN(9)).v, d->shared_mfn.v);
    arg.remove = (struct xen_remove_from_physmap){.domid = DOMID_SELF, .gpfn = 9};
    assert_int_equal(op(XENMEM_remove_from_physmap), 0);
    assert_int_equal(op(XENMEM_remove_from_physmap), -XEN_ENOENT);
}

/* ---- populate, increase */

static void test_populate(void **state)
{
    uint64_t pages = d->tot_pages;

    reservation(3, 2);
    for (unsigned i = 0; i < 3; i++)
        list[i] = 100 + 4 * i;
    assert_int_equal(op(XENMEM_populate_physmap), 3);
    assert_int_equal(d->tot_pages, pages + 12);
    for (unsigned i = 0; i < 12; i++) {
        mfn_t m = MFN(list[i / 4] + i % 4);

        assert_ptr_equal(frame_of(m)->owner, d);
        assert_int_equal(arch_m2p_get(m).v, 100 + i);
    }
    assert_int_equal(list[0] % 4, 0);
    assert_int_equal(domain_audit(d), 0);
}

static void test_populate_ends_where_the_limit_is(void **state)
{
    reservation(LIST, 0);
    d->max_pages = d->tot_pages + 5;
    assert_int_equal(op(XENMEM_populate_physmap), 5);
    assert_int_equal(list[5], 0);
    assert_int_equal(op(XENMEM_populate_physmap), 0);
}

static void test_populate_needs_a_list(void **state)
{
    uint64_t pages = d->tot_pages;

    reservation(2, 0);
    set_xen_guest_handle(arg.r.extent_start, (xen_pfn_t *)HYPERVISOR_VIRT_START);
    assert_int_equal(op(XENMEM_populate_physmap), 0);
    set_xen_guest_handle(arg.r.extent_start, (xen_pfn_t *)~7ul); /* wraps round */
    assert_int_equal(op(XENMEM_populate_physmap), 0);
    set_xen_guest_handle(arg.r.extent_start, (xen_pfn_t *)0x1000); /* not mapped */
    assert_int_equal(op(XENMEM_populate_physmap), 0);
    set_xen_guest_handle(arg.r.extent_start, &list[LIST - 1]); /* the second one is not there */
    assert_int_equal(op(XENMEM_populate_physmap), 1);
    assert_int_equal(d->tot_pages, pages + 1);
}

static void test_populate_on_demand_is_refused(void **state)
{
    reservation(1, 0);
    arg.r.mem_flags = XENMEMF_populate_on_demand;
    assert_int_equal(op(XENMEM_populate_physmap), 0);
}

static void test_increase(void **state)
{
    uint64_t pages = d->tot_pages;

    reservation(2, 1);
    assert_int_equal(op(XENMEM_increase_reservation), 2);
    assert_ptr_equal(frame_of(MFN(list[1] + 1))->owner, d);
    set_xen_guest_handle(arg.r.extent_start, (xen_pfn_t *)NULL); /* does not want to know */
    assert_int_equal(op(XENMEM_increase_reservation), 2);
    assert_int_equal(d->tot_pages, pages + 8);
}

static void test_increase_below_an_address(void **state)
{
    reservation(4, 0);
    arg.r.mem_flags = XENMEMF_address_bits(12 + 6);
    assert_int_equal(op(XENMEM_increase_reservation), 4);
    for (unsigned i = 0; i < 4; i++)
        assert_in_range(list[i], 16, 63);
    arg.r.mem_flags = XENMEMF_address_bits(12); /* the first page */
    assert_int_equal(op(XENMEM_increase_reservation), 0);
    arg.r.mem_flags = XENMEMF_address_bits(64); /* no limit */
    assert_int_equal(op(XENMEM_increase_reservation), 4);
}

/* ---- decrease */

static void test_decrease(void **state)
{
    uint64_t before = palloc_free_frames(), pages = d->tot_pages;

    reservation(20, 0);
    assert_int_equal(op(XENMEM_populate_physmap), 20);
    assert_int_equal(op(XENMEM_decrease_reservation), 20);
    assert_int_equal(palloc_free_frames(), before);
    assert_int_equal(d->tot_pages, pages);
    assert_int_equal(arch_m2p_get(MFN(list[3])).v, INVALID_GFN.v);
    assert_int_equal(op(XENMEM_decrease_reservation), 0); /* they are not its own any more */
}

static void test_decrease_stops_at_what_is_not_its_own(void **state)
{
    static uint64_t bad[4];

    bad[0] = own_page(other).v;
    bad[1] = FAKE_RAM_FRAMES;
    bad[2] = ~0ull;
    bad[3] = palloc(0).v;
    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        reservation(3, 0);
        list[0] = own_page(d).v;
        list[1] = bad[i];
        list[2] = own_page(d).v;
        assert_int_equal(op(XENMEM_decrease_reservation), 1);
        assert_null(frame_of(MFN(list[0]))->owner);
        assert_ptr_equal(frame_of(MFN(list[2]))->owner, d);
    }
    assert_ptr_equal(frame_of(MFN(bad[0]))->owner, other);
}

static void test_a_page_in_use_is_given_back_later(void **state)
{
    mfn_t m = own_page(d);

    reservation(1, 0);
    list[0] = m.v;
    assert_int_equal(frame_get_and_type(frame_of(m), d, FT_L1), 0);
    assert_int_equal(op(XENMEM_decrease_reservation), 1);
    assert_int_equal(op(XENMEM_decrease_reservation), 1); /* so says Xen too */
    assert_ptr_equal(frame_of(m)->owner, d);
    assert_int_equal(frame_type(frame_of(m)), FT_L1);
    put_both(frame_of(m));
    assert_null(frame_of(m)->owner);
}

static void test_shared_info_cannot_be_given_back(void **state)
{
    reservation(1, 0);
    list[0] = d->shared_mfn.v;
    assert_int_equal(op(XENMEM_decrease_reservation), 1);
    assert_ptr_equal(frame_of(d->shared_mfn)->owner, d);
    assert_int_equal(domain_audit(d), 0);
}

/* ---- arguments of all three */

static void test_senseless_reservations_do_nothing(void **state)
{
    static const unsigned cmds[] = {XENMEM_increase_reservation, XENMEM_decrease_reservation,
                                    XENMEM_populate_physmap};
    uint64_t pages = d->tot_pages;

    for (unsigned i = 0; i < ARRAY_SIZE(cmds); i++) {
        assert_int_equal(hc_memory_op(cmds[i], HYPERVISOR_VIRT_START), 0);
        assert_int_equal(hc_memory_op(cmds[i] | 9 << 6, 0x1000), 9);
        reservation(1, 10);
        assert_int_equal(op(cmds[i]), 0);
        reservation(1, ~0u);
        assert_int_equal(op(cmds[i]), 0);
        reservation(1ull << 26, 0);
        assert_int_equal(op(cmds[i]), 0);
        reservation(~0ull, 0);
        assert_int_equal(op(cmds[i]), 0);
        reservation(1, 0);
        arg.r.domid = other->id;
        assert_int_equal(op(cmds[i]), 0);
        arg.r.domid = 0;
        assert_int_equal(op(cmds[i]), 0);
        arg.r.domid = 77;
        assert_int_equal(op(cmds[i]), 0);
        reservation(3, 0);
        assert_int_equal(op(cmds[i] | 3 << 6), 3); /* nothing left to do */
        assert_int_equal(op(cmds[i] | 5 << 6), 5);
    }
    assert_int_equal(d->tot_pages, pages);
}

static void test_own_number_is_self(void **state)
{
    reservation(1, 0);
    arg.r.domid = d->id;
    assert_int_equal(op(XENMEM_populate_physmap), 1);
}

static void stop_now(void)
{
    work_raise(WORK_RESCHED);
}

/* Stopped before each extent but the first, and issued again as the guest would. */
static void test_long_lists_go_on_where_they_were(void **state)
{
    uint64_t cmd = XENMEM_populate_physmap, pages = d->tot_pages;
    unsigned rounds = 1;

    reservation(7, 0);
    for (unsigned i = 0; i < 7; i++)
        list[i] = 50 + i;
    fake_irq = stop_now;
    while (v->regs->rip = 0x1002, hc_memory_op(cmd, U(&arg)) == __HYPERVISOR_memory_op) {
        assert_int_equal(v->regs->rip, 0x1000);
        assert_int_equal(v->regs->rsi, U(&arg));
        cmd = v->regs->rdi;
        assert_int_equal(cmd, XENMEM_populate_physmap | (uint64_t)rounds << 6);
        assert_in_range(rounds++, 1, 7);
        fake_cpus[0].work = 0;
    }
    assert_int_equal(rounds, 7);
    assert_int_equal(d->tot_pages, pages + 7);
    for (unsigned i = 0; i < 7; i++)
        assert_int_equal(arch_m2p_get(MFN(list[i])).v, 50 + i);
}

/* ---- queries */

static void test_reservation_queries(void **state)
{
    arg.dom.domid = DOMID_SELF;
    d->shared->arch.max_pfn = 321;
    assert_int_equal(op(XENMEM_current_reservation), d->tot_pages);
    assert_int_equal(op(XENMEM_maximum_reservation), 700);
    assert_int_equal(op(XENMEM_maximum_gpfn), 320);
    assert_int_equal(hc_memory_op(XENMEM_maximum_ram_page, 0), FAKE_RAM_FRAMES);
    arg.dom.domid = other->id;
    assert_int_equal(op(XENMEM_current_reservation), -XEN_EPERM);
    arg.dom.domid = 99;
    assert_int_equal(op(XENMEM_maximum_reservation), -XEN_ESRCH);
    assert_int_equal(hc_memory_op(XENMEM_current_reservation, 0x1000), -XEN_EFAULT);
}

static void test_machphys(void **state)
{
    assert_int_equal(op(XENMEM_machphys_mapping), 0);
    assert_int_equal(arg.mapping.v_start, MACH2PHYS_VIRT_START);
    assert_int_equal(arg.mapping.v_end, MACH2PHYS_VIRT_END);
    assert_int_equal(arg.mapping.max_mfn, FAKE_RAM_FRAMES - 1);
    memset(&arg, 0, sizeof(arg));
    set_xen_guest_handle(arg.mfns.extent_start, list);
    arg.mfns.max_extents = 2;
    assert_int_equal(op(XENMEM_machphys_mfn_list), 0);
    assert_int_equal(arg.mfns.nr_extents, 2);
    assert_int_equal(list[1], 1024);
    assert_int_equal(list[2], 0);
    arg.mfns.max_extents = ~0u;
    assert_int_equal(op(XENMEM_machphys_mfn_list), 0);
    assert_int_equal(arg.mfns.nr_extents, 3);
    assert_int_equal(op(XENMEM_machphys_compat_mfn_list), -XEN_EOPNOTSUPP);
    set_xen_guest_handle(arg.mfns.extent_start, (xen_pfn_t *)0x1000);
    assert_int_equal(op(XENMEM_machphys_mfn_list), -XEN_EFAULT);
}

static void test_memory_map(void **state)
{
    set_xen_guest_handle(arg.map.buffer, (void *)list);
    arg.map.nr_entries = 128;
    assert_int_equal(op(XENMEM_memory_map), 0);
    assert_int_equal(arg.map.nr_entries, 1);
    assert_int_equal(list[0], 0);
    assert_int_equal(list[1], 700 * PAGE_SIZE);
    assert_int_equal((uint32_t)list[2], 1);
    arg.map.nr_entries = 0;
    assert_int_equal(op(XENMEM_memory_map), 0);
    assert_int_equal(op(XENMEM_machine_memory_map), -XEN_EPERM);
}

static void test_no_numa_no_reserved_memory(void **state)
{
    arg.numa.domid = DOMID_SELF;
    assert_int_equal(op(XENMEM_get_vnumainfo), -XEN_EOPNOTSUPP);
    arg.numa.pad = 1;
    assert_int_equal(op(XENMEM_get_vnumainfo), -XEN_EINVAL);
    memset(&arg, 0, sizeof(arg));
    arg.rdm.nr_entries = 7;
    assert_int_equal(op(XENMEM_reserved_device_memory_map), 0);
    assert_int_equal(arg.rdm.nr_entries, 0);
    arg.rdm.flags = 2;
    assert_int_equal(op(XENMEM_reserved_device_memory_map), -XEN_EINVAL);
}

/* ---- what a PV domain is refused */

static void test_physmap_is_for_others(void **state)
{
    arg.add.domid = DOMID_SELF;
    assert_int_equal(op(XENMEM_add_to_physmap), -XEN_EACCES);
    assert_int_equal(op(XENMEM_remove_from_physmap), -XEN_EACCES);
    arg.add.space = XENMAPSPACE_gmfn_foreign;
    assert_int_equal(op(XENMEM_add_to_physmap), -XEN_ENOSYS);
    assert_int_equal(op(XENMEM_add_to_physmap | 65536u << 6), -XEN_EDOM);
    arg.add.space = 0;
    arg.add.domid = 88;
    assert_int_equal(op(XENMEM_add_to_physmap), -XEN_ESRCH);
    memset(&arg, 0, sizeof(arg));
    arg.batch.domid = DOMID_SELF;
    assert_int_equal(op(XENMEM_add_to_physmap_batch), -XEN_EACCES);
    arg.batch.space = XENMAPSPACE_gmfn_range;
    assert_int_equal(op(XENMEM_add_to_physmap_batch), -XEN_EOPNOTSUPP);
    assert_int_equal(hc_memory_op(XENMEM_add_to_physmap, 0x1000), -XEN_EFAULT);
    assert_int_equal(hc_memory_op(XENMEM_add_to_physmap_batch, 0x1000), -XEN_EFAULT);
    assert_int_equal(hc_memory_op(XENMEM_remove_from_physmap, 0x1000), -XEN_EFAULT);
}

static void test_toolstack_commands(void **state)
{
    arg.r.domid = other->id;
    assert_int_equal(op(XENMEM_claim_pages), -XEN_EPERM);
    arg.r.extent_order = 1;
    assert_int_equal(op(XENMEM_claim_pages), -XEN_EINVAL);
    memset(&arg, 0, sizeof(arg));
    arg.pod.domid = other->id;
    assert_int_equal(op(XENMEM_set_pod_target), -XEN_EPERM);
    arg.pod.domid = 99;
    assert_int_equal(op(XENMEM_get_pod_target), -XEN_ESRCH);
    memset(&arg, 0, sizeof(arg));
    arg.res.domid = other->id;
    assert_int_equal(op(XENMEM_acquire_resource), -XEN_EPERM);
    arg.res.pad = 1;
    assert_int_equal(op(XENMEM_acquire_resource), -XEN_EINVAL);
    assert_int_equal(op(XENMEM_set_memory_map), -XEN_EPERM);
}

static void test_unknown_commands(void **state)
{
    assert_int_equal(op(63), -XEN_ENOSYS);
    assert_int_equal(op(8), -XEN_ENOSYS);
    assert_int_equal(op(XENMEM_current_reservation | 1 << 6), -XEN_EINVAL);
    assert_int_equal(op(XENMEM_exchange | 1 << 6), -XEN_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_fv_populate_and_decrease, setup),
        cmocka_unit_test_setup(test_fv_populate_without_tables, setup),
        cmocka_unit_test_setup(test_fv_page_in_use, setup),
        cmocka_unit_test_setup(test_fv_page_taken_by_two, setup),
        cmocka_unit_test_setup(test_fv_remove, setup),
        cmocka_unit_test_setup(test_populate, setup),
        cmocka_unit_test_setup(test_populate_ends_where_the_limit_is, setup),
        cmocka_unit_test_setup(test_populate_needs_a_list, setup),
        cmocka_unit_test_setup(test_populate_on_demand_is_refused, setup),
        cmocka_unit_test_setup(test_increase, setup),
        cmocka_unit_test_setup(test_increase_below_an_address, setup),
        cmocka_unit_test_setup(test_decrease, setup),
        cmocka_unit_test_setup(test_decrease_stops_at_what_is_not_its_own, setup),
        cmocka_unit_test_setup(test_a_page_in_use_is_given_back_later, setup),
        cmocka_unit_test_setup(test_shared_info_cannot_be_given_back, setup),
        cmocka_unit_test_setup(test_senseless_reservations_do_nothing, setup),
        cmocka_unit_test_setup(test_own_number_is_self, setup),
        cmocka_unit_test_setup(test_long_lists_go_on_where_they_were, setup),
        cmocka_unit_test_setup(test_reservation_queries, setup),
        cmocka_unit_test_setup(test_machphys, setup),
        cmocka_unit_test_setup(test_memory_map, setup),
        cmocka_unit_test_setup(test_no_numa_no_reserved_memory, setup),
        cmocka_unit_test_setup(test_physmap_is_for_others, setup),
        cmocka_unit_test_setup(test_toolstack_commands, setup),
        cmocka_unit_test_setup(test_unknown_commands, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
