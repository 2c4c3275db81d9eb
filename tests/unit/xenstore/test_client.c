/* SPDX-License-Identifier: MIT */
/* The guest library's client and its XenBus against hv-stub's store: two guests, front and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pvkit/arch.h>
#include <pvkit/xenbus.h>

#include "store_world.h"

#define FRONT "/local/domain/1/device/vdev/0"
#define BACK  "/local/domain/2/data/vdev/0"

static struct pvk_xs xs[3];

/* The store's port of guest n is n here, so a hypercall says who made it. */
static long event(unsigned long number, const unsigned long *args)
{
    const struct evtchn_send *send = (const void *)args[1];

    assert_int_equal(number, __HYPERVISOR_event_channel_op);
    world_kick(send->port);
    return 0;
}

static int setup(void **state)
{
    fake_reset();
    fake_hypercall = event;
    world_start(2);
    for (unsigned i = 1; i < 3; i++)
        pvk_xs_init(&xs[i], world_ring(i), i, NULL, NULL);
    return 0;
}

static int teardown(void **state)
{
    assert_true(world_end());
    return 0;
}

/* ---- the client */

static void test_nodes(void **state)
{
    char value[16];
    uint64_t n;
    uint32_t len;

    assert_int_equal(pvk_xs_read(&xs[1], 0, "name", NULL, value, sizeof(value)), 0);
    assert_string_equal(value, "guest1");
    assert_int_equal(pvk_xs_read(&xs[1], 0, "name", NULL, value, 7), 0);
    assert_int_equal(pvk_xs_read(&xs[1], 0, "name", NULL, value, 6), -XEN_E2BIG);
    assert_string_equal(value, "");
    assert_int_equal(pvk_xs_write_number(&xs[1], 0, "data", "n", UINT64_MAX), 0);
    assert_int_equal(pvk_xs_read_number(&xs[1], 0, "data", "n", &n), 0);
    assert_true(n == UINT64_MAX);
    for (unsigned i = 0; i < 5; i++) {
        static const char *const bad[] = {"", "-1", "1 ", "18446744073709551616", "0x1"};

        assert_int_equal(pvk_xs_write(&xs[1], 0, "data", "n", bad[i]), 0);
        assert_int_equal(pvk_xs_read_number(&xs[1], 0, "data", "n", &n), -XEN_EINVAL);
    }
    assert_int_equal(pvk_xs_mkdir(&xs[1], 0, "data", "d"), 0);
    assert_int_equal(pvk_xs_directory(&xs[1], 0, "data", value, sizeof(value), &len), 0);
    assert_int_equal(len, 4);
    assert_memory_equal(value, "n\0d", 4);
    assert_int_equal(pvk_xs_rm(&xs[1], 0, "data", "n"), 0);
    assert_int_equal(pvk_xs_read_number(&xs[1], 0, "data", "n", &n), -XEN_ENOENT);
    assert_int_equal(pvk_xs_write(&xs[1], 0, "name", NULL, "x"), -XEN_EACCES);
}

static unsigned rounds;

/* Somebody else changes what the transaction read, twice. */
static int count_up(struct pvk_xs *s, uint32_t tx, void *data)
{
    uint64_t n;
    int rc = pvk_xs_read_number(s, tx, "data", "count", &n);

    if (rc)
        return rc;
    if (rounds++ < 2)
        assert_int_equal(hv_xenstore_write("/local/domain/1/data/count", rounds == 1 ? "10" : "20"),
                         0);
    return pvk_xs_write_number(s, tx, "data", "count", n + 1);
}

static int give_up(struct pvk_xs *s, uint32_t tx, void *data)
{
    assert_int_equal(pvk_xs_write(s, tx, "data", "count", "no"), 0);
    return -XEN_EPERM;
}

static void test_transactions(void **state)
{
    uint64_t n;

    rounds = 0;
    assert_int_equal(pvk_xs_write(&xs[1], 0, "data", "count", "1"), 0);
    assert_int_equal(pvk_xs_transact(&xs[1], count_up, NULL, 5), 0);
    assert_int_equal(rounds, 3);
    assert_int_equal(pvk_xs_read_number(&xs[1], 0, "data", "count", &n), 0);
    assert_int_equal(n, 21);
    assert_int_equal(pvk_xs_transact(&xs[1], give_up, NULL, 5), -XEN_EPERM);
    assert_int_equal(pvk_xs_read_number(&xs[1], 0, "data", "count", &n), 0);
    rounds = 0;
    assert_int_equal(pvk_xs_transact(&xs[1], count_up, NULL, 2), -XEN_EAGAIN);
}

