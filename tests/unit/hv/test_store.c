/* SPDX-License-Identifier: MIT */
/* The empty store: every request has an answer, whatever shape the ring is in. */
#include "unit.h"

#include <xen/io/xs_wire.h>

static struct domain *d;
static struct xenstore_domain_interface *ring;

static int setup(void **state)
{
    world_reset(1);
    d = world_domain(1, 256);
    world_be(d->vcpu[0]);
    d->console_mfn = stub_page(d);
    d->store_mfn = stub_page(d);
    assert_int_equal(console_ring_init(d), 0);
    ring = mfn_to_virt(d->store_mfn);
    return 0;
}

static void notify(void)
{
    struct evtchn_send s = {.port = d->store_port};

    fake_unmap_all();
    fake_map(&s, sizeof(s));
    assert_int_equal(hc_event_channel_op(EVTCHNOP_send, U(&s)), 0);
}

static void push(const void *p, size_t n)
{
    for (const char *c = p; n--; c++)
        ring->req[MASK_XENSTORE_IDX(ring->req_prod++)] = *c;
}

static void request(uint32_t type, uint32_t id, const void *body, uint32_t len)
{
    struct xsd_sockmsg m = {.type = type, .req_id = id, .tx_id = 5, .len = len};

    push(&m, sizeof(m));
    push(body, len);
}

static void pull(void *p, size_t n)
{
    for (char *c = p; n--; c++)
        *c = ring->rsp[MASK_XENSTORE_IDX(ring->rsp_cons++)];
}

static struct xsd_sockmsg expect(uint32_t type, const void *body, uint32_t len)
{
    struct xsd_sockmsg m;
    char buf[600];

    assert_true(ring->rsp_prod - ring->rsp_cons >= sizeof(m) + len);
    pull(&m, sizeof(m));
    assert_int_equal(m.type, type);
    assert_int_equal(m.len, len);
    pull(buf, len);
    assert_memory_equal(buf, body, len);
    return m;
}

static void test_nothing_exists(void **state)
{
    struct xsd_sockmsg m;

    request(XS_READ, 7, "vm", 3);
    request(XS_DIRECTORY, 8, "device", 7);
    notify();
    m = expect(XS_ERROR, "ENOENT", 7);
    assert_int_equal(m.req_id, 7);
    assert_int_equal(m.tx_id, 5);
    assert_int_equal(expect(XS_ERROR, "ENOENT", 7).req_id, 8);
    assert_int_equal(ring->rsp_cons, ring->rsp_prod);
    assert_true(d->shared->evtchn_pending[0] >> d->store_port & 1);
}

static void test_watch_fires_once(void **state)
{
    request(XS_WATCH, 1, "memory/target\0token", 20);
    notify();
    expect(XS_WATCH, "OK", 3);
    assert_int_equal(expect(XS_WATCH_EVENT, "memory/target\0token", 20).req_id, 0);
    assert_int_equal(ring->rsp_cons, ring->rsp_prod);
    request(XS_WATCH, 2, "no token", 9);
    request(XS_WATCH, 3, "", 0);
    request(XS_WATCH, 4, "a\0b\0c", 6);
    request(XS_WATCH, 5, "a\0b", 3);
    notify();
    for (int i = 0; i < 4; i++)
        expect(XS_ERROR, "EINVAL", 7);
}

static void test_other_answers(void **state)
{
    static const struct {
        uint32_t type;
        const char *in, *out;
    } t[] = {
        {XS_WRITE, "a", "EACCES"},
        {XS_RM, "a", "ENOENT"},
        {XS_UNWATCH, "a", NULL},
        {XS_RESET_WATCHES, "", NULL},
        {XS_INTRODUCE, "1", "ENOSYS"},
        {77, "", "ENOSYS"},
        {XS_GET_DOMAIN_PATH, "x", "EINVAL"},
        {XS_GET_DOMAIN_PATH, "1x", "EINVAL"},
    };

    for (unsigned i = 0; i < ARRAY_SIZE(t); i++) {
        request(t[i].type, i, t[i].in, (uint32_t)strlen(t[i].in) + 1);
        notify();
        if (t[i].out)
            expect(XS_ERROR, t[i].out, (uint32_t)strlen(t[i].out) + 1);
        else
            expect(t[i].type, "OK", 3);
    }
    request(XS_GET_DOMAIN_PATH, 9, "12", 3);
    request(XS_TRANSACTION_START, 10, "", 1);
    notify();
    expect(XS_GET_DOMAIN_PATH, "/local/domain/12", 17);
    expect(XS_TRANSACTION_START, "1", 2);
}

static void test_requests_in_pieces(void **state)
{
    struct xsd_sockmsg m = {.type = XS_READ, .req_id = 3, .len = 10};

    push(&m, 9);
    notify();
    push((char *)&m + 9, sizeof(m) - 9);
    notify();
    assert_int_equal(ring->rsp_prod, 0);
    push("some/path", 10);
    notify();
    expect(XS_ERROR, "ENOENT", 7);
}

static void test_longer_than_the_ring(void **state)
{
    static char body[3000];
    struct xsd_sockmsg m = {.type = XS_WRITE, .req_id = 3, .len = sizeof(body)};
    size_t done = 0;

    push(&m, sizeof(m));
    while (done < sizeof(body)) {
        size_t n = MIN(sizeof(body) - done, 1000);

        push(body + done, n);
        done += n;
        notify();
        assert_int_equal(ring->req_cons, ring->req_prod);
    }
    expect(XS_ERROR, "EINVAL", 7);
    request(XS_READ, 4, "a", 2);
    notify();
    expect(XS_ERROR, "ENOENT", 7);
}

static void test_waits_for_room(void **state)
{
    for (int i = 0; i < 40; i++)
        request(XS_READ, (uint32_t)i, "a", 2);
    notify();
    assert_true(ring->req_cons != ring->req_prod);
    for (int i = 0; i < 40; i++) {
        assert_int_equal(expect(XS_ERROR, "ENOENT", 7).req_id, i);
        notify();
    }
    assert_int_equal(ring->req_cons, ring->req_prod);
}

static void test_hostile_indices(void **state)
{
    ring->req_prod = 2000;
    notify();
    assert_int_equal(ring->rsp_prod, 0);
    ring->req_prod = ring->req_cons = 0;
    ring->rsp_cons = 9;
    request(XS_READ, 1, "a", 2);
    notify();
    assert_int_equal(ring->rsp_prod, 0);
    ring->rsp_cons = 0;
    notify();
    expect(XS_ERROR, "ENOENT", 7);

    struct xsd_sockmsg m = {.type = XS_READ,
                            .len = ~0u}; /* taken as far as a message may be long */

    push(&m, sizeof(m));
    for (int i = 0; i < 20; i++) {
        ring->req_prod += 256;
        notify();
    }
    expect(XS_ERROR, "EINVAL", 7);
    assert_true(ring->rsp_prod - ring->rsp_cons <=
                XENSTORE_RING_SIZE); /* the rest was no message */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_nothing_exists, setup),
        cmocka_unit_test_setup(test_watch_fires_once, setup),
        cmocka_unit_test_setup(test_other_answers, setup),
        cmocka_unit_test_setup(test_requests_in_pieces, setup),
        cmocka_unit_test_setup(test_longer_than_the_ring, setup),
        cmocka_unit_test_setup(test_waits_for_room, setup),
        cmocka_unit_test_setup(test_hostile_indices, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
