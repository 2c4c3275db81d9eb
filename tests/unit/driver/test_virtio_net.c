/* SPDX-License-Identifier: MIT */
/* The uplink's driver between a device and a switch that the test plays: nobody who does not fetch
 * his frames keeps others from theirs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake.h"
#include "hv_net.h"
#include "virtio_drivers.h"

#define BUFFERS 256
#define HEAD    12u

enum { RX, TX };

static struct queue {
    struct job *job;
    struct {
        void *token;
        uint8_t *data;
        uint32_t bytes;
    } with_device[BUFFERS], done[BUFFERS];
    unsigned nr, nr_done;
} queues[2];

static struct net_dev *uplink;
static struct net_port port;
static bool full[256]; /* ports, by the last byte of their address */
static uint8_t passed[1024];
static unsigned nr_passed, rooms;
static uint32_t last_len;

/* ---- what the driver stands on */

uint8_t *fake_ram;
static char *next_memory;

void *hv_alloc(size_t bytes)
{
    char *p = next_memory;

    next_memory += ROUND_UP(bytes, PAGE_SIZE);
    assert_true(next_memory <= (char *)fake_ram + 1024 * PAGE_SIZE);
    return p;
}

void hv_log(const char *fmt, ...)
{
}

void spin_wait(spinlock_t *l, uint32_t ticket)
{
    abort(); /* there is one CPU: a lock was left taken */
}

void job_init(struct job *j, bool (*fn)(struct job *), void *data)
{
    *j = (struct job){.fn = fn, .data = data};
}

void job_raise(struct job *j)
{
}

bool virtio_open(struct virtio_dev *v, uint32_t function)
{
    *v = (struct virtio_dev){0};
    return true;
}

bool virtio_negotiate(struct virtio_dev *v, uint64_t wanted)
{
    v->features = wanted;
    return true;
}

void virtio_ready(struct virtio_dev *v)
{
}

void virtio_reset(struct virtio_dev *v)
{
}

uint8_t virtio_config8(const struct virtio_dev *v, uint32_t at)
{
    return (uint8_t)(0x50 + at);
}

bool virtq_open(struct virtio_dev *v, struct virtq *q, uint16_t index, uint16_t max_size,
                struct job *j)
{
    *q = (struct virtq){.size = max_size, .index = index};
    queues[index] = (struct queue){.job = j};
    assert_int_equal(max_size, BUFFERS);
    return true;
}

bool virtq_add(struct virtq *q, struct virtq_desc *list, uint16_t n, bool indirect, void *token)
{
    struct queue *f = &queues[q->index];

    assert_int_equal(n, 1);
    assert_true(f->nr < BUFFERS);
    assert_int_equal(list->flags, q->index == RX ? VIRTQ_F_WRITE : 0);
    f->with_device[f->nr].token = token;
    f->with_device[f->nr].data = fake_ram + list->pa;
    f->with_device[f->nr++].bytes = list->bytes;
    return true;
}

void virtq_kick(struct virtq *q)
{
}

bool virtq_interrupts(struct virtq *q, bool on)
{
    return false;
}

void *virtq_take(struct virtq *q, uint32_t *bytes)
{
    struct queue *f = &queues[q->index];
    void *token;

    if (!f->nr_done)
        return NULL;
    token = f->done[0].token;
    *bytes = f->done[0].bytes;
    memmove(f->done, f->done + 1, --f->nr_done * sizeof(f->done[0]));
    return token;
}

struct net_port *net_uplink(const uint8_t mac[6], struct net_dev *dev)
{
    assert_int_equal(mac[0], 0x50);
    assert_int_equal(mac[5], 0x55);
    uplink = dev;
    return &port;
}

bool net_send(struct net_port *from, struct net_frame *f)
{
    const uint8_t *p = f->seg[0].p;

    assert_int_equal(f->flags, 0);
    last_len = f->len;
    if (f->len < 14)
        return true;
    if (full[p[5]])
        return false;
    passed[nr_passed++] = p[13];
    return true;
}

void net_room(struct net_port *p)
{
    rooms++;
}

void net_copy(struct net_cursor *c, void *dst, uint32_t n)
{
    memcpy(dst, (uint8_t *)c->seg->p + c->off, n);
}

/* ---- the device */

static int setup(void **state)
{
    if (!fake_ram)
        fake_ram = aligned_alloc(PAGE_SIZE, 1024 * PAGE_SIZE);
    memset(fake_ram, 0, 1024 * PAGE_SIZE);
    next_memory = (char *)fake_ram;
    memset(full, 0, sizeof(full));
    nr_passed = rooms = 0;
    virtio_net_start(8);
    assert_int_equal(queues[RX].nr, BUFFERS);
    return 0;
}

