/* SPDX-License-Identifier: MIT */
/* ATA commands and the bus master, against ATA/ATAPI-6 and the bus master interface 1.0. */
#include <string.h>

#include "machine.h"

#define SECTORS 5000
#define MASTER  0xc000
#define T(name) cmocka_unit_test_setup_teardown(name, setup, machine_teardown)

enum { DATA = 0x1f0, COUNT = 0x1f2, LBA0, LBA1, LBA2, DEVICE, STATUS, CONTROL = 0x3f6 };
enum { ERR = 1, DRQ = 8, DRDY = 0x40, BSY = 0x80 };

static uint8_t disk[SECTORS * 512];
static bool broken;
static unsigned int jobs;

static int setup(void **state)
{
    struct machine *m;

    machine_setup(state);
    m = *state;
    ata_attach(&m->pc.ide.channel[0], 0, SECTORS, "serial 1");
    for (unsigned int i = 0; i < sizeof(disk); i++)
        disk[i] = (uint8_t)(i / 512 * 7 + i);
    broken = false;
    jobs = 0;
    return 0;
}

static struct ata_channel *channel(struct machine *m)
{
    return &m->pc.ide.channel[0];
}

/* What the host does with a job: everything is copied, so a region outside shows. */
static void serve(struct machine *m)
{
    struct ata_channel *ch = channel(m);
    struct ata_job *j = &ch->job;

    while (j->kind != ATA_JOB_NONE) {
        uint8_t *at = disk + j->lba * 512;
        uint32_t bytes = 0;

        jobs++;
        assert_true(j->lba + j->sectors <= SECTORS || j->kind == ATA_JOB_FLUSH);
        for (unsigned int i = 0; i < j->nr_regions; i++) {
            const struct ata_region *r = &j->region[i];

            assert_int_equal(r->bytes % 512, 0);
            assert_true(r->address / 4096 == (r->address + r->bytes - 1) / 4096);
            ch->memory.copy(ch->memory.opaque, r->address, at + bytes, r->bytes,
                            j->kind == ATA_JOB_READ);
            bytes += r->bytes;
        }
        if (!j->nr_regions && j->kind == ATA_JOB_READ)
            memcpy(j->buffer, at, j->sectors * 512);
        if (!j->nr_regions && j->kind == ATA_JOB_WRITE)
            memcpy(at, j->buffer, j->sectors * 512);
        if (j->nr_regions)
            assert_int_equal(bytes, j->sectors * 512);
        ata_job_done(ch, !broken);
    }
}

static void command(struct machine *m, uint8_t cmd, uint32_t lba, uint8_t count)
{
    outb(m, COUNT, count);
    outb(m, LBA0, (uint8_t)lba);
    outb(m, LBA1, (uint8_t)(lba >> 8));
    outb(m, LBA2, (uint8_t)(lba >> 16));
    outb(m, DEVICE, 0xe0 | (lba >> 24 & 15));
    outb(m, STATUS, cmd);
}

static bool irq(struct machine *m)
{
    return m->pc.pic.chip[1].lines & 0x40;
}

static void test_identify(void **state)
{
    struct machine *m = *state;
    uint16_t words[256];

    outb(m, DEVICE, 0xa0);
    outb(m, STATUS, 0xec);
    assert_int_equal(inb(m, CONTROL) & (BSY | DRQ | ERR), DRQ);
    assert_true(irq(m));
    for (unsigned int i = 0; i < 256; i++)
        words[i] = inw(m, DATA);
    assert_int_equal(inb(m, STATUS), 0x50);
    assert_false(irq(m));
    assert_int_equal(words[60] | words[61] << 16, SECTORS);
    assert_int_equal(words[100], SECTORS);
    assert_int_equal(words[49] & 0x300, 0x300);
    assert_int_equal(words[10], 's' << 8 | 'e');
    assert_int_equal(words[47] & 0xff, 16);
}

static void test_no_slave(void **state)
{
    struct machine *m = *state;

    outb(m, DEVICE, 0xb0);
    assert_int_equal(inb(m, STATUS), 0);
    outb(m, STATUS, 0xec);
    assert_int_equal(inb(m, CONTROL), 0);
    assert_int_equal(dev_bus_read(&m->pc.bus, 0x177, 1), 0); /* no drive on the other channel */
}

static void test_pio_read(void **state)
{
    struct machine *m = *state;

    command(m, 0x20, 1234, 2);
    assert_int_equal(inb(m, CONTROL) & BSY, BSY);
    serve(m);
    for (unsigned int s = 0; s < 2; s++) {
        assert_true(irq(m));
        assert_int_equal(inb(m, STATUS) & (BSY | DRQ | ERR), DRQ);
        assert_false(irq(m));
        for (unsigned int i = 0; i < 128; i++)
            assert_memory_equal(&(uint32_t){inl(m, DATA)}, disk + (1234 + s) * 512 + 4 * i, 4);
        serve(m);
    }
    assert_int_equal(inb(m, STATUS) & (BSY | DRQ | ERR), 0);
    assert_int_equal(jobs, 2);
}

