/* SPDX-License-Identifier: MIT */
/* The ring: pieces, no room, indices that make no sense, floods, and the way back. */
#include "world.h"

#include <setjmp.h>

#include <cmocka.h>

static struct xenstore_domain_interface *ring;
static char body[XENSTORE_PAYLOAD_MAX + 1];

static int setup(void **state)
{
    world_start(2);
    ring = world_ring(1);
    return 0;
}

static int teardown(void **state)
{
    assert_false(spin_is_locked(&xs_lock));
    assert_true(world_end());
    return 0;
}

static void test_features_are_announced(void **state)
{
    assert_int_equal(ring->server_features,
                     XENSTORE_SERVER_FEATURE_RECONNECTION | XENSTORE_SERVER_FEATURE_ERROR);
    assert_int_equal(ring->connection, XENSTORE_CONNECTED);
}

static void test_byte_by_byte(void **state)
{
    struct xsd_sockmsg m = {.type = XS_READ, .req_id = 9, .len = 5};
    char request[sizeof(m) + 5];

    memcpy(request, &m, sizeof(m));
    memcpy(request + sizeof(m), "name", 5);
    for (unsigned i = 0; i < sizeof(request); i++) {
        assert_int_equal(ring->rsp_prod, 0);
        guest_put(1, request + i, 1);
        world_kick(1);
        assert_int_equal(ring->req_cons, ring->req_prod);
    }
    m = guest_receive(1, body);
    assert_int_equal(m.req_id, 9);
    assert_string_equal(body, "guest1");
}

static void test_events_are_sent(void **state)
{
    unsigned before = world_notified[1];

    guest_expect(1, XS_READ, "name", "guest1");
    assert_true(world_notified[1] > before);
    before = world_notified[1];
    world_kick(1); /* nothing to do, nothing to say */
    assert_int_equal(world_notified[1], before);
    assert_int_equal(world_notified[2], 0);
}

/* A reply may be longer than the ring. */
static void test_long_reply_in_pieces(void **state)
{
    static char value[2010 + 7] = "data/v";
    struct xsd_sockmsg m;

    memset(value + 7, 'x', 2010);
    guest_send(1, XS_WRITE, 0, value, sizeof(value));
    assert_int_equal(guest_receive(1, body).type, XS_WRITE);
    guest_send(1, XS_READ, 0, "data/v", 7);
    assert_int_equal(ring->rsp_prod - ring->rsp_cons, XENSTORE_RING_SIZE);
    m = guest_receive(1, body);
    assert_int_equal(m.len, 2010);
    assert_memory_equal(body, value + 7, 2010);
}

/* Who does not take replies gets no more work done. */
static void test_waits_for_the_reader(void **state)
{
    uint32_t cons;

    for (int i = 0; i < 48; i++)
        guest_send(1, XS_READ, 0, "none", 5);
    assert_true(ring->rsp_prod - ring->rsp_cons == XENSTORE_RING_SIZE);
    cons = ring->req_cons;
    for (int i = 0; i < 10; i++)
        guest_send(1, XS_READ, 0, "none", 5);
    assert_true(ring->req_cons - cons <= sizeof(struct xsd_sockmsg) + 5);
    for (int i = 0; i < 58; i++)
        assert_int_equal(guest_receive(1, body).type, XS_ERROR);
    assert_int_equal(guest_receive(1, body).type, XS_INVALID);
}

static void test_hostile_indices(void **state)
{
    for (uint32_t bad = XENSTORE_RING_SIZE + 1; bad; bad <<= 1) {
        ring->req_prod = ring->req_cons + bad;
        world_kick(1);
        assert_int_equal(ring->error, XENSTORE_ERROR_RINGIDX);
        ring->req_prod = ring->req_cons;
        world_kick(1); /* ignored from now on */
        assert_int_equal(ring->error, XENSTORE_ERROR_RINGIDX);
        ring->connection = XENSTORE_RECONNECT;
        world_kick(1);
        assert_int_equal(ring->connection, XENSTORE_CONNECTED);
        assert_int_equal(ring->error, XENSTORE_ERROR_NONE);
        guest_expect(1, XS_READ, "name", "guest1");
        ring->rsp_cons = ring->rsp_prod + bad;
        world_kick(1);
        assert_int_equal(ring->error, bad < 1u << 31 ? XENSTORE_ERROR_RINGIDX : ring->error);
        ring->connection = XENSTORE_RECONNECT;
        world_kick(1);
        if (bad > 1u << 30)
            break;
    }
    guest_expect(2, XS_READ, "name", "guest2");
}

