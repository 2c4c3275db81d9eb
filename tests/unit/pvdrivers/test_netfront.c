/* SPDX-License-Identifier: MIT */
/* The network front-end against a back-end that behaves, or restarts. */
#include "net_unit.h"

static void expect_frame(uint32_t offset, uint32_t len)
{
    assert_true(nb_take(&back, 0, &taken));
    assert_int_equal(taken.len, len);
    assert_memory_equal(taken.data, (uint8_t *)memory + offset, len);
    assert_false(nb_take(&back, 0, &taken)); /* it sleeps */
}

static void test_frames_go_out(void **state)
{
    const uint32_t lens[] = {14, 60, 1514, 4096, 4097, 9000, 65535};

    start(1, false);
    make_memory();
    for (unsigned int i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        for (uint32_t offset = 0; offset < 9000; offset += 4000) {
            assert_int_equal(send_frame(offset, lens[i], PV_NET_GSO_NONE), 0);
            pv_net_kick(net, 0);
            assert_true(fake_notified(dev, back.queue[0].tx_event));
            expect_frame(offset, lens[i]);
            assert_false(taken.flags & (NETTXF_csum_blank | NETTXF_extra_info));
            nb_answer(&back, 0, back.queue[0].nr_taken, NETIF_RSP_OKAY);
            poll_all();
        }
    }
    assert_int_equal(returned, sent_good);
    assert_int_equal(returned, 21);
    drop_memory();
    end();
}

static void test_pieces_of_everywhere(void **state)
{
    struct port_buf bufs[] = {
        {memory, 0, 0}, {memory, 100, 54}, {memory, 4090, 20}, {memory, 8192, 0}, {memory, 9000, 1},
    };
    struct pv_net_frame frame = {.bufs = bufs, .nr_bufs = 5, .csum_blank = true};

    start(1, false);
    make_memory();
    for (unsigned int i = 0; i < 5; i++)
        bufs[i].page = memory;
    assert_int_equal(pv_net_send(net, 0, &frame, &returned), 0);
    pv_net_kick(net, 0);
    assert_true(nb_take(&back, 0, &taken));
    assert_int_equal(taken.len, 75);
    assert_int_equal(taken.slots, 4);
    assert_memory_equal(taken.data, (uint8_t *)memory + 100, 54);
    assert_memory_equal(taken.data + 54, (uint8_t *)memory + 4090, 20);
    assert_int_equal(taken.data[74], ((uint8_t *)memory)[9000]);
    assert_true(taken.flags & NETTXF_csum_blank);
    nb_answer(&back, 0, 3, NETIF_RSP_OKAY);
    poll_all();
    assert_int_equal(returned, 0); /* a piece is missing */
    nb_answer(&back, 0, 1, NETIF_RSP_ERROR);
    poll_all();
    assert_int_equal(returned, 1);
    assert_int_equal(sent_bad, 1);
    drop_memory();
    end();
}

static void test_long_segments(void **state)
{
    start(1, false);
    make_memory();
    assert_int_equal(send_frame(0, 65536, PV_NET_GSO_NONE), -XEN_EINVAL);
    assert_int_equal(send_frame(10, 60000, PV_NET_GSO_TCPV4), 0);
    pv_net_kick(net, 0);
    expect_frame(10, 60000);
    assert_int_equal(taken.gso.type, XEN_NETIF_EXTRA_TYPE_GSO);
    assert_int_equal(taken.gso.u.gso.size, 1448);
    assert_int_equal(taken.gso.u.gso.type, XEN_NETIF_GSO_TYPE_TCPV4);
    nb_answer(&back, 0, back.queue[0].nr_taken, NETIF_RSP_OKAY);
    poll_all();
    assert_int_equal(returned, 1);
    assert_int_equal(pv_net_room(net, 0), 256);
    drop_memory();
    end();
}

static void test_refused(void **state)
{
    begin(1, false);
    make_memory();
    assert_int_equal(send_frame(0, 60, PV_NET_GSO_NONE), -XEN_ENOTCONN);
    fake_withdraw(dev, "feature-sg");
    fake_offer(dev, "feature-no-csum-offload", "1");
    bring_up();
    assert_int_equal(send_frame(0, 0, PV_NET_GSO_NONE), -XEN_EINVAL);
    assert_int_equal(send_frame(0, 65536, PV_NET_GSO_NONE), -XEN_E2BIG);
    assert_int_equal(send_frame(4000, 200, PV_NET_GSO_NONE), -XEN_E2BIG);
    assert_int_equal(send_frame(0, 3000, PV_NET_GSO_TCPV4), -XEN_EINVAL);
    assert_int_equal(send_frame(0, 3000, PV_NET_GSO_TCPV6), -XEN_EINVAL);
    assert_int_equal(fake_grants_held(dev), 258);
    drop_memory();
    end();
}

