/* SPDX-License-Identifier: MIT */
/* The block back-end: requests it carries out, requests it refuses, and how a connection ends. */
#include "front.h"

#include <stdlib.h>
#include <string.h>

#include "hv_backend.h"
#include "xenbus.h"

static int setup(void **state)
{
    front_start(true);
    return 0;
}

/* Whatever a test did, closing leaves nothing in use. */
static int teardown(void **state)
{
    front_disk_keeps = false;
    while (front_nr_kept)
        front_end_kept(0, 0);
    front_set_state(XenbusStateClosed);
    assert_int_equal(front_back_state(), XenbusStateClosed);
    assert_int_equal(front->grants->nr_pinned, 0);
    return 0;
}

/* ---- requests */

static struct blkif_request plain(uint8_t op, uint64_t id, uint64_t sector)
{
    return (struct blkif_request){.operation = op, .id = id, .sector_number = sector};
}

static void add(struct blkif_request *rq, grant_ref_t ref, uint8_t first, uint8_t last)
{
    rq->seg[rq->nr_segments++] =
        (struct blkif_request_segment){.gref = ref, .first_sect = first, .last_sect = last};
}

static int send_on(unsigned r, const void *rq)
{
    struct blkif_response rsp;

    front_put(r, rq);
    front_push(r);
    front_notify(r);
    if (!front_response(r, &rsp))
        return 1;
    assert_int_equal(rsp.id, ((const struct blkif_request *)rq)->id);
    return rsp.status;
}

static int send(const struct blkif_request *rq)
{
    return send_on(0, rq);
}

static void fill(uint8_t *p, size_t n, unsigned key)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)(key * 31 + i * 7 + i / 512);
}

/* ---- working */

static void test_nodes(void **state)
{
    assert_int_equal(front_back_state(), XenbusStateInitWait);
    assert_string_equal(front_node("backend"), "/local/domain/0/backend/vbd/1/51712");
    assert_string_equal(front_node("virtual-device"), "51712");
    assert_string_equal(front_back_node("frontend"), "/local/domain/1/device/vbd/51712");
    assert_string_equal(front_back_node("dev"), "xvda");
    assert_string_equal(front_back_node("mode"), "w");
    assert_string_equal(front_back_node("sectors"), "2048");
    assert_string_equal(front_back_node("info"), "0");
    assert_string_equal(front_back_node("sector-size"), "512");
    assert_string_equal(front_back_node("feature-discard"), "1");
    front_publish(0, 1);
    assert_int_equal(front_back_state(), XenbusStateConnected);
}

static void test_data_goes_both_ways(void **state)
{
    struct blkif_request w = plain(BLKIF_OP_WRITE, 7, 100), r = plain(BLKIF_OP_READ, 8, 100);

    front_publish(0, 1);
    fill(front_page(0), 4096, 1);
    fill(front_page(1), 4096, 2);
    add(&w, FRONT_RO_REF + 0, 0, 7);
    add(&w, FRONT_RO_REF + 1, 3, 4);
    assert_int_equal(send(&w), BLKIF_RSP_OKAY);
    assert_memory_equal(front_medium + 100 * 512, front_page(0), 4096);
    assert_memory_equal(front_medium + 108 * 512, front_page(1) + 3 * 512, 1024);
    add(&r, FRONT_REF + 2, 1, 1);
    add(&r, FRONT_REF + 3, 0, 7);
    assert_int_equal(send(&r), BLKIF_RSP_OKAY);
    assert_memory_equal(front_page(2) + 512, front_page(0), 512);
    assert_memory_equal(front_page(3), front_page(0) + 512, 3584);
    assert_memory_equal(front_page(3) + 3584, front_page(1) + 3 * 512, 512);
    assert_int_equal(front_in_use(), 0);
}

static void test_indirect(void **state)
{
    struct blkif_request_segment *seg = (void *)front_page(30);
    union {
        struct blkif_request_indirect i;
        struct blkif_request any;
    } u = {.i = {.operation = BLKIF_OP_INDIRECT,
                 .indirect_op = BLKIF_OP_WRITE,
                 .nr_segments = 64,
                 .id = 9,
                 .sector_number = 8}};
    struct blkif_response rsp;

    front_publish(0, 1);
    for (unsigned i = 0; i < 64; i++) {
        fill(front_page(i % 30), 4096, i % 30);
        seg[i] = (struct blkif_request_segment){FRONT_RO_REF + i % 30, 0, 7};
    }
    u.i.indirect_grefs[0] = FRONT_RO_REF + 30;
    front_put(0, &u);
    front_push(0);
    front_notify(0);
    assert_true(front_response(0, &rsp));
    assert_int_equal(rsp.id, 9);
    assert_int_equal(rsp.operation, BLKIF_OP_WRITE);
    assert_int_equal(rsp.status, BLKIF_RSP_OKAY);
    for (unsigned i = 0; i < 64; i++)
        assert_memory_equal(front_medium + (1 + i) * 4096, front_page(i % 30), 4096);
}

