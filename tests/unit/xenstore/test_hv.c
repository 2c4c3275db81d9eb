/* SPDX-License-Identifier: MIT */
/* hv-stub's own use of the store, the nodes a domain begins with, and what is left after its end.
 */
#include "world.h"

#include <setjmp.h>

#include <cmocka.h>

static char reply[XENSTORE_PAYLOAD_MAX + 1];
static char seen[10][64];
static unsigned nr_seen;

static int setup(void **state)
{
    world_start(2);
    nr_seen = 0;
    return 0;
}

static int teardown(void **state)
{
    assert_false(spin_is_locked(&xs_lock));
    assert_true(world_end());
    return 0;
}

static void note(const char *path, void *ctx)
{
    assert_false(spin_is_locked(&xs_lock));
    if (nr_seen < 10)
        strcpy_n(seen[nr_seen++], path, sizeof(seen[0]));
}

static void test_read_write(void **state)
{
    char buf[16];
    uint32_t n;

    assert_int_equal(hv_xenstore_read("/a/b", buf, sizeof(buf)), -XEN_ENOENT);
    assert_int_equal(hv_xenstore_write("/a/b", "hello"), 0);
    assert_int_equal(hv_xenstore_read("/a/b", buf, sizeof(buf)), 5);
    assert_string_equal(buf, "hello");
    assert_int_equal(hv_xenstore_read("/a/b", buf, 3), 5);
    assert_string_equal(buf, "he");
    assert_int_equal(hv_xenstore_read_u32("/a/b", &n), -XEN_EINVAL);
    assert_int_equal(hv_xenstore_printf("/a/c", "%u", 4294967295u), 0);
    assert_int_equal(hv_xenstore_read_u32("/a/c", &n), 0);
    assert_int_equal(n, 4294967295u);
    for (unsigned i = 0; i < 4; i++) {
        static const char *const bad[] = {"", "4294967296", "0x10", "1 "};

        assert_int_equal(hv_xenstore_write("/a/c", bad[i]), 0);
        assert_int_equal(hv_xenstore_read_u32("/a/c", &n), -XEN_EINVAL);
    }
    assert_int_equal(hv_xenstore_directory("/a", buf, sizeof(buf)), 4);
    assert_memory_equal(buf, "b\0c", 4);
    assert_int_equal(hv_xenstore_directory("/a", buf, 3), -XEN_E2BIG);
    assert_int_equal(hv_xenstore_rm("/a"), 0);
    assert_int_equal(hv_xenstore_directory("/a", buf, 3), -XEN_ENOENT);
    assert_int_equal(hv_xenstore_write("bad path", ""), -XEN_EINVAL);
}

static void test_watch(void **state)
{
    assert_int_equal(hv_xenstore_watch("/w", note, NULL), 0);
    assert_int_equal(nr_seen, 1);
    assert_int_equal(hv_xenstore_watch("/w", note, NULL), -XEN_EEXIST);
    assert_int_equal(hv_xenstore_watch("/w", note, seen), 0);
    assert_int_equal(hv_xenstore_unwatch("/w", note, seen), 0);
    assert_int_equal(hv_xenstore_unwatch("/w", note, seen), -XEN_ENOENT);
    nr_seen = 0;
    assert_int_equal(hv_xenstore_write("/w/x/y", "1"), 0);
    assert_int_equal(hv_xenstore_write("/v", "1"), 0);
    assert_int_equal(hv_xenstore_rm("/w"), 0);
    assert_int_equal(nr_seen, 2);
    assert_string_equal(seen[0], "/w/x/y");
    assert_string_equal(seen[1], "/w");
}

/* A guest's write calls the back-end's watcher, which answers in the store. */
static void echo(const char *path, void *ctx)
{
    char value[16];

    if (hv_xenstore_read(path, value, sizeof(value)) > 0)
        hv_xenstore_printf("/local/domain/1/device/answer", "%s!", value);
}

static void test_guest_calls_watcher(void **state)
{
    assert_int_equal(hv_xenstore_watch("/local/domain/1/data/q", echo, NULL), 0);
    guest_ask(1, XS_WATCH, 0, "device/answer\0t", 16, reply);
    while (guest_receive(1, reply).type != XS_INVALID)
        ;
    assert_int_equal(guest_ask(1, XS_WRITE, 0, "data/q\0hello", 12, reply), XS_WRITE);
    assert_int_equal(guest_receive(1, reply).type, XS_WATCH_EVENT);
    assert_string_equal(reply, "device/answer");
    guest_expect(1, XS_READ, "device/answer", "hello!");
}

