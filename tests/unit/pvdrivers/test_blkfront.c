/* SPDX-License-Identifier: MIT */
/* The block front-end against a back-end that behaves, or restarts. */
#include "blk_unit.h"

/* ---- data arrive where they should ---- */

static void data_round_trips(unsigned int queues, unsigned int order, unsigned int segments)
{
    unsigned int sizes[] = {1, 7, 8, 9, 80, 88, 89, 96, 600, 2048, 4100};

    start(queues, order, segments);
    bring_up();
    for (unsigned int i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (unsigned int skew = 0; skew < 8; skew += 3) {
            unsigned int n = sizes[i], pieces = 1 + (i + skew) % (n < 20 ? n : 20);
            uint64_t sector = 13 * i + skew;
            struct request *w = request(PV_BLK_WRITE, sector, n, pieces, skew);
            struct request *r = request(PV_BLK_READ, sector, n, 1 + pieces / 2, 7 - skew);

            pattern(memory(w) + 512 * skew, sector, n, i);
            assert_int_equal(run(w), 0);
            assert_memory_equal(memory(w) + 512 * skew, back.disk + sector * 512, n * 512);
            assert_int_equal(run(r), 0);
            assert_memory_equal(memory(r) + 512 * (7 - skew), back.disk + sector * 512, n * 512);
            release(w);
            release(r);
        }
    }
    if (segments > 11)
        assert_true(back.indirect > 0);
    else
        assert_int_equal(back.indirect, 0);
    end();
}

static void test_data_direct(void **state)
{
    data_round_trips(1, 0, 0);
}

static void test_data_indirect(void **state)
{
    data_round_trips(1, 0, 32);
    data_round_trips(1, 0, 512);
}

static void test_data_many_pages_and_queues(void **state)
{
    data_round_trips(1, 4, 256);
    data_round_trips(4, 2, 64);
}

/* Copied through pages that stay granted: as many as the longest request had, and the caller's
 * never. */
static void test_data_persistent(void **state)
{
    persistent = true;
    data_round_trips(1, 0, 0);
    data_round_trips(1, 0, 512);
    data_round_trips(4, 2, 64);
    persistent = false;
}

static void test_persistent_pages_stay(void **state)
{
    unsigned int before, after;

    persistent = true;
    start(1, 0, 0);
    bring_up();
    assert_true(pv_blk_info(blk)->persistent);
    before = fake_grants_held(dev);
    for (unsigned int i = 0; i < 40; i++) {
        struct request *r = request(i % 2 ? PV_BLK_READ : PV_BLK_WRITE, i, 80, 1, 0);

        pv_blk_submit(blk, 0, &r->io);
        pv_blk_kick(blk, 0);
        after = fake_grants_held(dev);
        assert_int_equal(after, before); /* eleven are there from the start */
        serve_all();
        assert_int_equal(r->error, 0);
        assert_int_equal(fake_grants_held(dev), before);
        release(r);
    }
    end();
    persistent = false;
}

/* Any order of submission and of answers, with more requests than the ring holds. */
static void random_load(unsigned int queues, unsigned int order, unsigned int segments)
{
    enum { N = 200 };
    struct request *r[N];
    uint8_t *model = calloc(SECTORS, 512);

    start(queues, order, segments);
    bring_up();
    for (unsigned int i = 0; i < N; i++) { /* no two touch one sector */
        unsigned int n = 1 + (unsigned int)rand() % (SECTORS / N);
        uint64_t sector = (uint64_t)i * (SECTORS / N);

        r[i] = request(PV_BLK_WRITE, sector, n, 1, (unsigned int)rand() % 8);
        pattern((char *)r[i]->pages + r[i]->bufs[0].offset, sector, n, i);
        memcpy(model + sector * 512, (char *)r[i]->pages + r[i]->bufs[0].offset, n * 512);
        pv_blk_submit(blk, (unsigned int)rand(), &r[i]->io);
        if (rand() % 8 == 0)
            pv_blk_kick(blk, (unsigned int)rand());
    }
    for (unsigned int i = 0; i < queues; i++)
        pv_blk_kick(blk, i);
    while (pv_blk_pending(blk)) {
        unsigned int q = (unsigned int)rand() % back.nr_queues, n = back_take(&back, q);

        for (unsigned int k = n ? 1 + (unsigned int)rand() % n : 0; k > 0; k--)
            back_answer(&back, q, (unsigned int)rand() % back.queue[q].nr_taken);
        back_push(&back, q);
    }
    assert_memory_equal(model, back.disk, SECTORS * 512);
    for (unsigned int i = 0; i < N; i++) {
        assert_int_equal(r[i]->done, 1);
        assert_int_equal(r[i]->error, 0);
        release(r[i]);
    }
    end();
    free(model);
}

