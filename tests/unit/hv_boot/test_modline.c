/* SPDX-License-Identifier: MIT */
#include "modline.h"
#include "unit.h"

static struct domain_config cfg;
static char err[160];

static enum module_kind parse(const char *line)
{
    memset(&cfg, 0xa5, sizeof(cfg));
    err[0] = '\0';
    return module_parse(line, &cfg, err, sizeof(err));
}

static void bad(const char *line, const char *why)
{
    assert_int_equal(parse(line), MODULE_BAD);
    if (!strstr(err, why))
        fail_msg("\"%s\": \"%s\" lacks \"%s\"", line, err, why);
}

static void test_defaults(void **state)
{
    assert_int_equal(parse("kernel"), MODULE_KERNEL);
    assert_int_equal(cfg.kind, DOMAIN_PV);
    assert_int_equal(cfg.mem_mib, 64);
    assert_int_equal(cfg.vcpus, 1);
    assert_string_equal(cfg.cmdline, "");
    assert_string_equal(cfg.name, "");
}

static void test_all_options(void **state)
{
    assert_int_equal(
        parse("/boot/k kernel mode=fv  mem=128 vcpus=4 name=web-1 weight=512 -- root=/dev/x  -- y"),
        MODULE_KERNEL);
    assert_int_equal(cfg.kind, DOMAIN_FV);
    assert_int_equal(cfg.mem_mib, 128);
    assert_int_equal(cfg.vcpus, 4);
    assert_int_equal(cfg.weight, 512);
    assert_string_equal(cfg.name, "web-1");
    assert_string_equal(cfg.cmdline, "root=/dev/x  -- y");
}

/* PVH: an FV domain that has nothing but what Xen gives it. */
static void test_pvh(void **state)
{
    assert_int_equal(parse("kernel mode=pvh"), MODULE_KERNEL);
    assert_int_equal(cfg.kind, DOMAIN_FV);
    assert_true(cfg.pvh && cfg.xen);
    assert_int_equal(parse("kernel mode=fv"), MODULE_KERNEL);
    assert_false(cfg.pvh || cfg.xen);
}

static void test_guest_words_are_not_options(void **state)
{
    assert_int_equal(parse("kernel -- mem=0 bogus"), MODULE_KERNEL);
    assert_int_equal(cfg.mem_mib, 64);
    assert_string_equal(cfg.cmdline, "mem=0 bogus");
}

static void test_ramdisk(void **state)
{
    assert_int_equal(parse("ramdisk"), MODULE_RAMDISK);
    assert_int_equal(parse("/x/initrd.img ramdisk "), MODULE_RAMDISK);
    bad("ramdisk quiet", "nothing may follow");
}

static void test_xen_convention(void **state)
{
    assert_int_equal(parse("/boot/vmlinux console=hvc0 quiet"), MODULE_BARE);
    assert_string_equal(cfg.cmdline, "console=hvc0 quiet");
    assert_int_equal(cfg.kind, DOMAIN_PV);
    assert_int_equal(parse(""), MODULE_BARE);
    assert_string_equal(cfg.cmdline, "");
    assert_int_equal(parse("  name"), MODULE_BARE);
    assert_string_equal(cfg.cmdline, "");
    assert_int_equal(parse("a b kernel"), MODULE_BARE); /* only the first two words count */
}

static void test_refuses(void **state)
{
    bad("kernel mode=hvm", "pv, fv or pvh");
    bad("kernel mem=0", "MiB");
    bad("kernel mem=", "MiB");
    bad("kernel mem=12x", "MiB");
    bad("kernel mem=99999999999999999999", "MiB");
    bad("kernel vcpus=33", "1 to 32");
    bad("kernel vcpus=-1", "1 to 32");
    bad("kernel weight=65536", "65535");
    bad("kernel name=", "23");
    bad("kernel name=aaaaaaaaaaaaaaaaaaaaaaaa", "23");
    bad("kernel name=a\"b", "printable");
    bad("kernel frob", "\"frob\"");
    bad("kernel mem", "\"mem\"");
}

static void test_disks(void **state)
{
    assert_int_equal(parse("kernel disk=ram:64,xvda,w disk=ram:8:pool,hdc,r,iops=500 "
                           "disk=virtio:3,sdb,w -- disk=x"),
                     MODULE_KERNEL);
    assert_int_equal(cfg.nr_disks, 3);
    assert_int_equal(cfg.disk[0].media, DISK_RAM);
    assert_int_equal(cfg.disk[0].mib, 64);
    assert_string_equal(cfg.disk[0].name, "");
    assert_string_equal(cfg.disk[0].vdev, "xvda");
    assert_int_equal(cfg.disk[0].number, 51712);
    assert_true(cfg.disk[0].writable);
    assert_int_equal(cfg.disk[0].iops, 0);
    assert_string_equal(cfg.disk[1].name, "pool");
    assert_int_equal(cfg.disk[1].number, 5632);
    assert_false(cfg.disk[1].writable);
    assert_int_equal(cfg.disk[1].iops, 500);
    assert_int_equal(cfg.disk[2].media, DISK_VIRTIO);
    assert_int_equal(cfg.disk[2].index, 3);
    assert_int_equal(cfg.disk[2].number, 2064);
}

