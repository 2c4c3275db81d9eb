/* SPDX-License-Identifier: MIT */
/* Checksums filled in and long packets cut up, against a checksum computed byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "world.h"

#define CAN_ALL (NET_CAN_CSUM4 | NET_CAN_CSUM6 | NET_CAN_GSO4 | NET_CAN_GSO6)

static uint8_t bytes[NET_MAX_FRAME], payload[NET_MAX_FRAME];
static struct net_frame f;
static unsigned pieces; /* looked at by check_piece() */
static uint32_t mss, first_seq;

static int setup(void **state)
{
    world_reset();
    pieces = 0;
    return 0;
}

/* ---- the reference */

static uint32_t slow_sum(uint32_t sum, const uint8_t *p, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

/* Of pseudo header and packet: 0xffff if the checksum in it is right. */
static uint32_t l4_sum(const uint8_t *p, bool ip6, uint32_t l4, uint32_t end, uint8_t proto)
{
    uint8_t tail[4] = {0, proto, (uint8_t)((end - l4) >> 8), (uint8_t)(end - l4)};
    uint32_t sum = ip6 ? slow_sum(0, p + 22, 32) : slow_sum(0, p + 26, 8);

    return slow_sum(slow_sum(sum, tail, 4), p + l4, end - l4);
}

/* ---- packets */

/* Headers of a packet of `options` bytes of TCP options, n of data; returns its length. */
static uint32_t make_tcp(bool ip6, uint32_t ip_options, uint32_t options, uint32_t n)
{
    uint32_t l4 = 14 + (ip6 ? 40 : 20 + ip_options), data = l4 + 20 + options;
    uint8_t *ip = bytes + 14, *tcp = bytes + l4;

    world_frame(&f, bytes, data + n, &cards[0], &cards[1]);
    put16(bytes + 12, ip6 ? 0x86dd : 0x0800);
    if (ip6) {
        ip[0] = 0x60;
        put16(ip + 4, 20 + options + n);
        ip[6] = PROTO_TCP;
    } else {
        ip[0] = (uint8_t)(0x45 + ip_options / 4);
        put16(ip + 2, data + n - 14);
        put16(ip + 4, 0xfffe); /* the number wraps */
        put16(ip + 6, 0x4000);
        ip[9] = PROTO_TCP;
        net_csum_ip(ip, 20 + ip_options);
    }
    put32(tcp + 4, 0xfffffff0);
    tcp[12] = (uint8_t)((20 + options) / 4 << 4);
    tcp[13] = 0x80 | 0x10 | 0x08 | 0x01;
    memcpy(payload, bytes + data, n);
    return data + n;
}

static void cut_randomly(void)
{
    uint32_t sizes[NET_MAX_SEGS - 1] = {NET_HEAD + (uint32_t)rand() % 40};

    for (unsigned i = 1; i < NET_MAX_SEGS - 2; i++)
        sizes[i] = 1 + (uint32_t)rand() % (f.len / 8);
    world_cut(&f, sizes);
}

static void check_packet(const uint8_t *p, uint32_t len)
{
    bool ip6 = get16(p + 12) == 0x86dd;
    uint32_t l4 = ip6 ? 54 : 14 + (p[14] & 15u) * 4;

    if (!ip6) {
        assert_int_equal(slow_sum(0, p + 14, l4 - 14), 0xffff);
        assert_int_equal(get16(p + 16), len - 14);
    } else {
        assert_int_equal(get16(p + 18), len - 54);
    }
    assert_int_equal(l4_sum(p, ip6, l4, len, PROTO_TCP), 0xffff);
}

/* The next piece of the packet in payload. */
static void check_piece(struct card *c, uint32_t len)
{
    const uint8_t *p = c->data;
    bool ip6 = get16(p + 12) == 0x86dd;
    uint32_t l4 = ip6 ? 54 : 14 + (p[14] & 15u) * 4, data = l4 + (p[l4 + 12] >> 4) * 4u;
    bool last = len - data < mss || (pieces + 1) * mss == c->all_bytes;

    check_packet(p, len);
    assert_true(len - data <= mss);
    assert_int_equal(get32(p + l4 + 4), first_seq + pieces * mss);
    assert_int_equal(p[l4 + 13], 0x10 | (pieces ? 0 : 0x80) | (last ? 0x09 : 0));
    if (!ip6)
        assert_int_equal(get16(p + 18), (uint16_t)(0xfffe + pieces));
    assert_memory_equal(p + data, payload + pieces * mss, len - data);
    pieces++;
}

static void test_checksum_is_filled_in(void **state)
{
    for (unsigned i = 0; i < 2000; i++) {
        bool ip6 = i & 1;
        uint32_t len = make_tcp(ip6, ip6 ? 0 : i % 11 * 4, i % 10 * 4, (uint32_t)rand() % 1200);

        if (len > NET_HEAD + 40)
            cut_randomly();
        f.flags = NET_CSUM_BLANK;
        assert_true(net_send(cards[0].port, &f));
        assert_int_equal(cards[1].frame[i].flags, NET_CSUM_OK);
        check_packet(cards[1].data, len);
    }
}

static void test_padding_is_not_summed(void **state)
{
    uint32_t len = make_tcp(false, 0, 0, 1);

    world_frame(&f, bytes, 60, &cards[0], &cards[1]);
    make_tcp(false, 0, 0, 1);
    f.len = f.seg[0].len = 60;
    f.flags = NET_CSUM_BLANK;
    assert_true(net_send(cards[0].port, &f));
    assert_int_equal(cards[1].frame[0].len, 60);
    check_packet(cards[1].data, len);
}

static void test_udp_never_has_a_zero_checksum(void **state)
{
    for (uint32_t v = 0; v < 0x10000; v++) {
        uint32_t len = 14 + 20 + 8 + 2;

        world_frame(&f, bytes, len, &cards[0], &cards[1]);
        put16(bytes + 12, 0x0800);
        bytes[14] = 0x45;
        put16(bytes + 16, len - 14);
        put16(bytes + 20, 0);
        bytes[23] = PROTO_UDP;
        put16(bytes + 42, v);
        f.flags = NET_CSUM_BLANK;
        assert_true(net_send(cards[0].port, &f));
        assert_int_not_equal(get16(cards[1].data + 40), 0);
        assert_int_equal(l4_sum(cards[1].data, false, 34, len, PROTO_UDP), 0xffff);
    }
}

static void test_checksum_stays_blank_for_who_can(void **state)
{
    cards[1].dev.offload = NET_CAN_CSUM4;
    make_tcp(false, 0, 0, 100);
    f.flags = NET_CSUM_BLANK;
    net_send(cards[0].port, &f);
    assert_int_equal(cards[1].frame[0].flags, NET_CSUM_BLANK);
    make_tcp(true, 0, 0, 100);
    f.flags = NET_CSUM_BLANK;
    net_send(cards[0].port, &f);
    assert_int_equal(cards[1].frame[1].flags, NET_CSUM_OK);
}

static void refused(void)
{
    unsigned drops = (unsigned)cards[0].port->stats.tx_drops;

    f.flags |= NET_CSUM_BLANK;
    assert_true(net_send(cards[0].port, &f));
    assert_int_equal(cards[0].port->stats.tx_drops, drops + 1);
    assert_int_equal(cards[1].got, 0);
}

static void test_what_has_no_checksum_is_refused(void **state)
{
    static const struct {
        uint8_t at, value;
    } wrong[] = {
        {12, 0x09}, {14, 0x55}, {14, 0x44}, {14, 0x4f}, {16, 0x40}, {17, 19},
        {17, 39},   {20, 0x20}, {21, 1},    {23, 1},    {46, 0x40}, {46, 0xf0},
    };

    for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++) {
        make_tcp(false, 0, 0, 10);
        bytes[wrong[i].at] = wrong[i].value;
        refused();
    }
    make_tcp(true, 0, 0, 10);
    bytes[18] = 1;
    refused();
    make_tcp(true, 0, 0, 10);
    bytes[20] = 0; /* an option before TCP */
    refused();
    for (uint32_t n = 14; n < 54; n++) {
        make_tcp(false, 0, 0, 10);
        f.len = f.seg[0].len = n;
        refused();
    }
}