static void test_any_order(void **state)
{
    srand(1);
    random_load(1, 0, 0);
    random_load(1, 0, 128);
    random_load(3, 1, 64);
}

static void test_sectors_of_4096(void **state)
{
    struct request *r;

    start(1, 0, 0);
    fake_offer(dev, "sector-size", "4096");
    back.unit = 8;
    bring_up();
    assert_int_equal(simple(PV_BLK_WRITE, 8, 8), 0);
    assert_int_equal(simple(PV_BLK_WRITE, 4, 8), -XEN_EINVAL);
    assert_int_equal(simple(PV_BLK_WRITE, 8, 4), -XEN_EINVAL);
    /* Eleven segments of pages that begin in the middle are no whole number of sectors. */
    r = request(PV_BLK_WRITE, 0, 160, 1, 3);
    pattern(memory(r) + 3 * 512, 0, 160, 7);
    back.requests = 0;
    assert_int_equal(run(r), 0);
    assert_int_equal(back.requests, 2);
    assert_memory_equal(memory(r) + 3 * 512, back.disk, 160 * 512);
    release(r);
    end();
}

/* ---- operations and limits ---- */

static void test_flush_and_discard(void **state)
{
    start(1, 0, 32);
    bring_up();
    memset(back.disk, 1, 4096);
    assert_int_equal(simple(PV_BLK_FLUSH, 0, 0), 0);
    assert_int_equal(back.flushes, 1);
    assert_int_equal(simple(PV_BLK_DISCARD, 1, 2), 0);
    assert_int_equal(back.disk[511], 1);
    assert_int_equal(back.disk[512], 0);
    assert_int_equal(back.disk[1536], 1);
    back.status = BLKIF_RSP_EOPNOTSUPP;
    assert_int_equal(simple(PV_BLK_FLUSH, 0, 0), 0);
    assert_int_equal(simple(PV_BLK_DISCARD, 1, 2), -XEN_EOPNOTSUPP);
    back.status = 0;
    assert_false(pv_blk_info(blk)->can_flush);
    assert_false(pv_blk_info(blk)->can_discard);
    back.requests = 0;
    assert_int_equal(simple(PV_BLK_FLUSH, 0, 0), 0);
    assert_int_equal(simple(PV_BLK_DISCARD, 1, 2), -XEN_EOPNOTSUPP);
    assert_int_equal(back.requests, 0);
    end();
}

static void test_readonly(void **state)
{
    start(1, 0, 32);
    fake_offer(dev, "info", "4");
    bring_up();
    assert_int_equal(simple(PV_BLK_READ, 0, 8), 0);
    assert_int_equal(simple(PV_BLK_WRITE, 0, 8), -XEN_EROFS);
    assert_int_equal(simple(PV_BLK_DISCARD, 0, 8), -XEN_EROFS);
    end();
}

