/* SPDX-License-Identifier: MIT */
/* The store client against a store that answers by script, and one that answers nonsense. */
#include "unit.h"

#include <stdlib.h>

#include <pvkit/xenstore.h>

static struct xenstore_domain_interface ring;
static struct pvk_xs xs;
static unsigned kicks, waits;
static void (*script)(void);

static long event(unsigned long number, const unsigned long *args)
{
    kicks++;
    return 0;
}

static void wait(void *data)
{
    assert_true(waits++ < 1000);
    if (script)
        script();
}

static int setup(void **state)
{
    fake_reset();
    fake_hypercall = event;
    memset(&ring, 0, sizeof(ring));
    kicks = waits = 0;
    script = NULL;
    pvk_xs_init(&xs, &ring, 5, wait, NULL);
    return 0;
}

static void put(const void *p, size_t n)
{
    for (const char *c = p; n--; c++)
        ring.rsp[MASK_XENSTORE_IDX(ring.rsp_prod++)] = *c;
}

static void message(uint32_t type, uint32_t id, const char *body, uint32_t len)
{
    struct xsd_sockmsg m = {.type = type, .req_id = id, .len = len};

    put(&m, sizeof(m));
    put(body, len);
}

static int read_a(char *value, uint32_t room)
{
    return pvk_xs_read(&xs, 0, "a", NULL, value, room);
}

static void answer_in_bytes(void)
{
    static unsigned at;
    static const struct {
        struct xsd_sockmsg m;
        char body[5];
    } reply = {{.type = XS_READ, .req_id = 1, .len = 5}, "hello"};

    ring.req_cons = ring.req_prod;
    if (at < sizeof(reply.m) + 5)
        put((const char *)&reply + at++, 1);
}

static void test_reply_byte_by_byte(void **state)
{
    char value[8];

    script = answer_in_bytes;
    assert_int_equal(read_a(value, sizeof(value)), 0);
    assert_string_equal(value, "hello");
    assert_int_equal(kicks, 1);
    assert_int_equal(ring.rsp_cons, ring.rsp_prod);
}

static void answer_others_first(void)
{
    ring.req_cons = ring.req_prod;
    message(XS_READ, 77, "stale", 5);
    message(XS_WATCH_EVENT, 0, "some/path\0no token of ours", 27);
    message(XS_WATCH_EVENT, 0, "", 0);
    message(XS_ERROR, 1, "EAGAIN", 7);
}

static void test_only_its_own_reply(void **state)
{
    char value[8];

    script = answer_others_first;
    assert_int_equal(read_a(value, sizeof(value)), -XEN_EAGAIN);
    assert_string_equal(value, "");
}

static uint32_t reply_type, reply_len;
static const char *reply_body;

static void answer(void)
{
    ring.req_cons = ring.req_prod;
    message(reply_type, xs.next_id, reply_body, reply_len);
}

static int asked(uint32_t type, const char *body, uint32_t len)
{
    char value[8];

    script = answer;
    reply_type = type;
    reply_body = body;
    reply_len = len;
    return read_a(value, sizeof(value));
}

static void test_odd_replies(void **state)
{
    static char big[4096];

    assert_int_equal(asked(XS_ERROR, "ENOENT", 7), -XEN_ENOENT);
    assert_int_equal(asked(XS_ERROR, "ENOENT", 6), -XEN_ENOENT);
    assert_int_equal(asked(XS_ERROR, "EWHATEVER", 10), -XEN_EINVAL);
    assert_int_equal(asked(XS_ERROR, "", 0), -XEN_EINVAL);
    assert_int_equal(asked(XS_ERROR, big, 900), -XEN_EINVAL);
    assert_int_equal(asked(XS_WRITE, "OK", 3), -XEN_EIO);
    assert_int_equal(asked(XS_READ, big, 7), 0);
    assert_int_equal(asked(XS_READ, big, 8), -XEN_E2BIG);
    assert_int_equal(asked(XS_READ, "", 0), 0);
}

