/* SPDX-License-Identifier: MIT */
/* TCP: segments that arrive (RFC 9293, section 3.10.7; blind resets as in RFC 5961). */
#include "stack.h"

#define TCP_HEADER     20
#define DEFAULT_MSS    536
#define MIN_MSS        64
#define MAX_SCALE      14
#define INITIAL_WINDOW 10 /* segments */
#define MANY_DUPS      3

enum {
    OPT_END,
    OPT_NOP,
    OPT_MSS,
    OPT_SCALE,
};

struct segment {
    uint16_t from_port, to_port;
    uint32_t seq, ack;
    uint16_t window;
    uint8_t flags;
    uint16_t mss;
    int scale; /* -1: not announced */
    struct view data;
};

static void parse_options(struct segment *s, const uint8_t *p, uint32_t len)
{
    while (len && *p != OPT_END) {
        uint32_t n = *p == OPT_NOP ? 1 : len >= 2 ? p[1] : 0;

        if (n == 0 || n > len || (n < 2 && *p != OPT_NOP))
            return;
        if (*p == OPT_MSS && n == 4)
            s->mss = get16(p + 2);
        if (*p == OPT_SCALE && n == 3)
            s->scale = p[2] < MAX_SCALE ? p[2] : MAX_SCALE;
        p += n, len -= n;
    }
}

static bool parse(struct net *net, const struct datagram *d, struct segment *s)
{
    uint8_t p[60];
    uint32_t have = view_copy(d->body, 0, p, sizeof(p)), header;

    if (have < TCP_HEADER)
        return false;
    header = (p[12] >> 4) * 4;
    if (header < TCP_HEADER || header > have)
        return false;
    if (!d->trusted &&
        sum_fold(view_sum(d->body, sum_pseudo(d->from, d->to, PROTO_TCP, d->body.len))) != 0xffff) {
        net->count.bad_checksum++;
        return false;
    }
    *s = (struct segment){
        .from_port = get16(p),
        .to_port = get16(p + 2),
        .seq = get32(p + 4),
        .ack = get32(p + 8),
        .flags = p[13],
        .window = get16(p + 14),
        .mss = DEFAULT_MSS,
        .scale = -1,
        .data = {d->body.frame, d->body.at + header, d->body.len - header},
    };
    if (s->flags & TCP_SYN)
        parse_options(s, p + TCP_HEADER, header - TCP_HEADER);
    return true;
}

static uint32_t segment_length(const struct segment *s)
{
    return s->data.len + !!(s->flags & TCP_SYN) + !!(s->flags & TCP_FIN);
}

/* --- opening ---------------------------------------------------------------------------------- */

static void take_syn(struct tcp *tcp, const struct segment *s)
{
    uint16_t mss = s->mss < MIN_MSS ? MIN_MSS : s->mss;

    tcp->rcv_nxt = tcp->rcv_acked = s->seq + 1;
    tcp->scale_ok = s->scale >= 0;
    tcp->wnd_scale = s->scale > 0 ? s->scale : 0;
    tcp->wnd = s->window; /* never scaled in a SYN */
    tcp->wl1 = s->seq;
    tcp->wl2 = s->ack;
    tcp->mss = mss < tcp->mss ? mss : tcp->mss;
    tcp->cwnd = INITIAL_WINDOW * tcp->mss;
}

static void listener_input(struct tcp *tcp, const struct datagram *d, const struct segment *s)
{
    if (s->flags & TCP_RST)
        return;
    if (s->flags & TCP_ACK || !(s->flags & TCP_SYN)) {
        tcp_reset(tcp->net, d->from, s->to_port, s->from_port, s->ack, 0, TCP_RST);
        return;
    }
    tcp->peer = d->from;
    tcp->peer_port = s->from_port;
    tcp_start(tcp);
    take_syn(tcp, s);
    tcp->state = TCP_SYN_RECEIVED;
    tcp->ack_now = true;
}

