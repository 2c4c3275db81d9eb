/* SPDX-License-Identifier: MIT */
/* The RTL8029, against the DP8390's data sheet. */
#include <string.h>

#include "machine.h"

#define BASE    0xc100
#define T(name) cmocka_unit_test_setup_teardown(name, setup, machine_teardown)

static const uint8_t mac[6] = {0x00, 0x16, 0x3e, 1, 2, 3};
static uint8_t frame[NE2000_FRAME_MAX];

/* The card as a driver sets it up: a frame to send at page 0x40, the ring from 0x46 to 0x80. */
static int setup(void **state)
{
    static const uint8_t page0[][2] = {{1, 0x46}, {2, 0x80},  {3, 0x7f}, {12, 0x04},
                                       {13, 0},   {14, 0x49}, {15, 0x13}};
    struct machine *m;

    machine_setup(state);
    m = *state;
    assert_true(pc_add_nic(&m->pc, mac));
    outb(m, BASE, 0x21);
    for (unsigned int i = 0; i < sizeof(page0) / 2; i++)
        outb(m, BASE + page0[i][0], page0[i][1]);
    outb(m, BASE, 0x61);
    for (unsigned int i = 0; i < 6; i++)
        outb(m, BASE + 1 + i, mac[i]);
    outb(m, BASE + 7, 0x46);
    outb(m, BASE, 0x22);
    for (unsigned int i = 0; i < sizeof(frame); i++)
        frame[i] = (uint8_t)(i * 3 + i / 256);
    memcpy(frame, mac, 6);
    return 0;
}

static struct ne2000 *nic(struct machine *m)
{
    return &m->pc.nic[0];
}

static void remote(struct machine *m, uint16_t at, uint16_t n, uint8_t direction)
{
    outb(m, BASE + 10, (uint8_t)n);
    outb(m, BASE + 11, n >> 8);
    outb(m, BASE + 8, (uint8_t)at);
    outb(m, BASE + 9, at >> 8);
    outb(m, BASE, 0x02 | direction);
}

static bool irq(struct machine *m)
{
    return m->pc.piix.driven;
}

static void test_prom(void **state)
{
    struct machine *m = *state;

    remote(m, 0, 32, 0x08);
    for (unsigned int i = 0; i < 6; i++)
        assert_int_equal(inw(m, BASE + 0x10) & 0xff, mac[i]);
    assert_int_equal(inb(m, BASE + 7) & 0x40, 0);
    for (unsigned int i = 0; i < 10; i++)
        inw(m, BASE + 0x10);
    assert_int_equal(inb(m, BASE + 7) & 0x40, 0x40);
    assert_int_equal(inw(m, BASE + 0x10), 0xffff); /* nothing is left */
}

/* Byte reads move on by a word when the chip was set to words. */
static void test_prom_by_bytes(void **state)
{
    struct machine *m = *state;

    remote(m, 0, 32, 0x08);
    for (unsigned int i = 0; i < 6; i++)
        assert_int_equal(inb(m, BASE + 0x10), mac[i]);
    outb(m, BASE + 14, 0x48);
    remote(m, 0, 32, 0x08);
    for (unsigned int i = 0; i < 12; i++)
        assert_int_equal(inb(m, BASE + 0x10), mac[i / 2]);
}

static void test_send(void **state)
{
    struct machine *m = *state;
    uint8_t out[NE2000_FRAME_MAX];

    remote(m, 0x4000, 100, 0x10);
    for (unsigned int i = 0; i < 50; i++)
        outw(m, BASE + 0x10, (uint16_t)(frame[2 * i] | frame[2 * i + 1] << 8));
    outb(m, BASE + 4, 0x40);
    outb(m, BASE + 5, 100);
    outb(m, BASE + 6, 0);
    assert_int_equal(ne2000_frame(nic(m), out), 0);
    outb(m, BASE, 0x26);
    assert_int_equal(ne2000_frame(nic(m), out), 100);
    assert_memory_equal(out, frame, 100);
    assert_int_equal(inb(m, BASE) & 4, 4); /* busy until the host took it */
    ne2000_sent(nic(m));
    assert_int_equal(inb(m, BASE) & 4, 0);
    assert_int_equal(inb(m, BASE + 7) & 2, 2);
    assert_true(irq(m));
    outb(m, BASE + 7, 2);
    assert_false(irq(m));
}