static void test_multiple_write(void **state)
{
    struct machine *m = *state;
    uint8_t block[16 * 512];

    for (unsigned int i = 0; i < sizeof(block); i++)
        block[i] = (uint8_t)(i * 5 + i / 512);
    command(m, 0xc5, 10, 20);
    assert_true(inb(m, STATUS) & ERR); /* not switched on yet */
    command(m, 0xc6, 0, 16);
    assert_int_equal(inb(m, STATUS) & ERR, 0);
    command(m, 0xc5, 10, 20);
    assert_false(irq(m)); /* the first block needs no interrupt */
    assert_int_equal(ata_data_write(channel(m), block, 2, 5000), 16 * 256);
    serve(m);
    assert_true(irq(m));
    assert_int_equal(inb(m, STATUS) & DRQ, DRQ);
    assert_int_equal(ata_data_write(channel(m), block, 4, 5000), 4 * 128);
    serve(m);
    assert_int_equal(inb(m, STATUS), 0x50);
    assert_memory_equal(disk + 10 * 512, block, sizeof(block));
    assert_memory_equal(disk + 26 * 512, block, 4 * 512);
    assert_int_equal(jobs, 2);
}

static void test_range_and_unknown(void **state)
{
    struct machine *m = *state;

    command(m, 0x20, SECTORS - 1, 2);
    assert_int_equal(inb(m, STATUS) & (ERR | DRQ | BSY), ERR);
    assert_int_equal(inb(m, 0x1f1), 0x10);
    command(m, 0x20, SECTORS, 1);
    assert_true(inb(m, STATUS) & ERR);
    command(m, 0x30, 0xfffffff, 0);
    assert_true(inb(m, STATUS) & ERR);
    command(m, 0x5c, 0, 1);
    assert_int_equal(inb(m, STATUS) & ERR, ERR);
    assert_int_equal(inb(m, 0x1f1), 4);
    assert_int_equal(jobs, 0);
}

static void test_lba48(void **state)
{
    struct machine *m = *state;

    for (unsigned int i = 0; i < 2; i++) { /* high halves first */
        outb(m, COUNT, i ? 3 : 1);         /* 0x103 sectors */
        outb(m, LBA0, i ? 0x10 : 0);
        outb(m, LBA1, 0);
        outb(m, LBA2, 0);
    }
    outb(m, DEVICE, 0x40);
    outb(m, STATUS, 0x24);
    assert_int_equal(channel(m)->left, 0x103);
    assert_int_equal(channel(m)->at, 0x10);
    outb(m, CONTROL, 0x80);
    assert_int_equal(inb(m, COUNT), 1); /* what was written before */
    serve(m);
}

/* Entry i of the table at 0x100: a region. */
static void region(struct machine *m, unsigned int i, uint32_t address, uint32_t bytes, bool last)
{
    uint32_t e[2] = {address, (bytes & 0xffff) | (last ? 1u << 31 : 0)};

    memcpy(m->memory + 0x100 + 8 * i, e, 8);
}

static void dma(struct machine *m, uint8_t cmd, uint32_t lba, uint8_t count)
{
    outl(m, MASTER + 4, 0x100);
    outb(m, MASTER, cmd == 0xc8 ? 8 : 0);
    outb(m, MASTER + 2, 0x26);
    command(m, cmd, lba, count);
    outb(m, MASTER, cmd == 0xc8 ? 9 : 1);
    serve(m);
}

static void test_dma_read(void **state)
{
    struct machine *m = *state;

    region(m, 0, 0x3e00, 0x1400, false); /* over page ends */
    region(m, 1, 0x8000, 0x1c00, true);
    dma(m, 0xc8, 77, 24);
    assert_true(irq(m));
    assert_int_equal(inb(m, MASTER + 2), 0x24);
    assert_int_equal(inb(m, STATUS), 0x50);
    assert_memory_equal(m->memory + 0x3e00, disk + 77 * 512, 0x1400);
    assert_memory_equal(m->memory + 0x8000, disk + 77 * 512 + 0x1400, 0x1c00);
    assert_int_equal(m->memory[0x9c00], 0);
    assert_int_equal(jobs, 1);
    outb(m, MASTER + 2, 0x24);
    assert_int_equal(inb(m, MASTER + 2), 0x20);
}

/* Regions of odd sizes go through the buffer, and not a byte too far. */
static void test_dma_odd_regions(void **state)
{
    struct machine *m = *state;

    for (unsigned int i = 0; i < 0x2002; i++)
        m->memory[0x10000 + i] = (uint8_t)(i * 3 + i / 256);
    region(m, 0, 0x10000, 2, false);
    region(m, 1, 0x10002, 0x1ffe, true);
    dma(m, 0xca, 300, 16);
    assert_memory_equal(disk + 300 * 512, m->memory + 0x10000, 0x2000);
    memset(m->memory + 0x20000, 0xee, 0x3000);
    region(m, 0, 0x20004, 0x200, false);
    region(m, 1, 0x21ffe, 0x200, true);
    dma(m, 0xc8, 300, 2);
    assert_int_equal(m->memory[0x20003], 0xee);
    assert_memory_equal(m->memory + 0x20004, disk + 300 * 512, 512);
    assert_memory_equal(m->memory + 0x21ffe, disk + 301 * 512, 512);
    assert_int_equal(m->memory[0x221fe], 0xee);
}

