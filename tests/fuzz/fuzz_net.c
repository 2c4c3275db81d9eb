/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the rings and pages of a network front-end: what is sent goes to a card that can do
 * nothing, one that can do all, and back to itself through another. The first byte of the input
 * makes packets that are nearly right, so that more than the first check is reached.
 */
#include <stdlib.h>

#include "bytes.h"
#include "world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Headers of a TCP packet of n bytes, some bytes of which then change. */
static void put_headers(uint8_t *p, uint32_t n, bool ip6)
{
    memcpy(p, cards[1 + (byte() & 1)].port->mac, 6);
    memcpy(p + 6, cards[0].port->mac, 6);
    put16(p + 12, ip6 ? 0x86dd : 0x0800);
    p[14] = ip6 ? 0x60 : 0x45;
    put16(p + (ip6 ? 18 : 16), n - (ip6 ? 54 : 14));
    p[ip6 ? 20 : 23] = PROTO_TCP;
    p[ip6 ? 66 : 46] = 0x50;
    for (uint8_t k = byte() & 3; k; k--)
        p[byte() % NET_HEAD] = byte();
}

static void put_packet(uint32_t *at)
{
    uint8_t shape = byte(), slots = byte() % 22;
    uint32_t rest = 0, first = *at, size = word() % 4097;
    struct netif_tx_request *r = &QUEUE->tx->ring[(*at)++ % NETIF_ENTRIES].req;

    *r = (struct netif_tx_request){byte() % (PAGES + 1), 0, NETTXF_csum_blank, (uint16_t)first, 0};
    if (shape & 1) {
        struct netif_extra_info *e = (void *)&QUEUE->tx->ring[(*at)++ % NETIF_ENTRIES];

        r->flags |= NETTXF_extra_info;
        e->type = shape & 2 ? XEN_NETIF_EXTRA_TYPE_GSO : byte();
        e->flags = byte() & 0x11;
        e->u.gso.size = word();
        e->u.gso.type = shape & 4 ? byte() : 1 + (shape >> 3 & 1);
    }
    for (unsigned i = 0; i < slots; i++) {
        struct netif_tx_request *q = &QUEUE->tx->ring[(*at)++ % NETIF_ENTRIES].req;

        *q = (struct netif_tx_request){byte() % (PAGES + 1), 0, 0, 0, word() % 4097};
        q->offset = shape & 16 ? word() : (uint16_t)(PAGE_SIZE - q->size);
        q->flags = i + 1 < slots ? NETTXF_more_data : 0;
        rest += q->size;
    }
    if (slots)
        r->flags |= NETTXF_more_data;
    r->size = (uint16_t)(size + (shape & 32 ? byte() : rest));
    if (r->gref < PAGES)
        put_headers(world_page[r->gref], r->size, shape & 8);
}

static void fill_rings(bool shaped)
{
    uint32_t at = QUEUE->tx_cons;

    if (shaped)
        while (bytes_left && at - QUEUE->tx_cons < 200)
            put_packet(&at);
    else
        for (uint8_t *p = (uint8_t *)&QUEUE->tx->ring[at % 16]; bytes_left > 64; p++)
            *p = byte();
    QUEUE->tx->req_prod = shaped ? at : at + word() % 300;
}

static void serve(void)
{
    uint32_t before = QUEUE->tx_rsp;

    for (unsigned i = 0; i < 100 && !QUEUE->broken && QUEUE->tx_rsp != QUEUE->tx->req_prod; i++) {
        netback_tx_serve(QUEUE);
        if (QUEUE->tx_rsp - before > NETIF_ENTRIES || world_mapped)
            abort();
        cards[1].room = cards[2].room = 3;
    }
}

/* And back into buffers of its own choice. */
static void receive(void)
{
    static uint8_t bytes[NET_MAX_FRAME];
    struct net_frame f;

    for (unsigned i = 0; i < NETIF_ENTRIES; i++)
        QUEUE->rx->ring[i].req.gref = byte() % (PAGES + 1);
    QUEUE->rx->req_prod = word() % 260;
    for (unsigned i = 0; i < 4; i++) {
        world_frame(&f, bytes, 14 + word() % (NET_MAX_FRAME - 14), &cards[3], &cards[0]);
        f.flags = NET_NOWAIT;
        if (!net_send(cards[3].port, &f) || world_mapped)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bytes_set(data, size);
    world_reset();
    world_netback();
    world_granted[PAGES - 1] = false;
    cards[2].dev.offload = NET_CAN_CSUM4 | NET_CAN_CSUM6 | NET_CAN_GSO4 | NET_CAN_GSO6;
    cards[1].room = cards[2].room = byte();
    fill_rings(byte() & 1);
    serve();
    if (!QUEUE->broken)
        receive();
    return 0;
}
