/* SPDX-License-Identifier: MIT */
/* The control channel: requests as they come from the port, what they do and what is answered. */
#include "fake_frames.h"
#include "domain.h"
#include "hv_disk.h"
#include "hv_job.h"
#include "hv_xenstore.h"

static struct domain *a, *b;

static int setup(void **state)
{
    if (!a) { /* the store outlives a test, so the world does */
        world_reset(1);
        a = world_domain(2, 256);
        b = world_domain(1, 100);
        assert_int_equal(hv_xenstore_domain_start(a), 0);
        assert_int_equal(hv_xenstore_domain_start(b), 0);
    }
    fake_jobs = jobs_run;
    control_init();
    fake_uart_clear(2);
    return 0;
}

/* What is answered to text in the end. */
static const char *ask(const char *text)
{
    fake_uart_clear(2);
    fake_ask(text);
    control_input();
    fake_run(100000000);
    return fake_uart[2];
}

static bool held(const struct domain *d)
{
    return d->vcpu[0]->pause & VCPU_HELD;
}

static void test_list(void **state)
{
    const char *got = ask("list\n");

    assert_non_null(
        strstr(got, "- id=1 name=test1 kind=pv state=running vcpus=2 online=1 weight="));
    assert_non_null(strstr(got, "\n- id=2 name=test2 "));
    assert_string_equal(got + strlen(got) - 4, "\nok\n");
}

static void test_tags(void **state)
{
    assert_string_equal(ask("\n\n@7f.1 xs-read /local/domain/1/name\n"),
                        "@7f.1 - test1\n@7f.1 ok\n");
    assert_string_equal(ask("@7f.2 nonsense\n"), "@7f.2 error no such command\n");
}

static void test_requests_one_after_the_other(void **state)
{
    assert_string_equal(ask("xs-write /c/a 1\nxs-write /c/b 2\nxs-ls /c\n"),
                        "ok\nok\n- a\n- b\nok\n");
    assert_string_equal(ask("xs-rm /c\n"), "ok\n");
    assert_string_equal(ask("xs-ls /c\n"), "error ENOENT\n");
    assert_string_equal(ask("xs-ls"), ""); /* not complete */
    assert_string_equal(ask(" /local/domain/2/cpu\n"), "- 0\nok\n");
}

static void test_escapes(void **state)
{
    assert_string_equal(ask("xs-write /c/a x\\x20\\x5c\\x0ay\n"), "ok\n");
    assert_string_equal(ask("xs-read /c/a\n"), "- x\\x20\\x5c\\x0ay\nok\n");
    assert_non_null(strstr(ask("xs-write /c/a x\\y\n"), "error"));
    assert_non_null(strstr(ask("xs-write /c/a x\\x0\n"), "error"));
    assert_non_null(strstr(ask("xs-write /c/a x\\x00\n"), "error"));
    assert_string_equal(ask("xs-write /c/a\n"), "ok\n"); /* nothing is a value, too */
    assert_string_equal(ask("xs-read /c/a\n"), "- \nok\n");
}

static void test_refusals(void **state)
{
    static const char *const bad[] = {
        "destroy\n",   "destroy 0\n",  "destroy 3\n",     "destroy 99999999999\n",
        "destroy x\n", "destroy 1x\n", "xs-ls a b c d\n", "@\n",
        " \n",         "maxmem 1 0\n", "maxmem 1 x\n"};

    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++)
        assert_non_null(strstr(ask(bad[i]), "error "));
    assert_true(domain_alive(a) && domain_alive(b));
}

static void test_a_line_without_end(void **state)
{
    static char text[20000];

    memset(text, 'a', sizeof(text) - 2);
    text[sizeof(text) - 2] = '\n';
    assert_string_equal(ask(text), "error the line is too long\n");
    assert_string_equal(ask("xs-rm /c\n"), "ok\n");
}

static void test_an_answer_too_long(void **state)
{
    static char value[8000];
    int at = hv_snprintf(value, sizeof(value), "xs-write /c/a ");

    for (unsigned i = 0; i < 1900; i++)
        at += hv_snprintf(value + at, sizeof(value) - (size_t)at, "\\x0a");
    hv_snprintf(value + at, sizeof(value) - (size_t)at, "\n");
    assert_string_equal(ask(value), "ok\n");
    assert_int_equal(strlen(ask("xs-read /c/a\n")), 2 + 4 * 1900 + 4);
}

static void test_pause(void **state)
{
    assert_string_equal(ask("pause 1\n"), "ok\n");
    assert_true(held(a));
    assert_non_null(strstr(ask("list\n"), "name=test1 kind=pv state=paused"));
    assert_string_equal(ask("unpause 1\n"), "ok\n");
    assert_false(held(a));
}