/* Entries that lie on two pages, and indices that wrap. */
static void test_large_ring_and_queues(void **state)
{
    front_publish(2, 3);
    assert_int_equal(front_back_state(), XenbusStateConnected);
    for (unsigned i = 0; i < 1000; i++) {
        struct blkif_request w = plain(BLKIF_OP_WRITE, 0x1111111111111111ull * i, i % 2048);

        fill(front_page(0), 512, i);
        add(&w, FRONT_RO_REF, 0, 0);
        assert_int_equal(send_on(i % 3, &w), BLKIF_RSP_OKAY);
        assert_memory_equal(front_medium + (i % 2048) * 512, front_page(0), 512);
    }
    assert_int_equal(front_rings[0].entries, 128);
    assert_true(front_rings[0].req_prod > 2 * front_rings[0].entries);
}

/* More under way than the back-end has slots: the rest waits, nothing is lost, one event for many.
 */
static void test_deep_queue(void **state)
{
    struct blkif_response rsp;
    bool seen[512] = {false};
    unsigned got = 0;

    front_publish(4, 1);
    front_disk_keeps = true;
    for (unsigned i = 0; i < 512; i++) {
        struct blkif_request r = plain(BLKIF_OP_READ, i, i);

        add(&r, FRONT_REF, 0, 0);
        front_put(0, &r);
    }
    front_push(0);
    front_notify(0);
    assert_int_equal(front_nr_kept, 64);
    srand(3);
    while (got < 512) {
        assert_true(front_nr_kept > 0 && front_nr_kept <= 64);
        front_end_kept((unsigned)rand() % front_nr_kept, 0);
        front_settle();
        while (front_response(0, &rsp)) {
            assert_int_equal(rsp.status, BLKIF_RSP_OKAY);
            assert_false(seen[rsp.id]);
            seen[rsp.id] = true;
            got++;
        }
    }
    assert_int_equal(front_in_use(), 0);
}

static void test_flush_and_barrier(void **state)
{
    struct blkif_request f = plain(BLKIF_OP_FLUSH_DISKCACHE, 1, 0), w = plain(BLKIF_OP_WRITE, 2, 0),
                         b = plain(BLKIF_OP_WRITE_BARRIER, 3, 8);
    struct blkif_response rsp;

    front_publish(0, 1);
    assert_int_equal(send(&f), BLKIF_RSP_OKAY);
    add(&w, FRONT_RO_REF, 0, 7);
    add(&b, FRONT_RO_REF, 0, 7);
    assert_int_equal(send(&b), BLKIF_RSP_OKAY);
    assert_string_equal(front_ops, "ffwf");
    /* a barrier between two writes */
    front_ops[0] = 0;
    front_disk_keeps = true;
    front_put(0, &w);
    front_put(0, &b);
    front_put(0, &w);
    front_push(0);
    front_notify(0);
    assert_string_equal(front_ops, "w");
    front_end_kept(0, 0);
    front_settle();
    assert_string_equal(front_ops, "wf");
    front_end_kept(0, 0);
    front_settle();
    assert_string_equal(front_ops, "wfw");
    front_end_kept(0, 0);
    front_settle();
    assert_string_equal(front_ops, "wfwf");
    front_end_kept(0, 0);
    front_settle();
    assert_string_equal(front_ops, "wfwfw");
    front_end_kept(0, 0);
    front_settle();
    for (unsigned i = 0; i < 3; i++)
        assert_true(front_response(0, &rsp) && rsp.status == BLKIF_RSP_OKAY);
    assert_false(front_response(0, &rsp));
}

static void test_discard(void **state)
{
    union {
        struct blkif_request_discard d;
        struct blkif_request any;
    } u = {.d = {.operation = BLKIF_OP_DISCARD, .id = 5, .sector_number = 4, .nr_sectors = 2000}};

    front_publish(0, 1);
    memset(front_medium, 1, sizeof(front_medium));
    assert_int_equal(send(&u.any), BLKIF_RSP_OKAY);
    assert_int_equal(front_medium[4 * 512 - 1], 1);
    assert_int_equal(front_medium[4 * 512], 0);
    assert_int_equal(front_medium[2004 * 512 - 1], 0);
    assert_int_equal(front_medium[2004 * 512], 1);
    u.d.flag = BLKIF_DISCARD_SECURE;
    assert_int_equal(send(&u.any), BLKIF_RSP_EOPNOTSUPP);
    u.d.flag = 0;
    u.d.nr_sectors = 0x8000000000000001ull;
    assert_int_equal(send(&u.any), BLKIF_RSP_ERROR);
}