static unsigned fired;

static void on_fire(struct pvk_xs_watch *watch)
{
    fired++;
}

static void test_watches(void **state)
{
    struct pvk_xs_watch a, b;

    fired = 0;
    assert_int_equal(pvk_xs_watch(&xs[1], &a, "data", on_fire, NULL), 0);
    assert_int_equal(pvk_xs_watch(&xs[1], &b, "data/x", on_fire, NULL), 0);
    assert_false(pvk_xs_deliver(&xs[1], 10));
    assert_int_equal(fired, 2);
    for (unsigned i = 0; i < 500; i++) /* more than the store keeps for one that does not look */
        assert_int_equal(hv_xenstore_write("/local/domain/1/data/x/y", "1"), 0);
    assert_true(pvk_xs_deliver(&xs[1], 1));
    assert_false(pvk_xs_deliver(&xs[1], 10));
    assert_true(fired >= 4);
    assert_int_equal(pvk_xs_unwatch(&xs[1], &b), 0);
    assert_int_equal(pvk_xs_unwatch(&xs[1], &b), -XEN_ENOENT);
    fired = 0;
    assert_int_equal(hv_xenstore_write("/local/domain/1/data/x/y", "1"), 0);
    pvk_xs_deliver(&xs[1], 10);
    assert_int_equal(fired, 1);
}

static void test_polled(void **state)
{
    struct pvk_xs_part part = {"name", 5};
    char value[16];
    uint32_t len;

    assert_int_equal(pvk_xs_start(&xs[1], XS_READ, 0, &part, 1, value, sizeof(value)), 0);
    if (!pvk_xs_poll(&xs[1]))
        assert_int_equal(pvk_xs_start(&xs[1], XS_READ, 0, &part, 1, value, sizeof(value)),
                         -XEN_EBUSY);
    while (!pvk_xs_poll(&xs[1]))
        ;
    assert_int_equal(pvk_xs_result(&xs[1], &len), 0);
    assert_int_equal(len, 6);
}

/* ---- XenBus: an end of a device that counts what it is told */

struct end {
    struct pvk_xenbus dev;
    const char *node;
    unsigned publishes, connects, stops, disconnects;
    unsigned saw; /* the state of the other that made it connect */
    bool up;      /* connected, as the driver sees it */
    int fail;
};

static struct end front, back;

static struct end *end_of(struct pvk_xenbus *dev)
{
    return dev->data;
}

static int on_publish(struct pvk_xenbus *dev, uint32_t tx)
{
    end_of(dev)->publishes++;
    return pvk_xs_write(dev->xs, tx, dev->node, "parameter", "7");
}

static int on_connect(struct pvk_xenbus *dev)
{
    uint64_t n;

    if (end_of(dev)->fail)
        return end_of(dev)->fail;
    assert_false(end_of(dev)->up);
    end_of(dev)->connects++;
    end_of(dev)->saw = dev->theirs;
    end_of(dev)->up = true;
    return pvk_xs_read_number(dev->xs, 0, dev->other, "parameter", &n);
}

static void on_stop(struct pvk_xenbus *dev)
{
    end_of(dev)->stops++;
}

static void on_disconnect(struct pvk_xenbus *dev)
{
    end_of(dev)->disconnects++;
    end_of(dev)->up = false;
}

static struct pvk_xenbus_ops ops = {on_publish, on_connect, on_stop, on_disconnect, false};

static void make_nodes(void)
{
    hv_xenstore_write(FRONT "/backend", BACK);
    hv_xenstore_write(FRONT "/backend-id", "2");
    hv_xenstore_write(FRONT "/state", "1");
    hv_xenstore_set_perms(FRONT, 1, 'n', 2, 'r');
    hv_xenstore_set_perms(FRONT "/state", 1, 'n', 2, 'r');
    hv_xenstore_write(BACK "/frontend", FRONT);
    hv_xenstore_write(BACK "/frontend-id", "1");
    hv_xenstore_write(BACK "/state", "1");
    hv_xenstore_set_perms(BACK, 2, 'n', 1, 'r');
    hv_xenstore_set_perms(BACK "/state", 2, 'n', 1, 'r');
    memset(&front, 0, sizeof(front));
    memset(&back, 0, sizeof(back));
}

static void open_front(void)
{
    assert_int_equal(
        pvk_xenbus_open(&front.dev, &xs[1], PVK_XENBUS_FRONT, "device/vdev/0", &ops, &front), 0);
}

static void open_back(void)
{
    assert_int_equal(pvk_xenbus_open(&back.dev, &xs[2], PVK_XENBUS_BACK, BACK, &ops, &back), 0);
}

