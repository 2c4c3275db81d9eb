/* SPDX-License-Identifier: MIT */
/*
 * The network harness. The gateway answers ARP and ping; netpeer= names another shim
 * (netpeer=server) or anything else with the echo services (RFC 862) for data that is to come back
 * as it was; tftp= a file with the blocks' pattern on a TFTP server (RFC 1350) at the gateway.
 */
#include "blk_pattern.h"
#include "cpu.h"
#include "io.h"
#include "io_bench.h"
#include "modes.h"
#include "net_run.h"
#include "selftest.h"

#define PINGS      10
#define UDP_ROUNDS 200
#define TCP_BYTES  (4U << 20)
#define OUR_PORT   4000
#define TFTP_PORT  69
#define TFTP_BLOCK 512
#define TFTP_READ  1
#define TFTP_DATA  3
#define TFTP_ACK   4
#define PATIENCE   TEST_WAIT_NS

static struct net *net;
static uint8_t message[NET_UDP_MAX];
static unsigned replies, wrong;

/* Until `*context` is not 0 any more. */
static bool is_set(void *context)
{
    return *(volatile unsigned *)context != 0;
}

static enum outcome net_link(void)
{
    EXPECT(!(net->nic->mac[0] & 1), "the card's address is a group's");
    EXPECT(net->nic->link, "no link");
    return TEST_OK;
}

static bool gateway_known(void *context)
{
    return net_reachable(net, net->gateway);
}

static bool peer_known(void *context)
{
    return net_reachable(net, net_peer());
}

static enum outcome net_arp(void)
{
    if (cmdline_word("nogateway"))
        return test_skip("no gateway");
    EXPECT(net_until(net, PATIENCE, gateway_known, NULL), "the gateway does not answer");
    return TEST_OK;
}

static void on_reply(struct net *n, uint32_t from, uint16_t id, uint16_t sequence)
{
    replies++;
    wrong += from != (uint32_t)(cmdline_word("nogateway") ? net_peer() : net->gateway) || id != 7;
}

static enum outcome net_ping_test(void)
{
    uint32_t to = cmdline_word("nogateway") ? net_peer() : net->gateway;

    net->echo_reply = on_reply;
    wrong = 0;
    if (to == net_peer())
        EXPECT(net_until(net, PATIENCE, peer_known, NULL), "the peer does not answer");
    for (unsigned i = 0; i < PINGS; i++) {
        replies = 0;
        EXPECT(net_ping(net, to, 7, i), "cannot send");
        EXPECT(net_until(net, PATIENCE, is_set, &replies), "no reply to number %u", i);
    }
    EXPECT(!wrong, "replies to somebody else");
    return TEST_OK;
}

/* --- UDP -------------------------------------------------------------------------------------- */

static uint32_t expected;

static void on_echo(struct net *n, uint32_t from, uint16_t port, const void *data, uint32_t len)
{
    if (len == expected && !memcmp(data, message, len))
        replies++;
}

/* One message, sent again now and then, because UDP may lose it. */
static bool udp_round(uint32_t peer, uint32_t len, unsigned round)
{
    for (uint32_t i = 0; i < len; i++)
        message[i] = round * 13 + i * 7;
    expected = len;
    replies = 0;
    for (unsigned i = 0; i < 20 && !replies; i++) {
        net_udp_send(net, peer, PORT_ECHO, OUR_PORT, message, len);
        net_until(net, NS_PER_SEC, is_set, &replies);
    }
    return replies;
}

static enum outcome net_udp(void)
{
    static const uint16_t lengths[] = {0, 1, 2, 17, 18, 19, 46, 63, 512, 1000, 1471, 1472};

    if (!net_peer() || cmdline_word("noudp"))
        return test_skip("nobody to talk to");
    EXPECT(net_until(net, PATIENCE, peer_known, NULL), "the peer does not answer");
    net_udp_listen(net, OUR_PORT, on_echo);
    for (unsigned i = 0; i < UDP_ROUNDS; i++)
        EXPECT(udp_round(net_peer(), lengths[i % ARRAY_LEN(lengths)], i), "no echo of number %u",
               i);
    net_udp_listen(net, OUR_PORT, NULL);
    return TEST_OK;
}

/* --- TFTP ------------------------------------------------------------------------------------- */

static unsigned tftp_done;
static uint64_t tftp_blocks;
static uint16_t tftp_server_port;

static void on_block(struct net *n, uint32_t from, uint16_t port, const void *data, uint32_t len)
{
    const uint8_t *p = data;
    uint8_t unit[TFTP_BLOCK] __attribute__((aligned(8)));
    uint8_t ack[] = {0, TFTP_ACK, 0, 0};
    uint64_t seen;

    if (len < 4 || p[1] != TFTP_DATA) {
        wrong++, tftp_done = 1;
        return;
    }
    if ((uint16_t)(tftp_blocks + 1) == (p[2] << 8 | p[3]) && len == TFTP_BLOCK + 4) {
        memcpy(unit, p + 4, TFTP_BLOCK);
        wrong += pattern_check(unit, cmdline_number("key", 1), tftp_blocks, &seen) != PATTERN_GOOD;
        tftp_blocks++;
    }
    tftp_server_port = port;
    tftp_done = len < TFTP_BLOCK + 4;
    memcpy(ack + 2, p + 2, 2);
    net_udp_send(net, from, port, OUR_PORT, ack, sizeof(ack));
}