static void test_disk_errors_are_passed_on(void **state)
{
    struct blkif_request r = plain(BLKIF_OP_READ, 1, 0);
    struct blkif_response rsp;

    front_publish(0, 1);
    add(&r, FRONT_REF, 0, 0);
    front_disk_keeps = true;
    assert_int_equal(send(&r), 1);
    assert_int_equal(front_in_use(), 1);
    front_end_kept(0, -XEN_EIO);
    front_settle();
    assert_true(front_response(0, &rsp) && rsp.status == BLKIF_RSP_ERROR);
    assert_int_equal(front_in_use(), 0);
}

/* ---- refusing */

static void test_bad_requests(void **state)
{
    struct blkif_request r;

    front_publish(0, 1);
    r = plain(BLKIF_OP_READ, 1, 0); /* no segment */
    assert_int_equal(send(&r), BLKIF_RSP_ERROR);
    r.nr_segments = 12; /* more than there is room for */
    assert_int_equal(send(&r), BLKIF_RSP_ERROR);
    r.nr_segments = 255;
    assert_int_equal(send(&r), BLKIF_RSP_ERROR);
    r = plain(BLKIF_OP_READ, 2, 0);
    add(&r, FRONT_REF, 4, 3);
    assert_int_equal(send(&r), BLKIF_RSP_ERROR);
    r = plain(BLKIF_OP_READ, 3, 0);
    add(&r, FRONT_REF, 0, 8);
    assert_int_equal(send(&r), BLKIF_RSP_ERROR);
    r = plain(BLKIF_OP_READ, 4, FRONT_SECTORS); /* behind the end */
    add(&r, FRONT_REF, 0, 0);
    assert_int_equal(send(&r), BLKIF_RSP_ERROR);
    r = plain(BLKIF_OP_READ, 5, ~0ull);
    add(&r, FRONT_REF, 0, 7);
    assert_int_equal(send(&r), BLKIF_RSP_ERROR);
    r = plain(BLKIF_OP_READ, 6, 0); /* to a page granted to be read */
    add(&r, FRONT_REF, 0, 0);
    add(&r, FRONT_RO_REF, 0, 0);
    assert_int_equal(send(&r), BLKIF_RSP_ERROR);
    r = plain(BLKIF_OP_WRITE, 7, 0); /* nothing granted */
    add(&r, 5, 0, 0);
    assert_int_equal(send(&r), BLKIF_RSP_ERROR);
    r = plain(BLKIF_OP_WRITE, 8, 0);
    add(&r, ~0u, 0, 0);
    assert_int_equal(send(&r), BLKIF_RSP_ERROR);
    r = plain(77, 9, 0);
    assert_int_equal(send(&r), BLKIF_RSP_EOPNOTSUPP);
    assert_int_equal(front_in_use(), 0);
    assert_string_equal(front_ops, "");
    r = plain(BLKIF_OP_READ, 10, 0); /* the same page twice is its own affair */
    add(&r, FRONT_REF, 0, 3);
    add(&r, FRONT_REF, 2, 5);
    assert_int_equal(send(&r), BLKIF_RSP_OKAY);
}

static void test_bad_indirect(void **state)
{
    struct blkif_request_segment *seg = (void *)front_page(0);
    union {
        struct blkif_request_indirect i;
        struct blkif_request any;
    } u = {.i = {.operation = BLKIF_OP_INDIRECT, .indirect_op = BLKIF_OP_READ, .id = 1}};
    const uint16_t counts[] = {0, 65, 512, 0xffff};

    front_publish(0, 1);
    u.i.indirect_grefs[0] = FRONT_REF;
    /* the id of an indirect request is where an ordinary one has it */
    for (unsigned i = 0; i < ARRAY_SIZE(counts); i++) {
        u.i.nr_segments = counts[i];
        assert_int_equal(send(&u.any), BLKIF_RSP_ERROR);
    }
    u.i.nr_segments = 1;
    memset(seg, 0xff, 4096);
    assert_int_equal(send(&u.any), BLKIF_RSP_ERROR);
    seg[0] = (struct blkif_request_segment){FRONT_REF + 1, 0, 7};
    u.i.indirect_op = BLKIF_OP_DISCARD;
    assert_int_equal(send(&u.any), BLKIF_RSP_ERROR);
    u.i.indirect_op = BLKIF_OP_INDIRECT;
    assert_int_equal(send(&u.any), BLKIF_RSP_ERROR);
    u.i.indirect_op = BLKIF_OP_READ;
    u.i.indirect_grefs[0] = 5;
    assert_int_equal(send(&u.any), BLKIF_RSP_ERROR);
    assert_int_equal(front_in_use(), 0);
    u.i.indirect_grefs[0] = FRONT_REF;
    assert_int_equal(send(&u.any), BLKIF_RSP_OKAY);
}

