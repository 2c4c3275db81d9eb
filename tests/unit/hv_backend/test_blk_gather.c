/* SPDX-License-Identifier: MIT */
/* The block back-end on a disk that answers at once: when requests are left until there are
 * several, and how long. */
#include "front.h"

#include "hv_job.h"

static int setup(void **state)
{
    front_start(true);
    return 0;
}

static int teardown(void **state)
{
    front_set_state(XenbusStateClosed);
    assert_int_equal(front_back_state(), XenbusStateClosed);
    assert_int_equal(front->grants->nr_pinned, 0);
    return 0;
}

static struct blkif_request small(uint64_t id)
{
    return (struct blkif_request){
        .operation = BLKIF_OP_READ,
        .id = id,
        .sector_number = id % 64,
        .nr_segments = 1,
        .seg = {{.gref = FRONT_REF, .first_sect = 0, .last_sect = 0}},
    };
}

/* Send n requests, each with a notification if the back-end wants one, and let no time pass. */
static unsigned send_now(unsigned n)
{
    unsigned notified = 0;

    while (n--) {
        struct blkif_request rq = small(n);
        uint32_t prod = front_sring(0)->req_prod;

        front_put(0, &rq);
        front_push(0);
        if (prod + 1 - front_sring(0)->req_event >= 1)
            continue;
        notified++;
        front_notify_now(0);
    }
    return notified;
}

static unsigned answered(void)
{
    struct blkif_response rsp;
    unsigned n = 0;

    while (front_response(0, &rsp)) {
        assert_int_equal(rsp.status, BLKIF_RSP_OKAY);
        n++;
    }
    return n;
}

static void begin_gathering(void)
{
    front_disk.instant = true;
    front_publish(0, 1);
    for (unsigned i = 0; i < 64; i++) {
        assert_int_equal(send_now(1), 1);
        assert_int_equal(answered(), 1);
    }
}

static void test_one_by_one_is_not_gathered(void **state)
{
    begin_gathering();
    assert_int_equal(send_now(1), 1);
    assert_int_equal(answered(), 0);
    jobs_run_lazy();
    assert_int_equal(answered(), 1);
    for (unsigned i = 0; i < 128; i++) { /* … and looked at again later than before */
        assert_int_equal(send_now(1), 1);
        assert_int_equal(answered(), 1);
    }
    assert_int_equal(send_now(1), 1);
    assert_int_equal(answered(), 0);
    fake_run(JOB_LAZY_NS + 1);
    fake_exit();
    assert_int_equal(answered(), 1);
}

static void test_several_are_gathered(void **state)
{
    begin_gathering();
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(send_now(10), 1);
        assert_int_equal(answered(), 0);
        jobs_run_lazy();
        assert_int_equal(answered(), 10);
    }
    assert_int_equal(send_now(32), 2); /* as many as fit the ring wait for nothing */
    assert_int_equal(answered(), 32);
    jobs_run_lazy();
    assert_int_equal(send_now(2), 1);
    assert_int_equal(answered(), 0);
    jobs_run_lazy();
    assert_int_equal(answered(), 2);
    assert_int_equal(send_now(1), 1);
    assert_int_equal(answered(), 1);
}

/* As long as more comes, it is waited for. */
static void test_gathering_has_patience(void **state)
{
    begin_gathering();
    send_now(1);
    for (unsigned i = 0; i < 4; i++) {
        send_now(3);
        fake_run(JOB_LAZY_NS + 1);
        fake_exit();
        assert_int_equal(answered(), 0);
    }
    fake_run(JOB_LAZY_NS + 1);
    fake_exit();
    assert_int_equal(answered(), 13);
}

static void test_gathered_then_nonsense(void **state)
{
    begin_gathering();
    assert_int_equal(send_now(1), 1);
    front_sring(0)->req_prod += 1000;
    jobs_run_lazy();
    front_settle();
    assert_int_equal(front_back_state(), XenbusStateClosing);
}

static void test_gathered_then_closed(void **state)
{
    begin_gathering();
    assert_int_equal(send_now(5), 1);
    front_set_state(XenbusStateClosing);
    jobs_run_lazy();
    front_set_state(XenbusStateClosed);
    assert_int_equal(front_back_state(), XenbusStateClosed);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_one_by_one_is_not_gathered), T(test_several_are_gathered),
        T(test_gathering_has_patience),     T(test_gathered_then_nonsense),
        T(test_gathered_then_closed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
