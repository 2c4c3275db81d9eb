/* SPDX-License-Identifier: MIT */
/* Who gets a frame, who must wait, who is dropped. */
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
    return 0;
}

static bool send(unsigned from, const struct card *to, uint32_t n)
{
    world_frame(&f, bytes, n, &cards[from], to);
    return net_send(cards[from].port, &f);
}

static void test_unicast(void **state)
{
    assert_true(send(0, &cards[1], 60));
    assert_int_equal(cards[1].got, 1);
    assert_int_equal(cards[2].got + cards[3].got + uplink.got, 0);
    assert_memory_equal(cards[1].data, bytes, 60);
    assert_int_equal(cards[0].port->stats.tx_packets, 1);
    assert_int_equal(cards[1].port->stats.rx_bytes, 60);
}

static void test_unknown_goes_to_the_uplink(void **state)
{
    world_frame(&f, bytes, 60, &cards[0], &cards[1]);
    bytes[5] = 0x77;
    assert_true(net_send(cards[0].port, &f));
    assert_int_equal(uplink.got, 1);
    assert_int_equal(cards[1].got, 0);
}

static void test_unknown_from_the_uplink_is_dropped(void **state)
{
    world_frame(&f, bytes, 60, &uplink, &cards[1]);
    bytes[5] = 0x77;
    assert_true(net_send(uplink.port, &f));
    assert_int_equal(uplink.port->stats.tx_drops, 1);
    assert_int_equal(uplink.got + cards[1].got, 0);
}

static void test_uplink_sends_from_any_address(void **state)
{
    world_frame(&f, bytes, 60, &uplink, &cards[1]);
    bytes[11] = 0x77;
    assert_true(net_send(uplink.port, &f));
    assert_int_equal(cards[1].got, 1);
}

static void test_broadcast_reaches_all_others(void **state)
{
    assert_true(send(0, NULL, 60));
    assert_int_equal(cards[0].got, 0);
    for (unsigned i = 1; i < CARDS; i++)
        assert_int_equal(cards[i].got, 1);
    assert_int_equal(uplink.got, 1);
}

static void test_broadcast_waits_for_nobody(void **state)
{
    cards[1].room = 0;
    assert_true(send(0, NULL, 60));
    assert_int_equal(cards[2].got, 1);
    assert_int_equal(cards[1].port->stats.rx_drops, 1);
}

static void test_foreign_source_is_dropped(void **state)
{
    world_frame(&f, bytes, 60, &cards[2], &cards[1]);
    assert_true(net_send(cards[0].port, &f));
    world_frame(&f, bytes, 60, &cards[0], &cards[1]);
    bytes[6] |= 1;
    assert_true(net_send(cards[0].port, &f));
    assert_int_equal(cards[1].got, 0);
    assert_int_equal(cards[0].port->stats.tx_drops, 2);
}

static void test_sizes(void **state)
{
    for (uint32_t n = 12; n < 14; n++)
        assert_true(send(0, &cards[1], n));
    assert_int_equal(cards[1].got, 0);
    assert_true(send(0, &cards[1], 14));
    assert_true(send(0, &cards[1], NET_MTU_FRAME + 4));
    assert_int_equal(cards[1].got, 2);
    assert_true(send(0, &cards[1], NET_MTU_FRAME + 5));
    assert_int_equal(cards[1].got, 2);
}

static void test_to_itself_is_dropped(void **state)
{
    assert_true(send(0, &cards[0], 60));
    assert_int_equal(cards[0].got, 0);
    assert_int_equal(cards[0].port->stats.tx_drops, 1);
}

static void test_nothing_plugged_in(void **state)
{
    net_unplug(cards[1].port, NET_HARDWARE);
    assert_true(send(0, &cards[1], 60));
    assert_int_equal(cards[1].port->stats.rx_drops, 1);
}

static void test_pv_goes_before_hardware(void **state)
{
    struct net_dev pv = cards[3].dev;

    net_plug(cards[1].port, NET_PV, &pv);
    send(0, &cards[1], 60);
    assert_int_equal(cards[3].got, 1);
    net_unplug(cards[1].port, NET_PV);
    send(0, &cards[1], 60);
    assert_int_equal(cards[1].got, 1);
}