static void test_read_only(void **state)
{
    struct blkif_request w = plain(BLKIF_OP_WRITE, 1, 0), f = plain(BLKIF_OP_FLUSH_DISKCACHE, 2, 0);

    front_set_state(XenbusStateClosed);
    front_start(false);
    assert_string_equal(front_back_node("mode"), "r");
    assert_string_equal(front_back_node("info"), "4");
    assert_string_equal(front_back_node("feature-discard"), "0");
    front_publish(0, 1);
    add(&w, FRONT_RO_REF, 0, 0);
    assert_int_equal(send(&w), BLKIF_RSP_ERROR);
    assert_int_equal(send(&f), BLKIF_RSP_OKAY);
    assert_null(strchr(front_ops, 'w'));
}

static void test_index_that_jumps(void **state)
{
    struct blkif_request r = plain(BLKIF_OP_READ, 1, 0);

    front_publish(0, 1);
    add(&r, FRONT_REF, 0, 0);
    assert_int_equal(send(&r), BLKIF_RSP_OKAY);
    front_sring(0)->req_prod += 33;
    front_notify(0);
    assert_string_equal(front_ops, "r");
    assert_int_equal(front_back_state(), XenbusStateClosing);
    front_sring(0)->req_prod = 1;
    front_notify(0);
    assert_string_equal(front_ops, "r");
    front_set_state(XenbusStateClosed);
    front_set_state(XenbusStateInitialising);
    assert_int_equal(front_back_state(), XenbusStateInitWait);
    front_publish(0, 1);
    assert_int_equal(send(&r), BLKIF_RSP_OKAY);
}

/* Responses nobody takes: the front-end may not put more requests than it has room. */
static void test_full_response_ring(void **state)
{
    struct blkif_request r = plain(BLKIF_OP_READ, 1, 0);
    struct blkif_response rsp;

    front_publish(0, 1);
    add(&r, FRONT_REF, 0, 0);
    for (unsigned i = 0; i < 32; i++)
        front_put(0, &r);
    front_push(0);
    front_notify(0);
    assert_int_equal(front_sring(0)->rsp_prod, 32);
    for (unsigned i = 0; i < 32; i++) /* as if there were room: their own responses are lost */
        front_put(0, &r);
    front_push(0);
    front_notify(0);
    assert_int_equal(front_sring(0)->rsp_prod, 64);
    assert_int_equal(front_back_state(), XenbusStateConnected);
    while (front_response(0, &rsp))
        ;
    assert_int_equal(send(&r), BLKIF_RSP_OKAY);
}

static void refused(void)
{
    front_set_state(XenbusStateInitialised);
    assert_int_equal(front_back_state(), XenbusStateClosing);
    assert_int_equal(front->grants->nr_pinned, 0);
    front_set_state(XenbusStateClosed);
    front_set_state(XenbusStateInitialising);
    assert_int_equal(front_back_state(), XenbusStateInitWait);
}

static void test_parameters_refused(void **state)
{
    front_publish(0, 1);
    front_set_state(XenbusStateClosed);
    front_set_state(XenbusStateInitialising);
    front_write("protocol", "x86_32-abi");
    refused();
    front_write("protocol", "x86_64-abi");
    front_write("ring-ref", "31");
    refused();
    front_write("ring-ref", "0x12c");
    refused();
    front_write("ring-ref", "300");
    front_write("event-channel", "3999");
    refused();
    front_write("event-channel", "");
    refused();
    front_write("event-channel", "1");
    front_write("multi-queue-num-queues", "5");
    refused();
    front_write("multi-queue-num-queues", "0");
    refused();
    front_write("multi-queue-num-queues", "2"); /* no queue-0 */
    refused();
    front_write("multi-queue-num-queues", "1");
    front_write("ring-page-order", "5");
    refused();
    front_write("ring-page-order", "4294967295");
    refused();
    front_write("ring-page-order", "1"); /* no ring-ref0 */
    refused();
    front_write("ring-page-order", "0");
    front_set_state(XenbusStateInitialised);
    assert_int_equal(front_back_state(), XenbusStateConnected);
}

