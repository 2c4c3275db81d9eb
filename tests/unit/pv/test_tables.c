/* SPDX-License-Identifier: MIT */
/* Whole tables: pins, roots, and trees that take long to check or to take apart. */
#include "mm.h"
#include "paging.h"
#include "pv.h"
#include "pvunit.h"

static long pin(unsigned cmd, unsigned i)
{
    return g_ext(cmd, d_mfn(dom, i).v);
}

static long unpin(unsigned i)
{
    return pin(MMUEXT_UNPIN_TABLE, i);
}

static void test_pin_needs_no_writable_mapping(void **state)
{
    assert_int_equal(pin(MMUEXT_PIN_L1_TABLE, DATA), -XEN_EINVAL);
    prepare_table(DATA);
    assert_int_equal(pin(MMUEXT_PIN_L1_TABLE, DATA), 0);
    assert_int_equal(g_update_va(va_of(DATA), entry(DATA, KERNEL), 0), -XEN_EBUSY);
}

static void test_pin_twice_and_unpin_twice(void **state)
{
    prepare_table(DATA);
    assert_int_equal(unpin(DATA), -XEN_EINVAL);
    assert_int_equal(pin(MMUEXT_PIN_L1_TABLE, DATA), 0);
    assert_int_equal(pin(MMUEXT_PIN_L1_TABLE, DATA), -XEN_EINVAL);
    assert_type(DATA, FT_L1, 1);
    assert_int_equal(unpin(DATA), 0);
    assert_int_equal(unpin(DATA), -XEN_EINVAL);
}

static void test_one_level_at_a_time(void **state)
{
    prepare_table(DATA);
    assert_int_equal(pin(MMUEXT_PIN_L2_TABLE, DATA), 0);
    assert_int_equal(pin(MMUEXT_PIN_L1_TABLE, DATA), -XEN_EINVAL);
    assert_int_equal(pin(MMUEXT_PIN_L3_TABLE, DATA), -XEN_EINVAL);
    assert_int_equal(unpin(DATA), 0);
    assert_int_equal(pin(MMUEXT_PIN_L3_TABLE, DATA), 0);
}

static void test_pin_checks_every_entry(void **state)
{
    static const struct {
        uint64_t flags;
        long rc;
    } bad[] = {{KERNEL, -XEN_EBUSY}, {RO | PTE_PCD, -XEN_EINVAL}, {RO, 0}};

    prepare_table(DATA);
    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        *word(DATA, 3) = entry(DATA + 1, KERNEL);
        *word(DATA, 511) = entry(DATA, bad[i].flags); /* itself */
        assert_int_equal(pin(MMUEXT_PIN_L1_TABLE, DATA), bad[i].rc);
        assert_type(DATA + 1, FT_WRITABLE, bad[i].rc ? 1 : 2);
    }
}

static void test_pin_of_others_frames(void **state)
{
    assert_int_equal(g_ext(MMUEXT_PIN_L1_TABLE, d_mfn(other, DATA).v), -XEN_EINVAL);
    assert_int_equal(g_ext(MMUEXT_PIN_L4_TABLE, ~0ull), -XEN_EINVAL);
    assert_int_equal(g_ext(MMUEXT_UNPIN_TABLE, ~0ull), -XEN_EINVAL);
}

static void test_hypervisor_slots_of_an_l4(void **state)
{
    prepare_table(DATA);
    for (unsigned i = 256; i < 272; i++)
        *word(DATA, i) = entry(DATA + 1, TABLE); /* ignored */
    assert_int_equal(pin(MMUEXT_PIN_L4_TABLE, DATA), 0);
    for (unsigned i = 257; i < 272; i++)
        if (i != 260)
            assert_int_equal(*word(DATA, i), hv_l4[i]);
    assert_int_equal(*word(DATA, 260) >> PAGE_SHIFT, dom->arch.perdomain_l3.v);
    assert_int_equal(*word(DATA, 256), 0); /* the M2P comes with use as a kernel's root */
    assert_int_equal(pin(MMUEXT_NEW_USER_BASEPTR, DATA), 0);
    assert_int_equal(*word(DATA, 256), 0);
    assert_int_equal(pin(MMUEXT_NEW_BASEPTR, DATA), 0);
    assert_int_equal(*word(DATA, 256), hv_l4[256]);
}

