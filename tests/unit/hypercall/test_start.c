/* SPDX-License-Identifier: MIT */
/* start_info and hvm_start_info: what is accepted, and that every refusal says why. */
#include "unit.h"

#include <pvkit/pvh.h>
#include <pvkit/start.h>

static struct start_info info;
static struct pvk_start start;
static const char *why;

static int setup(void **state)
{
    info = (struct start_info){
        .magic = "xen-3.0-x86_64",
        .nr_pages = 1024,
        .shared_info = 0x5000,
        .store_mfn = 77,
        .store_evtchn = 1,
        .console.domU = {.mfn = 78, .evtchn = 2},
        .pt_base = 0xffffffff80400000,
        .nr_pt_frames = 8,
        .mfn_list = 0xffffffff80200000,
        .mod_start = 0xffffffff80300000,
        .mod_len = 5000,
    };
    memcpy(info.cmd_line, "selftest", 9);
    why = NULL;
    return 0;
}

static int parse(void)
{
    return pvk_start_parse(&info, &start, &why);
}

static void refused(const char *part)
{
    assert_int_equal(parse(), -XEN_EINVAL);
    assert_non_null(why);
    assert_non_null(strstr(why, part));
    assert_int_equal(pvk_start_parse(&info, &start, NULL), -XEN_EINVAL);
}

static void test_domu(void **state)
{
    assert_int_equal(parse(), 0);
    assert_null(why);
    assert_int_equal(start.nr_pages, 1024);
    assert_int_equal(start.shared_info_maddr, 0x5000);
    assert_false(start.initial_domain);
    assert_string_equal(start.cmdline, "selftest");
    assert_true(start.has_module);
    assert_false(start.module_is_pfn);
    assert_int_equal(start.store_mfn.n, 77);
    assert_int_equal(start.console_mfn.n, 78);
    assert_int_equal(start.console_port, 2);
    assert_int_equal((unsigned long)start.mfn_list, info.mfn_list);
}

/* In the initial domain the console union holds an offset and a size, not a frame. */
static void test_initial_domain_has_no_rings(void **state)
{
    info.flags = SIF_INITDOMAIN | SIF_PRIVILEGED;
    info.console.dom0.info_off = 0x800;
    info.console.dom0.info_size = 0xffffffff;
    assert_int_equal(parse(), 0);
    assert_true(start.initial_domain);
    assert_true(start.privileged);
    assert_false(pvk_mfn_valid(start.console_mfn));
    assert_false(pvk_mfn_valid(start.store_mfn));
    assert_int_equal(start.console_port, 0);
}

static void test_absent_rings(void **state)
{
    info.store_mfn = 0;
    info.console.domU.mfn = 0;
    assert_int_equal(parse(), 0);
    assert_false(pvk_mfn_valid(start.store_mfn));
    assert_false(pvk_mfn_valid(start.console_mfn));
}

static void test_magic(void **state)
{
    info.magic[0] = 'X';
    refused("magic");
    memset(info.magic, 'x', sizeof(info.magic));
    memcpy(info.magic, "xen-", 4); /* never ends */
    refused("magic");
}

static void test_sizes_and_addresses(void **state)
{
    info.nr_pages = 0;
    refused("nr_pages");
    info.nr_pages = ~0UL;
    refused("nr_pages");
    setup(NULL);
    info.shared_info = 0x5008;
    refused("shared_info");
    info.shared_info = 0;
    refused("shared_info");
    setup(NULL);
    info.pt_base |= 8;
    refused("pt_base");
    setup(NULL);
    info.nr_pt_frames = info.nr_pages + 1;
    refused("nr_pt_frames");
    setup(NULL);
    info.mfn_list = 0;
    refused("mfn_list");
}

static void test_ports(void **state)
{
    info.store_evtchn = 4096;
    refused("store_evtchn");
    info.store_evtchn = 1;
    info.console.domU.evtchn = 4096;
    refused("console");
}

static void test_endless_command_line(void **state)
{
    memset(info.cmd_line, 'a', sizeof(info.cmd_line));
    refused("command line");
    info.cmd_line[sizeof(info.cmd_line) - 1] = 0;
    assert_int_equal(parse(), 0);
}

