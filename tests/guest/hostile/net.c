/* SPDX-License-Identifier: MIT */
/*
 * A network front-end that breaks the rules of <xen/io/netif.h>. Answers are the status of the
 * first slot (0 or -1), or CLOSED if the back-end closes the device; after that each case connects
 * anew. These run only when asked for, with a network interface and others who use theirs.
 */
#include "grant.h"

#include <pvkit/xenstore.h>
#include <xen/io/netif.h>
#include <xen/io/xenbus.h>

#define CLOSED   77
#define SILENT   78 /* no answer */
#define REF_TX   300
#define REF_RX   301
#define REF_DATA 302
#define PATIENCE 200000 /* yields */

static struct pvk_xs xs;
static char front[40], back[48];
static char ring_pages[2][4096] __attribute__((aligned(4096)));
static struct netif_tx_sring *const tx = (void *)ring_pages[0];
static struct netif_rx_sring *const rx = (void *)ring_pages[1];
static evtchn_port_t port;

/* ---- the store */

static void yield(void *data)
{
    (void)data;
    (void)pvk_raw2(__HYPERVISOR_sched_op, SCHEDOP_yield, NULL);
}

/* a, the number of a domain, b. */
static void path(char *to, const char *a, int id, const char *b)
{
    while (*a)
        *to++ = *a++;
    *to++ = (char)('0' + id);
    while (*b)
        *to++ = *b++;
    *to = 0;
}

static void set_up(void)
{
    const uint64_t *m2p = (const uint64_t *)M2P_SPACE;

    if (xs.ring)
        return;
    grant_set_up();
    pvk_xs_init(&xs, (void *)(0xffffffff80000000ul + (m2p[start->store_mfn] << 12)),
                start->store_evtchn, yield, NULL);
    path(front, "/local/domain/", own, "/device/vif/0");
    path(back, "/local/domain/0/backend/vif/", own, "/0");
}

static void put_number(const char *name, uint64_t v)
{
    (void)pvk_xs_write_number(&xs, 0, front, name, v);
}

/* Until the back-end is in this state, or in `other`; the state it is in. */
static uint64_t wait_for(uint64_t state, uint64_t other)
{
    uint64_t v = 0;

    for (unsigned int i = 0; i < PATIENCE / 100; i++) {
        if (pvk_xs_read_number(&xs, 0, back, "state", &v) || v == state || v == other)
            break;
        yield(NULL);
    }
    return v;
}

/* ---- the connection */

static void fresh_rings(void)
{
    for (unsigned int i = 0; i < 4096; i++)
        ring_pages[0][i] = ring_pages[1][i] = 0;
    tx->req_event = tx->rsp_event = rx->req_event = rx->rsp_event = 1;
    grant_to(REF_TX, 0, ring_pages[0], GTF_permit_access);
    grant_to(REF_RX, 0, ring_pages[1], GTF_permit_access);
    grant_to(REF_DATA, 0, spare_page[2], GTF_permit_access);
}

static void new_port(void)
{
    struct evtchn_alloc_unbound a = {.dom = DOMID_SELF, .remote_dom = 0};

    if (!port && !pvk_raw2(__HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, &a))
        port = a.port;
}

/* What a good front-end writes; cases change it before they publish. */
static void prepare(void)
{
    set_up();
    put_number("state", XenbusStateInitialising);
    (void)wait_for(XenbusStateInitWait, XenbusStateInitWait);
    fresh_rings();
    new_port();
    put_number("tx-ring-ref", REF_TX);
    put_number("rx-ring-ref", REF_RX);
    put_number("event-channel", port);
    put_number("multi-queue-num-queues", 1);
    put_number("request-rx-copy", 1);
    put_number("feature-rx-notify", 1);
    put_number("feature-sg", 1);
}

static void let_go(void)
{
    put_number("state", XenbusStateClosing);
    (void)wait_for(XenbusStateClosing, XenbusStateClosed);
    put_number("state", XenbusStateClosed);
    (void)wait_for(XenbusStateClosed, XenbusStateClosed);
}