/* Both look, until nothing moves. */
static void settle(void)
{
    for (unsigned i = 0; i < 40; i++) {
        pvk_xs_deliver(&xs[1], 1);
        pvk_xs_deliver(&xs[2], 1);
    }
}

static void assert_states(unsigned f, unsigned b)
{
    assert_int_equal(front.dev.mine, f);
    assert_int_equal(back.dev.mine, b);
}

static void test_connect_either_first(void **state)
{
    for (unsigned order = 0; order < 4; order++) {
        make_nodes();
        ops.at_once = order & 2;
        if (order & 1)
            open_front();
        open_back();
        if (!(order & 1))
            open_front();
        settle();
        assert_states(XenbusStateConnected, XenbusStateConnected);
        assert_int_equal(front.connects + back.connects, 2);
        assert_int_equal(back.saw, order & 2 ? XenbusStateConnected : XenbusStateInitialised);
        assert_int_equal(front.disconnects + back.disconnects, 0);
        pvk_xenbus_release(&front.dev);
        pvk_xenbus_release(&back.dev);
        hv_xenstore_rm(FRONT);
        hv_xenstore_rm(BACK);
    }
    ops.at_once = false;
}

static void test_front_closes(void **state)
{
    make_nodes();
    open_back();
    open_front();
    settle();
    pvk_xenbus_close(&front.dev);
    settle();
    assert_states(XenbusStateClosed, XenbusStateClosed);
    assert_int_equal(front.disconnects, 1);
    assert_int_equal(back.disconnects, 1);
    pvk_xenbus_release(&front.dev);
    open_front(); /* and a new one comes, as after a module is loaded again */
    settle();
    assert_states(XenbusStateConnected, XenbusStateConnected);
}

static void test_back_closes(void **state)
{
    make_nodes();
    open_back();
    open_front();
    settle();
    pvk_xenbus_close(&back.dev);
    settle();
    assert_states(XenbusStateClosed, XenbusStateClosed);
    pvk_xenbus_release(&back.dev);
    open_back();
    settle();
    assert_states(XenbusStateConnected, XenbusStateConnected);
    assert_int_equal(front.connects, 2);
}

/* A kernel is replaced without a word: its successor finds the old connection and has it ended. */
static void test_front_replaced(void **state)
{
    make_nodes();
    open_back();
    open_front();
    settle();
    pvk_xs_unwatch(&xs[1], &front.dev.watch);
    memset(&front, 0, sizeof(front));
    open_front();
    settle();
    assert_states(XenbusStateConnected, XenbusStateConnected);
    assert_int_equal(front.connects, 1);
    assert_int_equal(back.connects, 2);
    assert_int_equal(back.disconnects, 1);
}

static void test_back_replaced(void **state)
{
    make_nodes();
    open_back();
    open_front();
    settle();
    pvk_xs_unwatch(&xs[2], &back.dev.watch);
    memset(&back, 0, sizeof(back));
    open_back();
    settle();
    assert_states(XenbusStateConnected, XenbusStateConnected);
    assert_true(front.up && back.up);
}

static void test_back_vanishes(void **state)
{
    make_nodes();
    open_back();
    open_front();
    settle();
    hv_xenstore_rm(BACK);
    settle();
    assert_int_equal(front.dev.mine, XenbusStateClosed);
    assert_false(front.up);
}

static void test_failure_is_told(void **state)
{
    char text[64];

    make_nodes();
    front.fail = -XEN_ENOMEM;
    open_back();
    open_front();
    settle();
    assert_states(XenbusStateClosed, XenbusStateClosed);
    assert_int_equal(front.dev.error, -XEN_ENOMEM);
    assert_int_equal(front.connects, 0);
    assert_int_equal(front.disconnects, 1);
    assert_int_equal(pvk_xs_read(&xs[1], 0, "error/device/vdev/0", "error", text, sizeof(text)), 0);
    assert_string_equal(text, "12 connecting to the other end");
}

/* What Linux's back-end does when it cannot map the rings, for instance those of before its
 * restart. */
static void play_back(const char *state)
{
    hv_xenstore_write(BACK "/state", state);
    while (pvk_xs_deliver(&xs[1], 10))
        ;
}