static void answer_too_long(void)
{
    struct xsd_sockmsg m = {.type = XS_READ, .req_id = 1, .len = XENSTORE_PAYLOAD_MAX + 1};

    put(&m, sizeof(m));
}

static void test_too_long_is_the_end(void **state)
{
    char value[8];

    script = answer_too_long;
    assert_int_equal(read_a(value, sizeof(value)), -XEN_EIO);
    script = NULL;
    assert_int_equal(read_a(value, sizeof(value)), -XEN_EIO);
}

static void bad_rsp(void)
{
    ring.rsp_prod = ring.rsp_cons + XENSTORE_RING_SIZE + 1;
}

static void test_bad_indices(void **state)
{
    char value[8];

    script = bad_rsp;
    assert_int_equal(read_a(value, sizeof(value)), -XEN_EIO);
    setup(state);
    ring.req_cons = 1;
    assert_int_equal(read_a(value, sizeof(value)), -XEN_EIO);
}

static char long_value[3000];

static void drain_some(void)
{
    assert_true(ring.req_prod - ring.req_cons <= XENSTORE_RING_SIZE);
    if (ring.req_prod == ring.req_cons)
        message(XS_WRITE, 1, "OK", 3);
    else
        ring.req_cons += (ring.req_prod - ring.req_cons + 1) / 2;
}

static void test_request_longer_than_the_ring(void **state)
{
    memset(long_value, 'x', sizeof(long_value) - 1);
    script = drain_some;
    assert_int_equal(pvk_xs_write(&xs, 0, "a", "b", long_value), 0);
    assert_int_equal(ring.req_prod, sizeof(struct xsd_sockmsg) + 4 + 2999);
}

static void test_limits(void **state)
{
    struct pvk_xs_part big[] = {{long_value, 3000}, {long_value, 1097}};
    struct pvk_xs_part many[PVK_XS_PARTS] = {{"", 0}};

    assert_int_equal(pvk_xs_call(&xs, XS_WRITE, 0, big, 2, NULL, 0, NULL), -XEN_E2BIG);
    assert_int_equal(pvk_xs_call(&xs, XS_WRITE, 0, many, PVK_XS_PARTS, NULL, 0, NULL), -XEN_E2BIG);
    assert_int_equal(ring.req_prod, 0);
}

/* A store that filled the ring waits for word that there is room again. */
static void test_room_is_told(void **state)
{
    for (unsigned i = 0; i < XENSTORE_RING_SIZE / 32; i++)
        message(XS_WATCH_EVENT, 0, "0123456\0token 3", 16);
    assert_int_equal(ring.rsp_prod, XENSTORE_RING_SIZE);
    assert_true(pvk_xs_poll(&xs));
    assert_int_equal(kicks, 1);
    message(XS_WATCH_EVENT, 0, "0123456\0token 3", 16);
    assert_true(pvk_xs_poll(&xs));
    assert_int_equal(kicks, 1);
}

static void noise(void)
{
    uint32_t n = (uint32_t)rand() % 64;

    ring.req_cons = ring.req_prod;
    if (rand() % 50 == 0) {
        ring.rsp_prod = (uint32_t)rand();
        return;
    }
    while (n-- && ring.rsp_prod - ring.rsp_cons < XENSTORE_RING_SIZE)
        ring.rsp[MASK_XENSTORE_IDX(ring.rsp_prod++)] = (char)(rand() % 3 ? 0 : rand());
}

static void test_noise(void **state)
{
    char value[8];

    script = noise;
    for (unsigned seed = 1; seed < 500; seed++) {
        srand(seed);
        setup(state);
        script = noise;
        read_a(value, sizeof(value));
        pvk_xs_deliver(&xs, 4);
    }
}

int main(void)
{
#define T(t) cmocka_unit_test_setup(t, setup)
    const struct CMUnitTest tests[] = {
        T(test_reply_byte_by_byte),
        T(test_only_its_own_reply),
        T(test_odd_replies),
        T(test_too_long_is_the_end),
        T(test_bad_indices),
        T(test_request_longer_than_the_ring),
        T(test_limits),
        T(test_room_is_told),
        T(test_noise),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