/* 0: connected; CLOSED: it refused. */
static long publish(void)
{
    uint64_t v;

    put_number("state", XenbusStateConnected);
    v = wait_for(XenbusStateConnected, XenbusStateClosing);
    if (v == XenbusStateConnected)
        return 0;
    let_go();
    return CLOSED;
}

static void notify(void)
{
    struct evtchn_send s = {port};

    (void)pvk_raw2(__HYPERVISOR_event_channel_op, EVTCHNOP_send, &s);
}

/* ---- sending */

static struct netif_tx_request *request(unsigned int i, uint16_t size, uint16_t flags)
{
    struct netif_tx_request *r = &tx->ring[i].req;

    *r = (struct netif_tx_request){REF_DATA, 0, flags, (uint16_t)(100 + i), size};
    tx->req_prod = i + 1;
    return r;
}

static struct netif_extra_info *extra(unsigned int i, uint8_t type, uint8_t flags)
{
    struct netif_extra_info *e = (void *)&tx->ring[i];

    e->type = type;
    e->flags = flags;
    e->u.gso.size = 1400;
    e->u.gso.type = XEN_NETIF_GSO_TYPE_TCPV4;
    tx->req_prod = i + 1;
    return e;
}

/* A TCP packet of n bytes to everybody, or to nobody. */
static void packet(uint32_t n, uint8_t first)
{
    static const uint8_t head[] = {0, 0x16, 0x3e, 0, 0, 0, 8, 0, 0x45};
    uint8_t *p = (uint8_t *)spare_page[2];

    for (unsigned int i = 0; i < 4096; i++)
        p[i] = 0;
    for (unsigned int i = 0; i < 6; i++)
        p[i] = first;
    for (unsigned int i = 0; i < sizeof(head); i++)
        p[6 + i] = head[i];
    p[10] = (uint8_t)own;
    p[16] = (uint8_t)((n - 14) >> 8);
    p[17] = (uint8_t)(n - 14);
    p[23] = 6;
    p[46] = 0x50;
}

/* Connect, have fn fill the ring, and see what becomes of it. */
static long sent(void (*fn)(void))
{
    uint64_t v;

    prepare();
    if (publish())
        return CLOSED;
    packet(60, 0xff);
    fn();
    notify();
    for (unsigned int i = 0; i < PATIENCE / 100; i++) {
        int16_t status = ((volatile struct netif_tx_response *)&tx->ring[0].rsp)->status;

        if (((volatile struct netif_tx_sring *)tx)->rsp_prod) {
            let_go();
            return status;
        }
        if (!pvk_xs_read_number(&xs, 0, back, "state", &v) && v != XenbusStateConnected) {
            let_go();
            return CLOSED;
        }
        yield(NULL);
    }
    let_go();
    return SILENT;
}

#define SENT(name)               \
    static long net_##name(void) \
    {                            \
        return sent(name);       \
    }

static void good(void)
{
    request(0, 60, 0);
}
SENT(good)

static void producer_jump(void)
{
    good();
    tx->req_prod = 257;
}
SENT(producer_jump)

static void producer_back(void)
{
    tx->req_prod = ~0u;
}
SENT(producer_back)

static void no_such_grant(void)
{
    request(0, 60, 0)->gref = 0x7fffffff;
}
SENT(no_such_grant)

static void foreign_grant(void)
{
    grant_to(REF_DATA + 1, 1, spare_page[3], GTF_permit_access); /* for domain 1, not for 0 */
    request(0, 1000, 0)->gref = REF_DATA + 1;
}
SENT(foreign_grant)

static void foreign_frame(void)
{
    grant_to(REF_DATA + 1, 0, spare_page[3], GTF_permit_access);
    entry[REF_DATA + 1].frame = 1; /* not ours */
    request(0, 1000, 0)->gref = REF_DATA + 1;
}
SENT(foreign_frame)

