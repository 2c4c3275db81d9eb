/* SPDX-License-Identifier: MIT */
/* The two rings of a network interface, and what a front-end may write into them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "world.h"

static uint8_t bytes[NET_MAX_FRAME];
static struct net_frame f;

static int setup(void **state)
{
    world_reset();
    world_netback();
    return 0;
}

static int check(void **state)
{
    assert_int_equal(world_mapped, 0);
    return 0;
}

/* ---- sending */

/* Request i of the ring: page i, its number is 100 + i. */
static struct netif_tx_request *put(unsigned i, uint32_t size, uint16_t flags)
{
    struct netif_tx_request *r = &QUEUE->tx->ring[i % NETIF_ENTRIES].req;

    *r = (struct netif_tx_request){i % PAGES, 0, flags, (uint16_t)(100 + i), (uint16_t)size};
    QUEUE->tx->req_prod = i + 1;
    return r;
}

static struct netif_extra_info *put_extra(unsigned i, uint8_t type, bool more)
{
    struct netif_extra_info *e = (void *)&QUEUE->tx->ring[i % NETIF_ENTRIES];

    memset(e, 0, sizeof(struct netif_tx_request));
    e->type = type;
    e->flags = more ? XEN_NETIF_EXTRA_FLAG_MORE : 0;
    QUEUE->tx->req_prod = i + 1;
    return e;
}

/* A packet's start in page i. */
static void put_head(unsigned i)
{
    world_frame(&f, world_page[i], 60, &cards[0], &cards[1]);
}

static void answered(unsigned i, int16_t status)
{
    assert_true(QUEUE->tx->rsp_prod > i);
    assert_int_equal(QUEUE->tx->ring[i].rsp.status, status);
    if (status != NETIF_RSP_NULL)
        assert_int_equal(QUEUE->tx->ring[i].rsp.id, 100 + i);
}

static void test_a_packet(void **state)
{
    put_head(0);
    put(0, 60, 0);
    assert_false(netback_tx_serve(QUEUE));
    assert_int_equal(cards[1].got, 1);
    assert_memory_equal(cards[1].data, world_page[0], 60);
    answered(0, NETIF_RSP_OKAY);
    assert_int_equal(world_notified, 1);
    assert_int_equal(QUEUE->tx->req_event, 2);
}

static void test_notified_only_when_asked(void **state)
{
    put_head(0);
    put(0, 60, 0);
    QUEUE->tx->rsp_event = 3;
    netback_tx_serve(QUEUE);
    assert_int_equal(world_notified, 0);
    for (unsigned i = 1; i < 4; i++) {
        put_head(i);
        put(i, 60, 0);
    }
    netback_tx_serve(QUEUE);
    assert_int_equal(world_notified, 1);
}

static void test_slots_of_any_size(void **state)
{
    static const uint32_t size[] = {20, 100, 700, 1, 0, 600, 3};
    uint32_t sum = 0, at = 0;

    put_head(0);
    for (unsigned i = 0; i < ARRAY_SIZE(size); i++)
        sum += size[i];
    put(0, sum, NETTXF_more_data);
    for (unsigned i = 1; i < ARRAY_SIZE(size); i++) {
        memset(world_page[i], (int)i, PAGE_SIZE);
        put(i, size[i], i + 1 < ARRAY_SIZE(size) ? NETTXF_more_data : 0)->offset =
            (uint16_t)(PAGE_SIZE - size[i]);
    }
    netback_tx_serve(QUEUE);
    assert_int_equal(cards[1].got, 1);
    assert_int_equal(cards[1].frame[0].len, sum);
    for (unsigned i = 0; i < ARRAY_SIZE(size); i++) {
        for (uint32_t k = 0; i && k < size[i]; k++)
            assert_int_equal(cards[1].data[at + k], i);
        at += size[i];
        answered(i, NETIF_RSP_OKAY);
    }
}

