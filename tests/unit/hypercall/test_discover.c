/* SPDX-License-Identifier: MIT */
/* Finding the hypervisor by its CPUID leaves, and frame number translation. */
#include "unit.h"

#include <pvkit/p2m.h>
#include <pvkit/x86/cpu.h>

extern uint32_t pvk_hypercall_insn;

static uint32_t xen_at;
static uint32_t leaves;
static unsigned int asked;
static const char *vendor; /* ebx, edx, ecx */

static struct pvk_cpuid signature(uint32_t eax, const char *text)
{
    struct pvk_cpuid r = {.eax = eax};

    memcpy(&r.ebx, text, 4);
    memcpy(&r.ecx, text + 4, 4);
    memcpy(&r.edx, text + 8, 4);
    return r;
}

/* Xen at xen_at, some other interface below it, as HVM domains can have. */
static struct pvk_cpuid leaf_of_xen(enum pvk_cpuid_way way, uint32_t leaf, uint32_t subleaf)
{
    struct pvk_cpuid r = {0};

    asked++;
    if (leaf == 0 && vendor) {
        memcpy(&r.ebx, vendor, 4);
        memcpy(&r.edx, vendor + 4, 4);
        memcpy(&r.ecx, vendor + 8, 4);
        return r;
    }
    if (!xen_at || way != PVK_CPUID_FORCED)
        return r;
    if (leaf == 0x40000000 && xen_at != leaf)
        return signature(0x40000005, "Microsoft Hv");
    switch (leaf - xen_at) {
    case 0:
        return signature(xen_at + leaves, "XenVMMXenVMM");
    case 1:
        r.eax = 4 << 16 | 17;
        break;
    case 2:
        r = (struct pvk_cpuid){.eax = 1, .ebx = 0x40000200, .ecx = 1};
        break;
    case 3:
        r = (struct pvk_cpuid){.eax = 2, .ebx = 1, .ecx = 2500000};
        break;
    case 4:
        r = (struct pvk_cpuid){.eax = XEN_HVM_CPUID_DOMID_PRESENT, .ebx = 3, .ecx = 7};
        break;
    case 5:
        r = (struct pvk_cpuid){.ebx = 0xffffff00 | 40};
        break;
    }
    return r;
}

static int setup(void **state)
{
    fake_reset();
    fake_cpuid = leaf_of_xen;
    xen_at = 0x40000000;
    leaves = 5;
    asked = 0;
    vendor = NULL;
    return 0;
}

static void test_xen_found(void **state)
{
    struct pvk_xen xen;

    assert_int_equal(pvk_xen_find(PVK_CPUID_FORCED, &xen), 0);
    assert_int_equal(xen.base, 0x40000000);
    assert_int_equal(xen.major, 4);
    assert_int_equal(xen.minor, 17);
    assert_int_equal(xen.msr, 0x40000200);
    assert_int_equal(xen.tsc_khz, 2500000);
    assert_int_equal(xen.domid, 7);
    assert_int_equal(xen.machine_addr_width, 40);
}

static void test_xen_above_another_interface(void **state)
{
    struct pvk_xen xen;

    xen_at = 0x40000100;
    assert_int_equal(pvk_xen_find(PVK_CPUID_FORCED, &xen), 0);
    assert_int_equal(xen.base, 0x40000100);
}

static void test_few_leaves(void **state)
{
    struct pvk_xen xen;

    leaves = 2;
    assert_int_equal(pvk_xen_find(PVK_CPUID_FORCED, &xen), 0);
    assert_int_equal(xen.tsc_khz, 0);
    assert_int_equal(xen.machine_addr_width, 0);
    leaves = 1; /* no hypercall page: of no use */
    assert_int_equal(pvk_xen_find(PVK_CPUID_FORCED, &xen), -XEN_ENODEV);
}

static void test_nobody_there(void **state)
{
    struct pvk_xen xen;

    assert_int_equal(pvk_xen_find(PVK_CPUID_PLAIN, &xen), -XEN_ENODEV);
    assert_int_equal(asked, 256);
    xen_at = 0x40010000; /* one step beyond the range */
    assert_int_equal(pvk_xen_find(PVK_CPUID_FORCED, &xen), -XEN_ENODEV);
}

