/* SPDX-License-Identifier: MIT */
/* An address from whoever gives them out (RFC 2131), kept for as long as the stack runs. */
#include "stack.h"

#define SERVER_PORT 67
#define CLIENT_PORT 68
#define ASK_AGAIN   NS_PER_SEC

#define REQUEST 1
#define REPLY   2
#define COOKIE  0x63825363

enum { /* offsets in a message; options begin behind the cookie */
       AT_OP = 0,
       AT_TYPE = 1,
       AT_MAC_LEN = 2,
       AT_ID = 4,
       AT_FLAGS = 10,
       AT_YOURS = 16,
       AT_MAC = 28,
       AT_COOKIE = 236,
       AT_OPTIONS = 240,
       MESSAGE = 300,
};

enum {
    OPT_PAD = 0,
    OPT_MASK = 1,
    OPT_ROUTER = 3,
    OPT_ADDRESS = 50,
    OPT_MESSAGE = 53,
    OPT_SERVER = 54,
    OPT_END = 255,
};

enum {
    DISCOVER = 1,
    OFFER = 2,
    WANT = 3, /* DHCPREQUEST */
    ACK = 5,
    NAK = 6,
};

struct reply {
    uint8_t message;
    uint32_t yours, server, mask, router;
};

static uint8_t *put_option(uint8_t *p, uint8_t option, uint32_t value)
{
    p[0] = option;
    p[1] = 4;
    put32(p + 2, value);
    return p + 6;
}

static void ask(struct net *net)
{
    uint8_t m[MESSAGE] = {0}, *p = m + AT_OPTIONS;

    m[AT_OP] = REQUEST;
    m[AT_TYPE] = 1;
    m[AT_MAC_LEN] = NIC_MAC_LEN;
    put32(m + AT_ID, net->dhcp.id);
    put16(m + AT_FLAGS, 0x8000); /* answer by broadcast */
    memcpy(m + AT_MAC, net->nic->mac, NIC_MAC_LEN);
    put32(m + AT_COOKIE, COOKIE);
    *p++ = OPT_MESSAGE;
    *p++ = 1;
    *p++ = net->dhcp.offered ? WANT : DISCOVER;
    if (net->dhcp.offered) {
        p = put_option(p, OPT_ADDRESS, net->dhcp.offered);
        p = put_option(p, OPT_SERVER, net->dhcp.server);
    }
    *p = OPT_END;
    net_udp_send(net, IP_BROADCAST, SERVER_PORT, CLIENT_PORT, m, sizeof(m));
    net->dhcp.asked = net->now + 1;
}

static void take_option(struct reply *r, const uint8_t *p)
{
    if (p[0] == OPT_MESSAGE && p[1] == 1)
        r->message = p[2];
    if (p[1] < 4)
        return;
    if (p[0] == OPT_SERVER)
        r->server = get32(p + 2);
    if (p[0] == OPT_MASK)
        r->mask = get32(p + 2);
    if (p[0] == OPT_ROUTER)
        r->router = get32(p + 2);
}

static bool parse(const struct net *net, const uint8_t *m, uint32_t len, struct reply *r)
{
    uint32_t at = AT_OPTIONS;

    if (len < AT_OPTIONS || m[AT_OP] != REPLY || get32(m + AT_ID) != net->dhcp.id ||
        get32(m + AT_COOKIE) != COOKIE || memcmp(m + AT_MAC, net->nic->mac, NIC_MAC_LEN))
        return false;
    *r = (struct reply){.yours = get32(m + AT_YOURS), .mask = 0xffffff00};
    while (at < len && m[at] != OPT_END) {
        if (m[at] == OPT_PAD) {
            at++;
            continue;
        }
        if (len - at < 2 || len - at - 2 < m[at + 1])
            return false;
        take_option(r, m + at);
        at += 2 + m[at + 1];
    }
    return r->yours && r->yours != IP_BROADCAST;
}

static void answer(struct net *net, uint32_t from, uint16_t port, const void *data, uint32_t len)
{
    struct reply r;

    if (net->ip || !parse(net, data, len, &r))
        return;
    if (r.message == OFFER && !net->dhcp.offered) {
        net->dhcp.offered = r.yours;
        net->dhcp.server = r.server;
        ask(net);
    } else if (r.message == ACK && r.yours == net->dhcp.offered) {
        net->mask = r.mask;
        net->gateway = r.router;
        net->ip = r.yours;
        net_udp_listen(net, CLIENT_PORT, NULL);
    } else if (r.message == NAK) {
        net->dhcp.offered = 0;
    }
}

bool net_dhcp(struct net *net)
{
    if (net->ip)
        return true;
    if (!net->dhcp.id) {
        net->dhcp.id = (uint32_t)(net->random >> 13) | 1;
        net_udp_listen(net, CLIENT_PORT, answer);
    }
    if (!net->dhcp.asked || net->now - net->dhcp.asked > ASK_AGAIN)
        ask(net);
    return false;
}