static void test_long_packet_passes(void **state)
{
    struct netif_extra_info *e;
    uint8_t *p = world_page[0];

    put_head(0);
    put16(p + 12, 0x0800);
    p[14] = 0x45;
    put16(p + 16, 4000 - 14);
    p[20] = p[21] = 0;
    p[23] = PROTO_TCP;
    p[46] = 0x50;
    put(0, 4000, NETTXF_extra_info | NETTXF_more_data | NETTXF_csum_blank | NETTXF_data_validated);
    e = put_extra(1, XEN_NETIF_EXTRA_TYPE_GSO, false);
    e->u.gso.size = 1400;
    e->u.gso.type = XEN_NETIF_GSO_TYPE_TCPV4;
    put(2, 3900, 0)->offset = 196;
    cards[1].dev.offload = NET_CAN_CSUM4 | NET_CAN_GSO4;
    netback_tx_serve(QUEUE);
    assert_int_equal(cards[1].got, 1);
    assert_int_equal(cards[1].frame[0].gso_size, 1400);
    answered(0, NETIF_RSP_OKAY);
    answered(1, NETIF_RSP_NULL);
    answered(2, NETIF_RSP_OKAY);
}

static void test_waits_and_goes_on(void **state)
{
    put_head(0);
    put(0, 60, 0);
    cards[1].room = 0;
    assert_false(netback_tx_serve(QUEUE));
    assert_int_equal(QUEUE->tx->rsp_prod, 0);
    cards[1].room = 1;
    net_room(cards[1].port);
    assert_int_equal(cards[0].resumed, 1);
    netback_tx_serve(QUEUE);
    answered(0, NETIF_RSP_OKAY);
    assert_int_equal(cards[1].got, 1);
}

/* What goes to all counts as often as there are ports. */
static void test_batches(void **state)
{
    unsigned pass = DIV_UP(NETBACK_BATCH, CARDS + 1);

    for (unsigned i = 0; i < NETIF_ENTRIES; i++) {
        world_frame(&f, world_page[i % PAGES], 60, &cards[0], NULL);
        put(i, 60, 0);
    }
    for (unsigned i = 1; i <= NETIF_ENTRIES / pass; i++) {
        assert_true(netback_tx_serve(QUEUE));
        assert_int_equal(cards[1].got, i * pass);
    }
    netback_tx_serve(QUEUE);
    assert_int_equal(cards[1].got, NETIF_ENTRIES);
    assert_int_equal(QUEUE->tx->rsp_prod, NETIF_ENTRIES);
}

static void test_refused_packets_count(void **state)
{
    for (unsigned i = 0; i < NETIF_ENTRIES; i++)
        put(i, 5, 0);
    for (unsigned i = 0; i < NETIF_ENTRIES / 2; i++)
        QUEUE->tx->ring[i].req.gref = 0x7fffffff;
    assert_false(netback_tx_serve(QUEUE));
    assert_int_equal(QUEUE->tx->rsp_prod, NETIF_ENTRIES);
}

/* Answered with an error, and the next packet is served. */
static void refused(unsigned slots, unsigned extras)
{
    put_head(slots % PAGES);
    put(slots, 60, 0);
    netback_tx_serve(QUEUE);
    assert_int_equal(world_failed, 0);
    for (unsigned i = 0; i < slots; i++)
        answered(i, i > 0 && i <= extras ? NETIF_RSP_NULL : NETIF_RSP_ERROR);
    answered(slots, NETIF_RSP_OKAY);
    assert_int_equal(cards[1].got, 1);
    assert_int_equal(world_mapped, 0);
}

/* Notify as a front-end does, which waits for what it receives. */
static void send_one(unsigned i)
{
    put_head(i % PAGES);
    put(i, 60, 0);
    netback_tx_event(QUEUE);
}

/* With one CPU nobody could take it before the front-end stops. */
static void test_left_until_it_stops(void **state)
{
    send_one(0);
    assert_int_equal(cards[1].got, 0);
    assert_int_equal(world_raised_lazily, 1);
    assert_int_equal(QUEUE->tx->req_event, NETBACK_MOST); /* hears of no more until then */
    put_head(1);
    put(1, 60, 0);
    assert_false(QUEUE->gather_job.fn(&QUEUE->gather_job));
    assert_int_equal(cards[1].got, 2);
    assert_int_equal(QUEUE->tx->req_event, 3);
}

static void test_left_for_a_while(void **state)
{
    uint64_t until = world_now + NETBACK_GATHER;

    send_one(0);
    assert_int_equal(QUEUE->gather_job.waits(&QUEUE->gather_job), until);
    nr_cpus = 2; /* JOB_LAZY_NS is enough */
    assert_int_equal(QUEUE->gather_job.waits(&QUEUE->gather_job), 0);
}

