/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as what a hostile back-end does to the network front-end, while its user sends: what
 * the store says, ring indices, answers, frames, pages kept, connections that come and go. What is
 * handed up must lie in the pages for it; each frame sent comes back once; and when all is let go
 * of, nothing may be left.
 */
#include <assert.h>
#include <string.h>

#include "abi.h"
#include "fake_port.h"
#include "input.h"
#include "netfront.h"

#define FRAMES 24

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct port_dev *dev;
static struct pv_net *net;
static struct port_page *memory;
static bool busy[FRAMES];
static uint32_t mapped[64];
static unsigned int nr_mapped;
static unsigned long sum;

static void send_some(void)
{
    unsigned int i = input_byte() % FRAMES;
    struct port_buf bufs[3];
    struct pv_net_frame frame = {.bufs = bufs, .nr_bufs = 1 + input_byte() % 3};

    if (busy[i])
        return;
    for (unsigned int b = 0; b < frame.nr_bufs; b++)
        bufs[b] = (struct port_buf){memory, input_byte() * 16u, input_byte() * 100u};
    frame.csum_blank = input_byte() & 1;
    frame.gso = (enum pv_net_gso)(input_byte() % 3);
    frame.gso_size = input_byte();
    busy[i] = pv_net_send(net, input_byte(), &frame, &busy[i]) == 0;
}

static void on_receive(void *data, unsigned int queue, const struct pv_net_frame *frame)
{
    uint32_t len = 0;

    for (unsigned int i = 0; i < frame->nr_bufs; i++) {
        const struct port_buf *b = &frame->bufs[i];
        const char *p = (const char *)port_page_address(b->page) + b->offset;

        assert(b->offset <= PORT_PAGE_SIZE && b->len <= PORT_PAGE_SIZE - b->offset);
        for (uint32_t at = 0; at < b->len; at += 64)
            sum += (unsigned char)p[at];
        len += b->len;
    }
    assert(len == frame->len && frame->nr_bufs <= PV_NET_MAX_BUFS);
    if (input_byte() > 0xc0)
        send_some();
}

static void on_sent(void *data, unsigned int queue, void *cookie, bool good)
{
    assert(*(bool *)cookie && !fake_locks);
    *(bool *)cookie = false;
}

static bool on_event(void *data, unsigned int queue)
{
    unsigned int n = 0;

    return pv_net_poll(net, queue, 8, &n);
}

static const struct pv_net_ops ops = {on_receive, on_sent, on_event, NULL};

static void offer(void)
{
    static const char *const keys[] = {"multi-queue-max-queues",
                                       "feature-split-event-channels",
                                       "feature-rx-copy",
                                       "feature-sg",
                                       "feature-gso-tcpv4",
                                       "feature-gso-tcpv6",
                                       "feature-no-csum-offload",
                                       "feature-ipv6-csum-offload",
                                       "carrier"};

    input_offer(dev, keys[input_byte() % (sizeof(keys) / sizeof(keys[0]))]);
}

static void *ring(bool tx, unsigned int queue)
{
    static const char *const keys[2][3] = {
        {"rx-ring-ref", "queue-0/rx-ring-ref", "queue-1/rx-ring-ref"},
        {"tx-ring-ref", "queue-0/tx-ring-ref", "queue-1/tx-ring-ref"}};
    uint32_t ref = fake_wrote_number(dev, keys[tx][queue % 3]);

    return ref < FAKE_GRANTS && !dev->grants[ref].readonly ? dev->grants[ref].page : NULL;
}

static void keep(void)
{
    uint32_t ref = 8 + (input_byte() * 4u + input_byte() % 4) % 800;

    if (nr_mapped < 64 && fake_map(dev, ref, input_byte() & 1))
        mapped[nr_mapped++] = ref;
}

static void let_go(unsigned int most)
{
    while (nr_mapped && most--)
        fake_unmap(dev, mapped[--nr_mapped]);
}