static void test_nodes_of_a_domain(void **state)
{
    static const struct {
        const char *path, *value, *perms;
    } t[] = {
        {"name", "guest1", "n0"},
        {"domid", "1", "n0"},
        {"vm", "/vm/70766b69-7400-4000-8000-000000000001", "n0"},
        {"memory/target", "65536", "n0"},
        {"memory/static-max", "65536", "n0"},
        {"cpu/0/availability", "online", "n0"},
        {"console/type", "xenconsoled", "n0"},
        {"console/limit", "1048576", "n0"},
        {"console/output", "pty", "n0"},
        {"store/port", "1", "n0"},
        {"control/platform-feature-multiprocessor-suspend", "1", "n0"},
        {"control/platform-feature-xs_reset_watches", "1", "n0"},
        {"control/shutdown", "", "n1"},
        {"control/feature-poweroff", "", "n1"},
        {"device/suspend/event-channel", "", "n1"},
        {"data", "", "n1"},
        {"drivers", "", "n1"},
        {"attr", "", "n1"},
        {"error", "", "n1"},
        {"device", "", "n0"},
        {"/vm/70766b69-7400-4000-8000-000000000001/name", "guest1", "n0"},
    };

    for (unsigned i = 0; i < ARRAY_SIZE(t); i++) {
        guest_expect(1, XS_READ, t[i].path, t[i].value);
        assert_int_equal(
            guest_ask(1, XS_GET_PERMS, 0, t[i].path, (uint32_t)strlen(t[i].path) + 1, reply),
            XS_GET_PERMS);
        assert_string_equal(reply, t[i].perms); /* n0 is followed by r1 */
    }
    guest_expect(2, XS_READ, "/local/domain/1/name", "EACCES");
    guest_expect(2, XS_READ, "/vm/70766b69-7400-4000-8000-000000000001", "EACCES");
}

static void test_an_observer_reads_only(void **state)
{
    static const struct domain_config observing = {.observer = true};

    domains[2]->cfg = &observing;
    guest_expect(2, XS_READ, "/local/domain/1/name", "guest1");
    guest_ask(2, XS_WRITE, 0, "/local/domain/1/name\0x", 22, reply);
    assert_string_equal(reply, "EACCES");
    guest_expect(2, XS_RM, "/local/domain/1/data", "EACCES");
    guest_expect(2, XS_DIRECTORY, "/local/domain/1/cpu", "0");
    guest_expect(1, XS_READ, "/local/domain/2/name", "EACCES");
}

static void test_domains_come_and_go(void **state)
{
    char buf[64];

    guest_ask(2, XS_WATCH, 0, "@releaseDomain\0t", 17, reply);
    while (guest_receive(2, reply).type != XS_INVALID)
        ;
    assert_int_equal(hv_xenstore_watch("@releaseDomain", note, NULL), 0);
    assert_int_equal(hv_xenstore_watch("/local/domain/1", note, NULL), 0);
    hv_xenstore_set_perms("/local/domain/2/data", 2, 'w', 2, 'w');
    assert_int_equal(guest_ask(1, XS_WRITE, 0, "/local/domain/2/data/x/y\0z", 26, reply), XS_WRITE);
    guest_expect(1, XS_TRANSACTION_START, "", "1");
    guest_ask(1, XS_WRITE, 1, "data/a\0x", 8, reply);
    nr_seen = 0;
    hv_xenstore_domain_end(domains[1]);
    assert_int_equal(nr_seen, 2);
    assert_string_equal(seen[0], "/local/domain/1");
    assert_string_equal(seen[1], "@releaseDomain");
    assert_int_equal(hv_xenstore_read("/local/domain/1/name", buf, sizeof(buf)), -XEN_ENOENT);
    assert_int_equal(hv_xenstore_directory("/vm", buf, sizeof(buf)), 37);
    guest_expect(2, XS_DIRECTORY, "data", "");
    assert_int_equal(guest_receive(2, reply).type, XS_INVALID); /* that is not for guests */
    assert_int_equal(xs_nodes_owned(1), 0);
    world_kick(1); /* a last event changes nothing */
    hv_xenstore_domain_end(domains[1]);
    assert_int_equal(nr_seen, 2);
}

int main(void)
{
#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_read_write),
        T(test_watch),
        T(test_guest_calls_watcher),
        T(test_nodes_of_a_domain),
        T(test_an_observer_reads_only),
        T(test_domains_come_and_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
