/* SPDX-License-Identifier: MIT */
/* Virtqueues against a device that the test plays, an honest one and one that returns nonsense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake.h"
#include "pci.h"
#include "virtio.h"

#define SIZE 8

static uint8_t common[64], notify[64];
static struct virtio_dev dev;
static struct virtq q;
static struct job job;

/* virtio 1.1, 2.6: as the device sees the queue */
static struct {
    uint16_t flags, idx, ring[SIZE];
} * avail;
static struct {
    uint16_t flags, idx;
    struct {
        uint32_t id, bytes;
    } ring[SIZE];
} * used;
static uint16_t seen; /* next of the available ring */

/* ---- what the core stands on */

uint8_t *fake_ram;
static char *next_memory;
static size_t freed;

void *hv_alloc(size_t bytes)
{
    char *p = next_memory;

    next_memory += ROUND_UP(bytes, PAGE_SIZE);
    return p;
}

void hv_free(void *p, size_t bytes)
{
    freed += bytes;
}

void job_raise(struct job *j)
{
}

uint32_t pci_read8(uint32_t function, uint32_t reg)
{
    return 0;
}

uint32_t arch_pci_read(uint32_t function, uint32_t reg)
{
    return 0;
}

uint32_t pci_capability(uint32_t function, uint32_t cap, uint32_t after)
{
    return 0;
}

volatile void *pci_map_bar(uint32_t function, uint32_t bar, uint64_t offset, uint64_t bytes)
{
    return NULL;
}

void pci_enable(uint32_t function)
{
}

bool pci_msix_route(uint32_t function, uint32_t entry, void (*fn)(void *data), void *data)
{
    return true;
}

/* ---- the device */

static int setup(void **state)
{
    memset(common, 0, sizeof(common));
    memset(notify, 0xff, sizeof(notify));
    if (!fake_ram)
        fake_ram = aligned_alloc(PAGE_SIZE, 16 * PAGE_SIZE);
    memset(fake_ram, 0, 16 * PAGE_SIZE);
    next_memory = (char *)fake_ram;
    *(uint16_t *)(common + 24) = 256;
    dev = (struct virtio_dev){
        .common = common, .notify = notify, .notify_bytes = sizeof(notify), .notify_step = 4};
    *(uint16_t *)(common + 30) = 3;
    assert_true(virtq_open(&dev, &q, 0, SIZE, &job));
    assert_int_equal(q.size, SIZE);
    avail = (void *)(fake_ram + *(uint64_t *)(common + 40));
    used = (void *)(fake_ram + *(uint64_t *)(common + 48));
    seen = 0;
    return 0;
}

static void finish(uint32_t id, uint32_t bytes)
{
    used->ring[used->idx % SIZE].id = id;
    used->ring[used->idx % SIZE].bytes = bytes;
    used->idx++;
}

/* Serve the oldest buffer: how many descriptors it has. */
static unsigned serve(void)
{
    uint16_t first = avail->ring[seen++ % SIZE], at = first;
    unsigned n = 1;

    assert_true(avail->idx != (uint16_t)(seen - 1));
    for (; q.desc[at].flags & VIRTQ_F_NEXT; at = q.desc[at].next)
        n++;
    finish(first, 100 + n);
    return n;
}

static bool add(unsigned n, bool indirect, void *token)
{
    static struct virtq_desc *list;

    list = hv_alloc(PAGE_SIZE);
    next_memory -= PAGE_SIZE;
    for (unsigned i = 0; i < n; i++)
        list[i] = virtq_piece(fake_ram + 512 * i, 512, i > 0);
    return virtq_add(&q, list, (uint16_t)n, indirect, token);
}

/* ---- tests */

static void test_buffers_go_and_come_back(void **state)
{
    int a, b;
    uint32_t bytes;

    assert_true(add(3, false, &a));
    assert_true(add(5, false, &b));
    assert_false(add(1, false, &a));
    assert_int_equal(avail->idx, 0);
    virtq_kick(&q);
    assert_int_equal(avail->idx, 2);
    assert_int_equal(*(uint16_t *)(notify + 12), 0);
    assert_null(virtq_take(&q, &bytes));
    assert_int_equal(serve(), 3);
    assert_ptr_equal(virtq_take(&q, &bytes), &a);
    assert_int_equal(bytes, 103);
    assert_int_equal(q.nr_free, 3);
    assert_int_equal(serve(), 5);
    assert_ptr_equal(virtq_take(&q, &bytes), &b);
    assert_int_equal(q.nr_free, SIZE);
    assert_null(virtq_take(&q, &bytes));
}