/* Room for one more is promised again and again; few events tell of it. */
static void test_back_pressure(void **state)
{
    unsigned int n = 0, max;

    start(1, false);
    make_memory();
    poll_at_once = true;
    while (send_frame(n % 1000, 60, PV_NET_GSO_NONE) == 0)
        n++;
    max = n;
    assert_true(max >= 240);
    pv_net_kick(net, 0);
    events = 0;
    for (unsigned int round = 0; round < 20; round++) {
        while (nb_take(&back, 0, &taken))
            ;
        while (back.queue[0].nr_taken)
            nb_answer(&back, 0, 1, NETIF_RSP_OKAY);
        assert_int_equal(returned, n);
        while (send_frame(n % 1000, 60, PV_NET_GSO_NONE) == 0)
            n++;
        assert_int_equal(n - returned, max);
        pv_net_kick(net, 0);
    }
    assert_true(events < 20 * 16);
    while (nb_take(&back, 0, &taken))
        ;
    nb_answer(&back, 0, back.queue[0].nr_taken, NETIF_RSP_OKAY);
    drop_memory();
    end();
}

/* ---- receiving ---- */

/* Who has a channel for answers takes them there, or when he sends; receiving leaves them alone. */
static void test_answers_apart(void **state)
{
    struct port_buf buf;
    struct pv_net_frame frame = {.bufs = &buf, .nr_bufs = 1, .kick = true};

    apart = true;
    start(1, true);
    make_memory();
    buf = (struct port_buf){memory, 0, 60};
    assert_int_equal(pv_net_send(net, 0, &frame, &returned), 0);
    assert_true(fake_notified(dev, back.queue[0].tx_event));
    expect_frame(0, 60);
    nb_answer(&back, 0, 1, NETIF_RSP_OKAY);
    assert_int_equal(answers, 1);
    assert_int_equal(returned, 1);
    assert_false(pv_net_reap(net, 0));

    poll_at_once = false;
    for (unsigned int n = 1; n < 100; n++) {
        assert_int_equal(pv_net_send(net, 0, &frame, &returned), 0);
        assert_int_equal(returned, n);
        expect_frame(0, 60);
        nb_answer(&back, 0, 1, NETIF_RSP_OKAY);
        poll_all();
        assert_int_equal(returned, n);
    }
    assert_true(pv_net_reap(net, 0));
    assert_int_equal(returned, 100);
    assert_int_equal(events, 0);
    drop_memory();
    end();
    apart = false;
}

static void test_frames_come_in(void **state)
{
    const uint32_t lens[] = {14, 60, 1514, 4096, 9000, 65000};

    start(1, false);
    for (unsigned int round = 0; round < 100; round++) {
        uint32_t len = lens[round % 6];

        deliver(0, len, 4096, 0, 0);
        nb_push(&back, 0);
        assert_int_equal(received, round + 1);
        assert_int_equal(got.len, len);
        assert_memory_equal(got.data, bytes, len);
        assert_false(got_frame.csum_good || got_frame.csum_blank || got_frame.gso);
        assert_int_equal(nb_buffers(&back, 0), 256);
    }
    end();
}

static void test_offloads_come_in(void **state)
{
    start(1, false);
    deliver(0, 60000, 4096, NETRXF_csum_blank | NETRXF_data_validated, 1448);
    nb_push(&back, 0);
    assert_memory_equal(got.data, bytes, 60000);
    assert_true(got_frame.csum_blank && got_frame.csum_good);
    assert_int_equal(got_frame.gso, PV_NET_GSO_TCPV4);
    assert_int_equal(got_frame.gso_size, 1448);
    deliver(0, 60, 4096, NETRXF_data_validated, 0);
    nb_push(&back, 0);
    assert_true(!got_frame.csum_blank && got_frame.csum_good && !got_frame.gso);
    end();
}

static void test_half_a_frame_waits(void **state)
{
    struct nb_queue *q = &back.queue[0];

    start(1, false);
    deliver(0, 60, 4096, 0, 0);
    deliver(0, 9000, 4096, 0, 0);
    q->rx.rsp_prod_pvt--;
    nb_push(&back, 0);
    assert_int_equal(received, 1);
    q->rx.rsp_prod_pvt++;
    nb_push(&back, 0);
    assert_int_equal(received, 2);
    assert_memory_equal(got.data, bytes, 9000);
    assert_null(dev->broken);
    end();
}

static void test_one_event_for_many(void **state)
{
    start(1, true);
    assert_int_not_equal(back.queue[0].tx_event, back.queue[0].rx_event);
    poll_at_once = false;
    events = 0;
    for (unsigned int i = 0; i < 100; i++) {
        deliver(0, 1514, 4096, 0, 0);
        nb_push(&back, 0);
    }
    assert_int_equal(events, 1);
    dev->notifications = 0;
    poll_all();
    assert_int_equal(received, 100);
    assert_int_equal(nb_buffers(&back, 0), 256);
    end();
}

