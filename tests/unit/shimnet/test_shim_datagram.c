/* SPDX-License-Identifier: MIT */
/* ARP, ICMP echo and UDP between two of our stacks; frames that make no sense. */
#include "stack.h"
#include "wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define SECOND 1000000000ull

static unsigned replies, datagrams;
static uint8_t last[NET_UDP_MAX];
static uint32_t last_len;

static void on_reply(struct net *net, uint32_t from, uint16_t id, uint16_t sequence)
{
    (void)net;
    assert_int_equal(from, WIRE_IP(1));
    assert_int_equal(id, 7);
    assert_int_equal(sequence, 9);
    replies++;
}

static void echo(struct net *net, uint32_t from, uint16_t port, const void *data, uint32_t len)
{
    net_udp_send(net, from, port, 7, data, len);
}

static void on_datagram(struct net *net, uint32_t from, uint16_t port, const void *data,
                        uint32_t len)
{
    (void)net, (void)from, (void)port;
    memcpy(last, data, len);
    last_len = len;
    datagrams++;
}

static bool neighbour_known(void)
{
    return net_reachable(&wire.host[0]->net, WIRE_IP(1));
}

static bool got_reply(void)
{
    return replies != 0;
}

static bool got_datagram(void)
{
    return datagrams != 0;
}

static void begin(void)
{
    wire_start(false);
    replies = datagrams = 0;
    wire.host[0]->net.echo_reply = on_reply;
}

static void test_arp_and_ping(void **state)
{
    begin();
    assert_false(net_ping(&wire.host[0]->net, WIRE_IP(1), 7, 9));
    assert_true(wire_run(SECOND, neighbour_known));
    assert_true(net_ping(&wire.host[0]->net, WIRE_IP(1), 7, 9));
    assert_true(wire_run(SECOND, got_reply));
    wire_stop();
}

/* An answer that was lost is asked for again, but not with every attempt. */
static void test_arp_again(void **state)
{
    begin();
    wire.loss = 1000;
    assert_false(wire_run(SECOND, neighbour_known));
    assert_in_range(wire.frames, 3, 6);
    wire.loss = 0;
    assert_true(wire_run(SECOND, neighbour_known));
    wire_stop();
}

static void test_no_gateway(void **state)
{
    begin();
    assert_false(net_reachable(&wire.host[0]->net, NET_IP(192, 168, 1, 1)));
    assert_int_equal(wire.frames, 0);
    wire_stop();
}

static void udp_round_trip(uint32_t len)
{
    uint8_t data[NET_UDP_MAX];

    for (uint32_t i = 0; i < len; i++)
        data[i] = (uint8_t)(i * 7);
    datagrams = 0;
    assert_true(net_udp_send(&wire.host[0]->net, WIRE_IP(1), 7, 4000, data, len));
    assert_true(wire_run(SECOND, got_datagram));
    assert_int_equal(last_len, len);
    assert_memory_equal(last, data, len);
}

static void test_udp_echo(void **state)
{
    begin();
    assert_true(net_udp_listen(&wire.host[1]->net, 7, echo));
    assert_true(net_udp_listen(&wire.host[0]->net, 4000, on_datagram));
    assert_true(wire_run(SECOND, neighbour_known));
    for (wire.pieces = 1; wire.pieces < 6; wire.pieces++) {
        udp_round_trip(0);
        udp_round_trip(1);
        udp_round_trip(255);
        udp_round_trip(NET_UDP_MAX);
    }
    wire_stop();
}

static void test_udp_damage(void **state)
{
    begin();
    assert_true(net_udp_listen(&wire.host[1]->net, 7, on_datagram));
    assert_true(wire_run(SECOND, neighbour_known));
    wire.damage = 1000;
    for (unsigned i = 0; i < 500; i++) {
        net_udp_send(&wire.host[0]->net, WIRE_IP(1), 7, 4000, "12345678", 8);
        wire_run(2000000, NULL);
    }
    assert_int_equal(datagrams, 0);
    wire_stop();
}

/* Every slot comes back, whatever fails. */
static void test_slots(void **state)
{
    struct net *net;
    unsigned n = 0;

    begin();
    net = &wire.host[0]->net;
    for (unsigned i = 0; i < 1000; i++) {
        net_udp_send(net, NET_IP(10, 0, 2, 1 + i % 50), 7, 4000, "x", 1);
        net_ping(net, WIRE_IP(1), 7, 9);
        wire_run(1000000, NULL);
    }
    while (slot_take(net))
        n++;
    assert_int_equal(n, NET_SLOTS);
    wire_stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arp_and_ping), cmocka_unit_test(test_arp_again),
        cmocka_unit_test(test_no_gateway),   cmocka_unit_test(test_udp_echo),
        cmocka_unit_test(test_udp_damage),   cmocka_unit_test(test_slots),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