static void answer(void)
{
    netif_tx_sring_t *s = ring(true, input_byte());
    union netif_tx_sring_entry *entry;
    unsigned int n = input_byte() % 8;

    if (!s)
        return;
    entry = s->ring;
    for (unsigned int i = 0; i < n; i++) {
        struct netif_tx_response *rsp = &entry[(s->rsp_prod + i) % 256].rsp;

        rsp->id = input_byte() & 1 ? entry[input_byte()].req.id : input_byte() % 40;
        rsp->status = (int16_t)(input_byte() % 4 - 2);
    }
    s->rsp_prod += n;
    if (input_byte() > 0xf0)
        s->rsp_prod += input_word();
    s->req_event = input_byte();
}

static void deliver(void)
{
    netif_rx_sring_t *s = ring(false, input_byte());
    union netif_rx_sring_entry *entry;
    unsigned int n = input_byte() % 32;

    if (!s)
        return;
    entry = s->ring;
    for (unsigned int i = 0; i < n; i++) {
        uint8_t b = input_byte();
        uint32_t at = (s->rsp_prod + i) % 256;
        struct netif_rx_response rsp = {(uint16_t)at, input_byte() * 2, b % 32,
                                        (int16_t)(input_byte() * 8)};

        if (b > 0xf0)
            rsp = (struct netif_rx_response){input_byte(), (uint16_t)input_word(), input_byte(),
                                             (int16_t)input_word()};
        entry[at].rsp = rsp;
    }
    s->rsp_prod += n;
    if (input_byte() > 0xf0)
        s->rsp_prod += input_word();
    s->req_event = input_byte();
}

static void step(void)
{
    unsigned int n = 0;

    switch (input_byte() % 13) {
    case 0:
        if (pv_publish(pv_net_front(net), 0) == 0)
            pv_connect(pv_net_front(net));
        break;
    case 1:
        pv_disconnect(pv_net_front(net));
        break;
    case 2:
        pv_stop(pv_net_front(net));
        break;
    case 3:
        offer();
        break;
    case 4:
    case 5:
        send_some();
        break;
    case 6:
        pv_net_kick(net, input_byte());
        break;
    case 7:
        answer();
        pv_net_poll(net, input_byte(), 1 + input_byte() % 8u, &n);
        break;
    case 8:
    case 9:
        deliver();
        pv_net_poll(net, input_byte(), 1 + input_byte() % 8u, &n);
        break;
    case 10:
        fake_raise(dev, input_byte() % 5u);
        break;
    case 11:
        keep();
        break;
    case 12:
        let_go(input_byte() % 8);
        break;
    }
    if (dev->broken) {
        assert(dev->broken_times == 1 && pv_state(pv_net_front(net)) >= PV_BROKEN);
        pv_abandon(pv_net_front(net));
        dev->broken = NULL;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pv_net_config config = {2, true, true, &ops, NULL};

    input_set(data, size);
    dev = fake_dev_new();
    strcpy(dev->ours[0].key, "mac");
    strcpy(dev->ours[0].value, "00:16:3e:00:00:01");
    fake_offer(dev, "feature-rx-copy", "1");
    fake_offer(dev, "feature-sg", "1");
    fake_offer(dev, "feature-gso-tcpv4", "1");
    fake_offer(dev, "feature-split-event-channels", "1");
    net = pv_net_new(dev, &config);
    memory = port_pages_alloc(3);
    memset(busy, 0, sizeof(busy));
    while (input_left())
        step();
    input_set(NULL, 0);
    let_go(~0u);
    assert(pv_abandon(pv_net_front(net)) == 0);
    for (unsigned int i = 0; i < FRAMES; i++)
        assert(!busy[i]);
    pv_free(pv_net_front(net));
    for (unsigned int i = 0; i < 8; i++)
        port_page_free(port_page_next(memory, i));
    fake_dev_free(dev);
    assert(!fake_pages && !fake_memory && !fake_events);
    return 0;
}