/* A frame of n bytes, number `mark`, comes in for port `to`. */
static void come_in(uint8_t to, uint8_t mark, uint32_t n)
{
    struct queue *f = &queues[RX];
    unsigned i = f->nr_done++;

    assert_true(f->nr > 0);
    f->nr--;
    f->done[i].token = f->with_device[f->nr].token;
    f->done[i].bytes = n;
    memset(f->with_device[f->nr].data, 0, 64);
    f->with_device[f->nr].data[HEAD + 5] = to;
    f->with_device[f->nr].data[HEAD + 13] = mark;
}

static void run(unsigned queue)
{
    while (queues[queue].job->fn(queues[queue].job))
        ;
}

static void test_frames_pass(void **state)
{
    for (uint8_t i = 0; i < 200; i++)
        come_in(i, i, HEAD + 60);
    run(RX);
    assert_int_equal(nr_passed, 200);
    for (unsigned i = 0; i < 200; i++)
        assert_int_equal(passed[i], i);
    assert_int_equal(last_len, 60);
    assert_int_equal(queues[RX].nr, BUFFERS);
}

static void test_lengths_of_the_device(void **state)
{
    static const uint32_t bytes[] = {0, HEAD - 1, HEAD, 2048, 2049, ~0u};

    for (unsigned i = 0; i < ARRAY_SIZE(bytes); i++) {
        come_in(1, 1, bytes[i]);
        run(RX);
        assert_true(last_len <= 2048 - HEAD);
    }
    assert_int_equal(queues[RX].nr, BUFFERS);
}

static void test_frames_of_a_full_port_wait_in_order(void **state)
{
    full[1] = true;
    for (uint8_t i = 0; i < 10; i++)
        come_in(1 + (i & 1), i, HEAD + 60);
    run(RX);
    assert_int_equal(nr_passed, 5);
    assert_int_equal(queues[RX].nr, BUFFERS - 5);
    full[1] = false;
    come_in(1, 10, HEAD + 60); /* behind those who wait */
    run(RX);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(passed[5 + i], 2 * i);
    assert_int_equal(passed[10], 10);
    assert_int_equal(queues[RX].nr, BUFFERS);
}

static void test_one_port_does_not_take_all_buffers(void **state)
{
    full[1] = true;
    for (unsigned i = 0; i < 100; i++)
        come_in(1, (uint8_t)i, HEAD + 60);
    run(RX);
    assert_int_equal(queues[RX].nr, BUFFERS - 16);
    come_in(2, 99, HEAD + 60);
    run(RX);
    assert_int_equal(passed[0], 99);
}

static void test_all_ports_together_take_half(void **state)
{
    for (unsigned to = 0; to < 32; to++)
        full[to] = true;
    for (unsigned round = 0; round < 16; round++) {
        for (uint8_t to = 0; to < 32; to++)
            come_in(to, 1, HEAD + 60);
        run(RX);
    }
    assert_int_equal(queues[RX].nr, BUFFERS / 2);
    memset(full, 0, sizeof(full));
    run(RX);
    assert_int_equal(nr_passed, BUFFERS / 2);
    assert_int_equal(queues[RX].nr, BUFFERS);
}

/* ---- out */

static enum net_result send(uint32_t n)
{
    static uint8_t bytes[NET_MTU_FRAME + 4];
    struct net_frame f = {.nr_segs = 1, .len = n};

    bytes[0] = 0x42;
    f.seg[0] = (struct net_seg){bytes, n};
    return uplink->receive(uplink, &f);
}

static void test_frames_go_out(void **state)
{
    assert_int_equal(send(60), NET_TAKEN);
    assert_int_equal(queues[TX].nr, 1);
    assert_int_equal(queues[TX].with_device[0].bytes, HEAD + 60);
    for (unsigned i = 0; i < HEAD; i++)
        assert_int_equal(queues[TX].with_device[0].data[i], 0);
    assert_int_equal(queues[TX].with_device[0].data[HEAD], 0x42);
    assert_int_equal(send(NET_MTU_FRAME), NET_TAKEN);
    assert_int_equal(send(NET_MTU_FRAME + 1), NET_DROPPED);
    assert_int_equal(uplink->offload, 0);
}

static void test_full_and_room_again(void **state)
{
    for (unsigned i = 0; i < BUFFERS; i++)
        assert_int_equal(send(60), NET_TAKEN);
    assert_int_equal(send(60), NET_FULL);
    run(TX);
    assert_int_equal(rooms, 0);
    queues[TX].nr_done = 1;
    queues[TX].done[0].token = queues[TX].with_device[--queues[TX].nr].token;
    run(TX);
    assert_int_equal(rooms, 1);
    assert_int_equal(send(60), NET_TAKEN);
    run(TX);
    assert_int_equal(rooms, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_frames_pass, setup),
        cmocka_unit_test_setup(test_lengths_of_the_device, setup),
        cmocka_unit_test_setup(test_frames_of_a_full_port_wait_in_order, setup),
        cmocka_unit_test_setup(test_one_port_does_not_take_all_buffers, setup),
        cmocka_unit_test_setup(test_all_ports_together_take_half, setup),
        cmocka_unit_test_setup(test_frames_go_out, setup),
        cmocka_unit_test_setup(test_full_and_room_again, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