static void test_many_are_not_left(void **state)
{
    for (unsigned i = 0; i < NETBACK_MOST; i++)
        put_head(i % PAGES);
    for (unsigned i = 0; i < NETBACK_MOST - 1; i++)
        put(i, 60, 0);
    netback_tx_event(QUEUE);
    assert_int_equal(cards[1].got, 0);
    send_one(NETBACK_MOST - 1);
    assert_int_equal(cards[1].got, NETBACK_MOST);
}

/* … nor is the first one after a while, if a CPU has nothing else to do. */
static void test_idle_cpus_are_not_kept_waiting(void **state)
{
    world_idle = true;
    nr_cpus = 2;
    send_one(0);
    assert_int_equal(cards[1].got, 1);
    send_one(1);
    assert_int_equal(cards[1].got, 1);
    world_now += NETBACK_QUIET;
    netback_tx_event(QUEUE);
    assert_int_equal(cards[1].got, 2);
}

/* … nor what a front-end sends while it looks for packets by itself. */
static void test_nothing_is_left_of_who_polls(void **state)
{
    nr_cpus = 2;
    send_one(0);
    assert_int_equal(cards[1].got, 0);
    QUEUE->rx->rsp_event = 0;
    send_one(1);
    assert_int_equal(cards[1].got, 2);
}

static void test_left_and_nonsense(void **state)
{
    QUEUE->tx->req_prod = 1000;
    netback_tx_event(QUEUE);
    assert_int_equal(world_failed, 1);
    netback_tx_event(QUEUE);
    assert_int_equal(world_failed, 1);
    assert_int_equal(world_raised_lazily, 0);
}

static void test_refused_packets(void **state)
{
    put(0, 13, 0);
    refused(1, 0);
    setup(NULL);
    put(0, 60, 0);
    world_granted[0] = false;
    refused(1, 0);
    setup(NULL);
    put(0, 300, NETTXF_more_data);
    put(1, 100, 0)->gref = 99999;
    refused(2, 0);
    setup(NULL); /* the parts are longer than the whole */
    put(0, 300, NETTXF_more_data);
    put(1, 301, 0);
    refused(2, 0);
    setup(NULL);
    put(0, 13, NETTXF_extra_info);
    put_extra(1, XEN_NETIF_EXTRA_TYPE_MCAST_ADD, true);
    put_extra(2, XEN_NETIF_EXTRA_TYPE_HASH, false);
    refused(3, 2);
}

static void test_as_many_slots_as_allowed(void **state)
{
    for (unsigned n = NETBACK_SLOTS; n <= NETBACK_FATAL + 1; n++) {
        setup(NULL);
        put_head(0);
        put(0, 60 + n, NETTXF_more_data);
        for (unsigned i = 1; i < n; i++)
            put(i, 1, i + 1 < n ? NETTXF_more_data : 0);
        netback_tx_serve(QUEUE);
        assert_int_equal(world_failed, n > NETBACK_FATAL);
        if (n <= NETBACK_FATAL)
            for (unsigned i = 0; i < n; i++)
                answered(i, n <= NETBACK_SLOTS ? NETIF_RSP_OKAY : NETIF_RSP_ERROR);
        assert_int_equal(cards[1].got, n <= NETBACK_SLOTS);
    }
}

/* The device is closed, once, and nothing is served any more. */
static void fatal(const char *why)
{
    for (int i = 0; i < 3; i++)
        assert_false(netback_tx_serve(QUEUE));
    assert_int_equal(world_failed, 1);
    assert_string_equal(world_why, why);
    assert_int_equal(cards[1].got, 0);
    setup(NULL);
}