static void test_hypercall_instruction(void **state)
{
    vendor = "GenuineIntel";
    assert_int_equal(pvk_hypercall_insn_of_cpu(), PVK_INSN_VMCALL);
    vendor = "AuthenticAMD";
    assert_int_equal(pvk_hypercall_insn_of_cpu(), PVK_INSN_VMMCALL);
    vendor = "HygonGenuine";
    assert_int_equal(pvk_hypercall_insn_of_cpu(), PVK_INSN_VMMCALL);
    pvk_hypercall_use(PVK_INSN_VMMCALL);
    assert_int_equal(pvk_hypercall_insn, PVK_INSN_VMMCALL);
}

static void test_page_install(void **state)
{
    struct pvk_xen xen = {.msr = 0x40000000};

    pvk_hypercall_page_install(&xen, 0x123456fff);
    assert_int_equal(fake_msr, 0x40000000);
    assert_int_equal(fake_msr_value, 0x123456000);
}

static xen_ulong_t m2p[16];
static xen_pfn_t p2m_list[4] = {9, 3, PVK_INVALID_FRAME, 15};

static long machphys(unsigned long number, const unsigned long *args)
{
    struct {
        xen_ulong_t v_start, v_end, max_mfn;
    } *map = (void *)args[1];

    assert_int_equal(number, __HYPERVISOR_memory_op);
    map->v_start = (xen_ulong_t)m2p;
    map->max_mfn = 15;
    return 0;
}

static void test_p2m(void **state)
{
    struct pvk_p2m p2m;

    fake_hypercall = machphys;
    memset(m2p, 0xff, sizeof(m2p));
    m2p[9] = 0;
    m2p[3] = 1;
    m2p[15] = 3;
    m2p[5] = 1; /* another domain's frame, which it calls 1 */
    pvk_p2m_init(&p2m, p2m_list, 4);
    assert_int_equal(p2m.nr_mfns, 16);
    assert_int_equal(pvk_pfn_to_mfn(&p2m, pvk_pfn(3)).n, 15);
    assert_false(pvk_mfn_valid(pvk_pfn_to_mfn(&p2m, pvk_pfn(2))));
    assert_false(pvk_mfn_valid(pvk_pfn_to_mfn(&p2m, pvk_pfn(4))));
    assert_int_equal(pvk_mfn_to_pfn(&p2m, pvk_mfn(3)).n, 1);
    assert_false(pvk_pfn_valid(pvk_mfn_to_pfn(&p2m, pvk_mfn(5))));
    assert_false(pvk_pfn_valid(pvk_mfn_to_pfn(&p2m, pvk_mfn(16))));
    assert_false(pvk_pfn_valid(pvk_mfn_to_pfn(&p2m, pvk_mfn(PVK_INVALID_FRAME))));
    assert_int_equal(pvk_pte(&p2m, pvk_pfn(0), 0x67), 0x9067);
    assert_int_equal(pvk_pte(&p2m, pvk_pfn(2), 0x67), 0);
    assert_int_equal(pvk_pte_mfn(0x8000000000009067UL | 1UL << 52).n, 9);
    assert_int_equal(pvk_p2m_set(&p2m, pvk_pfn(4), pvk_mfn(1)), -XEN_EINVAL);
    assert_int_equal(pvk_p2m_set(&p2m, pvk_pfn(2), pvk_mfn(1)), 0);
    assert_int_equal(pvk_pfn_to_mfn(&p2m, pvk_pfn(2)).n, 1);
}

static void test_p2m_without_mapping_call(void **state)
{
    struct pvk_p2m p2m;

    pvk_p2m_init(&p2m, p2m_list, 4);
    assert_int_equal((unsigned long)p2m.m2p, MACH2PHYS_VIRT_START);
    assert_int_equal(p2m.nr_mfns, 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_xen_found, setup),
        cmocka_unit_test_setup(test_xen_above_another_interface, setup),
        cmocka_unit_test_setup(test_few_leaves, setup),
        cmocka_unit_test_setup(test_nobody_there, setup),
        cmocka_unit_test_setup(test_hypercall_instruction, setup),
        cmocka_unit_test_setup(test_page_install, setup),
        cmocka_unit_test_setup(test_p2m, setup),
        cmocka_unit_test_setup(test_p2m_without_mapping_call, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