static void test_strict_m2p(void **state)
{
    dom->vm_assist |= 1ull << VMASST_TYPE_m2p_strict;
    prepare_table(DATA);
    assert_int_equal(pin(MMUEXT_PIN_L4_TABLE, DATA), 0);
    assert_int_equal(*word(DATA, 256), hv_l4[256]);
    assert_int_equal(pin(MMUEXT_NEW_USER_BASEPTR, DATA), 0);
    assert_int_equal(*word(DATA, 256), 0);
}

static void test_roots(void **state)
{
    struct pv_vcpu *pv = &dom->vcpu[0]->arch.pv;

    assert_int_equal(pin(MMUEXT_NEW_BASEPTR, DATA), -XEN_EINVAL);
    assert_int_equal(pin(MMUEXT_NEW_BASEPTR, 3), -XEN_EINVAL);
    assert_int_equal(pin(MMUEXT_NEW_USER_BASEPTR, DATA), -XEN_EINVAL);
    memcpy(word(DATA, 0), word(0, 0), 8);
    assert_int_equal(g_update_va(va_of(DATA), entry(DATA, RO), 0), 0);
    assert_int_equal(pin(MMUEXT_NEW_BASEPTR, DATA), 0);
    assert_int_equal(pv->root_kernel.v, d_mfn(dom, DATA).v);
    assert_type(0, FT_L4, 1); /* vcpu 1 has it still */
    assert_type(1, FT_L3, 2);
    assert_int_equal(pin(MMUEXT_NEW_USER_BASEPTR, DATA), 0);
    assert_type(DATA, FT_L4, 2);
    assert_int_equal(g_ext(MMUEXT_NEW_USER_BASEPTR, 0), 0);
    assert_false(pv_has_root(pv->root_user));
    assert_int_equal(pin(MMUEXT_NEW_BASEPTR, 0), 0);
    assert_int_equal(type_count(DATA), 0);
}

/* What a kernel asks for when it changes processes. */
static long both_roots(unsigned kernel, unsigned user)
{
    struct mmuext_op op[2] = {{.cmd = MMUEXT_NEW_BASEPTR}, {.cmd = MMUEXT_NEW_USER_BASEPTR}};

    op[0].arg1.mfn = d_mfn(dom, kernel).v;
    op[1].arg1.mfn = d_mfn(dom, user).v;
    return g_mmuext(op, 2, NULL, DOMID_SELF);
}

static void prepare_root(unsigned i)
{
    memcpy(word(i, 0), word(0, 0), 8);
    assert_int_equal(g_update_va(va_of(i), entry(i, RO), 0), 0);
}

static void test_both_roots(void **state)
{
    struct pv_vcpu *pv = &dom->vcpu[0]->arch.pv;

    prepare_root(DATA);
    prepare_root(DATA + 1);
    assert_int_equal(both_roots(DATA, DATA + 1), 0); /* validated */
    assert_type(DATA, FT_L4, 1);
    assert_type(0, FT_L4, 1);
    assert_int_equal(both_roots(0, DATA), 0); /* DATA is one already */
    assert_type(0, FT_L4, 2);
    assert_type(DATA, FT_L4, 1);
    assert_int_equal(type_count(DATA + 1), 0);
    assert_int_equal(dom->dead_tables, 0);
    assert_int_equal(both_roots(DATA, 0), 0);
    assert_int_equal(pv->root_kernel.v, d_mfn(dom, DATA).v);
    assert_int_equal(pv->root_user.v, d_mfn(dom, 0).v);
    assert_int_equal(*word(DATA, 256), hv_l4[256]);
    assert_type(0, FT_L4, 2);
    assert_int_equal(both_roots(0, 3), -XEN_EINVAL); /* the first is done, as on Xen */
    assert_int_equal(pv->root_kernel.v, d_mfn(dom, 0).v);
    assert_int_equal(pv->root_user.v, d_mfn(dom, 0).v);
    assert_int_equal(type_count(DATA), 0);
    assert_int_equal(both_roots(3, 0), -XEN_EINVAL);
    assert_int_equal(g_ext(MMUEXT_NEW_USER_BASEPTR, 0), 0);
}

