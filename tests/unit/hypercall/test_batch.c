/* SPDX-License-Identifier: MIT */
/* Multicall batches: bounds, argument order, errors. */
#include "unit.h"

#include <pvkit/batch.h>

#define ROOM 4

/* One more than the batch may use, to see that it does not. */
static struct multicall_entry entries[ROOM + 1];
static struct pvk_batch batch;
static unsigned int calls, count;
static long multicall_rc;
static long results[ROOM];

static long hypercall(unsigned long number, const unsigned long *args)
{
    struct multicall_entry *list = (struct multicall_entry *)args[0];
    unsigned int i;

    assert_int_equal(number, __HYPERVISOR_multicall);
    assert_ptr_equal(list, entries);
    calls++;
    count = (unsigned int)args[1];
    for (i = 0; !multicall_rc && i < count; i++)
        list[i].result = (xen_ulong_t)results[i];
    return multicall_rc;
}

static int setup(void **state)
{
    fake_reset();
    fake_hypercall = hypercall;
    calls = count = 0;
    multicall_rc = 0;
    memset(results, 0, sizeof(results));
    memset(entries, 0xee, sizeof(entries));
    pvk_batch_init(&batch, entries, ROOM);
    return 0;
}

static void test_overflow_changes_nothing(void **state)
{
    struct multicall_entry guard = entries[ROOM];
    struct multicall_entry before[ROOM];
    unsigned int i;

    for (i = 0; i < ROOM; i++)
        assert_int_equal(pvk_batch_stack_switch(&batch, i, i), 0);
    memcpy(before, entries, sizeof(before));
    assert_int_equal(pvk_batch_stack_switch(&batch, 9, 9), -XEN_ENOBUFS);
    assert_int_equal(pvk_batch_update_va_mapping(&batch, 9, 9, 9), -XEN_ENOBUFS);
    assert_null(pvk_batch_add(&batch, __HYPERVISOR_xen_version));
    assert_memory_equal(before, entries, sizeof(before));
    assert_memory_equal(&guard, &entries[ROOM], sizeof(guard));
    assert_int_equal(pvk_batch_flush(&batch), 0);
    assert_int_equal(count, ROOM);
    assert_int_equal(pvk_batch_stack_switch(&batch, 1, 1), 0); /* room again */
}

static void test_no_room_at_all(void **state)
{
    pvk_batch_init(&batch, NULL, 0);
    assert_int_equal(pvk_batch_fpu_taskswitch(&batch, true), -XEN_ENOBUFS);
    assert_int_equal(pvk_batch_flush(&batch), 0);
    assert_int_equal(calls, 0);
}

static void test_empty_flush_is_free(void **state)
{
    assert_int_equal(pvk_batch_flush(&batch), 0);
    assert_int_equal(calls, 0);
}

static void test_first_failure_is_reported(void **state)
{
    pvk_batch_fpu_taskswitch(&batch, true);
    pvk_batch_set_segment_base(&batch, SEGBASE_FS, 1);
    pvk_batch_set_segment_base(&batch, SEGBASE_FS, 2);
    results[0] = 5; /* a count is success */
    results[1] = -XEN_EINVAL;
    results[2] = -XEN_EPERM;
    assert_int_equal(pvk_batch_flush(&batch), -XEN_EINVAL);
    assert_int_equal(batch.failed, 1);
    assert_int_equal(calls, 1);
    assert_int_equal(pvk_batch_flush(&batch), 0); /* empty now */
    assert_int_equal(calls, 1);
}

static void test_multicall_failure(void **state)
{
    pvk_batch_fpu_taskswitch(&batch, true);
    pvk_batch_fpu_taskswitch(&batch, false);
    multicall_rc = -XEN_EFAULT;
    assert_int_equal(pvk_batch_flush(&batch), -XEN_EFAULT);
    assert_int_equal(batch.failed, 2);
}

static void expect_entry(unsigned int i, unsigned long op, unsigned long a0, unsigned long a1,
                         unsigned long a2, unsigned long a3)
{
    assert_int_equal(entries[i].op, op);
    assert_int_equal(entries[i].args[0], a0);
    assert_int_equal(entries[i].args[1], a1);
    assert_int_equal(entries[i].args[2], a2);
    assert_int_equal(entries[i].args[3], a3);
}

static void test_argument_order(void **state)
{
    static const struct mmu_update updates[2];
    static const struct mmuext_op ops[3];

    pvk_batch_update_va_mapping(&batch, 0x1000, 0x2067, UVMF_INVLPG);
    pvk_batch_mmu_update(&batch, updates, 2, DOMID_SELF);
    pvk_batch_mmuext_op(&batch, ops, 3, DOMID_SELF);
    pvk_batch_update_descriptor(&batch, 0x3008, 0x00affa000000ffff);
    expect_entry(0, __HYPERVISOR_update_va_mapping, 0x1000, 0x2067, UVMF_INVLPG, 0);
    expect_entry(1, __HYPERVISOR_mmu_update, (unsigned long)updates, 2, 0, DOMID_SELF);
    expect_entry(2, __HYPERVISOR_mmuext_op, (unsigned long)ops, 3, 0, DOMID_SELF);
    expect_entry(3, __HYPERVISOR_update_descriptor, 0x3008, 0x00affa000000ffff, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_overflow_changes_nothing, setup),
        cmocka_unit_test_setup(test_no_room_at_all, setup),
        cmocka_unit_test_setup(test_empty_flush_is_free, setup),
        cmocka_unit_test_setup(test_first_failure_is_reported, setup),
        cmocka_unit_test_setup(test_multicall_failure, setup),
        cmocka_unit_test_setup(test_argument_order, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
