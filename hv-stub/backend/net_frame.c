/* SPDX-License-Identifier: MIT */
/* Frames in pieces: copying, headers, checksums. */
#include "net.h"

void net_copy(struct net_cursor *c, void *dst, uint32_t n)
{
    char *d = dst;

    while (n) {
        uint32_t part = MIN(c->seg->len - c->off, n);

        memcpy(d, (char *)c->seg->p + c->off, part);
        d += part;
        n -= part;
        c->off += part;
        if (c->off == c->seg->len) {
            c->seg++;
            c->off = 0;
        }
    }
}

/* ---- headers */

static bool parse_ip4(const uint8_t *ip, uint32_t room, struct net_headers *h)
{
    uint32_t len = (ip[0] & 15u) * 4;

    if (room < IP4_MIN || ip[0] >> 4 != 4 || len < IP4_MIN || len > room ||
        (get16(ip + 6) & 0x3fff)) /* a part of a packet has no checksum of its own */
        return false;
    h->proto = ip[9];
    h->l4 = (uint16_t)(ETH_HEAD + len);
    h->end = ETH_HEAD + get16(ip + 2);
    return true;
}

static bool parse_ip6(const uint8_t *ip, uint32_t room, struct net_headers *h)
{
    if (room < IP6_HEAD || ip[0] >> 4 != 6)
        return false;
    h->proto = ip[6];
    h->l4 = ETH_HEAD + IP6_HEAD;
    h->end = h->l4 + get16(ip + 4);
    return true;
}

bool net_parse(const struct net_frame *f, struct net_headers *h)
{
    const uint8_t *head = f->seg[0].p;
    uint32_t room = MIN(f->seg[0].len, (uint32_t)NET_HEAD), len;
    uint16_t type;

    if (room < ETH_HEAD)
        return false;
    type = get16(head + 12);
    h->ip6 = type == 0x86dd;
    if (h->ip6 ? !parse_ip6(head + ETH_HEAD, room - ETH_HEAD, h)
               : type != 0x0800 || !parse_ip4(head + ETH_HEAD, room - ETH_HEAD, h))
        return false;
    if (h->proto == PROTO_TCP && (uint32_t)(h->l4 + TCP_MIN) <= room)
        len = (head[h->l4 + 12] >> 4) * 4u;
    else
        len = UDP_HEAD;
    if (len < (h->proto == PROTO_TCP ? TCP_MIN : UDP_HEAD) || h->l4 + len > room)
        return false;
    h->payload = (uint16_t)(h->l4 + len);
    return (h->proto == PROTO_TCP || h->proto == PROTO_UDP) && h->payload <= h->end &&
           h->end <= f->len;
}

/* ---- checksums: ones' complement sums of 16-bit words as they lie in memory */

static uint64_t add(uint64_t sum, uint64_t v)
{
    sum += v;
    return sum + (sum < v);
}

static uint64_t sum_bytes(uint64_t sum, const uint8_t *p, size_t n)
{
    uint64_t w[4], last = 0;

    for (; n >= sizeof(w); n -= sizeof(w), p += sizeof(w)) {
        memcpy(w, p, sizeof(w));
        sum = add(add(add(add(sum, w[0]), w[1]), w[2]), w[3]);
    }
    for (; n >= 8; n -= 8, p += 8) {
        memcpy(w, p, 8);
        sum = add(sum, w[0]);
    }
    for (size_t i = 0; i < n; i++)
        last |= (uint64_t)p[i] << (8 * i);
    return add(sum, last);
}

static uint16_t fold(uint64_t sum)
{
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

/* Of a frame's bytes from one offset to another. */
static uint16_t sum_frame(const struct net_frame *f, uint32_t from, uint32_t to)
{
    const struct net_seg *s = f->seg;
    uint32_t at = 0; /* where s begins */
    uint64_t sum = 0;

    for (; at < to; at += s->len, s++) {
        uint32_t a = MAX(from, at), b = MIN(to, at + s->len);
        uint16_t part;

        if (a >= b)
            continue;
        part = fold(sum_bytes(0, (uint8_t *)s->p + (a - at), b - a));
        if ((a - from) & 1)
            part = (uint16_t)(part << 8 | part >> 8);
        sum += part;
    }
    return fold(sum);
}

static void store(uint8_t *p, uint16_t sum)
{
    memcpy(p, &sum, sizeof(sum));
}

static uint32_t csum_offset(const struct net_headers *h)
{
    return h->l4 + (h->proto == PROTO_TCP ? 16u : 6u);
}

void net_csum_pseudo(uint8_t *head, const struct net_headers *h, uint32_t end)
{
    uint8_t tail[4] = {0, h->proto};
    uint64_t sum;

    put16(tail + 2, end - h->l4);
    sum = h->ip6 ? sum_bytes(0, head + ETH_HEAD + 8, 32) : sum_bytes(0, head + ETH_HEAD + 12, 8);
    store(head + csum_offset(h), fold(sum_bytes(sum, tail, sizeof(tail))));
}

void net_csum_fill(struct net_frame *f, const struct net_headers *h)
{
    uint8_t *head = f->seg[0].p;
    uint16_t sum;

    net_csum_pseudo(head, h, h->end);
    sum = (uint16_t)~sum_frame(f, h->l4, h->end);
    store(head + csum_offset(h), sum || h->proto == PROTO_TCP ? sum : 0xffff);
    f->flags = (uint8_t)((f->flags & ~NET_CSUM_BLANK) | NET_CSUM_OK);
}

void net_csum_ip(uint8_t *ip, uint32_t len)
{
    store(ip + 10, 0);
    store(ip + 10, (uint16_t)~fold(sum_bytes(0, ip, len)));
}