static enum outcome net_tftp(void)
{
    const char *file = cmdline_value("tftp");
    uint8_t request[128] = {0, TFTP_READ};
    unsigned n = 2;

    if (!file)
        return test_skip("no server");
    while (file[n - 2] && file[n - 2] != ' ' && n < 100) {
        request[n] = file[n - 2];
        n++;
    }
    memcpy(request + n + 1, "octet", 6);
    wrong = tftp_done = 0;
    tftp_blocks = 0;
    net_udp_listen(net, OUR_PORT, on_block);
    EXPECT(net_until(net, PATIENCE, gateway_known, NULL), "the gateway does not answer");
    net_udp_send(net, net->gateway, TFTP_PORT, OUR_PORT, request, n + 7);
    EXPECT(net_until(net, PATIENCE, is_set, &tftp_done), "stuck after %lu blocks", tftp_blocks);
    net_udp_listen(net, OUR_PORT, NULL);
    EXPECT(!wrong && tftp_blocks, "%u of %lu blocks are wrong", wrong, tftp_blocks);
    printk("NET %lu blocks by TFTP\n", tftp_blocks);
    return TEST_OK;
}

/* --- TCP -------------------------------------------------------------------------------------- */

static struct tcp tcp;
static uint32_t total, sent, got;

static uint8_t byte_at(uint32_t i)
{
    return i * 2654435761U >> 21;
}

static uint32_t check_echo(struct tcp *t, const void *data, uint32_t len)
{
    const uint8_t *p = data;

    for (uint32_t i = 0; i < len; i++)
        wrong += p[i] != byte_at(got + i);
    got += len;
    return len;
}

static bool tcp_finished(void *context)
{
    uint32_t n;
    void *at;

    while (sent < total && (n = tcp_room(&tcp, &at))) {
        n = n < total - sent ? n : total - sent;
        for (uint32_t i = 0; i < n; i++)
            ((uint8_t *)at)[i] = byte_at(sent + i);
        tcp_filled(&tcp, n);
        sent += n;
    }
    return wrong || tcp.reset || got == total;
}

static bool tcp_gone(void *context)
{
    return tcp.state == TCP_CLOSED || tcp.state == TCP_TIME_WAIT ||
           (tcp.state == TCP_FIN_WAIT && tcp_unacknowledged(&tcp) == 0);
}

static bool tcp_idle(void *context)
{
    return tcp.in_flight == 0;
}

/* `bytes` to the echo service and back, in segments of `max` at most (0: as long as may be). */
static enum outcome tcp_echo(uint32_t bytes, uint32_t max)
{
    static uint8_t *ring;
    uint64_t again = net->count.retransmitted;

    if (!net_peer())
        return test_skip("nobody to talk to");
    if (!ring)
        ring = net_ring(RING_BYTES);
    EXPECT(ring, "out of memory");
    tcp = (struct tcp){.ring = ring,
                       .ring_size = RING_BYTES,
                       .window = net_window(net, NET_WINDOW, max ? max : 1460),
                       .max_segment = max,
                       .receive = check_echo};
    total = bytes;
    wrong = sent = got = 0;
    EXPECT(net_connect(net, &tcp, net_peer(), PORT_ECHO), "no connection");
    net_until(net, 3 * PATIENCE, tcp_finished, NULL);
    EXPECT(!tcp.reset, "the connection was broken off");
    EXPECT(!wrong, "%u bytes came back wrong", wrong);
    EXPECT(got == total, "%u of %u bytes came back", got, total);
    tcp_close(&tcp);
    EXPECT(net_until(net, PATIENCE, tcp_gone, NULL), "it does not close, state %u", tcp.state);
    tcp_abort(&tcp);
    EXPECT(net_until(net, PATIENCE, tcp_idle, NULL), "the card keeps packets");
    printk("NET %u bytes by TCP, %lu segments again\n", bytes, net->count.retransmitted - again);
    return TEST_OK;
}

static enum outcome net_tcp(void)
{
    return tcp_echo(cmdline_number("tcpbytes", TCP_BYTES), 0);
}

static enum outcome net_tcp_small(void)
{
    return tcp_echo(20001, 7);
}

static enum outcome net_tcp_one(void)
{
    return tcp_echo(1, 0);
}

static const struct test net_tests[] = {
    {"net_link", net_link},
    {"net_arp", net_arp},
    {"net_ping", net_ping_test},
    {"net_udp", net_udp},
    {"net_tftp", net_tftp},
    {"net_tcp_one", net_tcp_one},
    {"net_tcp", net_tcp},
    {"net_tcp_small", net_tcp_small},
    {0},
};

bool mode_nettest(void)
{
    static const struct test *const lists[] = {net_tests, NULL};
    const char *peer = cmdline_value("netpeer");
    unsigned failed = 0;

    io_begin();
    net = net_start();
    if (!net)
        return false;
    io_bench_init();
    if (peer && list_contains(peer, "server"))
        net_serve(net);
    else
        failed = selftest_lists(lists, NULL);
    if (net_peer())
        net_quit(net, net_peer());
    net_stop(net);
    io_end();
    return failed == 0;
}
