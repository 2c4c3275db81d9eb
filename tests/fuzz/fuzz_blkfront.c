/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as what a hostile back-end does to the block front-end, while its user works: what the
 * store says, ring indices, answers, pages kept, connections that come and go. Each request must
 * end once at most, with its memory out of the back-end's reach; and when all is let go of, nothing
 * may be left.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi.h"
#include "blkfront.h"
#include "fake_port.h"
#include "input.h"

#define IOS 24

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct port_dev *dev;
static struct pv_blk *blk;
static uint32_t mapped[64];
static unsigned int nr_mapped;

static struct request {
    struct pv_blk_io io;
    struct port_buf buf;
    bool busy;
} ios[IOS];
static struct port_page *memory;

static void on_done(struct pv_blk_io *io, int error)
{
    struct request *r = (struct request *)io;

    assert(r->busy && !fake_locks);
    r->busy = false;
    if (input_byte() > 0xc0) { /* a user that goes on from here */
        r->busy = true;
        pv_blk_submit(blk, 0, io);
    }
}

static bool on_event(void *data, unsigned int queue)
{
    unsigned int n = 0;

    return pv_blk_poll(blk, queue, &n);
}

static void submit(void)
{
    struct request *r = &ios[input_byte() % IOS];

    if (r->busy)
        return;
    r->buf = (struct port_buf){memory, input_byte() % 8 * 512u, (1u + input_byte() % 120) * 512u};
    if (r->buf.offset + r->buf.len > 16 * 4096)
        r->buf.len = 4096;
    r->io = (struct pv_blk_io){.op = (enum pv_blk_op)(input_byte() % 4),
                               .sector = input_byte(),
                               .nr_sectors = input_byte(),
                               .bufs = &r->buf,
                               .nr_bufs = 1,
                               .done = on_done};
    r->busy = true;
    pv_blk_submit(blk, input_byte(), &r->io);
}

static void offer(void)
{
    static const char *const keys[] = {"max-ring-page-order",
                                       "multi-queue-max-queues",
                                       "feature-max-indirect-segments",
                                       "feature-flush-cache",
                                       "feature-discard",
                                       "feature-barrier",
                                       "sectors",
                                       "sector-size",
                                       "info",
                                       "mode",
                                       "discard-granularity"};

    input_offer(dev, keys[input_byte() % (sizeof(keys) / sizeof(keys[0]))]);
}

/* The ring of a queue, as the back-end has it mapped. */
static blkif_sring_t *ring(unsigned int queue)
{
    static const char *const keys[] = {"ring-ref", "ring-ref0", "queue-0/ring-ref",
                                       "queue-1/ring-ref", "queue-1/ring-ref0"};
    uint32_t ref = fake_wrote_number(dev, keys[queue % 5]);

    if (ref >= FAKE_GRANTS || dev->grants[ref].readonly || !dev->grants[ref].page)
        return NULL;
    return (blkif_sring_t *)dev->grants[ref].page;
}

/* A page that a request has granted, kept for a while. */
static void keep(void)
{
    uint32_t ref = 8 + input_byte() % 120u;

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
    blkif_sring_t *s = ring(input_byte());
    union blkif_sring_entry *entry;
    unsigned int n = input_byte() % 8;

    if (!s)
        return;
    entry = s->ring;
    for (unsigned int i = 0; i < n; i++) {
        blkif_response_t *rsp = &entry[(s->rsp_prod + i) % 32].rsp;

        if (input_byte() & 1) /* a request's own id, if it is still there */
            rsp->id = entry[input_byte() % 32].req.id;
        else
            rsp->id = input_byte() % 64;
        rsp->status = (int16_t)(input_byte() % 4 - 2);
    }
    s->rsp_prod += n;
    if (input_byte() > 0xf0)
        s->rsp_prod += input_word();
    if (input_byte() > 0xf0)
        s->req_prod = input_word();
    s->req_event = input_byte();
}

static void connect(void)
{
    if (pv_publish(pv_blk_front(blk), 0) == 0)
        pv_connect(pv_blk_front(blk));
}

static void step(void)
{
    unsigned int done = 0;

    switch (input_byte() % 12) {
    case 0:
        connect();
        break;
    case 1:
        pv_disconnect(pv_blk_front(blk));
        break;
    case 2:
        pv_stop(pv_blk_front(blk));
        break;
    case 3:
        offer();
        break;
    case 4:
    case 5:
        submit();
        break;
    case 6:
        pv_blk_kick(blk, input_byte());
        break;
    case 7:
    case 8:
        answer();
        pv_blk_poll(blk, input_byte(), &done);
        break;
    case 9:
        fake_raise(dev, input_byte() % 4u);
        break;
    case 10:
        keep();
        break;
    case 11:
        let_go(input_byte() % 8);
        break;
    }
    if (dev->broken) {
        assert(dev->broken_times == 1 && pv_state(pv_blk_front(blk)) >= PV_BROKEN);
        pv_abandon(pv_blk_front(blk));
        dev->broken = NULL;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pv_blk_config config = {2, 2, 40, true, on_event, NULL};

    input_set(data, size);
    dev = fake_dev_new();
    blk = pv_blk_new(dev, &config);
    memory = port_pages_alloc(4);
    memset(ios, 0, sizeof(ios));
    fake_offer(dev, "sectors", "200");
    fake_offer(dev, "feature-discard", "1");
    fake_offer(dev, "feature-persistent", size & 1 ? "1" : "0");
    fake_offer(dev, "feature-flush-cache", "1");
    fake_offer(dev, "feature-max-indirect-segments", "32");
    while (input_left())
        step();
    input_set(NULL, 0);
    let_go(~0u);
    assert(pv_abandon(pv_blk_front(blk)) == 0);
    for (unsigned int i = 0; i < IOS; i++)
        assert(!ios[i].busy);
    pv_free(pv_blk_front(blk));
    for (unsigned int i = 0; i < 16; i++)
        port_page_free(port_page_next(memory, i));
    fake_dev_free(dev);
    assert(!fake_pages && !fake_memory && !fake_events);
    return 0;
}
