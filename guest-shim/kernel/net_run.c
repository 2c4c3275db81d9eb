/* SPDX-License-Identifier: MIT */
#include "net_run.h"
#include "cpu.h"
#include "io.h"
#include "mm.h"
#include "pv_ops.h"

#define DEFAULT_IP      NET_IP(10, 0, 2, 15)
#define DEFAULT_GATEWAY NET_IP(10, 0, 2, 2)
#define DOMAIN_IP(n)    NET_IP(10, 0, 2, 100 + (n))
#define MASK            0xffffff00

#define DHCP_NS       (20 * NS_PER_SEC)
#define CONNECT_TRIES 50
#define CONNECT_NS    (10 * NS_PER_SEC)
#define CONNECT_GAP   (20 * NS_PER_MS)

static bool more; /* the card stopped in the middle */

uint32_t net_parse_ip(const char *text)
{
    uint32_t ip = 0, part;

    for (unsigned i = 0; text && i < 4; i++) {
        if (*text < '0' || *text > '9')
            return 0;
        for (part = 0; *text >= '0' && *text <= '9'; text++)
            part = part * 10 + *text - '0';
        if (part > 255 || (i < 3 && *text++ != '.'))
            return 0;
        ip = ip << 8 | part;
    }
    return ip;
}

static uint32_t address_word(const char *name, uint32_t otherwise)
{
    uint32_t ip = net_parse_ip(cmdline_value(name));

    return ip ? ip : otherwise;
}

static uint32_t default_ip(const uint8_t *mac)
{
    static const uint8_t domains[] = {0x00, 0x16, 0x3e, 0x00};

    return memcmp(mac, domains, 4) || mac[4] > 100 ? DEFAULT_IP : DOMAIN_IP(mac[4]);
}

static bool has_address(void *context)
{
    return net_dhcp(context);
}

/* The words of the command line, or a lease. */
static bool set_address(struct net *net, struct nic *nic)
{
    const char *ip = cmdline_value("ip");
    bool dhcp = ip && list_contains(ip, "dhcp");

    if (dhcp)
        net_init(net, nic, 0, 0, 0, rdtsc());
    else
        net_init(net, nic, address_word("ip", default_ip(nic->mac)), MASK,
                 address_word("gateway", DEFAULT_GATEWAY), rdtsc());
    return net_until(net, DHCP_NS, has_address, net);
}

struct net *net_start(void)
{
    struct nic *nic;
    struct net *net;

    nic = nic_open();
    net = nic ? kzalloc(sizeof(*net)) : NULL;
    if (!net)
        return NULL;
    if (!set_address(net, nic)) {
        printk("net: nobody gives out addresses\n");
        net_stop(net);
        return NULL;
    }
    printk("NIC %s: %02x:%02x:%02x:%02x:%02x:%02x, address %u.%u.%u.%u%s%s%s\n", nic->name,
           nic->mac[0], nic->mac[1], nic->mac[2], nic->mac[3], nic->mac[4], nic->mac[5],
           net->ip >> 24, net->ip >> 16 & 255, net->ip >> 8 & 255, net->ip & 255,
           nic->can_csum ? ", checksums" : "", nic->can_tso ? ", TSO" : "",
           nic->link ? "" : ", no link");
    return net;
}

void net_stop(struct net *net)
{
    net->nic->close(net->nic);
    kfree(net);
}

void net_step(struct net *net)
{
    net_flush(net);
    if (!more)
        io_wait();
    more = net_poll(net, pv_ops.time.now());
}

bool net_until(struct net *net, uint64_t ns, bool (*done)(void *context), void *context)
{
    uint64_t end = pv_ops.time.now() + ns;

    while (!done(context)) {
        if (pv_ops.time.now() > end)
            return false;
        net_step(net);
    }
    return true;
}

uint8_t *net_ring(uint32_t bytes)
{
    unsigned order = 0;
    pfn_t pfn;

    while (PAGE_SIZE << order < bytes)
        order++;
    pfn = page_alloc_order(order);
    if (!pfn_valid(pfn))
        return NULL;
    return memset(pfn_to_virt(pfn), 0, bytes); /* the other end may see it */
}

uint32_t net_peer(void)
{
    return net_parse_ip(cmdline_value("netpeer"));
}

void net_quit(struct net *net, uint32_t server)
{
    for (unsigned i = 0; i < 3; i++) {
        net_udp_send(net, server, PORT_QUIT, PORT_QUIT, "quit", 4);
        net_flush(net);
        net_step(net);
    }
}

uint32_t net_window(const struct net *net, uint32_t wanted, uint32_t segment)
{
    const struct nic *nic = net->nic;
    uint32_t taken, room;

    if (!nic->rx_room)
        return wanted;
    taken = (NIC_HEADER + 40 + segment + nic->rx_unit) / nic->rx_unit * nic->rx_unit;
    room = nic->rx_room / taken * segment;
    return room < wanted ? room : wanted;
}

static bool decided(void *context)
{
    struct tcp *tcp = context;

    return tcp->state != TCP_SYN_SENT;
}

static bool never(void *context)
{
    return false;
}

bool net_connect(struct net *net, struct tcp *tcp, uint32_t to, uint16_t port)
{
    struct tcp fresh = *tcp;

    for (unsigned i = 0; i < CONNECT_TRIES; i++) {
        *tcp = fresh;
        if (!tcp_connect(net, tcp, to, port))
            return false;
        net_until(net, CONNECT_NS, decided, tcp);
        if (tcp->state == TCP_ESTABLISHED)
            return true;
        tcp_abort(tcp);
        net_until(net, CONNECT_GAP, never, NULL);
    }
    return false;
}
