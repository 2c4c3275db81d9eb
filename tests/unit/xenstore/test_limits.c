/* SPDX-License-Identifier: MIT */
/* What one domain may use up, and that others and hv-stub do not notice when it does. */
#include "world.h"

#include <setjmp.h>
#include <stdio.h>

#include <cmocka.h>

static char reply[XENSTORE_PAYLOAD_MAX + 1];

static int setup(void **state)
{
    world_start(2);
    return 0;
}

static int teardown(void **state)
{
    assert_false(spin_is_locked(&xs_lock));
    assert_true(world_end());
    return 0;
}

static uint32_t ask(uint32_t type, uint32_t tx, const char *fmt, unsigned i)
{
    char arg[100];
    int n = snprintf(arg, sizeof(arg), fmt, i);

    return guest_ask(1, type, tx, arg, (uint32_t)n + 1, reply);
}

static void test_nodes(void **state)
{
    unsigned made = xs_nodes_owned(1);

    while (ask(XS_MKDIR, 0, "data/x/%04u", made) == XS_MKDIR && made < 2000)
        made++;
    assert_string_equal(reply, "ENOSPC");
    assert_int_equal(xs_nodes_owned(1), XS_MAX_NODES < made ? XS_MAX_NODES : xs_nodes_owned(1));
    assert_int_equal(ask(XS_RM, 0, "data/x", 0), XS_RM);
    assert_int_equal(ask(XS_MKDIR, 0, "data/y", 0), XS_MKDIR);
}

/* What could not be made whole leaves nothing behind. */
static void test_node_quota_is_all_or_nothing(void **state)
{
    uint32_t before;

    for (unsigned i = 0; xs_nodes_owned(1) < XS_MAX_NODES - 2; i++)
        assert_int_equal(ask(XS_MKDIR, 0, i % 2 ? "attr/%u" : "data/%u", i), XS_MKDIR);
    before = xs_nodes_owned(1);
    assert_int_equal(ask(XS_MKDIR, 0, "error/a/b/c", 0), XS_ERROR);
    assert_string_equal(reply, "ENOSPC");
    assert_int_equal(xs_nodes_owned(1), before);
    guest_expect(1, XS_DIRECTORY, "error", "");
    assert_int_equal(ask(XS_MKDIR, 0, "error/a/b", 0), XS_MKDIR);
    assert_int_equal(xs_nodes_owned(1), XS_MAX_NODES);
}

static void test_watches(void **state)
{
    char arg[32];

    for (unsigned i = 0; i <= XS_MAX_WATCHES; i++) {
        int n = snprintf(arg, sizeof(arg), "data/%u%ct", i, 0);

        assert_int_equal(guest_ask(1, XS_WATCH, 0, arg, (uint32_t)n + 1, reply), XS_WATCH);
    }
    assert_int_equal(guest_ask(1, XS_WATCH, 0, "a\0b", 4, reply), XS_ERROR);
    assert_string_equal(reply, "E2BIG");
}

static void test_transactions_touch_so_much(void **state)
{
    guest_expect(1, XS_TRANSACTION_START, "", "1");
    for (unsigned i = 0; i < 2000; i++)
        if (ask(XS_READ, 1, "data/%u", i) == XS_ERROR && strcmp(reply, "ENOENT"))
            break;
    assert_string_equal(reply, "ENOSPC");
    ask(XS_TRANSACTION_END, 1, "T", 0);
    assert_string_equal(reply, "ENOMEM");
    ask(XS_TRANSACTION_END, 1, "T", 0);
    assert_string_equal(reply, "ENOENT");
}

