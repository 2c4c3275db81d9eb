/* SPDX-License-Identifier: MIT */
/* The virtio disk driver against a device that the test plays: what it asks of it, in which order,
 * and who gets how much. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake.h"
#include "hv_disk.h"
#include "virtio_drivers.h"

#define MAX_QUEUED 256
#define SECTORS    100000

static struct disk *disk;
static struct job *job;
static unsigned raised;
static uint8_t config[64];
static uint64_t offered;

/* what the driver put into the queue, oldest first */
static struct queued {
    void *token;
    struct virtq_desc d[140];
    uint16_t n;
} queued[MAX_QUEUED], finished[MAX_QUEUED];
static unsigned nr_queued, nr_finished, kicks, resets, closes, nr_users;
static int registered;

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

int hv_snprintf(char *buf, size_t n, const char *fmt, ...)
{
    buf[0] = 0;
    return 0;
}

void job_init(struct job *j, bool (*fn)(struct job *), void *data)
{
    *j = (struct job){.fn = fn, .data = data};
    job = j;
}

void job_raise(struct job *j)
{
    raised++;
}

int disk_register(struct disk *d)
{
    disk = d;
    return registered++;
}

bool disk_unregister(struct disk *d)
{
    return !nr_users;
}

void virtio_reset(struct virtio_dev *v)
{
    resets++;
}

void virtq_close(struct virtq *q)
{
    closes++;
}

bool virtio_open(struct virtio_dev *v, uint32_t function)
{
    *v = (struct virtio_dev){.function = function, .common = config};
    return function != 0xbad;
}

bool virtio_negotiate(struct virtio_dev *v, uint64_t wanted)
{
    v->features = wanted & offered;
    return true;
}

bool virtq_open(struct virtio_dev *v, struct virtq *q, uint16_t index, uint16_t max_size,
                struct job *j)
{
    q->size = max_size;
    return true;
}

void virtio_ready(struct virtio_dev *v)
{
}

uint8_t virtio_config8(const struct virtio_dev *v, uint32_t at)
{
    return config[at];
}

uint32_t virtio_config32(const struct virtio_dev *v, uint32_t at)
{
    return *(uint32_t *)(config + at);
}

uint64_t virtio_config64(const struct virtio_dev *v, uint32_t at)
{
    return *(uint64_t *)(config + at);
}

bool virtq_add(struct virtq *q, struct virtq_desc *list, uint16_t n, bool indirect, void *token)
{
    struct queued *e = &queued[nr_queued++];

    assert_true(indirect);
    assert_in_range(n, 2, ARRAY_SIZE(e->d));
    e->token = token;
    e->n = n;
    memcpy(e->d, list, n * sizeof(*list));
    return true;
}

void virtq_kick(struct virtq *q)
{
    kicks++;
}

void *virtq_take(struct virtq *q, uint32_t *bytes)
{
    void *token = nr_finished ? finished[0].token : NULL;

    if (token)
        memmove(finished, finished + 1, --nr_finished * sizeof(finished[0]));
    return token;
}

bool virtq_interrupts(struct virtq *q, bool on)
{
    return on && nr_finished;
}

/* ---- the device */

struct head {
    uint32_t type, reserved;
    uint64_t sector;
};

static void *at(const struct virtq_desc *d)
{
    return fake_ram + d->pa;
}

static struct head *head(unsigned i)
{
    return at(&queued[i].d[0]);
}

/* End the i-th request that is queued. */
static void end(unsigned i, uint8_t status)
{
    struct queued e = queued[i];

    *(uint8_t *)at(&e.d[e.n - 1]) = status;
    memmove(queued + i, queued + i + 1, (--nr_queued - i) * sizeof(e));
    finished[nr_finished++] = e;
}

static void work(void)
{
    while (job->fn(job))
        ;
}

static void end_and_work(unsigned i, uint8_t status)
{
    end(i, status);
    work();
}

/* ---- its users */

static struct disk_user users[4];
static unsigned ended[4];
static int last_error;

static void done(struct disk_io *io, int err)
{
    ended[io->user - users]++;
    last_error = err;
}

static struct disk_io io_of(unsigned user, enum disk_op op, uint64_t sector, uint64_t sectors)
{
    return (struct disk_io){
        .op = op, .sector = sector, .sectors = sectors, .user = &users[user], .done = done};
}