static void test_back_attaches_to_the_past(void **state)
{
    make_nodes();
    hv_xenstore_write(BACK "/parameter", "7");
    open_front();
    play_back("2");
    play_back("4");
    assert_int_equal(front.dev.mine, XenbusStateConnected);
    play_back("2"); /* replaced; it may have read that we are connected, and connects to that */
    assert_int_equal(front.dev.mine, XenbusStateClosed);
    play_back("2");
    play_back("4");
    assert_int_equal(front.dev.mine, XenbusStateClosed);
    play_back("6"); /* now it has seen that we are not */
    assert_int_equal(front.dev.mine, XenbusStateInitialising);
    play_back("5"); /* or it still stumbles over something of before, and waits for us to close */
    assert_int_equal(front.dev.mine, XenbusStateClosed);
    play_back("6");
    play_back("2");
    play_back("4");
    assert_int_equal(front.dev.mine, XenbusStateConnected);
    assert_int_equal(front.connects, 2);
}

static void test_back_fails_and_stays(void **state)
{
    make_nodes();
    hv_xenstore_write(BACK "/online", "1");
    hv_xenstore_write(BACK "/parameter", "7");
    open_front();
    for (unsigned i = 0; i < 40; i++) { /* connections in between: any number of times */
        play_back("2");
        assert_int_equal(front.dev.mine, XenbusStateInitialised);
        play_back("5");
        play_back("6");
        assert_int_equal(front.dev.mine, XenbusStateInitialising);
        play_back("2");
        play_back("4");
        assert_int_equal(front.dev.mine, XenbusStateConnected);
        play_back(i % 2 ? "5" : "6");
        play_back("6");
        assert_int_equal(front.dev.mine, XenbusStateInitialising);
    }
    assert_int_equal(front.connects, 40);
    hv_xenstore_write(BACK "/online", "0"); /* the device is taken away */
    play_back("2");
    play_back("5");
    play_back("6");
    assert_int_equal(front.dev.mine, XenbusStateClosed);
}

/* Not for ever. */
static void test_back_never_connects(void **state)
{
    unsigned tries = 0;

    make_nodes();
    hv_xenstore_write(BACK "/online", "1");
    open_front();
    do {
        play_back("2");
        play_back("5");
        play_back("6");
        assert_true(++tries < 100);
    } while (front.dev.mine != XenbusStateClosed);
    assert_in_range(tries, 8, 99);
}

/* Whatever nonsense the other end writes: every state has an answer, and it comes to rest. */
static void test_any_state_of_the_other(void **state)
{
    static const char *const states[] = {"0", "1", "2", "3",  "4", "5", "6",
                                         "7", "8", "9", "-1", "",  "x", "99999999999999999999"};

    make_nodes();
    open_front();
    srand(5);
    for (unsigned i = 0; i < 1000; i++) {
        hv_xenstore_write(BACK "/state", states[(unsigned)rand() % 14]);
        hv_xenstore_write(BACK "/parameter", i % 7 ? "1" : "bad");
        while (pvk_xs_deliver(&xs[1], 10))
            ;
        assert_true(front.dev.mine >= XenbusStateInitialising &&
                    front.dev.mine <= XenbusStateClosed);
        assert_true(front.disconnects <= front.publishes + front.connects);
    }
}

/* Ends come, go and are replaced in random order; left alone they always connect. */
static void test_random_orders(void **state)
{
    for (unsigned seed = 1; seed < 60; seed++) {
        srand(seed);
        ops.at_once = seed & 1;
        make_nodes();
        open_front();
        open_back();
        for (unsigned i = 0; i < 30; i++) {
            struct end *e = rand() & 1 ? &front : &back;

            if (rand() % 4)
                pvk_xs_deliver(e->dev.xs, 1);
            else if (rand() & 1)
                pvk_xs_unwatch(e->dev.xs, &e->dev.watch);
            else
                pvk_xenbus_release(&e->dev);
            if (e->dev.xs->watches)
                continue;
            e->up = false;
            e == &front ? open_front() : open_back();
        }
        settle();
        assert_states(XenbusStateConnected, XenbusStateConnected);
        assert_true(front.up && back.up);
        pvk_xenbus_release(&front.dev);
        pvk_xenbus_release(&back.dev);
        hv_xenstore_rm(FRONT);
        hv_xenstore_rm(BACK);
    }
    ops.at_once = false;
}

int main(void)
{
#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_back_attaches_to_the_past),
        T(test_back_fails_and_stays),
        T(test_back_never_connects),
        T(test_nodes),
        T(test_transactions),
        T(test_watches),
        T(test_polled),
        T(test_connect_either_first),
        T(test_front_closes),
        T(test_back_closes),
        T(test_front_replaced),
        T(test_back_replaced),
        T(test_back_vanishes),
        T(test_failure_is_told),
        T(test_any_state_of_the_other),
        T(test_random_orders),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