/* ---- long packets */

static void make_long(bool ip6, uint32_t options, uint32_t n, uint32_t size)
{
    make_tcp(ip6, 0, options, n);
    if (f.len > NET_HEAD + 40)
        cut_randomly();
    f.flags = NET_CSUM_BLANK | NET_CSUM_OK;
    f.gso_type = ip6 ? NET_GSO_TCP6 : NET_GSO_TCP4;
    f.gso_size = (uint16_t)size;
    mss = size;
    first_seq = 0xfffffff0;
    pieces = 0;
    cards[1].all_bytes = n;
    cards[1].each = check_piece;
}

static void test_long_packets_are_cut_up(void **state)
{
    for (unsigned i = 0; i < 200; i++) {
        uint32_t n = 1 + (uint32_t)rand() % 60000, size = 1000 + (uint32_t)rand() % 460;

        make_long(i & 1, i % 11 * 4, n, size);
        assert_true(net_send(cards[0].port, &f));
        assert_int_equal(pieces, DIV_UP(n, size));
    }
}

static void test_a_piece_of_all(void **state)
{
    make_long(false, 0, 1000, 1000);
    assert_true(net_send(cards[0].port, &f));
    make_long(false, 0, 1000, 65535);
    assert_true(net_send(cards[0].port, &f));
    make_long(false, 0, 0, 1000);
    assert_true(net_send(cards[0].port, &f));
    assert_int_equal(cards[1].got, 3);
}

