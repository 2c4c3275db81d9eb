/* SPDX-License-Identifier: MIT */
/*
 * Network measurements, seen by the sender: a byte there and back, and streams until everything is
 * acknowledged, so that what the receiver did on the same processor is in the count. Data is not
 * copied: the ring is sent as it is. The other end is netpeer=server of another shim, or anything
 * that echoes and discards on the same ports.
 */
#include "io.h"
#include "io_bench.h"
#include "modes.h"
#include "net_run.h"

#define BATCHES     4
#define MTU_PAYLOAD 1460
#define CLOSE_NS    (30 * NS_PER_SEC)

struct net_bench {
    const char *name;
    uint16_t port;
    uint32_t bytes;
    uint32_t max_segment;
    unsigned n; /* per batch, unless the command line says n= */
};

static const struct net_bench benches[] = {
    {"net_ping_1", PORT_ECHO, 1, 0, 200},
    {"net_stream_64", PORT_STREAM_64, STREAM_SMALL, STREAM_SMALL, 2000},
    {"net_stream_1500", PORT_STREAM_MTU, MTU_PAYLOAD, MTU_PAYLOAD, 1000},
    {"net_stream_64k", PORT_STREAM_64K, STREAM_LARGE, 0, 64},
};

static struct tcp tcp;
static uint64_t received;

static uint32_t count(struct tcp *t, const void *data, uint32_t len)
{
    received += len;
    return len;
}

static bool connect(struct net *net, const struct net_bench *b)
{
    static uint8_t *ring;

    if (!ring)
        ring = net_ring(RING_BYTES);
    if (!ring)
        return false;
    tcp =
        (struct tcp){.ring = ring,
                     .ring_size = RING_BYTES,
                     .window = net_window(net, NET_WINDOW, b->port == PORT_ECHO ? 1 : MTU_PAYLOAD),
                     .max_segment = b->max_segment,
                     .receive = count};
    return net_connect(net, &tcp, net_peer(), b->port);
}

static void ping_pong(struct net *net, unsigned n)
{
    while (n-- && tcp.state == TCP_ESTABLISHED) {
        uint64_t want = received + 1;

        tcp_write(&tcp, "x", 1);
        while (received < want && tcp.state == TCP_ESTABLISHED)
            net_step(net);
    }
}

/* All of it into the ring, as it has room, and until the last byte is acknowledged. */
static void stream(struct net *net, uint64_t bytes)
{
    while ((bytes || tcp_unacknowledged(&tcp)) && tcp.state == TCP_ESTABLISHED) {
        uint32_t room;
        void *at;

        while (bytes && (room = tcp_room(&tcp, &at))) {
            room = room < bytes ? room : bytes;
            tcp_filled(&tcp, room);
            bytes -= room;
        }
        net_step(net);
    }
}

static void batch(struct net *net, const struct net_bench *b, unsigned n)
{
    if (b->port == PORT_ECHO)
        ping_pong(net, n);
    else
        stream(net, (uint64_t)n * b->bytes);
}

static bool gone(void *context)
{
    return tcp.in_flight == 0 && (tcp.state == TCP_CLOSED || tcp.state == TCP_TIME_WAIT);
}

static bool measure(struct net *net, const struct net_bench *b)
{
    unsigned n = cmdline_number("n", b->n);
    struct io_cost best = IO_COST_WORST, begin;

    if (!n || !connect(net, b))
        return false;
    batch(net, b, n / 4 + 1); /* warm up: the window has to open */
    for (unsigned i = 0; i < BATCHES; i++) {
        begin = io_cost_begin();
        batch(net, b, n);
        io_cost_least(&best, io_cost_end(begin));
    }
    if (tcp.state != TCP_ESTABLISHED)
        return false;
    io_bench_report(b->name, "client", n, b->bytes, best);
    tcp_close(&tcp);
    net_until(net, CLOSE_NS, gone, NULL);
    tcp_abort(&tcp);
    return true;
}

static void measure_all(struct net *net)
{
    const char *only = cmdline_value("netbench");

    for (unsigned i = 0; i < ARRAY_LEN(benches); i++) {
        if (only && !list_contains(only, benches[i].name))
            continue;
        if (!measure(net, &benches[i])) {
            printk("netbench: %s: no connection, or broken off\n", benches[i].name);
            tcp_abort(&tcp);
        }
    }
    net_quit(net, net_peer());
}

void mode_netbench(void)
{
    const char *peer = cmdline_value("netpeer");
    struct net *net;

    io_begin();
    net = net_start();
    if (!net)
        return;
    io_bench_init();
    if (peer && list_contains(peer, "server"))
        net_serve(net);
    else if (net_peer())
        measure_all(net);
    else
        printk("netbench: netpeer= is missing\n");
    net_stop(net);
    io_end();
    printk("BENCH-END\n");
}
