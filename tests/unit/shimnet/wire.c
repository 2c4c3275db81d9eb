/* SPDX-License-Identifier: MIT */
#include "wire.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define STEP_NS  1000000
#define QUEUE    512
#define LATE_NS  20000000
#define MAX_CUTS 8

struct flying {
    uint8_t *bytes;
    uint32_t len;
    unsigned to;
    bool trusted;
    uint64_t due;
};

struct wire wire;
static struct flying queue[QUEUE];
static unsigned queued;

static uint64_t rnd(void)
{
    uint64_t x = wire.random += 0x9e3779b97f4a7c15u;

    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static bool chance(unsigned of_1000)
{
    return rnd() % 1000 < of_1000;
}

static void put_on_wire(unsigned to, const uint8_t *bytes, uint32_t len, bool trusted)
{
    struct flying *f;

    wire.frames++;
    wire.longest = len > wire.longest ? len : wire.longest;
    if (chance(wire.loss) || queued == QUEUE) {
        wire.lost++;
        return;
    }
    f = &queue[queued++];
    *f = (struct flying){malloc(len), len, to, trusted, wire.now};
    memcpy(f->bytes, bytes, len);
    if (chance(wire.late))
        f->due += LATE_NS;
    if (chance(wire.damage)) {
        f->bytes[14 + rnd() % (len - 14)] ^= 1u << rnd() % 8;
        f->trusted = false;
    }
    if (chance(wire.twice))
        put_on_wire(to, bytes, len, trusted);
}

static uint16_t sum16(const uint8_t *p, uint32_t len, uint32_t sum)
{
    for (uint32_t i = 0; i < len; i++)
        sum += i & 1 ? p[i] : p[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

static void store16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

/* What a card does to finish a TCP packet: lengths, checksums. */
static void finish_headers(uint8_t *frame, uint32_t len)
{
    uint8_t *ip = frame + 14, *tcp = ip + 20;
    uint32_t tcp_len = len - 34;

    store16(ip + 2, len - 14);
    store16(ip + 10, 0);
    store16(ip + 10, ~(uint32_t)sum16(ip, 20, 0));
    store16(tcp + 16, 0);
    store16(tcp + 16, ~(uint32_t)sum16(tcp, tcp_len, sum16(ip + 12, 8, 6 + tcp_len)));
}

/* Cut a long segment as a card with TSO would. */
static void cut(unsigned to, const uint8_t *frame, uint32_t len, uint16_t size)
{
    uint32_t header = 34 + (frame[46] >> 4) * 4u, seq;
    uint8_t part[2048];

    memcpy(&seq, frame + 38, 4);
    seq = __builtin_bswap32(seq);
    for (uint32_t at = header; at < len; at += size) {
        uint32_t n = len - at < size ? len - at : size;

        memcpy(part, frame, header);
        memcpy(part + header, frame + at, n);
        store16(part + 38, (seq + (at - header)) >> 16);
        store16(part + 40, seq + (at - header));
        if (at + n < len)
            part[47] &= (uint8_t)~9; /* no FIN, no PSH but in the last one */
        finish_headers(part, header + n);
        put_on_wire(to, part, header + n, false);
    }
}

static bool card_send(struct nic *nic, struct nic_packet *p)
{
    static uint8_t frame[NIC_MAX_FRAME];
    unsigned to = nic == &wire.host[0]->nic;
    uint32_t len = 0;

    for (unsigned i = 0; i < p->pieces; i++) {
        assert(len + p->piece[i].len <= sizeof(frame));
        memcpy(frame + len, p->piece[i].data, p->piece[i].len);
        len += p->piece[i].len;
    }
    assert(p->gso_size || len <= 1514);
    assert(!p->csum_start || (nic->can_csum && p->piece[0].len >= p->csum_start + 18u));
    if (p->csum_start && (wire.segment || wire.damage)) {
        uint16_t pseudo = sum16(frame + 26, 8, 6 + len - 34);

        assert((frame[50] << 8 | frame[51]) == pseudo); /* a card adds the rest to it */
        if (!p->gso_size)
            finish_headers(frame, len);
    }
    if (p->gso_size && wire.segment)
        cut(to, frame, len, p->gso_size);
    else
        put_on_wire(to, frame, len, p->csum_start && !wire.segment && !wire.damage);
    p->done(p);
    return true;
}

static void card_kick(struct nic *nic)
{
    (void)nic;
}

static void deliver(struct host *h, const struct flying *f)
{
    unsigned cuts = wire.pieces > 1 ? wire.pieces : 1;
    struct nic_piece piece[MAX_CUTS];
    struct nic_frame frame = {.piece = piece, .len = f->len, .csum_trusted = f->trusted};
    uint32_t at = 0;

    for (unsigned i = 0; i < cuts; i++) { /* an odd length in each but the last */
        uint32_t n = i + 1 == cuts ? f->len - at : (f->len / cuts) | 1;

        n = n < f->len - at ? n : f->len - at;
        piece[frame.pieces++] = (struct nic_piece){f->bytes + at, n};
        at += n;
    }
    h->nic.receive(&h->nic, &frame);
}

static bool card_poll(struct nic *nic)
{
    unsigned me = nic == &wire.host[1]->nic;

    for (unsigned i = 0; i < queued;) {
        struct flying f = queue[i];

        if (f.to != me || f.due > wire.now) {
            i++;
            continue;
        }
        memmove(&queue[i], &queue[i + 1], (queued - i - 1) * sizeof(f));
        queued--;
        deliver(wire.host[me], &f);
        free(f.bytes);
    }
    return false;
}

void wire_start(bool offload)
{
    wire = (struct wire){.random = 1, .now = 1};
    for (unsigned i = 0; i < WIRE_HOSTS; i++) {
        struct host *h = wire.host[i] = calloc(1, sizeof(*h));

        h->nic = (struct nic){
            .name = "wire",
            .mac = {2, 0, 0, 0, 0, (uint8_t)i},
            .mtu = 1500,
            .can_csum = offload,
            .can_tso = offload,
            .link = true,
            .send = card_send,
            .kick = card_kick,
            .poll = card_poll,
        };
        net_init(&h->net, &h->nic, WIRE_IP(i), 0xffffff00, 0, i + 7);
    }
}

void wire_stop(void)
{
    while (queued)
        free(queue[--queued].bytes);
    for (unsigned i = 0; i < WIRE_HOSTS; i++)
        free(wire.host[i]);
}

bool wire_run(uint64_t ns, bool (*done)(void))
{
    uint64_t end = wire.now + ns;

    while (wire.now < end) {
        wire.now += STEP_NS;
        for (unsigned i = 0; i < WIRE_HOSTS; i++) {
            net_poll(&wire.host[i]->net, wire.now);
            net_flush(&wire.host[i]->net);
        }
        if (done && done())
            return true;
    }
    return false;
}