/* ---- closing and coming back */

static void test_closing_waits_for_the_disk(void **state)
{
    struct blkif_request r = plain(BLKIF_OP_READ, 1, 0);
    struct blkif_response rsp;

    front_publish(0, 1);
    front_disk_keeps = true;
    add(&r, FRONT_REF, 0, 0);
    assert_int_equal(send(&r), 1);
    front_set_state(XenbusStateClosing);
    assert_int_equal(front_back_state(), XenbusStateConnected);
    assert_int_equal(front_in_use(), 1);
    front_end_kept(0, 0);
    front_settle();
    assert_int_equal(front_back_state(), XenbusStateClosing);
    assert_true(front_response(0, &rsp) && rsp.status == BLKIF_RSP_OKAY);
    assert_int_equal(front->grants->nr_pinned, 0);
    front_set_state(XenbusStateClosed);
    assert_int_equal(front_back_state(), XenbusStateClosed);
}

/* A kernel that was replaced without a word. */
static void test_front_end_begins_anew(void **state)
{
    struct blkif_request r = plain(BLKIF_OP_READ, 1, 0);

    front_publish(1, 2);
    front_set_state(XenbusStateInitialising);
    assert_int_equal(front_back_state(), XenbusStateInitWait);
    assert_int_equal(front->grants->nr_pinned, 0);
    front_write("multi-queue-num-queues", "1");
    front_write("ring-page-order", "0");
    front_publish(0, 1);
    assert_int_equal(front_back_state(), XenbusStateConnected);
    add(&r, FRONT_REF, 0, 0);
    assert_int_equal(send(&r), BLKIF_RSP_OKAY);
}

/* Requests that were answered are answered once; the others are still in the ring. */
static void test_back_end_begins_anew(void **state)
{
    struct blkif_request r = plain(BLKIF_OP_READ, 1, 0);
    struct blkif_response rsp;

    front_publish(0, 1);
    front_disk_keeps = true;
    add(&r, FRONT_REF, 0, 0);
    assert_int_equal(send(&r), 1);
    xenbus_restart(xenbus_devices);
    front_settle();
    assert_int_equal(front_back_state(), XenbusStateConnected); /* until the disk is done */
    r.id = 2;
    assert_int_equal(send(&r), 1);
    assert_int_equal(front_nr_kept, 1);
    front_end_kept(0, 0);
    front_settle();
    assert_int_equal(front_back_state(), XenbusStateClosing);
    assert_int_equal(front->grants->nr_pinned, 0);
    assert_true(front_response(0, &rsp) && rsp.id == 1);
    assert_false(front_response(0, &rsp));
    front_disk_keeps = false;
    front_set_state(XenbusStateClosing);
    front_set_state(XenbusStateClosed);
    assert_int_equal(front_back_state(), XenbusStateInitWait);
    front_settle();
    assert_int_equal(front_back_state(), XenbusStateInitWait); /* and not closed again */
    front_set_state(XenbusStateInitialising);
    front_publish(0, 1);
    assert_int_equal(front_back_state(), XenbusStateConnected);
    assert_int_equal(send(&r), BLKIF_RSP_OKAY);
}

static void test_domain_ends_with_requests_under_way(void **state)
{
    struct blkif_request r = plain(BLKIF_OP_READ, 1, 0);

    front_publish(0, 1);
    front_disk_keeps = true;
    add(&r, FRONT_REF, 0, 0);
    assert_int_equal(send(&r), 1);
    domain_shutdown(front, SHUTDOWN_poweroff);
    fake_exit();
    for (unsigned i = 0; i < 20; i++) {
        domain_reap_check();
        front_settle();
    }
    assert_true(front->detached);
    assert_false(front->released);
    assert_int_equal(front_in_use(), 1);
    front_end_kept(0, 0);
    front_settle();
    assert_int_equal(front->grants->nr_pinned, 0);
    assert_string_equal(front_back_node("state"), "");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_nodes),
        T(test_data_goes_both_ways),
        T(test_indirect),
        T(test_large_ring_and_queues),
        T(test_deep_queue),
        T(test_flush_and_barrier),
        T(test_discard),
        T(test_disk_errors_are_passed_on),
        T(test_bad_requests),
        T(test_bad_indirect),
        T(test_read_only),
        T(test_index_that_jumps),
        T(test_full_response_ring),
        T(test_parameters_refused),
        T(test_closing_waits_for_the_disk),
        T(test_front_end_begins_anew),
        T(test_back_end_begins_anew),
        cmocka_unit_test_setup(test_domain_ends_with_requests_under_way, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