static int start(uint64_t features)
{
    if (!fake_ram) { /* the driver keeps what it had of a device that went */
        fake_ram = aligned_alloc(PAGE_SIZE, 1024 * PAGE_SIZE);
        memset(fake_ram, 0, 1024 * PAGE_SIZE);
        next_memory = (char *)fake_ram;
    }
    disk = NULL;
    nr_queued = nr_finished = kicks = raised = 0;
    memset(config, 0, sizeof(config));
    *(uint64_t *)config = SECTORS;
    *(uint32_t *)(config + 12) = 126; /* segments */
    *(uint32_t *)(config + 20) = 512;
    *(uint32_t *)(config + 36) = 1000; /* sectors of a discard */
    offered = features;
    resets = closes = nr_users = 0;
    virtio_blk_start(24);
    memset(ended, 0, sizeof(ended));
    for (unsigned i = 0; i < ARRAY_SIZE(users); i++) {
        users[i] = (struct disk_user){.disk = disk};
        users[i].last = &users[i].first;
        list_init(&users[i].turn);
    }
    return 0;
}

#define F_ALL (1ull << 2 | 1ull << 6 | 1ull << 9 | 1ull << 13 | VIRTIO_F_INDIRECT_DESC)

static int setup(void **state)
{
    return start(F_ALL);
}

static void test_description(void **state)
{
    assert_non_null(disk);
    assert_int_equal(disk->sectors, SECTORS);
    assert_int_equal(disk->max_segs, 126);
    assert_true(disk->can_discard && disk->volatile_cache && !disk->readonly);
    start(F_ALL | 1ull << 5);
    assert_true(disk->readonly);
    start(1ull << 2);
    assert_null(disk); /* no indirect descriptors */
}

static void test_pieces(void **state)
{
    char *mem = hv_alloc(2 * PAGE_SIZE);
    struct disk_seg seg[2] = {{mem + 512, 1024}, {mem + 4096, 512}};
    struct disk_io io = io_of(0, DISK_READ, 77, 3);

    io.seg = seg;
    io.nr_segs = 2;
    disk->submit(disk, &io);
    assert_int_equal(kicks, 0); /* the job's */
    assert_int_equal(raised, 1);
    work();
    assert_int_equal(kicks, 1);
    assert_int_equal(queued[0].n, 4);
    assert_int_equal(head(0)->type, 0);
    assert_int_equal(head(0)->sector, 77);
    assert_ptr_equal(at(&queued[0].d[1]), mem + 512);
    assert_int_equal(queued[0].d[1].bytes, 1024);
    assert_int_equal(queued[0].d[1].flags, VIRTQ_F_WRITE);
    assert_int_equal(queued[0].d[3].bytes, 1);
    assert_int_equal(queued[0].d[3].flags, VIRTQ_F_WRITE);
    end_and_work(0, 0);
    assert_int_equal(ended[0], 1);
    assert_int_equal(last_error, 0);
    io.op = DISK_WRITE;
    disk->submit(disk, &io);
    assert_int_equal(head(0)->type, 1);
    assert_int_equal(queued[0].d[1].flags, 0);
    end_and_work(0, 1);
    assert_int_equal(last_error, -XEN_EIO);
    disk->submit(disk, &io);
    end_and_work(0, 2);
    assert_int_equal(last_error, -XEN_EOPNOTSUPP);
}

static void test_flush(void **state)
{
    struct disk_io io = io_of(0, DISK_FLUSH, 0, 0);

    disk->submit(disk, &io);
    assert_int_equal(head(0)->type, 4);
    assert_int_equal(queued[0].n, 2);
    work();
    assert_int_equal(ended[0], 0);
    end_and_work(0, 0);
    assert_int_equal(ended[0], 1);
    start(F_ALL & ~(1ull << 9)); /* a device that writes through */
    io.user = &users[0];
    disk->submit(disk, &io);
    assert_int_equal(nr_queued, 0);
    assert_int_equal(ended[0], 1);
}

