/* SPDX-License-Identifier: MIT */
/* TCP: segments that leave, and the timer that repeats them. */
#include "stack.h"

#define TCP_HEADER  20
#define SYN_OPTIONS 8
#define CSUM_OFFSET 16
#define TSO_MAX     64240 /* payload of a long segment: in pages it fits the 18 slots of a PV ring */

/* A segment to be sent. */
struct out {
    uint32_t seq, ack, len;
    uint16_t window;
    uint8_t flags;
};

static void write_header(uint8_t *p, uint16_t port, uint16_t peer_port, const struct out *o,
                         uint32_t header)
{
    put16(p, port);
    put16(p + 2, peer_port);
    put32(p + 4, o->seq);
    put32(p + 8, o->flags & TCP_ACK ? o->ack : 0);
    put16(p + 12, header / 4 << 12 | o->flags);
    put16(p + 14, o->window);
    put32(p + 16, 0);
}

/* Maximum segment size, and a scale of the window, which the answer to a SYN has only if it had. */
static void write_options(const struct tcp *tcp, uint8_t *p)
{
    bool scale = tcp->state == TCP_SYN_SENT || tcp->scale_ok;

    put16(p, 0x0204);
    put16(p + 2, tcp->net->nic->mtu - 40);
    put32(p + 4, scale ? 0x01030300 | TCP_SCALE : 0x01010101);
}

static uint16_t announced(const struct tcp *tcp, bool syn)
{
    uint32_t window = tcp->scale_ok && !syn ? tcp->window >> TCP_SCALE : tcp->window;

    return window < 0xffff ? window : 0xffff;
}

/* The ring's bytes from `seq` on as pieces behind the header. */
static void add_data(struct tcp *tcp, struct nic_packet *p, uint32_t seq, uint32_t len)
{
    uint32_t index = (seq - tcp->iss - 1) & (tcp->ring_size - 1);
    uint32_t first = tcp->ring_size - index;

    first = first < len ? first : len;
    p->piece[p->pieces++] = (struct nic_piece){tcp->ring + index, first};
    if (len > first)
        p->piece[p->pieces++] = (struct nic_piece){tcp->ring, len - first};
}

/* By the card if it can. */
static void checksum(const struct net *net, struct nic_packet *p, uint32_t peer, uint32_t len)
{
    uint8_t *tcp = (uint8_t *)p->piece[0].data + L4_AT;
    uint32_t sum = sum_pseudo(net->ip, peer, PROTO_TCP, len);
    struct nic_frame f = {.piece = p->piece, .pieces = p->pieces, .len = L4_AT + len};

    put16(tcp + CSUM_OFFSET, 0);
    if (net->nic->can_csum) {
        put16(tcp + CSUM_OFFSET, sum_fold(sum));
        p->csum_start = L4_AT;
        p->csum_offset = CSUM_OFFSET;
    } else {
        put16(tcp + CSUM_OFFSET, ~sum_fold(view_sum((struct view){&f, L4_AT, len}, sum)));
    }
}

static bool send(struct tcp *tcp, const struct out *o)
{
    struct net *net = tcp->net;
    uint32_t header = TCP_HEADER + (o->flags & TCP_SYN ? SYN_OPTIONS : 0);
    struct net_slot *slot = slot_take(net);

    if (!slot)
        return false;
    write_header(slot->bytes + L4_AT, tcp->port, tcp->peer_port, o, header);
    if (o->flags & TCP_SYN)
        write_options(tcp, slot->bytes + L4_AT + TCP_HEADER);
    slot->packet.piece[0].len = L4_AT + header;
    if (o->len) {
        add_data(tcp, &slot->packet, o->seq, o->len);
        slot->tcp = tcp;
        tcp->in_flight++;
    }
    if (o->len > tcp->mss)
        slot->packet.gso_size = tcp->mss;
    checksum(net, &slot->packet, tcp->peer, header + o->len);
    return ip_send(slot, tcp->peer, PROTO_TCP, header + o->len);
}

/* `len` bytes from `seq` on, and whatever else the segment can say. */
static bool send_segment(struct tcp *tcp, uint32_t seq, uint32_t len, uint8_t flags)
{
    struct out o = {
        .seq = seq,
        .ack = tcp->rcv_nxt,
        .len = len,
        .window = announced(tcp, flags & TCP_SYN),
        .flags = flags | (tcp->state == TCP_SYN_SENT ? 0 : TCP_ACK),
    };

    if (!send(tcp, &o))
        return false;
    tcp->rcv_acked = tcp->rcv_nxt;
    tcp->rcv_edge = tcp->rcv_nxt + tcp->window;
    tcp->ack_now = false;
    return true;
}

void tcp_reset(struct net *net, uint32_t peer, uint16_t port, uint16_t peer_port, uint32_t seq,
               uint32_t ack, uint8_t flags)
{
    struct out o = {.seq = seq, .ack = ack, .flags = flags};
    struct net_slot *slot = slot_take(net);

    if (!slot)
        return;
    write_header(slot->bytes + L4_AT, port, peer_port, &o, TCP_HEADER);
    slot->packet.piece[0].len = L4_AT + TCP_HEADER;
    checksum(net, &slot->packet, peer, TCP_HEADER);
    ip_send(slot, peer, PROTO_TCP, TCP_HEADER);
}

/* --- what may be sent now --------------------------------------------------------------------- */