static void test_disks_refused(void **state)
{
    bad("kernel disk=rom:1,xvda,w", "ram:MiB");
    bad("kernel disk=ram:0,xvda,w", "ram:MiB");
    bad("kernel disk=ram:1:,xvda,w disk=ram:1,xvda,w", "same name");
    bad("kernel disk=ram:1:a-name-too-long-for-it,xvda,w", "ram:MiB");
    bad("kernel disk=virtio:0:x,xvda,w", "ram:MiB");
    bad("kernel disk=virtio:,xvda,w", "ram:MiB");
    bad("kernel disk=ram:1,xvdq,w", "xvda to xvdp");
    bad("kernel disk=ram:1,hde,w", "xvda to xvdp");
    bad("kernel disk=ram:1,xvda1,w", "xvda to xvdp");
    bad("kernel disk=ram:1,,w", "xvda to xvdp");
    bad("kernel disk=ram:1,xvda", "r or w");
    bad("kernel disk=ram:1,xvda,w,fast", "iops=N");
    bad("kernel disk=ram:1,xvda,w,iops=0", "iops=N");
    bad("kernel disk=ram:1,xvda,w disk=ram:1,xvdb,w disk=ram:1,xvdc,w disk=ram:1,xvdd,w "
        "disk=ram:1,xvde,w",
        "4 disks");
}

static void test_nets(void **state)
{
    assert_int_equal(parse("kernel net net=rate=1000,mac=00:16:3e:0a:BC:01 xen=1"), MODULE_KERNEL);
    assert_int_equal(cfg.nr_nics, 2);
    assert_false(cfg.nic[0].has_mac);
    assert_int_equal(cfg.nic[0].rate_kib, 0);
    assert_true(cfg.nic[1].has_mac);
    assert_memory_equal(cfg.nic[1].mac, "\x00\x16\x3e\x0a\xbc\x01", 6);
    assert_int_equal(cfg.nic[1].rate_kib, 1000);
    assert_true(cfg.xen);
    assert_false(cfg.observer);
    assert_int_equal(parse("kernel observer net"), MODULE_KERNEL);
    assert_true(cfg.observer);
    bad("kernel observer=1", "not an option");
    bad("kernel net net net", "2 network");
    bad("kernel net=mac=00:16:3e:0a:bc", "mac must");
    bad("kernel net=mac=01:16:3e:0a:bc:01", "mac must");
    bad("kernel net=mac=00:16:3e:0a:bc:0g", "mac must");
    bad("kernel net=rate=0", "rate=KiB");
    bad("kernel net=fast", "rate=KiB");
    bad("kernel xen=2", "0 or 1");
}

static void test_long_word_is_cut_in_the_message(void **state)
{
    char line[600] = "kernel ";

    memset(line + 7, 'z', 500);
    assert_int_equal(parse(line), MODULE_BAD);
    assert_true(strlen(err) < sizeof(err));
}

static bool options(const char *line, struct hv_options *o, const char **rest)
{
    memset(o, 0, sizeof(*o));
    return options_parse(line, o, rest, err, sizeof(err));
}

static void test_hv_options(void **state)
{
    struct hv_options o;
    const char *rest;

    assert_true(options("", &o, &rest));
    assert_string_equal(rest, "");
    assert_true(options("build/hv-stub.elf strict  stats", &o, &rest));
    assert_true(o.strict && o.stats && !o.prefix && !o.debug);
    assert_true(options("prefix debug -- kernel mem=8 -- a", &o, &rest));
    assert_true(o.prefix && o.debug && !o.strict);
    assert_string_equal(rest, "kernel mem=8 -- a");
    assert_true(options("blk-restart=50 stats", &o, &rest));
    assert_int_equal(o.blk_restart_ms, 50);
    assert_true(o.stats);
    assert_true(options("net-restart=70", &o, &rest));
    assert_int_equal(o.net_restart_ms, 70);
    assert_false(options("blk-restart=0", &o, &rest));
    assert_false(options("blk-restart", &o, &rest));
    assert_false(options("strcit", &o, &rest));
    assert_false(options("strict x.y", &o, &rest));
    assert_non_null(strstr(err, "x.y"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_all_options),
        cmocka_unit_test(test_pvh),
        cmocka_unit_test(test_guest_words_are_not_options),
        cmocka_unit_test(test_ramdisk),
        cmocka_unit_test(test_xen_convention),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_disks),
        cmocka_unit_test(test_disks_refused),
        cmocka_unit_test(test_nets),
        cmocka_unit_test(test_long_word_is_cut_in_the_message),
        cmocka_unit_test(test_hv_options),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