static void test_large_discard_in_parts(void **state)
{
    struct disk_io io = io_of(0, DISK_DISCARD, 10, 2500);
    struct {
        uint64_t sector;
        uint32_t sectors, flags;
    } * part;
    uint64_t sector = 10;

    disk->submit(disk, &io);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(nr_queued, 1);
        assert_int_equal(head(0)->type, 11);
        part = at(&queued[0].d[1]);
        assert_int_equal(part->sector, sector);
        assert_int_equal(part->sectors, i < 2 ? 1000 : 500);
        sector += 1000;
        assert_int_equal(ended[0], 0);
        end_and_work(0, 0);
    }
    assert_int_equal(ended[0], 1);
    disk->submit(disk, &io);
    end_and_work(0, 1); /* an error ends it */
    assert_int_equal(nr_queued, 0);
    assert_int_equal(ended[0], 2);
    assert_int_equal(last_error, -XEN_EIO);
}

static unsigned queued_of(unsigned user)
{
    unsigned count = 0;

    for (unsigned i = 0; i < nr_queued; i++)
        count += head(i)->sector / 1000 == user;
    return count;
}

/* Who has hundreds waiting gets no more than the others who have enough to do. */
static void test_equal_shares(void **state)
{
    static struct disk_io ios[4][600];
    char *mem = hv_alloc(PAGE_SIZE);
    struct disk_seg seg = {mem, 512};
    unsigned total = 0;

    for (unsigned i = 0; i < 600; i++)
        for (unsigned u = 0; u < 3; u++) {
            ios[u][i] = io_of(u, DISK_READ, u * 1000 + i, 1);
            ios[u][i].seg = &seg;
            ios[u][i].nr_segs = 1;
        }
    for (unsigned i = 0; i < 600; i++)
        disk->submit(disk, &ios[0][i]);
    assert_int_equal(nr_queued, 64);
    for (unsigned i = 0; i < 200; i++) {
        disk->submit(disk, &ios[1][i]);
        disk->submit(disk, &ios[2][i]);
    }
    for (unsigned step = 0; ended[1] < 150; step++) {
        end_and_work(0, 0); /* a device that keeps their order */
        assert_true(nr_queued <= 64);
    }
    assert_in_range(ended[2], 145, 155);
    assert_in_range(ended[0], 150, 150 + 64 + 22);
    assert_in_range(queued_of(1), 20, 22);
    while (nr_queued)
        end_and_work(0, 0);
    for (unsigned u = 0; u < 3; u++)
        total += ended[u];
    assert_int_equal(total, 1000);
    disk->submit(disk, &ios[0][0]); /* alone again: all slots */
    for (unsigned i = 1; i < 100; i++)
        disk->submit(disk, &ios[0][i]);
    assert_int_equal(nr_queued, 64);
}

/* A device that goes leaves what it had to the next one; its job may still come. */
static void test_another_in_its_place(void **state)
{
    char *memory = next_memory;
    struct disk_io io;

    assert_int_equal(virtio_blk_function(disk), 24);
    nr_users = 1;
    assert_false(virtio_blk_stop(disk));
    assert_int_equal(resets, 0);
    nr_users = 0;
    assert_true(virtio_blk_stop(disk));
    assert_int_equal(resets, 1);
    assert_int_equal(closes, 1);
    raised = 0;
    assert_false(job->fn(job)); /* does not look at the queue */
    assert_int_equal(kicks, 0);

    *(uint64_t *)config = 77;
    assert_null(virtio_blk_start(32));
    assert_ptr_equal(next_memory, memory);
    assert_int_equal(disk->sectors, 77);
    assert_int_equal(virtio_blk_function(disk), 32);
    io = io_of(0, DISK_FLUSH, 0, 0);
    disk->submit(disk, &io);
    assert_int_equal(nr_queued, 1);
    end_and_work(0, 0);
    assert_int_equal(ended[0], 1);
    assert_non_null(virtio_blk_start(0xbad)); /* … refused by virtio_open() */
    assert_true(virtio_blk_stop(disk));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_description, setup),
        cmocka_unit_test_setup(test_pieces, setup),
        cmocka_unit_test_setup(test_flush, setup),
        cmocka_unit_test_setup(test_large_discard_in_parts, setup),
        cmocka_unit_test_setup(test_equal_shares, setup),
        cmocka_unit_test_setup(test_another_in_its_place, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