static void test_fatal_packets(void **state)
{
    put_head(0);
    put(0, 60, 0);
    QUEUE->tx->req_prod = NETIF_ENTRIES + 1;
    fatal("impossible number of requests in the transmit ring");
    QUEUE->tx->req_prod = ~0u;
    fatal("impossible number of requests in the transmit ring");
    put(0, 100, 0)->offset = PAGE_SIZE - 99;
    fatal("data crosses a page");
    put(0, 100, 0)->offset = 0xffff;
    fatal("data crosses a page");
    put(0, 5000, NETTXF_more_data);
    put(1, 4097, 0);
    fatal("data crosses a page");
    put(0, 0xffff, 0);
    fatal("data crosses a page");
    put(0, 100, NETTXF_more_data);
    fatal("missing slots");
    put(0, 100, NETTXF_extra_info);
    fatal("missing extra info");
    put(0, 100, NETTXF_extra_info);
    put_extra(1, XEN_NETIF_EXTRA_TYPE_HASH, true);
    fatal("missing extra info");
    put(0, 100, NETTXF_extra_info);
    put_extra(1, XEN_NETIF_EXTRA_TYPE_NONE, false);
    fatal("invalid extra type");
    put(0, 100, NETTXF_extra_info);
    put_extra(1, XEN_NETIF_EXTRA_TYPE_MAX, false);
    fatal("invalid extra type");
    put(0, 100, NETTXF_extra_info);
    put_extra(1, XEN_NETIF_EXTRA_TYPE_GSO, false)->u.gso.type = XEN_NETIF_GSO_TYPE_TCPV4;
    fatal("GSO size must not be zero");
    put(0, 100, NETTXF_extra_info);
    put_extra(1, XEN_NETIF_EXTRA_TYPE_GSO, false)->u.gso.size = 1000;
    fatal("bad GSO type");
}

static void test_endless_chains(void **state)
{
    put(0, 100, NETTXF_extra_info);
    for (unsigned i = 1; i < NETIF_ENTRIES; i++)
        put_extra(i, XEN_NETIF_EXTRA_TYPE_HASH, true);
    fatal("missing extra info");
    put(0, 100, NETTXF_more_data);
    for (unsigned i = 1; i < NETIF_ENTRIES; i++)
        put(i, 0, NETTXF_more_data);
    fatal("too many slots");
}

/* ---- receiving */

static void post(unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        unsigned at = QUEUE->rx->req_prod++;

        QUEUE->rx->ring[at % NETIF_ENTRIES].req =
            (struct netif_rx_request){(uint16_t)(500 + at), 0, at % PAGES};
    }
}

static bool send(uint32_t n)
{
    world_frame(&f, bytes, n, &cards[1], &cards[0]);
    return net_send(cards[1].port, &f);
}

/* One that is longer than the switch takes, so that slots are easier to count. */
static enum net_result receive(uint32_t n)
{
    world_frame(&f, bytes, n, &cards[1], &cards[0]);
    return netback_receive(&world_nb.dev, &f);
}

static const struct netif_rx_response *rsp(unsigned i)
{
    return &QUEUE->rx->ring[i % NETIF_ENTRIES].rsp;
}

static void test_received(void **state)
{
    post(3);
    QUEUE->rx->rsp_event = 2;
    assert_true(send(60));
    assert_int_equal(world_notified, 0);
    assert_int_equal(receive(5000), NET_TAKEN);
    assert_int_equal(world_notified, 1);
    assert_int_equal(QUEUE->rx->rsp_prod, 3);
    assert_int_equal(rsp(0)->id, 500);
    assert_int_equal(rsp(0)->status, 60);
    assert_int_equal(rsp(0)->flags, 0);
    assert_int_equal(rsp(1)->status, 4096);
    assert_int_equal(rsp(1)->flags, NETRXF_more_data);
    assert_int_equal(rsp(2)->status, 5000 - 4096);
    assert_int_equal(rsp(2)->flags, 0);
    assert_memory_equal(world_page[1], bytes, 4096);
    assert_memory_equal(world_page[2], bytes + 4096, 5000 - 4096);
}

static void test_flags_and_extra_info(void **state)
{
    const struct netif_extra_info *e;

    post(3);
    world_frame(&f, bytes, 5000, &cards[1], &cards[0]);
    f.flags = NET_CSUM_BLANK;
    f.gso_type = NET_GSO_TCP6;
    f.gso_size = 1300;
    assert_int_equal(netback_receive(&world_nb.dev, &f), NET_TAKEN);
    assert_int_equal(rsp(0)->flags, NETRXF_csum_blank | NETRXF_data_validated | NETRXF_extra_info |
                                        NETRXF_more_data);
    e = (const void *)rsp(1);
    assert_int_equal(e->type, XEN_NETIF_EXTRA_TYPE_GSO);
    assert_int_equal(e->u.gso.size, 1300);
    assert_int_equal(e->u.gso.type, XEN_NETIF_GSO_TYPE_TCPV6);
    assert_int_equal(rsp(2)->id, 502);
    assert_int_equal(rsp(2)->status, 5000 - 4096);
}

static void test_without_scatter_gather(void **state)
{
    world_nb.can_sg = false;
    post(8);
    assert_int_equal(receive(4096), NET_TAKEN);
    assert_int_equal(receive(4097), NET_DROPPED);
}

