/* SPDX-License-Identifier: MIT */
/* TCP between two of our stacks: whatever the wire does, the bytes arrive, once and in order. */
#include "stack.h"
#include "wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define PORT   5001
#define SECOND 1000000000ull
#define RING   (128 * 1024)

static struct tcp client, server;
static uint8_t client_ring[RING], server_ring[RING];
static uint32_t total, sent, got;
static bool wrong, stubborn;

static uint8_t byte_at(uint32_t i)
{
    return (uint8_t)(i * 2654435761u >> 21);
}

/* The server: checks what comes, takes it all, or now and then only a part. */
static uint32_t take(struct tcp *tcp, const void *data, uint32_t len)
{
    const uint8_t *p = data;
    uint32_t n = stubborn && wire.now % 7 == 0 ? len / 2 : len;

    (void)tcp;
    for (uint32_t i = 0; i < n; i++)
        wrong |= p[i] != byte_at(got + i);
    got += n;
    return n;
}

static void feed(void)
{
    uint32_t n;
    void *at;

    if (client.state < TCP_SYN_SENT || client.state > TCP_CLOSE_WAIT)
        return;
    while (sent < total && (n = tcp_room(&client, &at))) {
        n = n < total - sent ? n : total - sent;
        for (uint32_t i = 0; i < n; i++)
            ((uint8_t *)at)[i] = byte_at(sent + i);
        tcp_filled(&client, n);
        sent += n;
    }
}

static bool all_arrived(void)
{
    feed();
    return wrong || client.reset || (got == total && tcp_unacknowledged(&client) == 0);
}

static bool both_closed(void)
{
    if (server.state == TCP_CLOSE_WAIT)
        tcp_close(&server);
    return client.state == TCP_CLOSED && server.state == TCP_CLOSED;
}

static bool connected(void)
{
    return client.state == TCP_ESTABLISHED && server.state == TCP_ESTABLISHED;
}

static void open_both(uint32_t bytes, uint32_t max_segment)
{
    client = (struct tcp){
        .ring = client_ring, .ring_size = RING, .window = 65535, .max_segment = max_segment};
    server =
        (struct tcp){.ring = server_ring, .ring_size = RING, .window = 300000, .receive = take};
    total = bytes;
    sent = got = 0;
    wrong = stubborn = false;
    assert_true(tcp_listen(&wire.host[1]->net, &server, PORT));
    assert_true(tcp_connect(&wire.host[0]->net, &client, WIRE_IP(1), PORT));
}

static void transfer(uint64_t limit)
{
    if (!wire_run(limit, all_arrived))
        fail_msg("%u of %u bytes after %llu s", got, total, (unsigned long long)(limit / SECOND));
    assert_false(wrong);
    assert_false(client.reset);
    assert_int_equal(got, total);
    tcp_close(&client);
    assert_true(wire_run(60 * SECOND, both_closed));
    assert_int_equal(client.in_flight, 0);
    assert_int_equal(got, total);
    wire_stop();
}

static void test_transfer(void **state)
{
    wire_start(false);
    open_both(3000000, 0);
    transfer(60 * SECOND);
    assert_int_equal(wire.longest, 1514);
    assert_int_equal(wire.lost, 0);
}

static void test_small_segments(void **state)
{
    wire_start(false);
    open_both(100000, 64);
    transfer(60 * SECOND);
    assert_int_equal(wire.longest, 54 + 64);
}

static void test_odd_pieces(void **state)
{
    wire_start(false);
    wire.pieces = 7;
    open_both(300001, 777);
    transfer(60 * SECOND);
}

static void test_offload(void **state)
{
    wire_start(true);
    open_both(3000000, 0);
    transfer(60 * SECOND);
    assert_true(wire.longest > 60000);
}

/* What a card makes of a long segment and a blank checksum is right for a receiver that checks. */
static void test_offload_cut(void **state)
{
    wire_start(true);
    wire.segment = true;
    open_both(3000000, 0);
    transfer(60 * SECOND);
    assert_int_equal(wire.longest, 1514);
}

