/* SPDX-License-Identifier: MIT */
/* Back-ends that break the protocol, and ports that run out of everything. */
#include "blk_unit.h"

static void expect_broken(const char *why)
{
    assert_string_equal(dev->broken, why);
    assert_int_equal(dev->broken_times, 1);
    assert_int_equal(pv_state(pv_blk_front(blk)), PV_BROKEN);
}

/* Two requests in flight, one answer that `spoil` has changed. */
static void misbehave(void (*spoil)(blkif_sring_t *ring, blkif_response_t *rsp), const char *why)
{
    struct request *a, *b;
    struct back_queue *q = &back.queue[0];
    blkif_sring_t *ring;

    start(1, 0, 0);
    bring_up();
    a = request(PV_BLK_READ, 0, 8, 1, 0);
    b = request(PV_BLK_READ, 8, 8, 1, 0);
    pv_blk_submit(blk, 0, &a->io);
    pv_blk_submit(blk, 0, &b->io);
    pv_blk_kick(blk, 0);
    ring = q->window;
    back_take(&back, 0);
    back_answer(&back, 0, 0);
    RING_PUSH_RESPONSES(&q->ring);
    spoil(ring, &ring->ring[0].rsp);
    fake_raise(dev, q->event);
    expect_broken(why);
    fake_raise(dev, q->event); /* it does not get worse */
    back_disconnect(&back);
    assert_int_equal(pv_abandon(pv_blk_front(blk)), 0);
    assert_int_equal(dev->broken_times, 1);
    assert_int_equal(a->done + b->done, 2);
    release(a);
    release(b);
    end();
}

static void wild_id(blkif_sring_t *ring, blkif_response_t *rsp)
{
    rsp->id = 1ull << 40;
}

static void idle_id(blkif_sring_t *ring, blkif_response_t *rsp)
{
    rsp->id = 5;
}

static void twice(blkif_sring_t *ring, blkif_response_t *rsp)
{
    union blkif_sring_entry *entry = ring->ring;

    entry[1].rsp = *rsp;
    ring->rsp_prod++;
}

static void too_many(blkif_sring_t *ring, blkif_response_t *rsp)
{
    ring->rsp_prod += 2;
}

static void backwards(blkif_sring_t *ring, blkif_response_t *rsp)
{
    ring->rsp_prod -= 2;
}

static void test_misbehaving(void **state)
{
    misbehave(wild_id, "answer to a request that is not in flight");
    misbehave(idle_id, "answer to a request that is not in flight");
    misbehave(twice, "answer to a request that is not in flight");
    misbehave(too_many, "more answers than requests");
    misbehave(backwards, "more answers than requests");
}

/* It answers and keeps the page: the request must not end, for its memory would be used again. */
static void test_pages_kept(void **state)
{
    struct request *r;
    uint32_t ref;

    start(1, 0, 0);
    bring_up();
    r = request(PV_BLK_READ, 0, 8, 1, 0);
    pv_blk_submit(blk, 0, &r->io);
    pv_blk_kick(blk, 0);
    back.keep_maps = true;
    back_take(&back, 0);
    ref = back.queue[0].taken[0].req.seg[0].gref;
    back_answer(&back, 0, 0);
    back_push(&back, 0);
    expect_broken("answer while pages of the request are still in use");
    back_disconnect(&back);
    assert_int_equal(pv_abandon(pv_blk_front(blk)), 1);
    assert_int_equal(r->done, 0);
    fake_unmap(dev, ref);
    assert_int_equal(pv_abandon(pv_blk_front(blk)), 0);
    assert_int_equal(r->done, 1);
    assert_int_equal(r->error, -XEN_EIO);
    release(r);
    end();
}

static void test_ring_kept(void **state)
{
    start(1, 2, 32);
    bring_up();
    pv_stop(pv_blk_front(blk));
    pv_disconnect(pv_blk_front(blk));
    assert_int_equal(fake_pages, 4); /* the port frees them when the back-end lets go */
    end();
}

/* ---- no memory, no grants ---- */

static void test_scarcity_when_connecting(void **state)
{
    for (unsigned int n = 1; n < 200; n++) {
        struct request *r;

        start(2, 1, 32);
        fake_fail_at = n;
        if (pv_publish(pv_blk_front(blk), 0) == 0 && back_connect(&back) &&
            pv_connect(pv_blk_front(blk)) == 0) {
            fake_fail_at = 0;
            r = request(PV_BLK_WRITE, 0, 400, 1, 0);
            assert_int_equal(run(r), 0);
            release(r);
        }
        fake_fail_at = 0;
        end();
    }
}

static void test_scarcity_of_grants(void **state)
{
    for (unsigned int n = 1; n < 40; n++) {
        struct request *r;

        start(1, 0, 32);
        bring_up();
        r = request(PV_BLK_WRITE, 0, 400, 1, 0);
        pv_blk_submit(blk, 0, &r->io);
        fake_fail_at = n;
        pv_blk_kick(blk, 0);
        fake_fail_at = 0;
        serve_all();
        pv_blk_kick(blk, 0);
        serve_all();
        assert_int_equal(r->done, 1);
        assert_int_equal(r->error, 0);
        release(r);
        end();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_misbehaving),        cmocka_unit_test(test_pages_kept),
        cmocka_unit_test(test_ring_kept),          cmocka_unit_test(test_scarcity_when_connecting),
        cmocka_unit_test(test_scarcity_of_grants),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