/* Nodes at their largest, copied into as many transactions as there may be. */
static void test_memory(void **state)
{
    static char value[2100];
    bool full = false;
    uint32_t tx;

    for (unsigned i = 0; i < 400; i++) {
        int n = snprintf(value, sizeof(value), "data/%u%c", i, 0);

        memset(value + n, 'x', 2000);
        guest_ask(1, XS_WRITE, 0, value, (uint32_t)n + 1990, reply);
        assert_true(xs_memory_used(1) <= XS_MAX_MEMORY);
    }
    for (unsigned t = 1; t <= XS_MAX_TX; t++) {
        guest_ask(1, XS_TRANSACTION_START, 0, "", 1, reply);
        tx = t;
        for (unsigned i = 0; i < 400 && !full; i++)
            full = ask(XS_READ, tx, "data/%u", i) == XS_ERROR && !strcmp(reply, "ENOMEM");
        assert_true(xs_memory_used(1) <= XS_MAX_MEMORY);
    }
    assert_true(full);
    guest_expect(2, XS_READ, "name", "guest2");
    assert_int_equal(guest_ask(2, XS_WRITE, 0, "data/a\0b", 8, reply), XS_WRITE);
}

/* Events to one that does not read them: the last word on every watch is kept. */
static void test_watch_storm(void **state)
{
    struct xsd_sockmsg m;
    bool seen_a = false, seen_b = false;
    char arg[64];

    guest_ask(1, XS_SET_PERMS, 0, "data\0b1", 8, reply);
    guest_ask(1, XS_WATCH, 0, "data/a\0t", 9, reply);
    guest_ask(1, XS_WATCH, 0, "data/b\0t", 9, reply);
    while (guest_receive(1, reply).type != XS_INVALID)
        ;
    for (unsigned i = 0; i < 400; i++) {
        int n = snprintf(arg, sizeof(arg), "/local/domain/1/data/a/%u%cx", i, 0);

        assert_int_equal(guest_ask(2, XS_WRITE, 0, arg, (uint32_t)n, reply), XS_WRITE);
    }
    assert_int_equal(guest_ask(2, XS_WRITE, 0, "/local/domain/1/data/b\0x", 24, reply), XS_WRITE);
    assert_true(xs_memory_used(1) < 64 * 1024);
    for (unsigned n = 0; (m = guest_receive(1, reply)).type != XS_INVALID; n++) {
        assert_int_equal(m.type, XS_WATCH_EVENT);
        seen_a |= !strcmp(reply, "data/a");
        seen_b |= !strcmp(reply, "data/b");
        assert_true(n < 400);
    }
    assert_true(seen_a && seen_b);
}

/* The same event waits once. */
static void test_same_event_once(void **state)
{
    unsigned events = 0;

    guest_send(1, XS_WATCH, 0, "data\0t", 7);
    while (guest_receive(1, reply).type != XS_INVALID)
        ;
    for (int i = 0; i < 10; i++)
        assert_int_equal(hv_xenstore_write("/local/domain/1/data", "x"), 0);
    for (struct xsd_sockmsg m; (m = guest_receive(1, reply)).type != XS_INVALID;)
        events += m.type == XS_WATCH_EVENT;
    assert_true(events >= 1 && events <= 10);
}

/* Out of memory at any point: an error, nothing broken, nothing lost. */
static void test_no_memory(void **state)
{
    for (unsigned after = 1; after < 30; after++) {
        char arg[2100];

        world_fail_after = after;
        for (unsigned i = 0; i < 30; i++) {
            int n = snprintf(arg, sizeof(arg), "data/%u/%u%c", after, i, 0);

            memset(arg + n, 'x', 1900);
            guest_ask(1, XS_WRITE, 0, arg, (uint32_t)n + 1900, reply);
        }
        if (guest_ask(1, XS_TRANSACTION_START, 0, "", 1, reply) == XS_TRANSACTION_START) {
            uint32_t tx = (uint32_t)str_to_u64(reply, NULL);

            ask(XS_MKDIR, tx, "data/t/%u", after);
            ask(XS_RM, tx, "data/%u", after - 1);
            ask(XS_TRANSACTION_END, tx, "T", 0);
        }
        world_fail_after = 0;
        ask(XS_RM, 0, "data/%u", after);
        guest_expect(1, XS_READ, "name", "guest1");
    }
}

int main(void)
{
#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_nodes),           T(test_node_quota_is_all_or_nothing),
        T(test_watches),         T(test_transactions_touch_so_much),
        T(test_memory),          T(test_watch_storm),
        T(test_same_event_once), T(test_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