static uint32_t segment_limit(const struct tcp *tcp)
{
    uint32_t limit = tcp->mss;

    if (tcp->net->nic->can_tso && tcp->net->nic->can_csum)
        limit = TSO_MAX / tcp->mss * tcp->mss;
    return tcp->max_segment && tcp->max_segment < limit ? tcp->max_segment : limit;
}

/* Payload of the next segment. Small ones wait while the window is the limit. */
static uint32_t next_length(const struct tcp *tcp)
{
    uint32_t avail = tcp->head - tcp->nxt, flight = tcp->nxt - tcp->una;
    uint32_t window = tcp->wnd < tcp->cwnd ? tcp->wnd : tcp->cwnd;
    uint32_t limit = segment_limit(tcp), room = window > flight ? window - flight : 0;
    uint32_t len = avail;

    if (seq_before(tcp->head, tcp->nxt))
        return 0;
    len = len < limit ? len : limit;
    if (len <= room)
        return len;
    if (room >= tcp->mss && len > tcp->mss)
        return room / tcp->mss * tcp->mss;
    return flight ? 0 : room;
}

static void note_sent(struct tcp *tcp, uint32_t len)
{
    tcp->nxt += len;
    if (!seq_before(tcp->max, tcp->nxt))
        return; /* a repetition is not timed */
    tcp->max = tcp->nxt;
    if (!tcp->timed_at) {
        tcp->timed_at = tcp->net->now + 1;
        tcp->timed = tcp->nxt;
    }
}

static void send_data(struct tcp *tcp)
{
    for (;;) {
        uint32_t len = next_length(tcp);
        bool last = tcp->nxt + len == tcp->head, fin = tcp->close_wanted && last;

        if (len == 0 && !fin)
            break;
        if (!send_segment(tcp, tcp->nxt, len, (fin ? TCP_FIN : 0) | (len && last ? TCP_PSH : 0)))
            break;
        note_sent(tcp, len + fin);
    }
}

/* The timer runs while something is unacknowledged, or stuck behind a closed window. */
void tcp_arm(struct tcp *tcp)
{
    bool waiting = tcp->una != tcp->max || (tcp->wnd == 0 && tcp->head != tcp->nxt);
    uint64_t delay = tcp->rto << tcp->backoff;

    if (tcp->state == TCP_TIME_WAIT)
        return;
    tcp->timer = waiting ? tcp->net->now + (delay < TCP_RTO_MAX ? delay : TCP_RTO_MAX) : 0;
}

/* Room for the peer that it should hear of, though nothing arrived. */
static bool window_opened(const struct tcp *tcp)
{
    return !tcp->peer_closed &&
           !seq_before(tcp->rcv_nxt + tcp->window, tcp->rcv_edge + 2 * tcp->mss);
}

void tcp_output(struct tcp *tcp)
{
    switch (tcp->state) {
    case TCP_CLOSED:
    case TCP_LISTEN:
        return;
    case TCP_SYN_SENT:
    case TCP_SYN_RECEIVED:
        if (tcp->nxt == tcp->iss && send_segment(tcp, tcp->iss, 0, TCP_SYN))
            note_sent(tcp, 1);
        break;
    default:
        send_data(tcp);
        if (tcp->ack_now || tcp->rcv_acked != tcp->rcv_nxt || window_opened(tcp))
            send_segment(tcp, tcp->nxt, 0, 0);
    }
    if (!tcp->timer)
        tcp_arm(tcp);
}

/* --- repeating -------------------------------------------------------------------------------- */

void tcp_retransmit_first(struct tcp *tcp)
{
    uint32_t len = tcp->head - tcp->una;

    if (seq_before(tcp->head, tcp->una))
        return;
    len = len < tcp->mss ? len : tcp->mss;
    tcp->timed_at = 0;
    tcp->net->count.retransmitted++;
    send_segment(tcp, tcp->una, len,
                 tcp->close_wanted && tcp->una + len == tcp->head ? TCP_FIN : 0);
}

static void expired(struct tcp *tcp)
{
    uint32_t half = (tcp->max - tcp->una) / 2;

    if (tcp->state == TCP_TIME_WAIT) {
        tcp_detach(tcp);
        return;
    }
    if (tcp->state == TCP_SYN_RECEIVED && tcp->backoff > 4) { /* who asked is gone */
        tcp->state = TCP_LISTEN;
        tcp->timer = tcp->backoff = 0;
        return;
    }
    tcp->ssthresh = half > 2U * tcp->mss ? half : 2U * tcp->mss;
    tcp->cwnd = tcp->mss;
    tcp->nxt = tcp->una;
    tcp->dup_acks = 0;
    tcp->timed_at = 0;
    if (tcp->backoff < 8)
        tcp->backoff++;
    tcp->net->count.retransmitted++;
    if (tcp->state >= TCP_ESTABLISHED && tcp->wnd == 0 && tcp->head != tcp->una &&
        !seq_before(tcp->head, tcp->una) && send_segment(tcp, tcp->una, 1, 0))
        note_sent(tcp, 1); /* is the window open again? */
    tcp_arm(tcp);
}

void tcp_timers(struct net *net)
{
    for (unsigned i = 0; i < NET_TCP_MAX; i++)
        if (net->tcp[i] && net->tcp[i]->timer && net->now >= net->tcp[i]->timer)
            expired(net->tcp[i]);
}
