/* SPDX-License-Identifier: MIT */
/* Network back-ends that break the protocol. */
#include "net_unit.h"

static void expect_broken(const char *why)
{
    assert_non_null(dev->broken);
    assert_string_equal(dev->broken, why);
    assert_int_equal(dev->broken_times, 1);
    assert_int_equal(pv_state(pv_net_front(net)), PV_BROKEN);
    received = 0;
    back.queue[0].rx.sring->rsp_prod++;
    fake_raise(dev, back.queue[0].rx_event);
    poll_all();
    assert_int_equal(received, 0);
    assert_int_equal(send_frame(0, 60, PV_NET_GSO_NONE), -XEN_ENOTCONN);
}

/* Two frames out; an answer that is wrong. */
static void wrong_answer(uint16_t id, unsigned int more, bool twice, const char *why)
{
    struct nb_queue *q = &back.queue[0];
    union netif_tx_sring_entry *entry;

    start(1, false);
    make_memory();
    assert_int_equal(send_frame(0, 60, PV_NET_GSO_NONE), 0);
    assert_int_equal(send_frame(0, 60, PV_NET_GSO_NONE), 0);
    pv_net_kick(net, 0);
    entry = q->tx.sring->ring;
    entry[0].rsp = (struct netif_tx_response){id, NETIF_RSP_OKAY};
    entry[1].rsp = entry[0].rsp;
    q->tx.sring->rsp_prod += 1 + twice + more;
    fake_raise(dev, q->tx_event);
    expect_broken(why);
    nb_disconnect(&back);
    assert_int_equal(pv_abandon(pv_net_front(net)), 0);
    assert_int_equal(returned, 2);
    drop_memory();
    end();
}

static void test_wrong_answers(void **state)
{
    wrong_answer(256, 0, false, "answer to a frame that is not out");
    wrong_answer(0xffff, 0, false, "answer to a frame that is not out");
    wrong_answer(7, 0, false, "answer to a frame that is not out");
    wrong_answer(0, 0, true, "answer to a frame that is not out");
    wrong_answer(0, 2, false, "more answers than frames were sent");
    wrong_answer(0, 0x80000000u, false, "more answers than frames were sent");
}

static void test_page_kept(void **state)
{
    struct nb_queue *q = &back.queue[0];

    start(1, false);
    make_memory();
    assert_int_equal(send_frame(0, 60, PV_NET_GSO_NONE), 0);
    pv_net_kick(net, 0);
    nb_take(&back, 0, &taken);
    assert_non_null(fake_map(dev, q->taken[0].gref, false));
    uint32_t ref = q->taken[0].gref;

    nb_answer(&back, 0, 1, NETIF_RSP_OKAY);
    expect_broken("answer while a page of the frame is still in use");
    nb_disconnect(&back);
    assert_int_equal(pv_abandon(pv_net_front(net)), 1);
    assert_int_equal(returned, 0);
    fake_unmap(dev, ref);
    assert_int_equal(pv_abandon(pv_net_front(net)), 0);
    assert_int_equal(returned, 1);
    drop_memory();
    end();
}

static void wrong_frame(struct netif_rx_response rsp, unsigned int n, const char *why)
{
    struct nb_queue *q = &back.queue[0];
    union netif_rx_sring_entry *entry;

    start(1, false);
    make_memory();
    entry = q->rx.sring->ring;
    for (unsigned int i = 0; i < n && i < 256; i++) {
        entry[i].rsp = rsp;
        entry[i].rsp.id = (uint16_t)(rsp.id + i);
    }
    if (rsp.flags & NETRXF_extra_info)
        entry[1].rsp.id = XEN_NETIF_EXTRA_TYPE_MAX;
    q->rx.sring->rsp_prod += n;
    fake_raise(dev, q->rx_event);
    assert_int_equal(received, 0);
    expect_broken(why);
    drop_memory();
    end();
}

static void test_wrong_frames(void **state)
{
    const char *none = "answers that make no frame";

    wrong_frame((struct netif_rx_response){1, 0, 0, 60}, 1, none);
    wrong_frame((struct netif_rx_response){0, 4097, 0, 0}, 1, none);
    wrong_frame((struct netif_rx_response){0, 4000, 0, 97}, 1, none);
    wrong_frame((struct netif_rx_response){0, 0xffff, 0, 0x7fff}, 1, none);
    wrong_frame((struct netif_rx_response){0, 0, NETRXF_more_data, 60}, 256, none);
    wrong_frame((struct netif_rx_response){0, 0, NETRXF_extra_info, 60}, 2, none);
    wrong_frame((struct netif_rx_response){0, 0, 0, 60}, 257, none);
}

/* Frames with faults of their own are dropped, and that is all. */
static void test_dropped_frames(void **state)
{
    struct nb_queue *q = &back.queue[0];
    uint64_t stats[PV_NET_STATS];
    union netif_rx_sring_entry *entry;

    start(1, false);
    entry = q->rx.sring->ring;
    for (uint16_t i = 0; i < 100; i++)
        entry[i].rsp = (struct netif_rx_response){i, 0, NETRXF_more_data, 100};
    entry[99].rsp.flags = 0; /* too many pieces */
    entry[100].rsp = (struct netif_rx_response){100, 0, 0, -1};
    entry[101].rsp = (struct netif_rx_response){101, 0, 0, 0};
    entry[102].rsp = (struct netif_rx_response){102, 0, 0, 60};
    q->rx.sring->rsp_prod = 103;
    fake_raise(dev, q->rx_event);
    assert_int_equal(received, 1);
    pv_net_stats(net, stats);
    assert_int_equal(stats[PV_NET_RECEIVE_ERRORS], 3);
    assert_null(dev->broken);
    assert_int_equal(q->rx.sring->req_prod, 256 + 103);
    end();
}

/* Events without news are told from those with some. */
static void test_storm(void **state)
{
    struct nb_queue *q = &back.queue[0];

    start(1, false);
    dev->idle_events = 0;
    for (unsigned int i = 0; i < 3; i++)
        fake_raise(dev, q->rx_event);
    assert_int_equal(dev->idle_events, 3);
    q->rx.sring->ring[0].rsp = (struct netif_rx_response){.id = 0, .status = 60};
    q->rx.sring->rsp_prod = 1;
    fake_raise(dev, q->rx_event);
    poll_all();
    assert_int_equal(received, 1);
    assert_int_equal(dev->idle_events, 3);
    fake_raise(dev, q->rx_event);
    assert_int_equal(dev->idle_events, 4);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_answers), cmocka_unit_test(test_page_kept),
        cmocka_unit_test(test_wrong_frames),  cmocka_unit_test(test_dropped_frames),
        cmocka_unit_test(test_storm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