static void test_budget(void **state)
{
    unsigned int n = 0;

    start(1, false);
    poll_at_once = false;
    for (unsigned int i = 0; i < 20; i++)
        deliver(0, 60, 4096, 0, 0);
    nb_push(&back, 0);
    assert_true(pv_net_poll(net, 0, 8, &n));
    assert_int_equal(n, 8);
    assert_true(pv_net_poll(net, 0, 8, &n));
    assert_false(pv_net_poll(net, 0, 8, &n));
    assert_int_equal(n, 20);
    end();
}

static void test_queues(void **state)
{
    start(3, true);
    assert_int_equal(back.nr_queues, 3);
    make_memory();
    for (unsigned int q = 0; q < 3; q++) {
        struct port_buf buf = {memory, q * 100, 60 + q};
        struct pv_net_frame frame = {.bufs = &buf, .nr_bufs = 1};

        deliver(q, 100 + q, 4096, 0, 0);
        nb_push(&back, q);
        assert_int_equal(got.len, 100 + q);
        assert_int_equal(pv_net_send(net, q, &frame, &returned), 0);
        pv_net_kick(net, q);
        assert_true(nb_take(&back, q, &taken));
        assert_int_equal(taken.len, 60 + q);
        nb_answer(&back, q, 1, NETIF_RSP_OKAY);
    }
    assert_int_equal(returned, 3);
    drop_memory();
    end();
}

/* ---- connections ---- */

static void test_restart(void **state)
{
    start(2, true);
    make_memory();
    assert_int_equal(send_frame(0, 9000, PV_NET_GSO_NONE), 0);
    assert_int_equal(send_frame(5, 60, PV_NET_GSO_TCPV4), 0);
    pv_net_kick(net, 0);
    nb_take(&back, 0, &taken);
    nb_disconnect(&back);
    pv_disconnect(pv_net_front(net));
    assert_int_equal(pv_state(pv_net_front(net)), PV_DOWN);
    assert_int_equal(returned, 2);
    assert_int_equal(sent_bad, 2);
    assert_int_equal(fake_grants_held(dev), 0);
    nb_offer(&back, dev, 1, false);
    bring_up();
    assert_null(fake_wrote(dev, "event-channel-tx"));
    assert_null(fake_wrote(dev, "multi-queue-num-queues"));
    assert_int_equal(send_frame(0, 9000, PV_NET_GSO_NONE), 0);
    pv_net_kick(net, 0);
    expect_frame(0, 9000);
    nb_answer(&back, 0, back.queue[0].nr_taken, NETIF_RSP_OKAY);
    deliver(0, 60, 4096, 0, 0);
    nb_push(&back, 0);
    assert_int_equal(received, 1);
    drop_memory();
    end();
}

static void test_carrier(void **state)
{
    start(1, false);
    assert_true(pv_net_info(net)->carrier);
    fake_offer(dev, "carrier", "0");
    pv_net_update(net);
    assert_false(pv_net_info(net)->carrier);
    end();
}

static void test_mac(void **state)
{
    const char *bad[] = {"",
                         "00:16:3e:0a:b0",
                         "00:16:3e:0a:b0:ff:",
                         "01:16:3e:0a:b0:ff",
                         "0016:3e:0a:b0:ffx",
                         "00:16:3e:0a:b0:fg"};
    const uint8_t mac[] = {0, 0x16, 0x3e, 0x0a, 0xb0, 0xff};
    struct pv_net_config config = {1, false, true, &net_ops, NULL};

    begin(1, false);
    assert_memory_equal(pv_net_info(net)->mac, mac, 6);
    for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        strcpy(dev->ours[0].value, bad[i]);
        assert_null(pv_net_new(dev, &config));
    }
    end();
}

static void test_scarcity(void **state)
{
    for (unsigned int n = 1; n < 530; n += n < 12 ? 1 : 37) {
        begin(2, true);
        fake_fail_at = n;
        if (pv_publish(pv_net_front(net), 0) == 0 && nb_connect(&back))
            pv_connect(pv_net_front(net));
        fake_fail_at = 0;
        end();
    }
    for (unsigned int n = 1; n < 18; n++) {
        start(1, false);
        make_memory();
        fake_fail_at = n;
        assert_int_equal(send_frame(100, 65000, PV_NET_GSO_NONE), n < 17 ? -XEN_ENOSPC : 0);
        fake_fail_at = 0;
        pv_net_kick(net, 0);
        if (n < 17)
            assert_int_equal(fake_grants_held(dev), 258);
        drop_memory();
        end();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_go_out),
        cmocka_unit_test(test_pieces_of_everywhere),
        cmocka_unit_test(test_long_segments),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_back_pressure),
        cmocka_unit_test(test_answers_apart),
        cmocka_unit_test(test_frames_come_in),
        cmocka_unit_test(test_offloads_come_in),
        cmocka_unit_test(test_half_a_frame_waits),
        cmocka_unit_test(test_one_event_for_many),
        cmocka_unit_test(test_budget),
        cmocka_unit_test(test_queues),
        cmocka_unit_test(test_restart),
        cmocka_unit_test(test_carrier),
        cmocka_unit_test(test_mac),
        cmocka_unit_test(test_scarcity),

    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