static void test_bad_requests(void **state)
{
    struct request *r;

    start(1, 0, 32);
    bring_up();
    assert_int_equal(simple(PV_BLK_READ, SECTORS - 1, 1), 0);
    assert_int_equal(simple(PV_BLK_READ, SECTORS, 1), -XEN_EINVAL);
    assert_int_equal(simple(PV_BLK_READ, SECTORS - 1, 2), -XEN_EINVAL);
    assert_int_equal(simple(PV_BLK_READ, ~0ull, 1), -XEN_EINVAL);
    assert_int_equal(simple(PV_BLK_DISCARD, SECTORS - 1, 2), -XEN_EINVAL);
    r = request(PV_BLK_READ, 0, 1, 1, 0);
    r->bufs[0].offset = 100;
    assert_int_equal(run(r), -XEN_EINVAL);
    release(r);
    back.status = BLKIF_RSP_ERROR;
    assert_int_equal(simple(PV_BLK_READ, 0, 1), -XEN_EIO);
    assert_int_equal(simple(PV_BLK_READ, 0, 8000), -XEN_EIO);
    end();
}

static void bad_geometry(const char *key, const char *value)
{
    start(1, 0, 0);
    fake_offer(dev, key, value);
    assert_int_equal(pv_publish(pv_blk_front(blk), 0), 0);
    assert_true(back_connect(&back));
    assert_int_equal(pv_connect(pv_blk_front(blk)), -XEN_EINVAL);
    end();
}

static void test_bad_geometry(void **state)
{
    bad_geometry("sector-size", "0");
    bad_geometry("sector-size", "8192");
    bad_geometry("sector-size", "1000");
    bad_geometry("sectors", "36028797018963968");
    bad_geometry("sectors", "18014398509481984");
}

/* What Linux would divide by, or round to. */
static void odd_size(const char *value, uint32_t size)
{
    start(1, 0, 0);
    fake_offer(dev, "physical-sector-size", value);
    fake_offer(dev, "discard-granularity", value);
    fake_offer(dev, "discard-alignment", "1048577");
    bring_up();
    assert_int_equal(pv_blk_info(blk)->physical_size, size);
    assert_int_equal(pv_blk_info(blk)->discard_granularity, size);
    assert_int_equal(pv_blk_info(blk)->discard_alignment, 1048577 % size);
    end();
}

static void test_odd_sizes(void **state)
{
    odd_size("0", 512);
    odd_size("3000", 512);
    odd_size("65536", 65536);
    odd_size("2147483648", 2147483648);
    odd_size("4294967295", 512);
    odd_size("4294967296", 512);
    odd_size("many", 512);
}

/* ---- batching ---- */

static void test_one_notification_for_a_batch(void **state)
{
    struct request *r[32];

    start(1, 0, 0);
    bring_up();
    for (unsigned int i = 0; i < 32; i++) {
        r[i] = request(PV_BLK_READ, i * 8, 8, 1, 0);
        pv_blk_submit(blk, 0, &r[i]->io);
    }
    dev->notifications = 0;
    pv_blk_kick(blk, 0);
    assert_int_equal(dev->notifications, 1);
    serve_all();
    assert_int_equal(back.events, 1);
    assert_int_equal(completed, 32);
    for (unsigned int i = 0; i < 32; i++)
        release(r[i]);
    end();
}

/* A steady load of depth 32: each answer leads to a new request. */
static unsigned int to_submit;

static void submit_again(struct pv_blk_io *io, int error)
{
    assert_int_equal(error, 0);
    if (to_submit) {
        to_submit--;
        pv_blk_submit(blk, 0, io);
    }
}

static void test_notifications_at_depth_32(void **state)
{
    struct request *r[32];

    start(1, 0, 0);
    bring_up();
    to_submit = 10000;
    for (unsigned int i = 0; i < 32; i++) {
        r[i] = request(PV_BLK_READ, i * 8, 8, 1, 0);
        r[i]->io.done = submit_again;
        pv_blk_submit(blk, 0, &r[i]->io);
    }
    dev->notifications = 0;
    pv_blk_kick(blk, 0);
    serve_all();
    assert_int_equal(pv_blk_pending(blk), 0);
    assert_int_equal(back.requests, 10032);
    assert_true(dev->notifications <= 10032 / 20);
    for (unsigned int i = 0; i < 32; i++)
        release(r[i]);
    end();
}

/* ---- restart ---- */

