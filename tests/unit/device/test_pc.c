/* SPDX-License-Identifier: MIT */
/* Keyboard controller, power ports, and the whole machine under random accesses. */
#define _GNU_SOURCE /* memmem */
#include <string.h>

#include "acpi.h"
#include "machine.h"

#define T(name) cmocka_unit_test_setup_teardown(name, machine_setup, machine_teardown)

static void test_kbc_self_test_and_mode(void **state)
{
    struct machine *m = *state;

    assert_int_equal(inb(m, 0x64) & 0x03, 0);
    outb(m, 0x64, 0xaa);
    assert_int_equal(inb(m, 0x64) & 0x01, 1);
    assert_int_equal(inb(m, 0x60), 0x55);
    assert_int_equal(inb(m, 0x64) & 0x01, 0);
    outb(m, 0x64, 0x60);
    outb(m, 0x60, 0x34);
    outb(m, 0x64, 0x20);
    assert_int_equal(inb(m, 0x60), 0x34);
    outb(m, 0x64, 0xa9);
    assert_int_not_equal(inb(m, 0x60), 0); /* no mouse */
}

static void test_kbc_nobody_answers(void **state)
{
    struct machine *m = *state;

    machine_init_pic(m);
    outb(m, 0x60, 0xf2);
    assert_int_equal(inb(m, 0x64) & 0x41, 0x41);
    assert_true(m->intr);
    assert_int_equal(inb(m, 0x60), 0xfe);
    assert_false(m->intr);
    outb(m, 0x64, 0xd4);
    outb(m, 0x60, 0xff);
    assert_int_equal(inb(m, 0x64) & 0x61, 0x61);
    assert_false(m->intr);
    inb(m, 0x60);
}

static void test_ways_to_reset(void **state)
{
    struct machine *m = *state;

    outb(m, 0x64, 0xfe);
    assert_int_equal(m->resets, 1);
    outb(m, 0x64, 0xff); /* no line pulsed */
    assert_int_equal(m->resets, 1);
    outb(m, 0x64, 0xd1);
    outb(m, 0x60, 0x02);
    assert_int_equal(m->resets, 2);
    outb(m, 0x92, 0x03);
    assert_int_equal(m->resets, 3);
    outb(m, 0xcf9, 0x02);
    assert_int_equal(m->resets, 3);
    outb(m, 0xcf9, 0x06);
    assert_int_equal(m->resets, 4);
    assert_int_equal(m->power_offs, 0);
}

static void test_power_off(void **state)
{
    struct machine *m = *state;

    dev_bus_write(&m->pc.bus, 0x604, 2, 0x1c01);
    assert_int_equal(m->power_offs, 0);
    assert_int_equal(dev_bus_read(&m->pc.bus, 0x604, 2), 0x1c01);
    dev_bus_write(&m->pc.bus, 0x604, 2, 0x2000);
    assert_int_equal(m->power_offs, 1);
    assert_int_equal(dev_bus_read(&m->pc.bus, 0x604, 2), 0);
    outb(m, 0x605, 0x20); /* by bytes, too */
    assert_int_equal(m->power_offs, 2);
    dev_bus_write(&m->pc.bus, 0x602, 2, 0x0120);
    assert_int_equal(dev_bus_read(&m->pc.bus, 0x600, 4), 0x01200000);
    assert_int_equal(m->resets, 0);
}

static void test_pm_timer(void **state)
{
    struct machine *m = *state;
    uint32_t start = dev_bus_read(&m->pc.bus, 0x608, 4);

    m->now += S;
    assert_int_equal((dev_bus_read(&m->pc.bus, 0x608, 4) - start) & 0xffffff, 3579545);
}

static uint32_t word_at(const uint8_t *p)
{
    uint32_t v;

    memcpy(&v, p, sizeof(v));
    return v;
}

static void assert_sums_to_zero(const uint8_t *p, uint32_t n)
{
    uint8_t sum = 0;

    while (n--)
        sum += *p++;
    assert_int_equal(sum, 0);
}