static void test_module(void **state)
{
    info.mod_len = 1025 * 4096;
    refused("module");
    info.mod_start = ~0UL - 10;
    info.mod_len = 4096;
    refused("module");
    info.flags = SIF_MOD_START_PFN;
    info.mod_start = 1023;
    assert_int_equal(parse(), 0);
    assert_true(start.module_is_pfn);
    info.mod_len = 4097; /* its last byte lies beyond the domain */
    refused("module");
    info.mod_start = 1024;
    refused("module");
    info.mod_len = 0;
    assert_int_equal(parse(), 0);
    assert_false(start.has_module);
}

static void test_p2m_frames(void **state)
{
    info.first_p2m_pfn = 1000;
    info.nr_p2m_frames = 24;
    assert_int_equal(parse(), 0);
    assert_int_equal(start.first_p2m_pfn, 1000);
    info.nr_p2m_frames = 25;
    refused("P2M");
    info.first_p2m_pfn = ~0UL;
    refused("P2M");
}

static void test_resume_keeps_the_rest(void **state)
{
    assert_int_equal(parse(), 0);
    info.shared_info = 0x9000;
    info.store_mfn = 99;
    info.pt_base = info.mfn_list = 1; /* not filled in on resume */
    assert_int_equal(pvk_start_resume(&info, &start, &why), 0);
    assert_int_equal(start.shared_info_maddr, 0x9000);
    assert_int_equal(start.store_mfn.n, 99);
    assert_int_equal(start.pt_base, 0xffffffff80400000);
}

static struct hvm_start_info hvm;
static struct pvk_pvh pvh;

static void pvh_setup(void)
{
    hvm = (struct hvm_start_info){
        .magic = XEN_HVM_START_MAGIC_VALUE,
        .version = 1,
        .nr_modules = 2,
        .modlist_paddr = 0x1000,
        .cmdline_paddr = 0x2000,
        .memmap_paddr = 0x3000,
        .memmap_entries = 3,
    };
    why = NULL;
}

static void pvh_refused(const char *part)
{
    assert_int_equal(pvk_pvh_parse(&hvm, 0x10000, &pvh, &why), -XEN_EINVAL);
    assert_non_null(strstr(why, part));
}

static void test_pvh(void **state)
{
    pvh_setup();
    assert_int_equal(pvk_pvh_parse(&hvm, 0x10000, &pvh, &why), 0);
    assert_int_equal(pvh.nr_modules, 2);
    assert_int_equal(pvh.nr_memmap, 3);
    hvm.version = 0; /* shorter structure: the map's fields are not there */
    hvm.memmap_paddr = ~0UL;
    assert_int_equal(pvk_pvh_parse(&hvm, 0x10000, &pvh, &why), 0);
    assert_int_equal(pvh.nr_memmap, 0);
}

static void test_pvh_refuses(void **state)
{
    pvh_setup();
    hvm.magic++;
    pvh_refused("magic");
    pvh_setup();
    hvm.modlist_paddr = 0xffe0; /* one entry fits */
    pvh_refused("module");
    hvm.nr_modules = 1;
    assert_int_equal(pvk_pvh_parse(&hvm, 0x10000, &pvh, NULL), 0);
    hvm.nr_modules = 0xffffffff;
    pvh_refused("module");
    pvh_setup();
    hvm.memmap_entries = 0xffffffff;
    pvh_refused("memory map");
    pvh_setup();
    hvm.cmdline_paddr = 0x10000;
    pvh_refused("command line");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_domu, setup),
        cmocka_unit_test_setup(test_initial_domain_has_no_rings, setup),
        cmocka_unit_test_setup(test_absent_rings, setup),
        cmocka_unit_test_setup(test_magic, setup),
        cmocka_unit_test_setup(test_sizes_and_addresses, setup),
        cmocka_unit_test_setup(test_ports, setup),
        cmocka_unit_test_setup(test_endless_command_line, setup),
        cmocka_unit_test_setup(test_module, setup),
        cmocka_unit_test_setup(test_p2m_frames, setup),
        cmocka_unit_test_setup(test_resume_keeps_the_rest, setup),
        cmocka_unit_test(test_pvh),
        cmocka_unit_test(test_pvh_refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