static void test_too_long(void **state)
{
    struct xsd_sockmsg m = {.type = XS_WRITE, .len = XENSTORE_PAYLOAD_MAX + 1};

    guest_put(1, &m, sizeof(m));
    world_kick(1);
    assert_int_equal(ring->error, XENSTORE_ERROR_PROTO);
    guest_put(1, "more", 4);
    world_kick(1);
    assert_int_equal(ring->rsp_prod, 0);
}

static void test_longest(void **state)
{
    static char value[XENSTORE_PAYLOAD_MAX] = "data/v";

    guest_send(1, XS_WRITE, 0, value, sizeof(value));
    assert_int_equal(guest_receive(1, body).type, XS_ERROR);
    assert_string_equal(body, "ENOSPC");
}

static void test_reconnect_forgets(void **state)
{
    guest_expect(1, XS_TRANSACTION_START, "", "1");
    guest_send(1, XS_WATCH, 0, "data\0t", 7);
    guest_put(1, "half a message", 10);
    ring->connection = XENSTORE_RECONNECT;
    world_kick(1);
    assert_int_equal(ring->connection, XENSTORE_CONNECTED);
    assert_int_equal(ring->req_prod | ring->req_cons | ring->rsp_prod | ring->rsp_cons, 0);
    guest_send(1, XS_WRITE, 0, "data/a\0b", 8);
    assert_int_equal(guest_receive(1, body).type, XS_WRITE); /* no event */
    guest_ask(1, XS_TRANSACTION_END, 1, "T", 2, body);
    assert_string_equal(body, "ENOENT");
}

/* A full ring of small requests takes more than one visit; others wait for one request at most. */
static void test_flood_is_cut(void **state)
{
    struct xsd_sockmsg m = {.type = XS_RESET_WATCHES};

    for (int i = 0; i < 64; i++)
        guest_put(1, &m, sizeof(m));
    hv_xenstore_event(domains[1], 1);
    assert_true(ring->req_cons != ring->req_prod);
    guest_expect(2, XS_READ, "name", "guest2");
    assert_true(world_timer_runs > 0);
    while (guest_receive(1, body).type != XS_INVALID)
        ;
    assert_int_equal(ring->req_cons, ring->req_prod);
}

/* Requests that take long: each has a visit of its own. */
static void test_slow_visit_is_cut(void **state)
{
    struct xsd_sockmsg m = {.type = XS_RESET_WATCHES};

    for (int i = 0; i < 3; i++)
        guest_put(1, &m, sizeof(m));
    world_slow_ns = 2000000;
    hv_xenstore_event(domains[1], 1);
    assert_int_equal(ring->req_cons, sizeof(m));
    world_kick(1);
    assert_int_equal(ring->req_cons, ring->req_prod);
}

static void test_no_ring(void **state)
{
    struct frame *f = domains[1]->store_frame;

    domains[1]->store_frame = NULL;
    world_kick(1);
    assert_int_equal(hv_xenstore_write("/local/domain/1/name", "x"), 0);
    domains[1]->store_frame = f;
    guest_expect(1, XS_READ, "name", "x");
}

int main(void)
{
#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_features_are_announced),
        T(test_byte_by_byte),
        T(test_events_are_sent),
        T(test_long_reply_in_pieces),
        T(test_waits_for_the_reader),
        T(test_hostile_indices),
        T(test_too_long),
        T(test_longest),
        T(test_reconnect_forgets),
        T(test_flood_is_cut),
        T(test_slow_visit_is_cut),
        T(test_no_ring),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
