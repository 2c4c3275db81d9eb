/* SPDX-License-Identifier: MIT */
/*
 * The server side of tests and measurements: TCP echo and sinks, UDP echo. A sink reports what a
 * connection cost, from its first byte to its end.
 */
#include "io_bench.h"
#include "net_run.h"

struct service {
    const char *op; /* of a sink; NULL: echo */
    uint16_t port;
    uint32_t message; /* bytes that count as one operation */
    struct tcp tcp;
    uint8_t *ring;
    uint64_t bytes;
    uint32_t longest; /* segment so far */
    struct io_cost begin;
};

#define ECHO_RING 65536

static struct service services[] = {
    {.port = PORT_ECHO, .message = 1},
    {.op = "net_stream_64", .port = PORT_STREAM_64, .message = STREAM_SMALL},
    {.op = "net_stream_1500", .port = PORT_STREAM_MTU, .message = 1460},
    {.op = "net_stream_64k", .port = PORT_STREAM_64K, .message = STREAM_LARGE},
};

static bool quit;

/* The peer's segments decide how many bytes of them the card has room for. */
static void note_length(struct service *s, uint32_t len)
{
    s->longest = len > s->longest ? len : s->longest;
}

static uint32_t sink(struct tcp *tcp, const void *data, uint32_t len)
{
    struct service *s = tcp->context;

    if (s->bytes == 0)
        s->begin = io_cost_begin();
    s->bytes += len;
    note_length(s, len);
    return len;
}

/* What does not fit the ring is not taken; the window says so beforehand. */
static uint32_t echo(struct tcp *tcp, const void *data, uint32_t len)
{
    note_length(tcp->context, len);
    return tcp_write(tcp, data, len);
}

static void udp_echo(struct net *net, uint32_t from, uint16_t port, const void *data, uint32_t len)
{
    net_udp_send(net, from, port, PORT_ECHO, data, len);
}

static void udp_quit(struct net *net, uint32_t from, uint16_t port, const void *data, uint32_t len)
{
    quit = len == 4 && !memcmp(data, "quit", 4);
}

static uint32_t window(const struct net *net, const struct service *s)
{
    uint32_t room = s->ring ? ECHO_RING - tcp_unacknowledged(&s->tcp) : NET_WINDOW;

    return net_window(net, room, s->longest ? s->longest : 1460);
}

static void listen(struct net *net, struct service *s)
{
    s->bytes = 0;
    s->longest = 0;
    s->tcp = (struct tcp){
        .ring = s->ring,
        .ring_size = s->ring ? ECHO_RING : 0,
        .receive = s->op ? sink : echo,
        .context = s,
    };
    s->tcp.window = net_window(net, s->ring ? ECHO_RING : NET_WINDOW, 1460);
    CHECK(tcp_listen(net, &s->tcp, s->port));
}

static void report(struct service *s)
{
    struct io_cost cost;

    if (!s->op || s->bytes < s->message)
        return;
    cost = io_cost_end(s->begin);
    io_bench_report(s->op, "server", s->bytes / s->message, s->message, cost);
}

static void serve(struct net *net, struct service *s)
{
    switch (s->tcp.state) {
    case TCP_CLOSE_WAIT:
        report(s);
        s->bytes = 0;
        tcp_close(&s->tcp);
        break;
    case TCP_CLOSED:
        if (s->tcp.in_flight == 0)
            listen(net, s);
        break;
    case TCP_ESTABLISHED:
        s->tcp.window = window(net, s);
        break;
    default:
        break;
    }
}

void net_serve(struct net *net)
{
    services[0].ring = net_ring(ECHO_RING);
    if (!services[0].ring)
        return;
    for (unsigned i = 0; i < ARRAY_LEN(services); i++)
        listen(net, &services[i]);
    net_udp_listen(net, PORT_ECHO, udp_echo);
    net_udp_listen(net, PORT_QUIT, udp_quit);
    printk("NETSERVER ready\n");
    while (!quit) {
        net_step(net);
        for (unsigned i = 0; i < ARRAY_LEN(services); i++)
            serve(net, &services[i]);
    }
}