/* Wherever a table got its entries, and by whatever way: they are dropped with it. */
static void test_late_entries_are_dropped(void **state)
{
    static const unsigned at[] = {0, 15, 31, 32, 100, 255, 256, 496, 511};
    struct mmu_update u;

    prepare_table(DATA);
    assert_int_equal(pin(MMUEXT_PIN_L1_TABLE, DATA), 0);
    assert_int_equal(frame(DATA)->filled, 0);
    for (unsigned i = 0; i < ARRAY_SIZE(at); i++) {
        u.ptr = word_ma(DATA, at[i]) | (i % 3 == 2 ? MMU_PT_UPDATE_PRESERVE_AD : 0);
        u.val = entry(60, KERNEL);
        if (i % 3)
            assert_int_equal(g_mmu_update(&u, 1, NULL, DOMID_SELF), 0);
        else
            assert_int_equal(g_mmu_one(u.ptr, u.val), 0);
        assert_type(60, FT_WRITABLE, i + 2);
    }
    assert_int_equal(domain_audit(dom), 0);
    assert_int_equal(unpin(DATA), 0);
    assert_type(60, FT_WRITABLE, 1);
    assert_int_equal(frame(DATA)->filled, 0);
}

/* L2 in page 10 with n L1s in the pages behind it, each mapping page 60 writable and itself not. */
static void build_tree(unsigned n)
{
    prepare_table(10);
    for (unsigned i = 0; i < n; i++) {
        prepare_table(11 + i);
        *word(11 + i, 7) = entry(60, KERNEL);
        *word(10, 3 * i) = entry(11 + i, TABLE);
    }
}

static unsigned interruptions;

static bool count_interruptions(void)
{
    interruptions++;
    return domain_audit(dom) == 0;
}

static void test_long_work_is_interrupted(void **state)
{
    build_tree(8);
    fake_preempt_every = 1; /* something else waits always */
    fake_between = count_interruptions;
    interruptions = 0;
    assert_int_equal(pin(MMUEXT_PIN_L2_TABLE, 10), 0);
    assert_int_equal(interruptions, 8);
    assert_type(60, FT_WRITABLE, 9);
    interruptions = 0;
    assert_int_equal(unpin(10), 0);
    assert_int_equal(interruptions, 8); /* nine tables */
    assert_type(60, FT_WRITABLE, 1);
}

static bool forget(void)
{
    return false;
}

static void test_interrupted_work_may_be_forgotten(void **state)
{
    build_tree(4);
    fake_preempt_every = 1;
    fake_between = forget;
    assert_int_equal(pin(MMUEXT_PIN_L2_TABLE, 10), 1);
    fake_preempt_every = 0;
    assert_type(60, FT_WRITABLE, 2);
    /* What it is meanwhile: no table to write into, no data. */
    assert_int_equal(g_mmu_one(word_ma(10, 0), 0), -XEN_EINVAL);
    assert_int_equal(g_update_va(va_of(10), entry(10, KERNEL), 0), -XEN_EBUSY);
    assert_int_equal(pin(MMUEXT_PIN_L3_TABLE, 10), -XEN_EINVAL);
    assert_int_equal(unpin(10), -XEN_EINVAL);
    assert_int_equal(domain_audit(dom), 0);
    assert_int_equal(pin(MMUEXT_PIN_L2_TABLE, 10), 0); /* goes on */
    assert_type(60, FT_WRITABLE, 5);
}

static void test_interrupted_work_may_end_badly(void **state)
{
    build_tree(4);
    *word(10, 511) = entry(60, TABLE);
    fake_preempt_every = 1;
    assert_int_equal(pin(MMUEXT_PIN_L2_TABLE, 10), -XEN_EINVAL);
    fake_preempt_every = 0;
    assert_int_equal(type_count(10), 0);
    assert_int_equal(g_mmuext(NULL, 0, NULL, DOMID_SELF), 0); /* clears up what that left */
    assert_type(60, FT_WRITABLE, 1);
    assert_int_equal(dom->dead_tables, 0);
}