static void test_dma_errors(void **state)
{
    struct machine *m = *state;

    region(m, 0, 0x4000, 0x200, true); /* shorter than the transfer */
    dma(m, 0xc8, 0, 2);
    assert_int_equal(inb(m, MASTER + 2) & 7, 6);
    assert_true(inb(m, STATUS) & ERR);
    region(m, 0, 0x4000, 0x400, true);
    broken = true;
    dma(m, 0xc8, 0, 2);
    assert_true(inb(m, STATUS) & ERR);
    broken = false;
    outb(m, MASTER, 0);
    outb(m, MASTER + 2, 0x26);
    region(m, 0, 0x4000, 0x600, true); /* longer: the bus master stays active */
    dma(m, 0xc8, 0, 2);
    assert_int_equal(inb(m, MASTER + 2) & 7, 5);
    assert_int_equal(inb(m, STATUS), 0x50);
    dma(m, 0xca, 0, 2);
    outb(m, MASTER, 0);
    outl(m, MASTER + 4, 0xfffffff0); /* a table where there is no memory */
    command(m, 0xc8, 0, 2);
    outb(m, MASTER, 9);
    serve(m);
}

static void test_reset_with_a_job_under_way(void **state)
{
    struct machine *m = *state;

    command(m, 0x20, 0, 1);
    outb(m, CONTROL, 4);
    outb(m, CONTROL, 0);
    assert_int_equal(inb(m, CONTROL) & BSY, BSY); /* until the memory is not used any more */
    outb(m, STATUS, 0xec);
    assert_int_equal(inb(m, CONTROL) & BSY, BSY);
    ata_job_done(channel(m), true);
    assert_int_equal(inb(m, CONTROL), 0x50);
    assert_int_equal(inb(m, 0x1f1), 1);
    assert_int_equal(inb(m, COUNT), 1);
    assert_false(irq(m));
}

/* The drive that is not there must not get what was checked against the other one. */
static void test_device_changed_within_a_command(void **state)
{
    struct machine *m = *state;
    uint8_t block[512] = {1};

    command(m, 0x30, 10, 1);
    outb(m, DEVICE, 0xf0);
    assert_int_equal(ata_data_write(channel(m), block, 2, 256), 256);
    assert_int_equal(channel(m)->job.kind, ATA_JOB_WRITE);
    assert_int_equal(channel(m)->job.drive, 0);
    serve(m);
    region(m, 0, 0x3000, 512, true);
    outl(m, MASTER + 4, 0x100);
    outb(m, MASTER, 8);
    command(m, 0xc8, 10, 1);
    outb(m, DEVICE, 0xf0);
    outb(m, MASTER, 9);
    assert_int_equal(channel(m)->job.kind, ATA_JOB_READ);
    assert_int_equal(channel(m)->job.drive, 0);
    serve(m);
}

static void test_flush_and_masked_interrupt(void **state)
{
    struct machine *m = *state;

    outb(m, CONTROL, 2);
    command(m, 0xe7, 0, 0);
    assert_int_equal(channel(m)->job.kind, ATA_JOB_FLUSH);
    serve(m);
    assert_false(irq(m));
    outb(m, CONTROL, 0);
    assert_true(irq(m)); /* it was pending */
    inb(m, STATUS);
    assert_false(irq(m));
}

static void test_pci(void **state)
{
    struct machine *m = *state;

    outl(m, 0xcf8, 0x80000900);
    assert_int_equal(inl(m, 0xcfc), 0x70108086);
    outl(m, 0xcf8, 0x80000920);
    assert_int_equal(inl(m, 0xcfc), MASTER | 1);
    outl(m, 0xcfc, 0xffffffff);
    assert_int_equal(inl(m, 0xcfc), 0xfffffff1);
    outl(m, 0xcfc, 0xd000);
    assert_int_equal(inb(m, 0xd002), 0x20);
    assert_int_equal(inb(m, MASTER + 2), 0xff); /* moved away */
    outl(m, 0xcf8, 0x80000904);
    outw(m, 0xcfc, 0);
    assert_int_equal(inb(m, 0xd002), 0xff);
    outl(m, 0xcf8, 0x80001000);
    assert_int_equal(inl(m, 0xcfc), 0xffffffff);
    outl(m, 0xcf8, 0x80000000);
    assert_int_equal(inw(m, 0xcfe), 0x1237);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_identify),
        T(test_no_slave),
        T(test_pio_read),
        T(test_multiple_write),
        T(test_range_and_unknown),
        T(test_lba48),
        T(test_dma_read),
        T(test_dma_odd_regions),
        T(test_dma_errors),
        T(test_reset_with_a_job_under_way),
        T(test_device_changed_within_a_command),
        T(test_flush_and_masked_interrupt),
        T(test_pci),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