/* From the RSDP to each table as a kernel goes. */
static void test_acpi_tables(void **state)
{
    enum { BASE = 0xe0000 };
    uint8_t buf[ACPI_BYTES];
    const uint8_t *rsdt, *fadt, *dsdt, *prt, *madt;
    unsigned int cpus = 0;

    acpi_build(buf, BASE, 3, true);
    assert_memory_equal(buf, "RSD PTR ", 8);
    assert_sums_to_zero(buf, 20);
    rsdt = buf + (word_at(buf + 16) - BASE);
    assert_memory_equal(rsdt, "RSDT", 4);
    assert_int_equal(word_at(rsdt + 4), 44);
    assert_sums_to_zero(rsdt, 44);
    fadt = buf + (word_at(rsdt + 36) - BASE);
    assert_memory_equal(fadt, "FACP", 4);
    assert_sums_to_zero(fadt, word_at(fadt + 4));
    assert_memory_equal(buf + (word_at(fadt + 36) - BASE), "FACS", 4);
    assert_int_equal(word_at(fadt + 36) % 64, 0);
    dsdt = buf + (word_at(fadt + 40) - BASE);
    assert_memory_equal(dsdt, "DSDT", 4);
    assert_sums_to_zero(dsdt, word_at(dsdt + 4));
    assert_int_equal(word_at(fadt + 64), 0x604); /* PM1a control */
    assert_int_equal(word_at(fadt + 76), 0x608); /* PM timer */
    madt = buf + (word_at(rsdt + 40) - BASE);
    assert_memory_equal(madt, "APIC", 4);
    assert_sums_to_zero(madt, word_at(madt + 4));
    for (unsigned int i = 44; i < word_at(madt + 4); i += madt[i + 1])
        cpus += madt[i] == 0 && madt[i + 3] == 2 * madt[i + 2];
    assert_int_equal(cpus, 3);
    prt = memmem(dsdt, word_at(dsdt + 4), "_PRT", 4);
    assert_non_null(prt);
    for (unsigned int i = 0; i < PC_NICS; i++) { /* packages of 12 bytes: slot, pin, -, input */
        assert_int_equal(prt[7 + 12 * (i + 1) + 6], PC_NIC_SLOT(i));
        assert_int_equal(prt[7 + 12 * (i + 1) + 11], piix_default_irq(PC_NIC_SLOT(i)));
    }
}

static uint64_t random_state = 88172645463325252ull;

static uint32_t random32(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state >> 16;
}

static uint16_t random_port(void)
{
    static const uint16_t ports[] = {0x20,  0x21,  0xa0,  0xa1,  0x4d0, 0x4d1, 0x40,  0x41,
                                     0x42,  0x43,  0x60,  0x61,  0x64,  0x70,  0x71,  0x80,
                                     0x92,  0x3f8, 0x3f9, 0x3fa, 0x3fb, 0x3fc, 0x3fd, 0x3fe,
                                     0x3ff, 0x600, 0x604, 0x608, 0xcf8};

    return ports[random32() % (sizeof(ports) / sizeof(ports[0]))] + (random32() % 16 == 0);
}

/* Whatever a guest does, timers stay countable: no deadline repeats without time passing. */
static void test_random_accesses_stay_bounded(void **state)
{
    struct machine *m = *state;
    uint8_t junk[20] = {0};

    for (unsigned int i = 0; i < 1000000; i++) {
        unsigned int size = 1u << (random32() % 8 == 0 ? random32() % 3 : 0);
        unsigned int fires = 0;

        if (random32() & 1)
            dev_bus_write(&m->pc.bus, random_port(), size, random32());
        else
            dev_bus_read(&m->pc.bus, random_port(), size);
        if (random32() % 4 == 0)
            uart_receive(&m->pc.com1, junk, random32() % sizeof(junk));
        m->now += random32() % (random32() % 64 ? 3000 : 2000000000);
        while (dev_timers_next(&m->pc.timers) <= m->now) {
            dev_timers_run(&m->pc.timers, m->now);
            assert_in_range(++fires, 1, 3);
        }
        if (random32() % 2 && pic_pending(&m->pc.pic))
            pic_ack(&m->pc.pic);
        assert_in_range(m->pc.com1.count, 0, UART_FIFO);
        m->out_nr = 0;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_kbc_self_test_and_mode),
        T(test_kbc_nobody_answers),
        T(test_ways_to_reset),
        T(test_power_off),
        T(test_pm_timer),
        cmocka_unit_test(test_acpi_tables),
        T(test_random_accesses_stay_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