static void test_all_orders(void **state)
{
    static int tokens[SIZE];
    uint16_t out[SIZE];
    uint32_t bytes;
    unsigned n = 0;

    srand(7);
    for (unsigned step = 0; step < 10000; step++) {
        if (rand() % 2) {
            if (add(1, false, &tokens[q.avail_idx % SIZE]))
                virtq_kick(&q);
            while (seen != avail->idx)
                out[n++] = avail->ring[seen++ % SIZE];
        } else if (n) {
            unsigned i = (unsigned)rand() % n;

            finish(out[i], 1);
            assert_non_null(virtq_take(&q, &bytes));
            out[i] = out[--n];
        }
        assert_int_equal(q.nr_free, SIZE - n);
    }
}

static void test_indirect_takes_one(void **state)
{
    struct virtq_desc *d;
    uint32_t bytes;
    int a;

    assert_true(add(8, true, &a));
    assert_int_equal(q.nr_free, SIZE - 1);
    virtq_kick(&q);
    d = &q.desc[avail->ring[0]];
    assert_int_equal(d->flags, VIRTQ_F_INDIRECT);
    assert_int_equal(d->bytes, 8 * sizeof(*d));
    d = (struct virtq_desc *)(fake_ram + d->pa);
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(d[i].pa, 512 * i);
        assert_int_equal(d[i].flags, (i < 7 ? VIRTQ_F_NEXT : 0) | (i ? VIRTQ_F_WRITE : 0));
        assert_true(i == 7 || d[i].next == i + 1);
    }
    serve();
    assert_ptr_equal(virtq_take(&q, &bytes), &a);
    assert_int_equal(q.nr_free, SIZE);
    assert_true(add(1, true, &a)); /* a table of one would be for nothing */
    virtq_kick(&q);
    assert_int_equal(q.desc[avail->ring[1]].flags, 0);
}

static void test_notification_only_when_wanted(void **state)
{
    int a;

    used->flags = 1;
    assert_true(add(1, false, &a));
    virtq_kick(&q);
    assert_int_equal(notify[12], 0xff);
    used->flags = 0;
    virtq_kick(&q); /* nothing new */
    assert_int_equal(notify[12], 0xff);
    assert_true(add(1, false, &a));
    virtq_kick(&q);
    assert_int_equal(notify[12], 0);
}

static void test_interrupts(void **state)
{
    uint32_t bytes;
    int a;

    assert_false(virtq_interrupts(&q, false));
    assert_int_equal(avail->flags, 1);
    assert_true(add(1, false, &a));
    virtq_kick(&q);
    assert_false(virtq_interrupts(&q, true));
    assert_int_equal(avail->flags, 0);
    serve();
    assert_true(virtq_interrupts(&q, true));
    virtq_take(&q, &bytes);
    assert_false(virtq_interrupts(&q, true));
}

static void test_nonsense_is_dropped(void **state)
{
    uint32_t bytes;
    int a;

    assert_true(add(2, false, &a));
    virtq_kick(&q);
    finish(SIZE, 1);
    finish(~0u, 1);
    finish(5, 1); /* not with the device */
    serve();
    finish(avail->ring[0], 1); /* twice */
    assert_ptr_equal(virtq_take(&q, &bytes), &a);
    assert_null(virtq_take(&q, &bytes));
    assert_int_equal(q.nr_free, SIZE);
}

static void test_sizes_refused(void **state)
{
    *(uint16_t *)(common + 24) = 0;
    assert_false(virtq_open(&dev, &q, 0, SIZE, &job));
    *(uint16_t *)(common + 24) = 6;
    assert_false(virtq_open(&dev, &q, 0, SIZE, &job));
    *(uint16_t *)(common + 24) = 4;
    *(uint16_t *)(common + 30) = 16; /* its doorbell is behind the end */
    assert_false(virtq_open(&dev, &q, 0, SIZE, &job));
    *(uint16_t *)(common + 30) = 15;
    assert_true(virtq_open(&dev, &q, 0, SIZE, &job));
    assert_int_equal(q.size, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_buffers_go_and_come_back, setup),
        cmocka_unit_test_setup(test_all_orders, setup),
        cmocka_unit_test_setup(test_indirect_takes_one, setup),
        cmocka_unit_test_setup(test_notification_only_when_wanted, setup),
        cmocka_unit_test_setup(test_interrupts, setup),
        cmocka_unit_test_setup(test_nonsense_is_dropped, setup),
        cmocka_unit_test_setup(test_sizes_refused, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
