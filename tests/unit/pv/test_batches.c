/* SPDX-License-Identifier: MIT */
/* mmu_update, update_va_mapping and mmuext_op as calls: lists, counts, owners, flushes. */
#include "handlers.h"
#include "paging.h"
#include "pv.h"
#include "pvunit.h"

#define BEYOND_RAM (1ull << 39)

static struct mmu_update update(unsigned slot, uint64_t val)
{
    return (struct mmu_update){word_ma(3, slot), val};
}

static void test_done_count(void **state)
{
    struct mmu_update u[3] = {update(DATA, 0), update(DATA + 1, entry(0, KERNEL)),
                              update(DATA + 2, 0)};
    unsigned done = 7;

    assert_int_equal(g_mmu_update(u, 3, &done, DOMID_SELF), -XEN_EBUSY);
    assert_int_equal(done, 1);
    assert_int_equal(*word(3, DATA), 0);
    assert_int_equal(*word(3, DATA + 2), entry(DATA + 2, KERNEL | PTE_US | PTE_KERNEL));
    u[1].val = 0;
    assert_int_equal(g_mmu_update(u, 3, &done, DOMID_SELF), 0);
    assert_int_equal(done, 3);
    assert_int_equal(g_mmu_update(u, 0, &done, DOMID_SELF), 0);
    assert_int_equal(done, 0);
}

static void test_done_count_over_interruptions(void **state)
{
    struct mmu_update u[100];
    unsigned done = 0;

    for (unsigned i = 0; i < 100; i++)
        u[i] = update(100 + i, entry(DATA, KERNEL));
    u[90].val = entry(0, KERNEL);
    fake_preempt_every = 1;
    assert_int_equal(g_mmu_update(u, 100, &done, DOMID_SELF), -XEN_EBUSY);
    assert_int_equal(done, 90);
    assert_type(DATA, FT_WRITABLE, 91);
}

static void test_list_ends_in_nothing(void **state)
{
    struct mmu_update *end = (struct mmu_update *)(fake_arg + FAKE_ARG_BYTES);

    for (unsigned i = 1; i <= 3; i++)
        end[-(int)i] = update(DATA + i, 0);
    assert_int_equal(hc_mmu_update((uint64_t)(end - 3), 5, 0, DOMID_SELF), -XEN_EFAULT);
    for (unsigned i = 1; i <= 3; i++)
        assert_int_equal(*word(3, DATA + i), 0);
}

static void test_commands(void **state)
{
    *word(3, DATA) |= PTE_A | PTE_D;
    assert_int_equal(g_mmu_one(word_ma(3, DATA) | MMU_PT_UPDATE_PRESERVE_AD, entry(DATA, RO)), 0);
    assert_int_equal(*word(3, DATA) & (PTE_A | PTE_D | PTE_RW), PTE_A | PTE_D);
    assert_int_equal(g_mmu_one(word_ma(3, DATA) | MMU_PT_UPDATE_NO_TRANSLATE, 0), 0);
    assert_int_equal(*word(3, DATA), 0);
    for (unsigned cmd = 4; cmd < 8; cmd++)
        assert_int_equal(g_mmu_one(word_ma(3, DATA) | cmd, 0), -XEN_ENOSYS);
}

static void test_plain_page(void **state)
{
    assert_int_equal(g_mmu_one(word_ma(DATA, 511), 0x1234), 0);
    assert_int_equal(*word(DATA, 511), 0x1234);
    assert_int_equal(g_mmu_one(d_mfn(other, DATA).v << PAGE_SHIFT, 1), -XEN_EINVAL);
    assert_int_equal(g_mmu_one(1ull << PAGE_SHIFT, 1), -XEN_EINVAL); /* the hypervisor's */
    assert_int_equal(g_mmu_one(BEYOND_RAM << PAGE_SHIFT, 1), -XEN_EINVAL);
}

static void test_machine_to_physical(void **state)
{
    uint64_t before = arch_m2p_get(d_mfn(other, 1)).v;

    assert_int_equal(g_mmu_one(word_ma(DATA, 0) | MMU_MACHPHYS_UPDATE, 77), 0);
    assert_int_equal(arch_m2p_get(d_mfn(dom, DATA)).v, 77);
    assert_int_equal(g_mmu_one(d_mfn(other, 1).v << PAGE_SHIFT | MMU_MACHPHYS_UPDATE, 77),
                     -XEN_EINVAL);
    assert_int_equal(g_mmu_one(BEYOND_RAM << PAGE_SHIFT | MMU_MACHPHYS_UPDATE, 77), -XEN_EINVAL);
    assert_int_equal(arch_m2p_get(d_mfn(other, 1)).v, before);
}

