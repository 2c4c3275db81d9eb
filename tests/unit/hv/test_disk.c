/* SPDX-License-Identifier: MIT */
/* Disks: who may open them, which requests pass, and the RAM disk. */
#include "hv_disk.h"
#include "hv_job.h"
#include "unit.h"

static char err[160];
static domid_t next_id = 1; /* disks stay open: each test takes domains of its own */

static int setup(void **state)
{
    world_reset(1);
    fake_jobs = jobs_run;
    return 0;
}

static bool open_as(domid_t id, struct disk_config c)
{
    struct domain_config cfg = {.nr_disks = 1, .disk = {c}};

    strcpy_n(cfg.disk[0].vdev, "xvda", sizeof(cfg.disk[0].vdev));
    err[0] = 0;
    return disks_open(id, &cfg, err, sizeof(err));
}

static struct disk_user *open_ram(uint32_t mib)
{
    domid_t id = next_id++;

    assert_true(open_as(id, (struct disk_config){.mib = mib, .writable = true}));
    return domain_disk(id, 0);
}

static struct {
    unsigned n;
    int err;
} ended;

static void done(struct disk_io *io, int e)
{
    ended.n++;
    ended.err = e;
}

/* 1: not done yet. */
static int submit(struct disk_user *u, struct disk_io *io)
{
    ended.n = 0;
    io->done = done;
    disk_submit(u, io);
    assert_true(ended.n <= 1);
    return ended.n ? ended.err : 1;
}

static int transfer(struct disk_user *u, enum disk_op op, uint64_t sector, uint64_t sectors,
                    char *p)
{
    struct disk_seg seg = {p, (uint32_t)sectors * DISK_SECTOR};
    struct disk_io io = {.op = op, .sector = sector, .sectors = sectors, .nr_segs = 1, .seg = &seg};

    return submit(u, &io);
}

static void test_writable_is_exclusive(void **state)
{
    struct disk_config w = {.mib = 1, .name = "excl", .writable = true}, r = w;
    domid_t id = next_id;

    next_id += 4;
    r.writable = false;
    assert_true(open_as(id, w));
    assert_false(open_as(id + 1, r));
    assert_non_null(strstr(err, "xvda"));
    assert_false(open_as(id + 1, w));
    strcpy_n(w.name, "shared", sizeof(w.name));
    strcpy_n(r.name, "shared", sizeof(r.name));
    assert_true(open_as(id + 1, r));
    assert_true(open_as(id + 2, r));
    assert_ptr_equal(domain_disk(id + 1, 0)->disk, domain_disk(id + 2, 0)->disk);
    assert_false(open_as(id + 3, w));
    r.mib = 2;
    assert_false(open_as(id + 3, r));
    assert_non_null(strstr(err, "size"));
    assert_null(domain_disk(id + 3, 0));
}

static void test_free_for_others_in_the_end(void **state)
{
    struct disk_config w = {.mib = 1, .name = "freed", .writable = true};
    domid_t id = next_id;

    next_id += 2;
    assert_true(open_as(id, w));
    assert_false(open_as(id + 1, w));
    disks_close(id);
    disks_close(id);
    assert_null(domain_disk(id, 0));
    assert_true(open_as(id + 1, w));
}

static void test_driver_disks(void **state)
{
    struct disk_config c = {.media = DISK_VIRTIO, .index = 1, .writable = true};
    static struct disk first, second = {.readonly = true};
    domid_t id = next_id++;

    disk_register(&first);
    assert_false(open_as(id, c));
    disk_register(&second);
    assert_false(open_as(id, c));
    assert_non_null(strstr(err, "read-only"));
    c.writable = false;
    assert_true(open_as(id, c));
    assert_ptr_equal(domain_disk(id, 0)->disk, &second);
    assert_null(domain_disk(id, 1));
    assert_null(domain_disk(HV_MAX_DOMAINS, 0));
}

static void test_data_stays(void **state)
{
    struct disk_user *u = open_ram(5);
    static char w[8192], r[8192];

    for (unsigned i = 0; i < sizeof(w); i++)
        w[i] = (char)(i * 7 + i / 512);
    assert_int_equal(u->disk->sectors, 5 * 2048);
    assert_int_equal(transfer(u, DISK_READ, 4090, 16, r), 0);
    for (unsigned i = 0; i < sizeof(r); i++)
        assert_int_equal(r[i], 0);
    assert_int_equal(transfer(u, DISK_WRITE, 4090, 16, w), 0); /* across the end of a piece */
    assert_int_equal(transfer(u, DISK_READ, 4090, 16, r), 0);
    assert_memory_equal(r, w, sizeof(r));
    assert_int_equal(transfer(u, DISK_READ, 4091, 2, r), 0);
    assert_memory_equal(r, w + 512, 1024);
    assert_int_equal(transfer(u, DISK_WRITE, 5 * 2048 - 1, 1, w), 0);
}