static void test_audit(void **state)
{
    assert_string_equal(ask("audit 1\n"), "- violations=0\nok\n");
    assert_false(held(a)); /* runs again */
    ask("pause 1\n");
    assert_string_equal(ask("audit 1\n"), "- violations=0\nok\n");
    assert_true(held(a)); /* as it was */
    ask("unpause 1\n");
}

static void test_maxmem(void **state)
{
    assert_string_equal(ask("maxmem 2 2048\n"), "ok\n");
    assert_int_equal(b->max_pages, 512);
}

static void test_stats(void **state)
{
    const char *got = ask("stats 2\n");

    assert_memory_equal(got, "- {\"id\":2,\"name\":\"test2\"", 23);
    assert_string_equal(got + strlen(got) - 5, "}\nok\n");
}

/* The whole of it is in tests/unit/hv_backend/test_detach.c; here, who may have what. */
static void test_disks_come(void **state)
{
    assert_string_equal(ask("block-attach 1 ram:1,xvdb,w\n"), "- vbd/51728\nok\n");
    assert_non_null(strstr(ask("block-attach 1 ram:1,xvdb,w\n"), "error "));
    assert_non_null(domain_disk(1, 0));
    assert_string_equal(ask("block-attach 1 ram:1:both,sda,r\n"), "- vbd/2048\nok\n");
    assert_string_equal(ask("block-attach 2 ram:1:both,xvdp,r,iops=5\n"), "- vbd/51952\nok\n");
    assert_non_null(strstr(ask("block-attach 2 ram:1:both,xvdo,w\n"), "error somebody uses"));
    for (char c = 'c'; c <= 'h'; c++) {
        char line[40];

        hv_snprintf(line, sizeof(line), "block-attach 1 ram:1:both,xvd%c,r\n", c);
        assert_non_null(strstr(ask(line), "ok\n"));
    }
    assert_string_equal(ask("block-attach 1 ram:1,xvdi,w\n"), "error it can have no more\n");
    for (uint32_t i = 0; i < HV_MAX_DISKS; i++)
        disk_detach(domain_disk(1, i));
    disk_detach(domain_disk(2, 0));
}

static void test_devices_refused(void **state)
{
    static const char *const bad[] = {
        "block-attach 1\n",
        "block-attach 1 ram:1,xvdb\n",
        "block-attach 1 ram:1,nonsense,w\n",
        "block-attach 1 ram:1,xvdb,w,\\x20\n",
        "block-attach 1 virtio:0,xvdb,w\n",
        "block-attach 1 virtio:255,xvdb,w\n",
        "block-attach 3 ram:1,xvdb,w\n",
        "net-attach 1 mac=01:16:3e:00:00:00\n",
        "net-attach 1 bridge=x\n",
        "detach 1 vbd/1\n",
        "detach 1\n",
        "detach 1 vbd/1 farce\n",
        "disk-add\n",
        "disk-add x\n",
        "disk-add 65536\n",
        "disk-add 8\n",
        "disk-remove 0\n",
        "disk-remove 32\n",
        "disk-function 99999999999999999999\n",
    };

    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++)
        assert_non_null(strstr(ask(bad[i]), "error "));
    assert_null(domain_disk(1, 0));
    a->kind = DOMAIN_FV;
    a->cfg = &(struct domain_config){.kind = DOMAIN_FV};
    assert_string_equal(ask("block-attach 1 ram:1,xvdb,w\n"), "error it has no PV devices\n");
    assert_string_equal(ask("net-attach 1\n"), "error it has no PV devices\n");
    a->kind = DOMAIN_PV;
    a->cfg = NULL;
}

static void test_destroy(void **state)
{
    assert_string_equal(ask("destroy 2\n"), "ok\n");
    assert_false(domain_alive(b));
    assert_string_equal(domain_end_name(b), "destroyed");
    assert_non_null(strstr(ask("list\n"), "name=test2 kind=pv state=destroyed"));
    assert_string_equal(ask("audit 2\n"), "- violations=0\nok\n");
    assert_string_equal(ask("block-attach 2 ram:1,xvdb,w\n"), "error the domain has ended\n");
    assert_string_equal(ask("detach 2 vbd/51728\n"), "error the domain has ended\n");
    assert_string_equal(ask("destroy 2\n"), "ok\n");
    assert_true(domain_alive(a));
}

int main(void)
{
#define T(t) cmocka_unit_test_setup(t, setup)
    const struct CMUnitTest tests[] = {
        T(test_list),
        T(test_tags),
        T(test_requests_one_after_the_other),
        T(test_escapes),
        T(test_refusals),
        T(test_a_line_without_end),
        T(test_an_answer_too_long),
        T(test_pause),
        T(test_audit),
        T(test_maxmem),
        T(test_stats),
        T(test_disks_come),
        T(test_devices_refused),
        T(test_destroy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