static void syn_sent_input(struct tcp *tcp, const struct datagram *d, const struct segment *s)
{
    bool acks = s->flags & TCP_ACK && s->ack == tcp->iss + 1 && tcp->max == s->ack;

    if (s->flags & TCP_ACK && !acks) {
        if (!(s->flags & TCP_RST))
            tcp_reset(tcp->net, d->from, s->to_port, s->from_port, s->ack, 0, TCP_RST);
    } else if (s->flags & TCP_RST) {
        if (acks) {
            tcp->reset = true;
            tcp_detach(tcp);
        }
    } else if (s->flags & TCP_SYN && acks) {
        take_syn(tcp, s);
        tcp->una = tcp->nxt = s->ack;
        tcp->state = TCP_ESTABLISHED;
        tcp->ack_now = true;
        tcp->backoff = 0;
        tcp->timer = 0;
    }
}

/* --- acknowledgements ------------------------------------------------------------------------- */

static void take_time(struct tcp *tcp, uint32_t ack)
{
    uint64_t took;

    if (!tcp->timed_at || seq_before(ack, tcp->timed))
        return;
    took = tcp->net->now + 1 - tcp->timed_at;
    tcp->srtt = tcp->srtt ? (tcp->srtt * 7 + took) / 8 : took;
    tcp->rto = tcp->srtt * 3 > TCP_RTO_MIN ? tcp->srtt * 3 : TCP_RTO_MIN;
    tcp->timed_at = 0;
}

static void progress(struct tcp *tcp, uint32_t ack)
{
    uint32_t acked = ack - tcp->una;

    take_time(tcp, ack);
    tcp->una = ack;
    if (seq_before(tcp->nxt, ack))
        tcp->nxt = ack;
    if (tcp->cwnd < tcp->ssthresh)
        tcp->cwnd += acked;
    else
        tcp->cwnd += (uint64_t)acked * tcp->mss / tcp->cwnd;
    if (tcp->cwnd > tcp->ring_size + tcp->mss)
        tcp->cwnd = tcp->ring_size + tcp->mss;
    tcp->dup_acks = 0;
    tcp->backoff = 0;
    tcp_arm(tcp);
}

static void duplicate(struct tcp *tcp)
{
    uint32_t half = (tcp->max - tcp->una) / 2;

    if (++tcp->dup_acks != MANY_DUPS)
        return;
    tcp->ssthresh = half > 2U * tcp->mss ? half : 2U * tcp->mss;
    tcp->cwnd = tcp->ssthresh;
    tcp_retransmit_first(tcp);
}

static void take_window(struct tcp *tcp, const struct segment *s)
{
    if (seq_before(s->seq, tcp->wl1) || (s->seq == tcp->wl1 && seq_before(s->ack, tcp->wl2)))
        return;
    tcp->wnd = (uint32_t)s->window << tcp->wnd_scale;
    tcp->wl1 = s->seq;
    tcp->wl2 = s->ack;
}

/* Our FIN has been acknowledged: what comes next depends on theirs. */
static void closed_our_end(struct tcp *tcp)
{
    if (tcp->state == TCP_LAST_ACK) {
        tcp_detach(tcp);
    } else if (tcp->state == TCP_FIN_WAIT && tcp->peer_closed) {
        tcp->state = TCP_TIME_WAIT;
        tcp->timer = tcp->net->now + TCP_LINGER;
    }
}

/* False: nothing more is to be done with the segment. */
static bool take_ack(struct tcp *tcp, const struct segment *s)
{
    uint32_t window = tcp->wnd;

    if (seq_before(tcp->max, s->ack)) {
        tcp->ack_now = true;
        return false;
    }
    if (seq_before(s->ack, tcp->una))
        return true; /* old */
    take_window(tcp, s);
    if (seq_before(tcp->una, s->ack))
        progress(tcp, s->ack);
    else if (segment_length(s) == 0 && tcp->una != tcp->max && tcp->wnd == window)
        duplicate(tcp);
    if (tcp->close_wanted && tcp->una == tcp->head + 1)
        closed_our_end(tcp);
    return tcp->state != TCP_CLOSED;
}

/* --- data ------------------------------------------------------------------------------------- */

static void take_fin(struct tcp *tcp)
{
    tcp->rcv_nxt++;
    tcp->peer_closed = true;
    tcp->ack_now = true;
    if (tcp->state == TCP_ESTABLISHED)
        tcp->state = TCP_CLOSE_WAIT;
    else if (tcp->una == tcp->head + 1)
        closed_our_end(tcp);
}