static void test_what_is_refused(void **state)
{
    struct disk_user *u = open_ram(1);
    static char buf[8192];
    struct disk_seg seg[2] = {{buf, 512}, {buf, 1024}};
    struct disk_io io = {.op = DISK_READ, .seg = seg, .nr_segs = 2, .sectors = 2};

    assert_int_equal(transfer(u, DISK_READ, 2048, 1, buf), -XEN_EIO);
    assert_int_equal(transfer(u, DISK_READ, 2047, 2, buf), -XEN_EIO);
    assert_int_equal(transfer(u, DISK_READ, ~0ull, 2, buf), -XEN_EIO);
    assert_int_equal(transfer(u, DISK_READ, 0, 0, buf), -XEN_EIO);
    assert_int_equal(submit(u, &io), -XEN_EIO); /* pieces longer than the request */
    io.sectors = 4;
    assert_int_equal(submit(u, &io), -XEN_EIO);
    io.sectors = 3;
    assert_int_equal(submit(u, &io), 0);
    io.nr_segs = u->disk->max_segs + 1;
    assert_int_equal(submit(u, &io), -XEN_EIO);
    u->writable = false;
    assert_int_equal(transfer(u, DISK_WRITE, 0, 1, buf), -XEN_EIO);
    u->disk->can_discard = false;
    io.op = DISK_DISCARD;
    assert_int_equal(submit(u, &io), -XEN_EOPNOTSUPP);
    io.op = DISK_FLUSH;
    assert_int_equal(submit(u, &io), 0);
    u->disk->sector_size = 4096;
    assert_int_equal(transfer(u, DISK_READ, 8, 8, buf), 0);
    assert_int_equal(transfer(u, DISK_READ, 4, 8, buf), -XEN_EIO);
}

static void test_discard_takes_its_time(void **state)
{
    struct disk_user *u = open_ram(2);
    static char ones[4096], got[4096], zeros[4096];
    struct disk_io io = {.op = DISK_DISCARD, .sector = 1, .sectors = 4094};
    struct disk_io second = {.op = DISK_DISCARD, .sector = 4095, .sectors = 1, .done = done};

    memset(ones, 1, sizeof(ones));
    for (uint64_t s = 0; s < 4096; s += 8)
        assert_int_equal(transfer(u, DISK_WRITE, s, 8, ones), 0);
    assert_int_equal(submit(u, &io), 1);
    disk_submit(u, &second);
    fake_exit();
    assert_int_equal(ended.n, 0); /* too large for one go */
    fake_run(1000000000);
    assert_int_equal(ended.n, 2);
    assert_int_equal(ended.err, 0);
    assert_int_equal(transfer(u, DISK_READ, 0, 8, got), 0);
    assert_memory_equal(got, ones, 512);
    assert_memory_equal(got + 512, zeros, 4096 - 512);
    assert_int_equal(transfer(u, DISK_READ, 4088, 8, got), 0);
    assert_memory_equal(got, zeros, 4096);
}

/* 1000 a second: a burst of some, then one a millisecond, in order, none lost. */
static void test_limit_of_requests(void **state)
{
    static struct disk_io io[64];
    static char buf[512];
    struct disk_seg seg = {buf, 512};
    struct disk_user *u = open_ram(1);
    uint64_t start;
    unsigned burst;

    u->cfg.iops = 1000;
    ended.n = 0;
    start = fake_ns;
    for (unsigned i = 0; i < 64; i++) {
        io[i] = (struct disk_io){
            .op = DISK_READ, .sectors = 1, .nr_segs = 1, .seg = &seg, .done = done};
        disk_submit(u, &io[i]);
    }
    burst = ended.n;
    assert_in_range(burst, 2, 20);
    fake_run(10000000);
    assert_in_range(ended.n, burst + 9, burst + 11);
    while (ended.n < 64)
        fake_run(1000000);
    assert_in_range(fake_ns - start, (63 - burst) * 1000000, (66 - burst) * 1000000);
    fake_run(100000000);
    disk_submit(u, &io[0]); /* rested: at once */
    assert_int_equal(ended.n, 65);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_writable_is_exclusive, setup),
        cmocka_unit_test_setup(test_free_for_others_in_the_end, setup),
        cmocka_unit_test_setup(test_driver_disks, setup),
        cmocka_unit_test_setup(test_data_stays, setup),
        cmocka_unit_test_setup(test_what_is_refused, setup),
        cmocka_unit_test_setup(test_discard_takes_its_time, setup),
        cmocka_unit_test_setup(test_limit_of_requests, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
