/* SPDX-License-Identifier: MIT */
/* memory_op(exchange): every chunk as a whole or not at all. */
#include "fake_frames.h"

#include <xen/memory.h>

static struct domain *d, *other;
static struct vcpu *v;
static uint64_t in[64], out[64];
static struct xen_memory_exchange x;
static uint64_t pages, free_frames;

static int setup(void **state)
{
    world_reset(1);
    other = world_domain(1, 256);
    d = world_domain(1, 256);
    v = d->vcpu[0];
    world_be(v);
    memset(in, 0, sizeof(in));
    memset(out, 0, sizeof(out));
    fake_map(in, sizeof(in));
    fake_map(out, sizeof(out));
    fake_map(&x, sizeof(x));
    return 0;
}

/* n extents in, of pages just allocated, for their equal out. */
static void prepare(uint64_t n, unsigned in_order, unsigned out_order)
{
    x = (struct xen_memory_exchange){
        .in = {.nr_extents = n, .extent_order = in_order, .domid = DOMID_SELF},
        .out = {.nr_extents = (n << in_order) >> out_order,
                .extent_order = out_order,
                .domid = DOMID_SELF},
    };
    set_xen_guest_handle(x.in.extent_start, in);
    set_xen_guest_handle(x.out.extent_start, out);
    for (uint64_t i = 0; i < n; i++)
        in[i] = frame_alloc_domain(d, in_order).v;
    for (uint64_t i = 0; i < x.out.nr_extents; i++)
        out[i] = 200 + (i << out_order);
    pages = d->tot_pages;
    free_frames = palloc_free_frames();
}

static long exchange(void)
{
    return hc_memory_op(XENMEM_exchange, U(&x));
}

static void books_balance(void)
{
    assert_int_equal(d->tot_pages, pages);
    assert_int_equal(palloc_free_frames(), free_frames);
    assert_int_equal(domain_audit(d), 0);
}

static void check_out(void)
{
    unsigned order = x.out.extent_order;

    for (uint64_t i = 0; i < x.out.nr_extents; i++) {
        assert_int_equal(out[i] % (1ull << order), 0);
        for (uint64_t k = 0; k < 1ull << order; k++) {
            assert_ptr_equal(frame_of(MFN(out[i] + k))->owner, d);
            assert_int_equal(arch_m2p_get(MFN(out[i] + k)).v, 200 + (i << order) + k);
        }
    }
}

static void test_small_for_large(void **state)
{
    prepare(32, 0, 4);
    assert_int_equal(exchange(), 0);
    assert_int_equal(x.nr_exchanged, 32);
    check_out();
    books_balance();
}

static void test_large_for_small(void **state)
{
    prepare(3, 4, 0);
    assert_int_equal(exchange(), 0);
    assert_int_equal(x.nr_exchanged, 3);
    check_out();
    books_balance();
}

static void test_at_the_limit(void **state)
{
    prepare(4, 1, 1);
    d->max_pages = d->tot_pages;
    assert_int_equal(exchange(), 0);
    check_out();
    books_balance();
}

static void test_below_an_address(void **state)
{
    prepare(8, 0, 3);
    x.out.mem_flags = XENMEMF_address_bits(12 + 6);
    assert_int_equal(exchange(), 0);
    assert_in_range(out[0], 16, 56);
    books_balance();
}

static void test_a_page_in_use_stops_its_chunk(void **state)
{
    prepare(12, 0, 2);
    assert_true(frame_get(frame_of(MFN(in[6])), d));
    assert_int_equal(exchange(), -XEN_EINVAL);
    assert_int_equal(x.nr_exchanged, 4); /* the first chunk alone */
    assert_ptr_equal(frame_of(MFN(out[0]))->owner, d);
    assert_int_equal(out[1], 204);
    for (unsigned i = 4; i < 12; i++)
        assert_ptr_equal(frame_of(MFN(in[i]))->owner, d);
    frame_put(frame_of(MFN(in[6])));
    books_balance();
    assert_int_equal(exchange(), 0); /* goes on from nr_exchanged */
    assert_int_equal(x.nr_exchanged, 12);
    check_out();
    books_balance();
}

static void test_pages_that_cannot_be_exchanged(void **state)
{
    static uint64_t bad[5];

    bad[0] = own_page(other).v;
    bad[1] = FAKE_RAM_FRAMES;
    bad[2] = ~0ull;
    bad[3] = palloc(0).v;
    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        uint64_t mine;

        prepare(2, 0, 1);
        mine = in[1];
        in[1] = i < 4 ? bad[i] : in[0]; /* at last: the same one twice */
        assert_int_equal(exchange(), -XEN_EINVAL);
        assert_int_equal(x.nr_exchanged, 0);
        assert_ptr_equal(frame_of(MFN(in[0]))->owner, d);
        assert_ptr_equal(frame_of(MFN(mine))->owner, d);
        books_balance();
    }
}