static long as(uint32_t foreign, uint64_t ptr, uint64_t val)
{
    struct mmu_update u = {ptr, val};

    return g_mmu_update(&u, 1, NULL, foreign);
}

static void test_owner_of_the_data(void **state)
{
    uint64_t slot = word_ma(3, DATA);

    assert_int_equal(as(1, slot, 0), -XEN_ESRCH); /* oneself is DOMID_SELF */
    assert_int_equal(as(2, slot, 0), -XEN_EPERM);
    assert_int_equal(as(99, slot, 0), -XEN_ESRCH);
    assert_int_equal(as(DOMID_XEN, slot, 0), -XEN_EPERM);
    assert_int_equal(as(DOMID_IO, slot, entry(DATA, RO)), -XEN_EBUSY);
    assert_int_equal(as(DOMID_IO, slot, entry(DATA, KERNEL | PTE_A)), 0); /* what was there */
    assert_int_equal(as(DOMID_IO, slot, BEYOND_RAM << PAGE_SHIFT | RO), -XEN_EPERM);
    assert_int_equal(as(DOMID_IO, slot, 0), 0);
    assert_int_equal(as(DOMID_IO, word_ma(2, 9), 0), -XEN_EINVAL);
    assert_int_equal(as(DOMID_IO, slot | MMU_MACHPHYS_UPDATE, 0), -XEN_EINVAL);
}

static void test_owner_of_the_tables(void **state)
{
    uint64_t slot = word_ma(3, DATA);

    assert_int_equal(as(DOMID_SELF | (1 + 1) << 16, slot, 0), 0);
    assert_int_equal(as(DOMID_SELF | (2 + 1) << 16, slot, 0), -XEN_EPERM);
    assert_int_equal(as(DOMID_SELF | (99 + 1) << 16, slot, 0), -XEN_ESRCH);
    assert_int_equal(as(DOMID_SELF | (DOMID_SELF + 1) << 16, slot, 0), -XEN_ESRCH);
}

static void test_update_va_otherdomain(void **state)
{
    uint64_t va = va_of(DATA);

    assert_int_equal(hc_update_va_mapping_otherdomain(va, 0, 0, DOMID_IO), -XEN_EPERM);
    assert_int_equal(hc_update_va_mapping_otherdomain(va, 0, 0, 2), -XEN_EPERM);
    assert_int_equal(hc_update_va_mapping_otherdomain(va, 0, 0, 99), -XEN_ESRCH);
    assert_int_equal(hc_update_va_mapping_otherdomain(va, 0, 0, DOMID_SELF), 0);
    assert_int_equal(*word(3, DATA), 0);
}

static void test_update_va_without_table(void **state)
{
    assert_int_equal(g_update_va(1ull << 30, 0, 0), -XEN_EINVAL);
    assert_int_equal(g_update_va(1ull << 47, 0, 0), -XEN_EINVAL);
    assert_int_equal(g_update_va(0xffff800000000000, 0, 0), -XEN_EINVAL);
    assert_int_equal(g_update_va(0xffff880000000000, 0, 0), -XEN_EINVAL);
    assert_int_equal(g_mmu_one(word_ma(0, 5), entry(0, TABLERO)), 0);
    assert_int_equal(g_update_va(5ull << 39 | 5ull << 30 | 5ull << 21, 0, 0), -XEN_EINVAL);
    assert_int_equal(g_update_va(5ull << 39, 0, 0), -XEN_EINVAL); /* "L1" is an L2 there */
}

/* Who flushed what, of a domain whose vcpus 0 and 1 run on CPUs 0 and 2. */
static void two_cpus(void)
{
    fake_run(dom->vcpu[1], 2);
    fake_resume(dom->vcpu[0]);
    fake_flushes = fake_page_flushes = 0;
}

static void test_flushes_of_update_va(void **state)
{
    uint64_t *mask = (uint64_t *)fake_arg, va = va_of(DATA), m = (uint64_t)mask;

    two_cpus();
    assert_int_equal(g_update_va(va, 0, UVMF_NONE), 0);
    assert_int_equal(fake_flushes + fake_page_flushes, 0);
    assert_int_equal(g_update_va(va, 0, UVMF_INVLPG | UVMF_LOCAL), 0);
    assert_int_equal(fake_page_flushes, 1);
    assert_int_equal(g_update_va(va, 0, UVMF_INVLPG | UVMF_ALL), 0);
    assert_int_equal(fake_page_flushes, 3);
    *mask = 2;
    assert_int_equal(g_update_va(va, 0, UVMF_INVLPG | m), 0);
    assert_int_equal(fake_page_flushes, 4);
    assert_int_equal(g_update_va(va, 0, UVMF_TLB_FLUSH | UVMF_LOCAL), 0);
    assert_int_equal(fake_flushes, 1);
    assert_int_equal(g_update_va(va, 0, UVMF_TLB_FLUSH | UVMF_ALL), 0);
    assert_int_equal(fake_flushes, 3);
    *mask = ~0ull;
    assert_int_equal(g_update_va(va, 0, UVMF_TLB_FLUSH | m), 0);
    assert_int_equal(fake_flushes, 5);
    assert_int_equal(g_update_va(va, 0, UVMF_TLB_FLUSH | 0x1000), -XEN_EFAULT);
    assert_int_equal(g_update_va(va, 0, 3), 0); /* no such flush, no error */
    assert_int_equal(fake_flushes, 5);
}