static void test_no_buffers(void **state)
{
    post(1);
    assert_int_equal(receive(5000), NET_FULL);
    assert_int_equal(QUEUE->rx->req_event, 2);
    assert_true(send(60));
    assert_false(send(60));
    assert_int_equal(QUEUE->rx->rsp_prod, 1);
    assert_int_equal(QUEUE->rx->req_event, 2);
    netback_rx_event(QUEUE);
    assert_int_equal(cards[1].resumed, 1);
    post(1);
    assert_true(send(60));
    netback_rx_event(QUEUE); /* nobody waits */
    assert_int_equal(cards[1].resumed, 1);
}

static void test_buffers_not_granted(void **state)
{
    world_granted[1] = false;
    world_writable[4] = false;
    post(6);
    assert_int_equal(receive(9000), NET_DROPPED);
    assert_int_equal(rsp(0)->status, 4096);
    assert_int_equal(rsp(1)->status, NETIF_RSP_ERROR);
    assert_int_equal(rsp(2)->status, NETIF_RSP_ERROR);
    assert_true(send(60));
    assert_int_equal(rsp(3)->status, 60);
    assert_true(send(60));
    assert_int_equal(rsp(4)->status, NETIF_RSP_ERROR);
    assert_int_equal(cards[0].port->stats.rx_drops, 1);
    assert_int_equal(world_failed, 0);
}

static void test_impossible_buffers(void **state)
{
    QUEUE->rx->req_prod = NETIF_ENTRIES + 1;
    for (int i = 0; i < 3; i++)
        assert_true(send(60));
    assert_int_equal(cards[0].port->stats.rx_drops, 3);
    assert_int_equal(world_failed, 0); /* a lock was held */
    assert_int_equal(world_raised, 1);
    netback_tx_serve(QUEUE);
    netback_tx_serve(QUEUE);
    assert_int_equal(world_failed, 1);
}

static void test_the_ring_wraps(void **state)
{
    for (unsigned i = 0; i < 3 * NETIF_ENTRIES; i++) {
        post(1);
        assert_true(send(60));
        assert_int_equal(rsp(i)->id, 500 + i);
    }
    assert_int_equal(QUEUE->rx->rsp_prod, 3 * NETIF_ENTRIES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_packet, setup, check),
        cmocka_unit_test_setup_teardown(test_notified_only_when_asked, setup, check),
        cmocka_unit_test_setup_teardown(test_slots_of_any_size, setup, check),
        cmocka_unit_test_setup_teardown(test_long_packet_passes, setup, check),
        cmocka_unit_test_setup_teardown(test_waits_and_goes_on, setup, check),
        cmocka_unit_test_setup_teardown(test_batches, setup, check),
        cmocka_unit_test_setup_teardown(test_left_until_it_stops, setup, check),
        cmocka_unit_test_setup_teardown(test_left_for_a_while, setup, check),
        cmocka_unit_test_setup_teardown(test_many_are_not_left, setup, check),
        cmocka_unit_test_setup_teardown(test_idle_cpus_are_not_kept_waiting, setup, check),
        cmocka_unit_test_setup_teardown(test_nothing_is_left_of_who_polls, setup, check),
        cmocka_unit_test_setup_teardown(test_left_and_nonsense, setup, check),
        cmocka_unit_test_setup_teardown(test_refused_packets, setup, check),
        cmocka_unit_test_setup_teardown(test_refused_packets_count, setup, check),
        cmocka_unit_test_setup_teardown(test_as_many_slots_as_allowed, setup, check),
        cmocka_unit_test_setup_teardown(test_fatal_packets, setup, check),
        cmocka_unit_test_setup_teardown(test_endless_chains, setup, check),
        cmocka_unit_test_setup_teardown(test_received, setup, check),
        cmocka_unit_test_setup_teardown(test_flags_and_extra_info, setup, check),
        cmocka_unit_test_setup_teardown(test_without_scatter_gather, setup, check),
        cmocka_unit_test_setup_teardown(test_no_buffers, setup, check),
        cmocka_unit_test_setup_teardown(test_buffers_not_granted, setup, check),
        cmocka_unit_test_setup_teardown(test_impossible_buffers, setup, check),
        cmocka_unit_test_setup_teardown(test_the_ring_wraps, setup, check),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