static void test_no_memory_leaves_all_as_it_was(void **state)
{
    prepare(2, 4, 0);
    while (palloc_free_frames() > 8)
        (void)palloc(0);
    free_frames = palloc_free_frames();
    memset(mfn_to_virt(MFN(in[0])), 0x77, PAGE_SIZE);
    assert_int_equal(exchange(), -XEN_ENOMEM);
    assert_int_equal(x.nr_exchanged, 0);
    assert_int_equal(*(uint8_t *)mfn_to_virt(MFN(in[0])), 0x77);
    books_balance();
}

static void test_a_result_that_cannot_be_written(void **state)
{
    prepare(2, 0, 0);
    fake_unmap_all();
    fake_map(in, sizeof(in));
    fake_map_ro(out, sizeof(out));
    fake_map(&x, sizeof(x));
    assert_int_equal(exchange(), -XEN_EFAULT);
    assert_int_equal(x.nr_exchanged, 1); /* done all the same */
    assert_int_equal(d->tot_pages, pages);
    assert_int_equal(domain_audit(d), 0);
}

static void test_wrong_arguments(void **state)
{
    assert_int_equal(hc_memory_op(XENMEM_exchange, 0x1000), -XEN_EFAULT);
    prepare(2, 0, 0);
    x.out.nr_extents = 1;
    assert_int_equal(exchange(), -XEN_EINVAL);
    prepare(2, 0, 0);
    x.nr_exchanged = 3;
    assert_int_equal(exchange(), -XEN_EINVAL);
    prepare(2, 0, 0);
    x.out.domid = d->id;
    assert_int_equal(exchange(), -XEN_EINVAL);
    prepare(2, 0, 0);
    x.in.nr_extents = x.out.nr_extents = 1ull << 32;
    assert_int_equal(exchange(), -XEN_EINVAL);
    prepare(2, 0, 0);
    x.in.extent_order = x.out.extent_order = 10;
    assert_int_equal(exchange(), -XEN_EPERM);
    x.in.extent_order = x.out.extent_order = ~0u;
    assert_int_equal(exchange(), -XEN_EPERM);
    prepare(2, 0, 0);
    set_xen_guest_handle(x.out.extent_start, (xen_pfn_t *)HYPERVISOR_VIRT_START);
    assert_int_equal(exchange(), -XEN_EFAULT);
    prepare(2, 0, 0);
    x.in.domid = x.out.domid = other->id;
    assert_int_equal(exchange(), -XEN_EPERM);
    x.in.domid = x.out.domid = 99;
    assert_int_equal(exchange(), -XEN_ESRCH);
    books_balance();
}

static void test_nothing_to_exchange(void **state)
{
    prepare(0, 0, 0);
    assert_int_equal(exchange(), 0);
    prepare(2, 0, 0);
    x.nr_exchanged = 2;
    assert_int_equal(exchange(), 0);
    books_balance();
}

static void stop_now(void)
{
    work_raise(WORK_RESCHED);
}

static void test_long_exchanges_go_on_where_they_were(void **state)
{
    unsigned rounds = 1;

    prepare(20, 0, 2);
    fake_irq = stop_now;
    while (exchange() == __HYPERVISOR_memory_op) {
        assert_int_equal(v->regs->rdi, XENMEM_exchange);
        assert_int_equal(x.nr_exchanged, 4 * rounds);
        assert_in_range(rounds++, 1, 5);
        fake_cpus[0].work = 0;
    }
    assert_int_equal(rounds, 5);
    assert_int_equal(x.nr_exchanged, 20);
    check_out();
    books_balance();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_small_for_large, setup),
        cmocka_unit_test_setup(test_large_for_small, setup),
        cmocka_unit_test_setup(test_at_the_limit, setup),
        cmocka_unit_test_setup(test_below_an_address, setup),
        cmocka_unit_test_setup(test_a_page_in_use_stops_its_chunk, setup),
        cmocka_unit_test_setup(test_pages_that_cannot_be_exchanged, setup),
        cmocka_unit_test_setup(test_no_memory_leaves_all_as_it_was, setup),
        cmocka_unit_test_setup(test_a_result_that_cannot_be_written, setup),
        cmocka_unit_test_setup(test_wrong_arguments, setup),
        cmocka_unit_test_setup(test_nothing_to_exchange, setup),
        cmocka_unit_test_setup(test_long_exchanges_go_on_where_they_were, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
