/* SPDX-License-Identifier: MIT */
/*
 * Any frames, in any pieces, to the shim's network stack, which has ports open and a connection
 * established. Checksums are taken as right half of the time, so that more gets through.
 */
#include "stack.h"
#include "wire.h"

#include <stdlib.h>
#include <string.h>

#define RING 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct tcp client, server, listener;
static uint8_t rings[3][RING];

static void on_datagram(struct net *net, uint32_t from, uint16_t port, const void *data,
                        uint32_t len)
{
    net_udp_send(net, from, port, 7, data, len);
}

static uint32_t echo(struct tcp *tcp, const void *data, uint32_t len)
{
    return tcp_write(tcp, data, len);
}

static bool connected(void)
{
    return client.state == TCP_ESTABLISHED && server.state == TCP_ESTABLISHED;
}

static void start(void)
{
    wire_start(false);
    client = (struct tcp){.ring = rings[0], .ring_size = RING, .window = RING, .receive = echo};
    server = client;
    listener = client;
    server.ring = rings[1];
    listener.ring = rings[2];
    tcp_listen(&wire.host[1]->net, &server, 80);
    tcp_connect(&wire.host[0]->net, &client, WIRE_IP(1), 80);
    if (!wire_run(1000000000, connected))
        abort();
    tcp_listen(&wire.host[0]->net, &listener, 81);
    net_udp_listen(&wire.host[0]->net, 7, on_datagram);
}

/* Bring a frame near to what passes: addresses, header checksum, ports, sequence number. */
static void help(uint8_t *p, size_t len, uint8_t how)
{
    if (len < 54 || !(how & 4))
        return;
    put16(p + 12, ETHERTYPE_IP);
    p[14] = 0x45;
    put16(p + 16, (uint16_t)(len - 14));
    put16(p + 20, 0);
    p[23] = how & 8 ? PROTO_TCP : PROTO_UDP;
    put16(p + 24, 0);
    put32(p + 26, WIRE_IP(1));
    put32(p + 30, WIRE_IP(0));
    put16(p + 24, (uint16_t)~sum_fold(sum_add(0, p + 14, 20)));
    if (!(how & 8)) {
        put16(p + 36, 7);
    } else if (how & 16) {
        put16(p + 34, 80);
        put16(p + 36, client.port);
        put32(p + 38, client.rcv_nxt + (int8_t)p[38]);
        put32(p + 42, client.una + p[42]);
    } else {
        put16(p + 36, 81);
    }
}

/* One frame: a byte of what to do, two of length, the bytes. Returns how much was used. */
static size_t one_frame(const uint8_t *data, size_t size)
{
    size_t len = (size_t)(data[1] | data[2] << 8) % 2000, cut;
    struct nic_piece piece[2];
    struct nic_frame f = {.piece = piece, .pieces = 2, .csum_trusted = data[0] & 1};
    uint8_t *copy;

    if (len > size - 3)
        len = size - 3;
    copy = malloc(len + 1);
    memcpy(copy, data + 3, len);
    help(copy, len, data[0]);
    cut = len ? data[0] % len : 0;
    piece[0] = (struct nic_piece){copy, (uint32_t)cut};
    piece[1] = (struct nic_piece){copy + cut, (uint32_t)(len - cut)};
    f.len = (uint32_t)len;
    wire.host[0]->nic.receive(&wire.host[0]->nic, &f);
    free(copy);
    return len + 3;
}

/* The same bytes as an answer to a stack that has no address yet. */
static void as_lease(const uint8_t *data, size_t size)
{
    static uint8_t frame[2000];
    uint32_t len = 42 + (uint32_t)(size < 1400 ? size : 1400);
    struct nic_piece piece = {frame, len};
    struct nic_frame f = {.piece = &piece, .pieces = 1, .len = len, .csum_trusted = true};
    struct net *net = &wire.host[0]->net;

    memset(frame, 0, sizeof(frame));
    memcpy(frame + 42, data, len - 42);
    net->ip = 0;
    net_dhcp(net);
    help(frame, len, 4);
    put16(frame + 36, 68);
    put16(frame + 38, (uint16_t)(len - 34));
    frame[42] = 2;
    put32(frame + 46, net->dhcp.id);
    memcpy(frame + 70, net->nic->mac, NIC_MAC_LEN);
    put32(frame + 278, 0x63825363);
    net->nic->receive(net->nic, &f);
    net->nic->receive(net->nic, &f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *start_of_input = data;
    size_t whole = size;

    start();
    while (size > 3) {
        size_t n = one_frame(data, size);

        wire_run(data[0] & 2 ? 300000000 : 1000000, NULL);
        data += n;
        size -= n;
    }
    as_lease(start_of_input, whole);
    wire_stop();
    return 0;
}
