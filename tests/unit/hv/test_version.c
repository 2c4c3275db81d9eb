/* SPDX-License-Identifier: MIT */
/* xen_version and vm_assist: every answer and every refusal. */
#include "unit.h"

#include <xen/version.h>

static struct domain *d;

static int setup(void **state)
{
    world_reset(1);
    d = world_domain(1, 256);
    world_be(d->vcpu[0]);
    return 0;
}

static long ask(uint32_t cmd, void *buf, size_t n)
{
    fake_unmap_all();
    if (n)
        fake_map(buf, n);
    return hc_xen_version(cmd, U(buf));
}

static void test_numbers(void **state)
{
    assert_int_equal(ask(XENVER_version, NULL, 0), 0x40011);
    assert_int_equal(hc_xen_version(1ull << 32, 0), 0x40011); /* the command has 32 bits */
    assert_int_equal(ask(XENVER_pagesize, NULL, 0), 4096);
    assert_int_equal(hc_xen_version(XENVER_pagesize, 8), -XEN_EINVAL);
    assert_int_equal(ask(11, NULL, 0), -XEN_ENOSYS);
    assert_int_equal(ask(~0u, NULL, 0), -XEN_ENOSYS);
}

static void test_texts(void **state)
{
    static char buf[1024];

    assert_int_equal(ask(XENVER_extraversion, buf, 16), 0);
    assert_int_equal(buf[0], '.');
    assert_int_equal(ask(XENVER_capabilities, buf, 1024), 0);
    assert_string_equal(buf, "xen-3.0-x86_64 ");
    assert_int_equal(ask(XENVER_changeset, buf, 64), 0);
    assert_int_equal(ask(XENVER_compile_info, buf, sizeof(struct xen_compile_info)), 0);
    assert_int_equal(ask(XENVER_commandline, buf, 1024), 0);
    assert_string_equal(buf, "<denied>");
    assert_int_equal(ask(XENVER_build_id, buf, 1024), -XEN_EPERM);
    assert_int_equal(ask(XENVER_capabilities, buf, 1023), -XEN_EFAULT);
    assert_int_equal(ask(XENVER_extraversion, buf, 15), -XEN_EFAULT);
}

static void test_parameters(void **state)
{
    struct xen_platform_parameters p;
    struct xen_feature_info fi = {.submap_idx = 0};
    xen_domain_handle_t h;

    assert_int_equal(ask(XENVER_platform_parameters, &p, sizeof(p)), 0);
    assert_int_equal(p.virt_start, 0xffff800000000000);
    assert_int_equal(ask(XENVER_get_features, &fi, sizeof(fi)), 0);
    assert_true(fi.submap >> XENFEAT_mmu_pt_update_preserve_ad & 1);
    assert_false(fi.submap >> XENFEAT_auto_translated_physmap & 1);
    assert_int_equal(fi.submap, 0x220e0); /* as Xen 4.17's */
    assert_false(fi.submap >> XENFEAT_dom0 & 1);
    fi.submap_idx = 1;
    assert_int_equal(ask(XENVER_get_features, &fi, sizeof(fi)), -XEN_EINVAL);
    assert_int_equal(ask(XENVER_get_features, &fi, 7), -XEN_EFAULT);
    d->handle[15] = 0x77;
    assert_int_equal(ask(XENVER_guest_handle, h, sizeof(h)), 0);
    assert_int_equal(h[15], 0x77);
}

static void test_vm_assist(void **state)
{
    static const unsigned valid[] = {0, 1, 2, 3, 4, 5, 32}, bad[] = {6, 31, 33, 63, 64, ~0u};

    for (unsigned i = 0; i < ARRAY_SIZE(valid); i++) {
        assert_int_equal(hc_vm_assist(VMASST_CMD_enable, valid[i]), 0);
        assert_true(d->vm_assist >> valid[i] & 1);
        assert_int_equal(hc_vm_assist(VMASST_CMD_disable, valid[i]), 0);
        assert_int_equal(d->vm_assist, 0);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++)
        assert_int_equal(hc_vm_assist(VMASST_CMD_enable, bad[i]), -XEN_EINVAL);
    assert_int_equal(hc_vm_assist(2, 0), -XEN_ENOSYS);
    assert_int_equal(hc_vm_assist(2, 6), -XEN_EINVAL);
    assert_int_equal(d->vcpu[0]->not_short, 0);
    assert_int_equal(hc_vm_assist(VMASST_CMD_enable, VMASST_TYPE_architectural_iopl), 0);
    assert_true(d->vcpu[0]->shows_iopl && d->vcpu[0]->not_short);
    assert_int_equal(hc_vm_assist(VMASST_CMD_disable, VMASST_TYPE_architectural_iopl), 0);
    assert_int_equal(d->vcpu[0]->not_short, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_numbers, setup),
        cmocka_unit_test_setup(test_texts, setup),
        cmocka_unit_test_setup(test_parameters, setup),
        cmocka_unit_test_setup(test_vm_assist, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