static void cross_page(void)
{
    request(0, 60, 0)->offset = 4090;
}
SENT(cross_page)

static void huge_slot(void)
{
    request(0, 0xffff, 0);
}
SENT(huge_slot)

static void runt(void)
{
    request(0, 5, 0);
}
SENT(runt)

static void parts_exceed_whole(void)
{
    request(0, 1000, NETTXF_more_data);
    request(1, 2000, 0);
}
SENT(parts_exceed_whole)

static void many_slots(void)
{
    request(0, 1000, NETTXF_more_data);
    for (unsigned int i = 1; i < 19; i++)
        request(i, 10, i < 18 ? NETTXF_more_data : 0);
}
SENT(many_slots)

static void too_many_slots(void)
{
    request(0, 1000, NETTXF_more_data);
    for (unsigned int i = 1; i < 200; i++)
        request(i, 0, i < 199 ? NETTXF_more_data : 0);
}
SENT(too_many_slots)

static void slots_missing(void)
{
    request(0, 1000, NETTXF_more_data);
}
SENT(slots_missing)

static void endless_extras(void)
{
    request(0, 60, NETTXF_extra_info);
    for (unsigned int i = 1; i < 256; i++)
        extra(i, XEN_NETIF_EXTRA_TYPE_HASH, XEN_NETIF_EXTRA_FLAG_MORE);
}
SENT(endless_extras)

static void unknown_extra(void)
{
    request(0, 60, NETTXF_extra_info);
    extra(1, 0x7f, 0);
}
SENT(unknown_extra)

/* A long packet, to somebody: domain 1. */
static struct netif_extra_info *long_packet(void)
{
    uint8_t *p = (uint8_t *)spare_page[2];

    packet(4000, 0);
    p[1] = 0x16;
    p[2] = 0x3e;
    p[4] = 1;
    request(0, 4000, NETTXF_extra_info | NETTXF_csum_blank);
    return extra(1, XEN_NETIF_EXTRA_TYPE_GSO, 0);
}

static void gso_zero(void)
{
    long_packet()->u.gso.size = 0;
}
SENT(gso_zero)

static void gso_one(void)
{
    long_packet()->u.gso.size = 1;
}
SENT(gso_one)

static void gso_unknown(void)
{
    long_packet()->u.gso.type = 9;
}
SENT(gso_unknown)

static void gso_wrong_family(void)
{
    long_packet()->u.gso.type = XEN_NETIF_GSO_TYPE_TCPV6;
}
SENT(gso_wrong_family)

static void gso_no_headers(void)
{
    (void)long_packet();
    request(0, 20, NETTXF_extra_info | NETTXF_csum_blank);
    tx->req_prod = 2;
}
SENT(gso_no_headers)

static void gso_header_beyond(void)
{
    (void)long_packet();
    spare_page[2][14] = 0x4f; /* options up to where nothing is */
    spare_page[2][74 + 12] = (char)0xf0;
}
SENT(gso_header_beyond)

static void other_address(void)
{
    good();
    spare_page[2][10] = 1;
}
SENT(other_address)

/* ---- connecting */

static long net_ring_not_granted(void)
{
    prepare();
    put_number("tx-ring-ref", 400);
    return publish();
}

static long net_ring_read_only(void)
{
    prepare();
    grant_to(REF_RX, 0, ring_pages[1], GTF_permit_access | GTF_readonly);
    return publish();
}

static long net_port_of_nobody(void)
{
    prepare();
    put_number("event-channel", 1000);
    return publish();
}

static long net_port_in_use(void)
{
    prepare();
    put_number("event-channel", start->store_evtchn);
    return publish();
}

static long net_too_many_queues(void)
{
    prepare();
    put_number("multi-queue-num-queues", 4000000000u);
    return publish();
}

