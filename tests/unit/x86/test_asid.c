/* SPDX-License-Identifier: MIT */
/* Address space tags: what another guest left under a tag is never used. */
#include "../../../hv-stub/x86/svm/svm_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define NR_ASIDS 4 /* 0 is the host's */

uint32_t svm_features;

static struct vmcb vmcbs[8];
static struct svm_vcpu vcpus[8];

static int setup(void **state)
{
    memset(vmcbs, 0, sizeof(vmcbs));
    memset(vcpus, 0, sizeof(vcpus));
    for (unsigned i = 0; i < 8; i++)
        vcpus[i].vmcb = &vmcbs[i];
    svm_features = SVM_FEATURE_FLUSH_ASID;
    svm_asid_init_cpu(0, NR_ASIDS);
    svm_asid_init_cpu(1, NR_ASIDS);
    return 0;
}

/* The vcpu is put onto the CPU; entered says whether its guest runs then. True: with a flush. */
static bool switch_in(unsigned i, uint32_t cpu, bool entered)
{
    bool flush;

    svm_asid_update(&vcpus[i], cpu);
    flush = vmcbs[i].tlb_control != 0;
    if (entered)
        vmcbs[i].tlb_control = 0; /* svm_exit() */
    return flush;
}

static void test_tag_is_kept(void **state)
{
    assert_true(switch_in(0, 0, true));
    assert_false(switch_in(0, 0, true));
    assert_int_equal(vmcbs[0].asid, 1);
    assert_true(switch_in(1, 0, true));
    assert_int_equal(vmcbs[1].asid, 2);
    assert_false(switch_in(0, 0, true));
}

static void test_comes_back_from_another_cpu(void **state)
{
    switch_in(0, 0, true);
    assert_true(switch_in(0, 1, true));
    assert_true(switch_in(0, 0, true));
    assert_int_equal(vmcbs[0].asid, 2);
}

/* The vcpu that begins a generation is put away before its guest runs: those after it get tags that
 * were others' nevertheless. */
static void test_used_tag_is_flushed(void **state)
{
    for (unsigned i = 0; i < NR_ASIDS - 1; i++)
        switch_in(i, 0, true);
    switch_in(4, 0, false);
    assert_int_equal(vmcbs[4].asid, 1);
    assert_true(switch_in(5, 0, true));
    assert_int_equal(vmcbs[5].asid, 2);
    assert_true(switch_in(4, 0, true));
    assert_int_equal(vmcbs[4].asid, 1);
}

static void test_processors_that_cannot_flush_one(void **state)
{
    svm_features = 0;
    svm_asid_update(&vcpus[0], 0);
    assert_int_equal(vmcbs[0].tlb_control, TLB_FLUSH_ALL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_tag_is_kept, setup),
        cmocka_unit_test_setup(test_comes_back_from_another_cpu, setup),
        cmocka_unit_test_setup(test_used_tag_is_flushed, setup),
        cmocka_unit_test_setup(test_processors_that_cannot_flush_one, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
