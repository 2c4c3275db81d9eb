/* SPDX-License-Identifier: MIT */
#include "blk_unit.h"

struct port_dev *dev;
struct blkback back;
struct pv_blk *blk;
unsigned int completed;
bool persistent;

static bool on_event(void *data, unsigned int queue)
{
    while (pv_blk_poll(blk, queue, &completed))
        ;
    return true;
}

void start(unsigned int queues, unsigned int order, unsigned int segments)
{
    struct pv_blk_config config = {queues, order, segments, persistent, on_event, NULL};

    completed = 0;
    dev = fake_dev_new();
    memset(&back, 0, sizeof(back));
    back_offer(&back, dev, SECTORS, 4, 4, 512);
    fake_offer(dev, "feature-persistent", "1");
    blk = pv_blk_new(dev, &config);
}

void bring_up(void)
{
    assert_int_equal(pv_publish(pv_blk_front(blk), 0), 0);
    assert_true(back_connect(&back));
    assert_int_equal(pv_connect(pv_blk_front(blk)), 0);
    assert_int_equal(pv_state(pv_blk_front(blk)), PV_UP);
}

void take_down(void)
{
    pv_stop(pv_blk_front(blk));
    back_disconnect(&back);
    pv_disconnect(pv_blk_front(blk));
}

void end(void)
{
    take_down();
    assert_int_equal(pv_blk_pending(blk), 0);
    pv_free(pv_blk_front(blk));
    fake_dev_free(dev);
    free(back.disk);
    assert_int_equal(fake_pages, 0);
    assert_int_equal(fake_memory, 0);
    assert_int_equal(fake_events, 0);
}

/* ---- requests with memory of their own ---- */

static void on_done(struct pv_blk_io *io, int error)
{
    struct request *r = (struct request *)io;

    assert_int_equal(fake_locks, 0);
    r->error = error;
    r->done++;
}

char *memory(struct request *r)
{
    return port_page_address(r->pages);
}

/* `sectors` in `pieces` of one run of pages, beginning `skew` sectors into it. */
struct request *request(enum pv_blk_op op, uint64_t sector, unsigned int sectors,
                        unsigned int pieces, unsigned int skew)
{
    struct request *r = calloc(1, sizeof(*r));
    unsigned int at = skew * 512, left = sectors * 512;

    r->io = (struct pv_blk_io){.op = op, .sector = sector, .nr_sectors = sectors, .done = on_done};
    while ((4096u << r->order) < at + left)
        r->order++;
    r->pages = port_pages_alloc(r->order);
    for (unsigned int i = 0; i < pieces && op <= PV_BLK_WRITE; i++) {
        unsigned int n = i + 1 == pieces ? left : left / pieces / 512 * 512;

        r->bufs[i] = (struct port_buf){r->pages, at, n};
        at += n;
        left -= n;
    }
    r->io.bufs = r->bufs;
    r->io.nr_bufs = op <= PV_BLK_WRITE ? pieces : 0;
    return r;
}

void release(struct request *r)
{
    for (unsigned int i = 0; i < 1u << r->order; i++)
        port_page_free(port_page_next(r->pages, i));
    free(r);
}

void serve_all(void)
{
    bool more = true;

    while (more) {
        more = false;
        for (unsigned int q = 0; q < back.nr_queues; q++)
            more |= back_serve(&back, q) > 0;
    }
}

int run(struct request *r)
{
    pv_blk_submit(blk, 0, &r->io);
    pv_blk_kick(blk, 0);
    serve_all();
    assert_int_equal(r->done, 1);
    return r->error;
}

/* A request that needs no look at its memory. */
int simple(enum pv_blk_op op, uint64_t sector, unsigned int sectors)
{
    struct request *r = request(op, sector, sectors, 1, 0);
    int error = run(r);

    release(r);
    return error;
}

void pattern(char *p, uint64_t sector, unsigned int sectors, unsigned int key)
{
    uint64_t *word = (uint64_t *)p;

    for (unsigned int i = 0; i < sectors * 64; i++)
        word[i] = (sector * 64 + i) * 0x9e3779b97f4a7c15u + key;
}