static void take_data(struct tcp *tcp, const struct segment *s)
{
    uint32_t skip = tcp->rcv_nxt - s->seq, n, taken;
    const uint8_t *at;

    if (segment_length(s) == 0 || tcp->peer_closed)
        return;
    if (seq_before(tcp->rcv_nxt, s->seq)) { /* something before it is missing */
        tcp->ack_now = true;
        return;
    }
    for (; (n = view_bytes(s->data, skip, &at)); skip += n) {
        taken = tcp->receive ? tcp->receive(tcp, at, n) : n;
        tcp->rcv_nxt += taken < n ? taken : n;
        if (taken < n) {
            tcp->ack_now = true;
            return;
        }
    }
    if (s->flags & TCP_FIN && skip == s->data.len)
        take_fin(tcp);
}

/* --- segments --------------------------------------------------------------------------------- */

static bool acceptable(const struct tcp *tcp, const struct segment *s)
{
    return !seq_before(s->seq + segment_length(s), tcp->rcv_nxt) &&
           !seq_before(tcp->rcv_nxt + tcp->window, s->seq);
}

static bool established_by(struct tcp *tcp, const struct datagram *d, const struct segment *s)
{
    if (s->ack != tcp->iss + 1 || tcp->max != s->ack) {
        tcp_reset(tcp->net, d->from, s->to_port, s->from_port, s->ack, 0, TCP_RST);
        return false;
    }
    tcp->state = TCP_ESTABLISHED;
    tcp->wnd = (uint32_t)s->window << tcp->wnd_scale;
    return true;
}

static void connection_input(struct tcp *tcp, const struct datagram *d, const struct segment *s)
{
    if (!acceptable(tcp, s) || tcp->state == TCP_TIME_WAIT) {
        tcp->ack_now |= !(s->flags & TCP_RST);
        return;
    }
    if (s->flags & TCP_RST) {
        if (s->seq == tcp->rcv_nxt) {
            tcp->reset = true;
            tcp_detach(tcp);
        } else {
            tcp->ack_now = true;
        }
        return;
    }
    if (s->flags & TCP_SYN) {
        tcp->ack_now = true;
        return;
    }
    if (!(s->flags & TCP_ACK))
        return;
    if (tcp->state == TCP_SYN_RECEIVED && !established_by(tcp, d, s))
        return;
    if (segment_length(s) && s->seq + segment_length(s) == tcp->rcv_nxt)
        tcp->ack_now = true; /* all of it is known: an acknowledgement was lost */
    if (take_ack(tcp, s))
        take_data(tcp, s);
}

static struct tcp *find(struct net *net, const struct datagram *d, const struct segment *s)
{
    struct tcp *listener = NULL;

    for (unsigned i = 0; i < NET_TCP_MAX; i++) {
        struct tcp *tcp = net->tcp[i];

        if (!tcp || tcp->port != s->to_port)
            continue;
        if (tcp->state == TCP_LISTEN)
            listener = tcp;
        else if (tcp->peer == d->from && tcp->peer_port == s->from_port)
            return tcp;
    }
    return listener;
}

static void refuse(struct net *net, const struct datagram *d, const struct segment *s)
{
    net->count.unwanted++;
    if (s->flags & TCP_RST)
        return;
    if (s->flags & TCP_ACK)
        tcp_reset(net, d->from, s->to_port, s->from_port, s->ack, 0, TCP_RST);
    else
        tcp_reset(net, d->from, s->to_port, s->from_port, 0, s->seq + segment_length(s),
                  TCP_RST | TCP_ACK);
}

void tcp_input(struct net *net, const struct datagram *d)
{
    struct segment s;
    struct tcp *tcp;

    if (!parse(net, d, &s)) {
        net->count.malformed++;
        return;
    }
    tcp = find(net, d, &s);
    if (!tcp)
        refuse(net, d, &s);
    else if (tcp->state == TCP_LISTEN)
        listener_input(tcp, d, &s);
    else if (tcp->state == TCP_SYN_SENT)
        syn_sent_input(tcp, d, &s);
    else
        connection_input(tcp, d, &s);
}