static void test_requests_wait_for_a_connection(void **state)
{
    struct request *r;

    start(1, 0, 0);
    r = request(PV_BLK_WRITE, 5, 8, 1, 0);
    pv_blk_submit(blk, 0, &r->io);
    pv_blk_kick(blk, 0);
    bring_up();
    serve_all();
    assert_int_equal(r->done, 1);
    release(r);
    end();
}

/* The back-end dies with requests in all stages and comes again, able to do less. */
static void restart(unsigned int queues, unsigned int order, unsigned int segments,
                    unsigned int then_queues, unsigned int then_order, unsigned int then_segments)
{
    enum { N = 80 };
    struct request *r[N];

    start(queues, order, segments);
    bring_up();
    for (unsigned int i = 0; i < N; i++) {
        r[i] = request(PV_BLK_WRITE, i * 100, 90, 1, i % 8);
        pattern(memory(r[i]) + 512 * (i % 8), i * 100, 90, i);
        pv_blk_submit(blk, i, &r[i]->io);
        pv_blk_kick(blk, i);
    }
    for (unsigned int q = 0; q < back.nr_queues; q++) {
        back_take(&back, q);
        back_answer(&back, q, back.queue[q].nr_taken / 2);
        back_answer(&back, q, 0);
        if (q % 2 == 0)
            back_push(&back, q); /* in the other queues the answers never get out */
    }
    take_down();
    assert_int_equal(pv_state(pv_blk_front(blk)), PV_DOWN);
    back_offer(&back, dev, SECTORS, then_order, then_queues, then_segments);
    bring_up();
    serve_all();
    for (unsigned int i = 0; i < N; i++) {
        assert_int_equal(r[i]->done, 1);
        assert_int_equal(r[i]->error, 0);
        assert_memory_equal(memory(r[i]) + 512 * (i % 8), back.disk + i * 100 * 512, 90 * 512);
        release(r[i]);
    }
    end();
}

static void test_restart(void **state)
{
    restart(1, 0, 0, 1, 0, 0);
    restart(1, 0, 256, 1, 0, 256);
    restart(1, 2, 256, 1, 0, 0); /* ring-page-order has to go away */
    restart(1, 0, 0, 1, 2, 256);
    restart(4, 1, 32, 2, 1, 32);
    restart(4, 1, 32, 1, 0, 0);
    restart(2, 0, 0, 4, 3, 64);
}

static void test_abandon(void **state)
{
    struct request *r[3];

    start(2, 0, 0);
    bring_up();
    for (unsigned int i = 0; i < 3; i++)
        r[i] = request(PV_BLK_WRITE, i, 1, 1, 0);
    pv_blk_submit(blk, 0, &r[0]->io);
    pv_blk_kick(blk, 0);
    pv_blk_submit(blk, 1, &r[1]->io);
    back_disconnect(&back);
    assert_int_equal(pv_abandon(pv_blk_front(blk)), 0);
    pv_blk_submit(blk, 1, &r[2]->io);
    pv_blk_kick(blk, 1);
    for (unsigned int i = 0; i < 3; i++) {
        assert_int_equal(r[i]->done, 1);
        assert_int_equal(r[i]->error, -XEN_EIO);
        release(r[i]);
    }
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_data_direct),
        cmocka_unit_test(test_data_indirect),
        cmocka_unit_test(test_data_many_pages_and_queues),
        cmocka_unit_test(test_data_persistent),
        cmocka_unit_test(test_persistent_pages_stay),
        cmocka_unit_test(test_any_order),
        cmocka_unit_test(test_sectors_of_4096),
        cmocka_unit_test(test_flush_and_discard),
        cmocka_unit_test(test_readonly),
        cmocka_unit_test(test_bad_requests),
        cmocka_unit_test(test_bad_geometry),
        cmocka_unit_test(test_odd_sizes),
        cmocka_unit_test(test_one_notification_for_a_batch),
        cmocka_unit_test(test_notifications_at_depth_32),
        cmocka_unit_test(test_requests_wait_for_a_connection),
        cmocka_unit_test(test_restart),
        cmocka_unit_test(test_abandon),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