static void test_dead_tables_rise_again(void **state)
{
    build_tree(2);
    assert_int_equal(pin(MMUEXT_PIN_L2_TABLE, 10), 0);
    fake_preempt_every = 1;
    fake_between = forget;
    assert_int_equal(unpin(10), 1);
    fake_preempt_every = 0;
    assert_true(dom->dead_tables != 0);
    spin_lock(&dom->lock);
    assert_int_equal(frame_get_and_type(frame(11), dom, FT_L1), 0);
    spin_unlock(&dom->lock);
    assert_int_equal(g_mmuext(NULL, 0, NULL, DOMID_SELF), 0);
    assert_type(11, FT_L1, 1);
    assert_type(60, FT_WRITABLE, 2);
    spin_lock(&dom->lock);
    frame_put_and_type(frame(11));
    spin_unlock(&dom->lock);
}

static void test_pinned_table_outlives_release(void **state)
{
    xen_pfn_t *list = (xen_pfn_t *)(fake_arg + 4096);
    struct xen_memory_reservation *r = (struct xen_memory_reservation *)fake_arg;

    prepare_table(DATA);
    assert_int_equal(pin(MMUEXT_PIN_L1_TABLE, DATA), 0);
    memset(r, 0, sizeof(*r));
    r->nr_extents = 1;
    r->domid = DOMID_SELF;
    set_xen_guest_handle(r->extent_start, list);
    list[0] = d_mfn(dom, DATA).v;
    assert_int_equal(g_memory_op(XENMEM_decrease_reservation, r), 1);
    assert_true(frame(DATA)->owner == dom);
    assert_int_equal(unpin(DATA), 0);
    assert_true(frame(DATA)->owner == dom); /* mapped still */
    assert_int_equal(g_update_va(va_of(DATA), 0, 0), 0);
    assert_null(frame(DATA)->owner);
    assert_int_equal(dom->tot_pages, PAGES - 1);
}

static void test_ended_domain_gives_all_back(void **state)
{
    uint64_t free = palloc_free_frames();

    build_tree(6);
    *word(10, 0) = 0;
    assert_int_equal(pin(MMUEXT_PIN_L2_TABLE, 10), 0);
    fake_preempt_every = 1;
    fake_between = forget;
    prepare_table(31);
    *word(31, 0) = entry(11, TABLE);
    prepare_table(30);
    *word(30, 0) = entry(10, TABLE);
    *word(30, 1) = entry(31, TABLE); /* is interrupted */
    assert_int_equal(pin(MMUEXT_PIN_L3_TABLE, 30), 1);
    fake_preempt_every = 0;
    assert_int_equal(domain_audit(dom), 0);
    for (unsigned i = 0; i < dom->nr_vcpus; i++)
        fake_leave(dom->vcpu[i]);
    while (!domain_release_memory(dom))
        ;
    assert_int_equal(palloc_free_frames(), free + PAGES);
    assert_int_equal(dom->tot_pages, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PV_TEST(test_pin_needs_no_writable_mapping),
        PV_TEST(test_pin_twice_and_unpin_twice),
        PV_TEST(test_one_level_at_a_time),
        PV_TEST(test_pin_checks_every_entry),
        PV_TEST(test_pin_of_others_frames),
        PV_TEST(test_hypervisor_slots_of_an_l4),
        PV_TEST(test_strict_m2p),
        PV_TEST(test_roots),
        PV_TEST(test_both_roots),
        PV_TEST(test_late_entries_are_dropped),
        PV_TEST(test_long_work_is_interrupted),
        PV_TEST(test_interrupted_work_may_be_forgotten),
        PV_TEST(test_interrupted_work_may_end_badly),
        PV_TEST(test_dead_tables_rise_again),
        PV_TEST(test_pinned_table_outlives_release),
        PV_TEST(test_ended_domain_gives_all_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