static void test_refused_update_flushes_nothing(void **state)
{
    two_cpus();
    assert_int_equal(g_update_va(va_of(DATA), entry(0, KERNEL), UVMF_TLB_FLUSH | UVMF_ALL),
                     -XEN_EBUSY);
    assert_int_equal(fake_flushes, 0);
}

static long flush_op(unsigned cmd, uint64_t va, const void *mask)
{
    struct mmuext_op op = {.cmd = cmd};

    op.arg1.linear_addr = va;
    op.arg2.vcpumask.p = mask;
    return g_mmuext(&op, 1, NULL, DOMID_SELF);
}

static void test_flushes_of_mmuext(void **state)
{
    uint64_t *mask = (uint64_t *)(fake_arg + 4096);

    two_cpus();
    *mask = 3;
    assert_int_equal(flush_op(MMUEXT_TLB_FLUSH_LOCAL, 0, NULL), 0);
    assert_int_equal(fake_flushes, 1);
    assert_int_equal(flush_op(MMUEXT_TLB_FLUSH_ALL, 0, NULL), 0);
    assert_int_equal(fake_flushes, 3);
    assert_int_equal(flush_op(MMUEXT_TLB_FLUSH_MULTI, 0, mask), 0);
    assert_int_equal(fake_flushes, 5);
    assert_int_equal(flush_op(MMUEXT_INVLPG_LOCAL, 0x1000, NULL), 0);
    assert_int_equal(flush_op(MMUEXT_INVLPG_ALL, 0x1000, NULL), 0);
    assert_int_equal(flush_op(MMUEXT_INVLPG_MULTI, 0x1000, mask), 0);
    assert_int_equal(fake_page_flushes, 5);
    assert_int_equal(flush_op(MMUEXT_INVLPG_ALL, 0xffff800000000000, NULL), 0);
    assert_int_equal(fake_page_flushes, 5);
    assert_int_equal(flush_op(MMUEXT_TLB_FLUSH_MULTI, 0, (void *)0x1000), -XEN_EINVAL);
}

static void test_other_commands(void **state)
{
    struct mmuext_op op = {.cmd = MMUEXT_COPY_PAGE};

    *word(DATA, 5) = 99;
    op.arg1.mfn = d_mfn(dom, DATA + 1).v;
    op.arg2.src_mfn = d_mfn(dom, DATA).v;
    assert_int_equal(g_mmuext(&op, 1, NULL, DOMID_SELF), 0);
    assert_int_equal(*word(DATA + 1, 5), 99);
    assert_int_equal(g_ext(MMUEXT_CLEAR_PAGE, d_mfn(dom, DATA).v), 0);
    assert_int_equal(*word(DATA, 5), 0);
    assert_int_equal(g_ext(MMUEXT_CLEAR_PAGE, d_mfn(dom, 3).v), -XEN_EINVAL);
    assert_int_equal(g_ext(MMUEXT_CLEAR_PAGE, d_mfn(other, DATA).v), -XEN_EINVAL);
    op.arg1.mfn = d_mfn(dom, 3).v;
    assert_int_equal(g_mmuext(&op, 1, NULL, DOMID_SELF), -XEN_EINVAL);
    assert_int_equal(g_ext(MMUEXT_FLUSH_CACHE, 0), -XEN_EACCES);
    assert_int_equal(g_ext(MMUEXT_FLUSH_CACHE_GLOBAL, 0), -XEN_EINVAL);
    assert_int_equal(g_ext(MMUEXT_MARK_SUPER, 0), -XEN_EOPNOTSUPP);
    assert_int_equal(g_ext(MMUEXT_UNMARK_SUPER, 0), -XEN_EOPNOTSUPP);
    assert_int_equal(g_ext(14, 0), -XEN_ENOSYS);
    assert_int_equal(g_ext(~0u, 0), -XEN_ENOSYS);
}

