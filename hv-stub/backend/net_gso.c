/* SPDX-License-Identifier: MIT */
/* Long TCP packets cut up in software, for receivers that take frames of MTU size only. */
#include "net.h"

#define TCP_FIN 0x01
#define TCP_PSH 0x08
#define TCP_CWR 0x80

bool net_gso_valid(const struct net_frame *f, const struct net_headers *h)
{
    return f->gso_type <= NET_GSO_TCP6 && h->proto == PROTO_TCP && f->gso_size >= NET_MIN_GSO &&
           h->ip6 == (f->gso_type == NET_GSO_TCP6) && h->end == f->len &&
           f->nr_segs < NET_MAX_SEGS; /* a piece may have one more */
}

/* The pieces of f from offset `from` on, n bytes, behind the header in out. */
static void slice(struct net_frame *out, const struct net_frame *f, uint32_t from, uint32_t n)
{
    uint32_t at = 0;

    for (uint32_t i = 0; n; at += f->seg[i++].len) {
        uint32_t off, part;

        if (at + f->seg[i].len <= from)
            continue;
        off = from - at;
        part = MIN(f->seg[i].len - off, n);
        out->seg[out->nr_segs++] = (struct net_seg){(char *)f->seg[i].p + off, part};
        from += part;
        n -= part;
    }
}

/* The headers of piece i, n bytes of payload, at head. */
static void piece_head(uint8_t *head, const struct net_frame *f, const struct net_headers *h,
                       uint32_t i, uint32_t n, bool last)
{
    uint8_t *ip = head + ETH_HEAD, *tcp = head + h->l4;
    uint32_t end = h->payload + n;

    memcpy(head, f->seg[0].p, h->payload);
    if (h->ip6) {
        put16(ip + 4, end - h->l4);
    } else {
        put16(ip + 2, end - ETH_HEAD);
        put16(ip + 4, get16(ip + 4) + i);
        net_csum_ip(ip, h->l4 - ETH_HEAD);
    }
    put32(tcp + 4, get32(tcp + 4) + i * f->gso_size);
    if (i)
        tcp[13] &= (uint8_t)~TCP_CWR;
    if (!last)
        tcp[13] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
    net_csum_pseudo(head, h, end);
}

static enum net_result send_piece(struct net_port *to, const struct net_frame *f,
                                  const struct net_headers *h, uint32_t from, uint32_t n)
{
    uint8_t head[NET_HEAD];
    struct net_headers ph = *h;
    struct net_frame p;

    p.seg[0] = (struct net_seg){head, h->payload};
    p.nr_segs = 1;
    p.len = ph.end = h->payload + n;
    p.flags = NET_CSUM_BLANK | NET_CSUM_OK;
    p.gso_type = NET_GSO_NONE;
    piece_head(head, f, h, (from - h->payload) / f->gso_size, n, from + n == f->len);
    slice(&p, f, from, n);
    if (!(to->receiver->offload & (h->ip6 ? NET_CAN_CSUM6 : NET_CAN_CSUM4)))
        net_csum_fill(&p, &ph);
    return net_put(to, &p);
}

enum net_result net_gso_send(struct net_port *to, struct net_frame *f, const struct net_headers *h,
                             bool *batch)
{
    for (uint32_t i = 0; i < NET_GSO_BATCH; i++) {
        uint32_t from = h->payload + f->progress;
        uint32_t n = from < f->len ? MIN(f->len - from, (uint32_t)f->gso_size) : 0;
        enum net_result r;

        if (from > f->len || (!n && f->progress))
            return NET_TAKEN;
        r = send_piece(to, f, h, from, n);
        if (r != NET_TAKEN)
            return r;
        f->progress += n;
        if (from + n >= f->len)
            return NET_TAKEN;
    }
    *batch = true;
    return NET_FULL;
}