static void test_long_packets_pass_to_who_can(void **state)
{
    cards[1].dev.offload = CAN_ALL;
    make_long(true, 12, 50000, 1400);
    cards[1].each = NULL;
    assert_true(net_send(cards[0].port, &f));
    assert_int_equal(cards[1].got, 1);
    assert_int_equal(cards[1].frame[0].len, f.len);
    assert_int_equal(cards[1].frame[0].gso_size, 1400);
    assert_int_equal(cards[1].frame[0].gso_type, NET_GSO_TCP6);
    assert_memory_equal(cards[1].data, bytes, f.len);
}

/* Without the flag that its checksum is blank it gets one that is. */
static void test_pseudo_checksum(void **state)
{
    cards[1].dev.offload = CAN_ALL;
    make_long(false, 0, 5000, 1400);
    cards[1].each = NULL;
    f.flags = 0;
    assert_true(net_send(cards[0].port, &f));
    assert_int_equal(cards[1].frame[0].flags, NET_CSUM_BLANK);
    for (uint32_t i = 34; i < f.len; i++) /* nothing but the pseudo header is summed */
        if (i < 50 || i > 51)
            cards[1].data[i] = 0;
    assert_int_equal(l4_sum(cards[1].data, false, 34, f.len, PROTO_TCP) % 0xffff,
                     2u * get16(cards[1].data + 50) % 0xffff);
}

static void test_receiver_full_in_the_middle(void **state)
{
    make_long(false, 12, 20000, 1448);
    cards[1].room = 5;
    assert_false(net_send(cards[0].port, &f));
    assert_int_equal(pieces, 5);
    assert_int_equal(f.progress, 5 * 1448);
    cards[1].room = 3;
    assert_false(net_send(cards[0].port, &f));
    cards[1].room = NO_LIMIT;
    assert_true(net_send(cards[0].port, &f));
    assert_int_equal(pieces, DIV_UP(20000, 1448));
    assert_int_equal(cards[0].port->stats.tx_packets, 1);
}

static void test_many_pieces_in_batches(void **state)
{
    unsigned calls = 1;

    make_long(false, 0, 60000, NET_MIN_GSO);
    while (!net_send(cards[0].port, &f)) {
        assert_true(pieces <= calls * NET_GSO_BATCH);
        assert_int_equal(cards[0].resumed, calls);
        calls++;
    }
    assert_int_equal(pieces, 60000 / NET_MIN_GSO);
    assert_int_equal(calls, DIV_UP(60000 / NET_MIN_GSO, NET_GSO_BATCH));
}

static void test_nonsense_is_refused(void **state)
{
    make_long(false, 0, 5000, NET_MIN_GSO - 1);
    refused();
    make_long(false, 0, 5000, 0);
    refused();
    make_long(false, 0, 5000, 1000);
    f.gso_type = NET_GSO_TCP6;
    refused();
    make_long(false, 0, 5000, 1000);
    f.gso_type = 7;
    refused();
    make_long(false, 0, 5000, 1000);
    bytes[17]--; /* IP and frame disagree */
    refused();
    make_long(false, 0, 5000, 1000);
    bytes[23] = PROTO_UDP;
    refused();
    make_long(false, 0, 5000, 1000);
    memset(bytes, 0xff, 6);
    refused();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_checksum_is_filled_in, setup),
        cmocka_unit_test_setup(test_padding_is_not_summed, setup),
        cmocka_unit_test_setup(test_udp_never_has_a_zero_checksum, setup),
        cmocka_unit_test_setup(test_checksum_stays_blank_for_who_can, setup),
        cmocka_unit_test_setup(test_what_has_no_checksum_is_refused, setup),
        cmocka_unit_test_setup(test_long_packets_are_cut_up, setup),
        cmocka_unit_test_setup(test_a_piece_of_all, setup),
        cmocka_unit_test_setup(test_long_packets_pass_to_who_can, setup),
        cmocka_unit_test_setup(test_pseudo_checksum, setup),
        cmocka_unit_test_setup(test_receiver_full_in_the_middle, setup),
        cmocka_unit_test_setup(test_many_pieces_in_batches, setup),
        cmocka_unit_test_setup(test_nonsense_is_refused, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