static void test_full_receiver_is_waited_for(void **state)
{
    cards[1].room = 0;
    assert_false(send(0, &cards[1], 60));
    assert_false(send(2, &cards[1], 60));
    assert_int_equal(cards[0].port->stats.tx_packets, 0);
    cards[1].room = 5;
    net_room(cards[1].port);
    assert_int_equal(cards[0].resumed, 1);
    assert_int_equal(cards[2].resumed, 1);
    assert_int_equal(cards[3].resumed, 0);
    assert_true(send(0, &cards[1], 60));
    net_room(cards[1].port);
    assert_int_equal(cards[0].resumed, 1); /* waits no more */
    assert_int_equal(cards[1].port->stats.waits, 2);
}

static void test_others_do_not_wait(void **state)
{
    cards[1].room = 0;
    assert_false(send(0, &cards[1], 60));
    assert_true(send(2, &cards[3], 60));
    assert_int_equal(cards[3].got, 1);
}

static void test_stalled_receiver(void **state)
{
    cards[1].room = 0;
    assert_false(send(0, &cards[1], 60));
    world_now += NET_STALL_NS / 2;
    world_timers();
    assert_int_equal(cards[0].resumed, 0);
    assert_false(send(0, &cards[1], 60));
    world_now += NET_STALL_NS / 2 + 2;
    world_timers();
    assert_int_equal(cards[0].resumed, 1);
    for (int i = 0; i < 3; i++)
        assert_true(send(0, &cards[1], 60)); /* dropped at once */
    assert_int_equal(cards[1].port->stats.rx_drops, 3);
    cards[1].room = 1;
    assert_true(send(0, &cards[1], 60));
    assert_int_equal(cards[1].got, 1);
    assert_false(send(0, &cards[1], 60)); /* it lives, so it is waited for again */
}

static void test_who_cannot_wait_drops(void **state)
{
    cards[1].room = 0;
    world_frame(&f, bytes, 60, &cards[0], &cards[1]);
    f.flags = NET_NOWAIT;
    assert_true(net_send(cards[0].port, &f));
    assert_int_equal(cards[1].port->stats.rx_drops, 1);
}

static void test_unplugging_ends_waiting(void **state)
{
    cards[1].room = 0;
    assert_false(send(0, &cards[1], 60));
    net_unplug(cards[1].port, NET_HARDWARE);
    assert_int_equal(cards[0].resumed, 1);
    assert_true(send(0, &cards[1], 60));
}

static void test_rate(void **state)
{
    uint64_t start = world_now, sent = 0;

    cards[0].port->rate = 1000000;
    while (world_now < start + 2000000000ull) {
        while (send(0, &cards[1], 1000))
            sent += 1000;
        assert_int_equal(cards[0].port->credit_timer.index, 0);
        assert_true(cards[0].port->credit_timer.expires > world_now);
        world_now = cards[0].port->credit_timer.expires;
        world_timers();
    }
    assert_in_range(sent, 1990000, 2010000);
    assert_true(cards[0].resumed > 100);
}

static void test_rate_may_be_overdrawn(void **state)
{
    cards[0].port->rate = 1000000;
    cards[0].port->credit = 1;
    assert_true(send(0, &cards[1], 1500)); /* overdrawn */
    assert_false(send(0, &cards[1], 60));
    world_now += 1490000;
    assert_false(send(0, &cards[1], 60));
    world_now += 20000;
    assert_true(send(0, &cards[1], 60));
}

static void test_idle_time_is_no_credit(void **state)
{
    uint64_t sent = 0;

    cards[0].port->rate = 1000000;
    world_now += 100000000000ull;
    while (send(0, &cards[1], 1000))
        sent += 1000;
    assert_in_range(sent, 49000, 52000);
}