static void faults(bool offload)
{
    for (unsigned i = 0; i < 4; i++) {
        wire_start(offload);
        wire.segment = true;
        wire.random = i + 100;
        wire.loss = i == 1 ? 0 : 30;
        wire.late = i == 2 ? 0 : 50;
        wire.twice = 20;
        wire.damage = i == 3 ? 0 : 20;
        wire.pieces = i;
        open_both(200000, 0);
        stubborn = i & 1;
        transfer(600 * SECOND);
    }
}

static void test_faults(void **state)
{
    faults(false);
}

static void test_faults_offload(void **state)
{
    faults(true);
}

/* A receiver that takes nothing stops the sender, which finds out when it takes again. */
static uint32_t refuse_all(struct tcp *tcp, const void *data, uint32_t len)
{
    (void)tcp, (void)data, (void)len;
    return 0;
}

static void test_closed_window(void **state)
{
    wire_start(false);
    open_both(100000, 0);
    assert_true(wire_run(SECOND, connected));
    server.receive = refuse_all;
    server.window = 0;
    assert_false(wire_run(10 * SECOND, all_arrived));
    assert_int_equal(got, 0);
    server.receive = take;
    server.window = 65535;
    transfer(60 * SECOND);
}

static bool client_reset(void)
{
    return client.reset;
}

static void test_no_listener(void **state)
{
    wire_start(false);
    open_both(0, 0);
    tcp_abort(&server);
    assert_true(wire_run(10 * SECOND, client_reset));
    assert_int_equal(client.state, TCP_CLOSED);
    wire_stop();
}

static void test_abort(void **state)
{
    wire_start(false);
    open_both(0, 0);
    assert_true(wire_run(SECOND, connected));
    tcp_abort(&server);
    assert_true(wire_run(SECOND, client_reset));
    wire_stop();
}

/* Segments that somebody else makes up: wrong sequence numbers reset nothing. */
static void test_blind_reset(void **state)
{
    uint8_t frame[54];
    struct nic_piece piece = {frame, sizeof(frame)};
    struct nic_frame f = {.piece = &piece, .pieces = 1, .len = sizeof(frame), .csum_trusted = true};
    struct host *h;

    wire_start(false);
    open_both(100000, 0);
    assert_true(wire_run(SECOND, connected));
    h = wire.host[0];
    memset(frame, 0, sizeof(frame));
    memcpy(frame + 12, "\x08\x00\x45\x00\x00\x28\x00\x00\x00\x00\x40\x06", 12);
    memcpy(frame + 26, "\x0a\x00\x02\x65\x0a\x00\x02\x64", 8);
    put16(frame + 24, ~sum_fold(sum_add(0, frame + 14, 20)) & 0xffff);
    frame[34] = PORT >> 8, frame[35] = PORT & 0xff;
    frame[36] = (uint8_t)(client.port >> 8), frame[37] = (uint8_t)client.port;
    frame[46] = 0x50, frame[47] = 4;
    for (uint32_t i = 1; i < 1000; i++) {
        uint32_t seq = client.rcv_nxt + (i & 1 ? i : -i);

        for (unsigned b = 0; b < 4; b++)
            frame[38 + b] = (uint8_t)(seq >> (24 - 8 * b));
        h->nic.receive(&h->nic, &f);
    }
    assert_false(client.reset);
    assert_int_equal(h->net.count.bad_checksum, 0);
    transfer(60 * SECOND);
}

/* Both ends close at once. */
static void test_simultaneous_close(void **state)
{
    wire_start(false);
    open_both(0, 0);
    assert_true(wire_run(SECOND, connected));
    tcp_close(&client);
    tcp_close(&server);
    assert_true(wire_run(60 * SECOND, both_closed));
    assert_false(client.reset || server.reset);
    wire_stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transfer),       cmocka_unit_test(test_small_segments),
        cmocka_unit_test(test_odd_pieces),     cmocka_unit_test(test_offload),
        cmocka_unit_test(test_offload_cut),    cmocka_unit_test(test_faults),
        cmocka_unit_test(test_faults_offload), cmocka_unit_test(test_closed_window),
        cmocka_unit_test(test_no_listener),    cmocka_unit_test(test_abort),
        cmocka_unit_test(test_blind_reset),    cmocka_unit_test(test_simultaneous_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