static void test_mmuext_done_count(void **state)
{
    struct mmuext_op op[3] = {{.cmd = MMUEXT_TLB_FLUSH_LOCAL}, {.cmd = 14}, {.cmd = 14}};
    unsigned done = 9;

    assert_int_equal(g_mmuext(op, 3, &done, DOMID_SELF), -XEN_ENOSYS);
    assert_int_equal(done, 1);
    assert_int_equal(g_mmuext(op, 1, &done, 2), -XEN_EPERM);
    assert_int_equal(done, 0);
}

/* ---- TLBs: who must flush when a frame changes its use */

static void test_flush_before_a_table_is_trusted(void **state)
{
    two_cpus();
    assert_non_null(fake_access(va_of(DATA), true));
    assert_int_equal(g_update_va(va_of(DATA), entry(DATA, RO), UVMF_NONE), 0);
    fake_resume(dom->vcpu[1]);
    assert_int_equal(fake_flushes, 0);
    assert_int_equal(g_ext(MMUEXT_PIN_L1_TABLE, d_mfn(dom, DATA).v), 0);
    assert_int_equal(fake_flushes, 2);
    fake_resume(dom->vcpu[0]);
    assert_null(fake_access(va_of(DATA), true));
}

static void test_no_flush_when_all_did(void **state)
{
    two_cpus();
    assert_int_equal(g_update_va(va_of(DATA), entry(DATA, RO), UVMF_TLB_FLUSH | UVMF_ALL), 0);
    fake_flushes = 0;
    assert_int_equal(g_ext(MMUEXT_PIN_L1_TABLE, d_mfn(dom, DATA).v), 0);
    assert_int_equal(fake_flushes, 0);
}

static void test_flush_before_memory_goes_to_another(void **state)
{
    mfn_t m = d_mfn(dom, DATA), got;

    assert_int_equal(g_update_va(va_of(DATA), entry(DATA, RO), UVMF_TLB_FLUSH | UVMF_LOCAL), 0);
    assert_ptr_equal(fake_access(va_of(DATA), false), word(DATA, 0));
    assert_int_equal(g_update_va(va_of(DATA), 0, UVMF_NONE), 0);
    assert_int_equal(frame_get(frame_of(m), dom), true);
    assert_true(frame_release(frame_of(m)));
    frame_put(frame_of(m));
    assert_null(frame_of(m)->owner);
    other->max_pages = ~0ull;
    do {
        spin_lock(&other->lock);
        got = frame_alloc_domain(other, 0);
        spin_unlock(&other->lock);
        assert_false(mfn_eq(got, INVALID_MFN));
    } while (!mfn_eq(got, m));
    assert_null(fake_access(va_of(DATA), false));
}

/* A root written to CR3 may have many tables to be looked at: that goes on another time. What is
 * left of it when nobody uses it any more can be written to. */
static void test_root_by_cr3(void **state)
{
    mfn_t old = dom->vcpu[0]->arch.pv.root_kernel, new = d_mfn(dom, 20);
    unsigned times = 1;
    long rc;

    for (unsigned i = 20; i < 24; i++)
        prepare_table(i);
    for (unsigned i = 21; i < 24; i++)
        *word(20, i) = entry(i, TABLE);
    fake_preempt_every = 1;
    while ((rc = pv_new_root(dom->vcpu[0], new)) == -HV_ERESTART)
        times++;
    assert_int_equal(rc, 0);
    assert_int_equal(times, 4);
    assert_type(20, FT_L4, 1);
    assert_int_equal(pv_new_root(dom->vcpu[0], old), 0);
    assert_type(20, FT_L4, 0);
    assert_ptr_equal(frame_get_writable(dom, new), frame_of(new));
    assert_type(20, FT_WRITABLE, 1);
    frame_put_and_type(frame_of(new));
    assert_null(frame_get_writable(dom, old));
    assert_null(frame_get_writable(other, new));
    assert_null(frame_get_writable(dom, MFN(BEYOND_RAM)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PV_TEST(test_done_count),
        PV_TEST(test_root_by_cr3),
        PV_TEST(test_done_count_over_interruptions),
        PV_TEST(test_list_ends_in_nothing),
        PV_TEST(test_commands),
        PV_TEST(test_plain_page),
        PV_TEST(test_machine_to_physical),
        PV_TEST(test_owner_of_the_data),
        PV_TEST(test_owner_of_the_tables),
        PV_TEST(test_update_va_otherdomain),
        PV_TEST(test_update_va_without_table),
        PV_TEST(test_flushes_of_update_va),
        PV_TEST(test_refused_update_flushes_nothing),
        PV_TEST(test_flushes_of_mmuext),
        PV_TEST(test_other_commands),
        PV_TEST(test_mmuext_done_count),
        PV_TEST(test_flush_before_a_table_is_trusted),
        PV_TEST(test_no_flush_when_all_did),
        PV_TEST(test_flush_before_memory_goes_to_another),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