static void test_addresses_are_unique(void **state)
{
    struct domain_config cfg = {.nr_nics = 1};

    memcpy(cfg.nic[0].mac, cards[2].port->mac, 6);
    cfg.nic[0].has_mac = true;
    assert_int_equal(nets_open(9, &cfg), -XEN_ENOSPC);
    assert_null(net_port(9, 0));
    assert_null(net_uplink(cards[2].port->mac, &uplink.dev));
}

/* Ports that come and go, with new addresses and old ones: senders find who is there. */
static void test_ports_come_and_go(void **state)
{
    const char *wrong;
    uint32_t ports = net_nr_ports;

    for (unsigned i = 0; i < 1000; i++) {
        struct net_config c = {.has_mac = true, .mac = {2, 0, 0, (uint8_t)(i % 7), (uint8_t)i, 1}};
        struct net_port *p = net_attach(1, &c, &wrong);
        struct card guest = {.port = p, .room = NO_LIMIT};

        assert_non_null(p);
        assert_ptr_equal(net_port(1, 1), p);
        assert_ptr_equal(net_lookup(c.mac), p);
        assert_null(net_attach(2, &c, &wrong)); /* nobody else has it meanwhile */
        assert_true(send(1, &guest, 100));
        assert_int_equal(p->stats.rx_drops, 1); /* nothing is plugged in */
        net_detach(p);
        assert_null(net_port(1, 1));
        assert_null(net_lookup(c.mac));
        assert_true(send(1, &guest, 100));
        assert_int_equal(uplink.got, i + 1);
        for (unsigned k = 0; k < CARDS; k++)
            assert_ptr_equal(net_lookup(cards[k].port->mac), cards[k].port);
    }
    assert_int_equal(net_nr_ports, ports + 1);
}

static void test_no_more_ports_than_there_are(void **state)
{
    struct net_config c = {0};
    const char *wrong;
    uint32_t n = 0;

    for (domid_t id = 1; id < HV_MAX_DOMAINS; id++)
        while (net_attach(id, &c, &wrong))
            n++;
    assert_int_equal(n, NET_MAX_PORTS - CARDS - 1);
    assert_int_equal(net_nr_ports, NET_MAX_PORTS);
    for (uint32_t i = 0; i < net_nr_ports; i++)
        if (net_ports[i]->hot && !net_ports[i]->removed)
            net_detach(net_ports[i]);
    assert_non_null(net_attach(3, &c, &wrong));
    net_detach(net_port(3, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_unicast, setup),
        cmocka_unit_test_setup(test_unknown_goes_to_the_uplink, setup),
        cmocka_unit_test_setup(test_unknown_from_the_uplink_is_dropped, setup),
        cmocka_unit_test_setup(test_uplink_sends_from_any_address, setup),
        cmocka_unit_test_setup(test_broadcast_reaches_all_others, setup),
        cmocka_unit_test_setup(test_broadcast_waits_for_nobody, setup),
        cmocka_unit_test_setup(test_foreign_source_is_dropped, setup),
        cmocka_unit_test_setup(test_sizes, setup),
        cmocka_unit_test_setup(test_to_itself_is_dropped, setup),
        cmocka_unit_test_setup(test_nothing_plugged_in, setup),
        cmocka_unit_test_setup(test_pv_goes_before_hardware, setup),
        cmocka_unit_test_setup(test_full_receiver_is_waited_for, setup),
        cmocka_unit_test_setup(test_others_do_not_wait, setup),
        cmocka_unit_test_setup(test_stalled_receiver, setup),
        cmocka_unit_test_setup(test_who_cannot_wait_drops, setup),
        cmocka_unit_test_setup(test_unplugging_ends_waiting, setup),
        cmocka_unit_test_setup(test_rate, setup),
        cmocka_unit_test_setup(test_ports_come_and_go, setup),
        cmocka_unit_test_setup(test_no_more_ports_than_there_are, setup),
        cmocka_unit_test_setup(test_rate_may_be_overdrawn, setup),
        cmocka_unit_test_setup(test_idle_time_is_no_credit, setup),
        cmocka_unit_test_setup(test_addresses_are_unique, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