static void test_receive_wraps(void **state)
{
    struct machine *m = *state;

    /* 57 pages less one are free: nine frames of six pages fit. */
    for (unsigned int i = 0; i < 9; i++) {
        assert_int_equal(ne2000_wants(nic(m), frame, 1514), NE2000_TAKEN);
        ne2000_receive(nic(m), frame, 1514);
    }
    assert_int_equal(ne2000_wants(nic(m), frame, 1514), NE2000_FULL);
    assert_true(irq(m));
    remote(m, 0x4600, 4, 0x08);
    assert_int_equal(inl(m, BASE + 0x10), 1u | 0x4cu << 8 | 1518u << 16);
    outb(m, BASE + 3, 0x46 + 9 * 6 - 1); /* all read */
    assert_true(nic(m)->freed);
    ne2000_receive(nic(m), frame, 1514); /* this one wraps */
    remote(m, 0x7c00, 1518, 0x08);
    assert_int_equal(inl(m, BASE + 0x10) >> 8 & 0xff, 0x48);
    for (unsigned int i = 0; i < 1514; i += 2)
        assert_int_equal(inw(m, BASE + 0x10), frame[i] | frame[i + 1] << 8);
}

static void test_filter(void **state)
{
    struct machine *m = *state;
    uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, other[6] = {2, 0, 0, 0, 0, 1};
    uint8_t group[6] = {0x01, 0x00, 0x5e, 0x00, 0x00, 0x01};

    assert_int_equal(ne2000_wants(nic(m), all, 60), NE2000_TAKEN);
    assert_int_equal(ne2000_wants(nic(m), other, 60), NE2000_IGNORED);
    assert_int_equal(ne2000_wants(nic(m), group, 60), NE2000_IGNORED);
    outb(m, BASE + 12, 0x18);
    assert_int_equal(ne2000_wants(nic(m), all, 60), NE2000_IGNORED);
    assert_int_equal(ne2000_wants(nic(m), other, 60), NE2000_TAKEN);
    outb(m, BASE, 0x62);
    outb(m, BASE + 8 + 31 / 8, 1 << 31 % 8); /* 01:00:5e:00:00:01 hashes to 31 */
    assert_int_equal(ne2000_wants(nic(m), group, 60), NE2000_TAKEN);
    group[5] = 2;
    assert_int_equal(ne2000_wants(nic(m), group, 60), NE2000_IGNORED);
    outb(m, BASE, 0x21);
    assert_int_equal(ne2000_wants(nic(m), mac, 60), NE2000_IGNORED); /* stopped */
}

/* Linux writes the page before the next frame, also where that is the one before the ring: the
 * last one is meant. */
static void test_boundary_before_the_ring(void **state)
{
    struct machine *m = *state;

    outb(m, BASE + 3, 0x45);
    assert_int_equal(ne2000_wants(nic(m), mac, 60), NE2000_TAKEN);
    for (unsigned int i = 0; i < 56; i++) {
        assert_int_equal(ne2000_wants(nic(m), mac, 60), NE2000_TAKEN);
        ne2000_receive(nic(m), frame, 60);
    }
    assert_int_equal(ne2000_wants(nic(m), mac, 60), NE2000_FULL); /* 0x46 to 0x7d are unread */
    outb(m, BASE + 3, 0x44);
    assert_int_equal(ne2000_wants(nic(m), mac, 60), NE2000_IGNORED);
}

static void test_rings_without_sense(void **state)
{
    static const uint8_t bad[][4] = {/* PSTART, PSTOP, BNRY, CURR */
                                     {0x46, 0x46, 0x46, 0x46}, {0x80, 0x46, 0x46, 0x46},
                                     {0x46, 0xff, 0x46, 0x46}, {0x46, 0x80, 0x80, 0x46},
                                     {0x46, 0x80, 0x46, 0x80}, {0x00, 0x80, 0x46, 0x46}};
    struct machine *m = *state;

    for (unsigned int i = 0; i < sizeof(bad) / 4; i++) {
        for (unsigned int r = 0; r < 3; r++)
            outb(m, (uint16_t)(BASE + 1 + r), bad[i][r]);
        outb(m, BASE, 0x62);
        outb(m, BASE + 7, bad[i][3]);
        outb(m, BASE, 0x22);
        assert_int_equal(ne2000_wants(nic(m), mac, 60), NE2000_IGNORED);
    }
}

static void test_interrupt_routing(void **state)
{
    struct machine *m = *state;
    unsigned int line = piix_default_irq(PC_NIC_SLOT(0));

    outl(m, 0xcf8, 0x8000183c);
    assert_int_equal(inw(m, 0xcfc), 0x0100 | line);
    ne2000_receive(nic(m), frame, 60);
    assert_int_equal(m->pc.piix.driven, 1 << line);
    outl(m, 0xcf8, 0x80000860); /* PIRQRC[A:D] */
    outl(m, 0xcfc, 0x05050505);
    assert_int_equal(m->pc.piix.driven, 1 << 5);
    outl(m, 0xcfc, 0x80808080);
    assert_int_equal(m->pc.piix.driven, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_prom),
        T(test_prom_by_bytes),
        T(test_send),
        T(test_filter),
        T(test_receive_wraps),
        T(test_boundary_before_the_ring),
        T(test_rings_without_sense),
        T(test_interrupt_routing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