/* Queues that are not there: half of the device is open when it is found out. */
static long net_queue_missing(void)
{
    prepare();
    put_number("queue-0/tx-ring-ref", REF_TX);
    put_number("queue-0/rx-ring-ref", REF_RX);
    put_number("queue-0/event-channel", port);
    put_number("multi-queue-num-queues", 2);
    return publish();
}

static long net_one_page_for_both(void)
{
    long rc;

    prepare();
    put_number("rx-ring-ref", REF_TX);
    rc = publish();
    for (unsigned int i = 0; !rc && i < 256; i++) {
        tx->req_prod = i * 3;
        notify();
    }
    if (!rc)
        let_go();
    return rc;
}

/* Its states in any order, without a pause. */
static long net_state_storm(void)
{
    prepare();
    for (unsigned int i = 0; i < 400; i++)
        put_number("state", i * 7 % 11);
    let_go();
    return 0;
}

/* ---- load */

/* A good receiver, until somebody says something to all: the attacks begin when others are at work.
 */
static long net_wait_for_others(void)
{
    volatile struct netif_rx_sring *r = rx;

    prepare();
    rx->ring[0].req.gref = REF_DATA;
    rx->req_prod = 1;
    if (publish())
        return CLOSED;
    while (!r->rsp_prod)
        yield(NULL);
    let_go();
    return 0;
}

static long net_notify_storm(void)
{
    prepare();
    if (publish())
        return CLOSED;
    for (unsigned int i = 0; i < 100000; i++)
        notify();
    let_go();
    return 0;
}

/* Broadcasts as fast as the ring takes them. */
static long net_flood(void)
{
    unsigned int n = 0;

    prepare();
    if (publish())
        return CLOSED;
    packet(1514, 0xff);
    for (; n < 20000; n++) {
        while (n - ((volatile struct netif_tx_sring *)tx)->rsp_prod >= 256)
            yield(NULL);
        request(n % 256, 1514, 0);
        tx->req_prod = n + 1;
        if (n % 32 == 31)
            notify();
    }
    let_go();
    return 0;
}

/* Buffers that are none, and later no more of them: packets come from others. */
static long net_bad_buffers(void)
{
    prepare();
    if (publish())
        return CLOSED;
    for (unsigned int i = 0; i < 200; i++)
        rx->ring[i].req = (struct netif_rx_request){(uint16_t)i, 0, i * 0x01000001u};
    rx->req_prod = 200;
    notify();
    for (unsigned int i = 0; i < PATIENCE / 20; i++)
        yield(NULL);
    return 0;
}

/* Goes away with everything connected: the last case. */
static long net_left_open(void)
{
    let_go();
    prepare();
    return publish();
}

#define C(name)            \
    {                      \
#name, name, false \
    }
const struct hostile_case net_cases[] = {
    C(net_wait_for_others),
    C(net_good),
    C(net_producer_jump),
    C(net_producer_back),
    C(net_no_such_grant),
    C(net_foreign_grant),
    C(net_foreign_frame),
    C(net_cross_page),
    C(net_huge_slot),
    C(net_runt),
    C(net_parts_exceed_whole),
    C(net_many_slots),
    C(net_too_many_slots),
    C(net_slots_missing),
    C(net_endless_extras),
    C(net_unknown_extra),
    C(net_gso_zero),
    C(net_gso_one),
    C(net_gso_unknown),
    C(net_gso_wrong_family),
    C(net_gso_no_headers),
    C(net_gso_header_beyond),
    C(net_other_address),
    C(net_ring_not_granted),
    C(net_ring_read_only),
    C(net_port_of_nobody),
    C(net_port_in_use),
    C(net_too_many_queues),
    C(net_queue_missing),
    C(net_one_page_for_both),
    C(net_state_storm),
    C(net_notify_storm),
    C(net_flood),
    C(net_bad_buffers),
    C(net_left_open),
};
const unsigned int nr_net_cases = ARRAY_SIZE(net_cases);
