/* SPDX-License-Identifier: MIT */
/* The collator: what it takes from a log, that absence is never a number, when targets are missed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report.h"

static char dir[] = "/tmp/benchtab.XXXXXX";
static struct report r;

static void put(const char *name, const char *text)
{
    char path[128];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    f = fopen(path, "we");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void drop(const char *name)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    unlink(path);
}

static int fresh_dir(void **state)
{
    strcpy(dir, "/tmp/benchtab.XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    static const char *const names[] = {"bare.log",   "fv.log",    "pv.log",
                                        "xen-pv.log", "pv.reason", "measures"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        drop(names[i]);
    return rmdir(dir);
}

static void test_rows_are_read(void **state)
{
    const struct row *row;

    put("pv.log", "pvkit shim: xen\r\n"
                  "(d1) BENCH {\"op\":\"own_op\",\"n\":10,\"instructions\":7.5,\"events\":null}\r\n"
                  "BENCH {\"op\":\"yield\",\"n\":10,\"instructions\":600,\"events\":1.00}\r\n"
                  "BENCH {\"op\":\"yield\",\"n\":10,\"instructions\":500,\"events\":1.00}\r\n"
                  "BENCH {\"op\":\"yield\",\"n\":10,\"instructions\":550,\"events\":2.00}\r\n"
                  "BENCH-END\r\n");
    report_read(&r, dir);
    assert_true(r.complete[ENV_PV]);
    assert_int_equal(r.nrows, 2);
    row = report_find(&r, "yield");
    assert_non_null(row);
    assert_true(row->cell[ENV_PV].instructions == 500);
    assert_true(row->cell[ENV_PV].has_events);
    assert_false(row->cell[ENV_FV].present);
    row = report_find(&r, "own_op");
    assert_non_null(row);
    assert_false(row->cell[ENV_PV].has_events);
    assert_null(report_find(&r, "syscall"));
}

static void test_unfinished_and_absent_runs_have_reasons(void **state)
{
    put("pv.log", "BENCH {\"op\":\"yield\",\"n\":1,\"instructions\":5,\"events\":1}\n");
    put("fv.log", "BENCH {\"op\":\"yi\nBENCH-END\n");
    report_read(&r, dir);
    assert_false(r.complete[ENV_PV]);
    assert_string_equal(r.reason[ENV_PV], "ended without BENCH-END");
    assert_string_equal(r.reason[ENV_BARE], "did not run");
    assert_non_null(strstr(r.reason[ENV_FV], "damaged"));
    put("pv.reason", "hvrun: timeout after 120 seconds\n");
    report_read(&r, dir);
    assert_string_equal(r.reason[ENV_PV], "hvrun: timeout after 120 seconds");
}

static bool target_met(const char *what, bool *present)
{
    struct target_outcome t;

    for (size_t i = 0; target_outcome(&r, i, &t); i++)
        if (!strcmp(t.what, what)) {
            *present = t.present;
            return t.met;
        }
    fail_msg("no target %s", what);
    return false;
}

static void test_targets(void **state)
{
    bool present;

    put("pv.log",
        "BENCH {\"op\":\"null_hypercall\",\"n\":1,\"instructions\":84.0,\"events\":1}\n"
        "BENCH {\"op\":\"stack_switch\",\"n\":1,\"instructions\":73.1,\"events\":1}\nBENCH-END\n");
    put("measures",
        "image_bytes 262145\nimage_core_bytes 163840\nboot_ms_stub 401\nboot_ms_xen 800\n"
        "linux_boot_ms_stub 3200\nlinux_boot_ms_bare 2000\nlinux_boot_ms_xen 6399\n"
        "idle_percent - the guest did not start\n");
    report_read(&r, dir);
    assert_true(target_met("null_hypercall (pv)", &present));
    assert_false(target_met("stack_switch (pv)", &present));
    assert_true(present);
    assert_false(target_met("yield (pv)", &present));
    assert_false(present);
    assert_false(target_met("hv-stub text + rodata", &present));
    assert_true(target_met("the same without devices", &present));
    assert_false(target_met("boot to first line, half of Xen's", &present));
    assert_true(present);
    assert_true(target_met("Linux to its init, 2.2 of bare", &present));
    assert_false(target_met("Linux to its init, half of Xen's", &present));
    assert_true(present);
    assert_false(target_met("idle guest's host CPU", &present));
    assert_false(present);
    assert_string_equal(r.measure[MEASURE_IDLE].reason, "the guest did not start");
    assert_true(target_met("pv column complete", &present));
    assert_false(target_met("xen-pv column complete", &present));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rows_are_read, fresh_dir, remove_dir),
        cmocka_unit_test_setup_teardown(test_unfinished_and_absent_runs_have_reasons, fresh_dir,
                                        remove_dir),
        cmocka_unit_test_setup_teardown(test_targets, fresh_dir, remove_dir),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
