/* SPDX-License-Identifier: MIT */
/* The 16550A against its data sheet and against what stock drivers probe. */
#include <string.h>

#include "machine.h"

#define T(name) cmocka_unit_test_setup_teardown(name, machine_setup, machine_teardown)

enum { DATA = PC_COM1, IER, IIR, LCR, MCR, LSR, MSR, SCR };
#define FCR IIR

static bool irq(const struct machine *m)
{
    return m->pc.pic.chip[0].lines & (1 << PC_IRQ_COM1);
}

static unsigned int receive(struct machine *m, const char *s)
{
    return uart_receive(&m->pc.com1, (const uint8_t *)s, strlen(s));
}

static void test_sends_bytes(void **state)
{
    struct machine *m = *state;

    outb(m, DATA, 'h');
    outb(m, DATA, 'i');
    assert_int_equal(m->out_nr, 2);
    assert_memory_equal(m->out, "hi", 2);
    assert_int_equal(inb(m, LSR), 0x60);
}

/* The steps by which drivers tell a 16550A from its ancestors. */
static void test_is_identified_as_16550a(void **state)
{
    struct machine *m = *state;

    outb(m, SCR, 0x5a);
    assert_int_equal(inb(m, SCR), 0x5a);
    outb(m, IER, 0xff);
    assert_int_equal(inb(m, IER), 0x0f);
    outb(m, IER, 0);
    outb(m, FCR, 0x01);
    assert_int_equal(inb(m, IIR) & 0xc0, 0xc0);
    outb(m, FCR, 0);
    assert_int_equal(inb(m, IIR), 0x01);
    outb(m, MCR, 0x1a);
    assert_int_equal(inb(m, MSR) & 0xf0, 0x90);
    outb(m, MCR, 0);
    assert_int_equal(inb(m, MSR) & 0xf0, 0xb0);
}

static void test_divisor_latch(void **state)
{
    struct machine *m = *state;

    outb(m, LCR, 0x83);
    outb(m, DATA, 0x34);
    outb(m, IER, 0x12);
    assert_int_equal(inb(m, DATA), 0x34);
    assert_int_equal(inb(m, IER), 0x12);
    outb(m, LCR, 0x03);
    assert_int_equal(inb(m, LCR), 0x03);
    assert_int_equal(inb(m, IER), 0);
    assert_int_equal(m->pc.com1.divisor, 0x1234);
    assert_int_equal(m->out_nr, 0);
}

static void test_thre_interrupt(void **state)
{
    struct machine *m = *state;

    outb(m, IER, 0x02);
    assert_true(irq(m)); /* empty from the start */
    assert_int_equal(inb(m, IIR), 0x02);
    assert_false(irq(m)); /* reading IIR was the acknowledge */
    assert_int_equal(inb(m, IIR), 0x01);
    outb(m, DATA, 'x');
    assert_true(irq(m));
    assert_int_equal(inb(m, IIR), 0x02);
    outb(m, IER, 0x02); /* no rise: no request */
    assert_false(irq(m));
    outb(m, IER, 0);
    outb(m, IER, 0x02);
    assert_true(irq(m)); /* drivers rely on this to start */
    outb(m, IER, 0);
    assert_false(irq(m));
}

static void test_receive_without_fifo(void **state)
{
    struct machine *m = *state;

    outb(m, IER, 0x01);
    assert_int_equal(uart_rx_room(&m->pc.com1), 1);
    assert_int_equal(receive(m, "ab"), 1);
    assert_true(irq(m));
    assert_int_equal(inb(m, IIR), 0x04);
    assert_int_equal(inb(m, LSR), 0x61);
    assert_int_equal(inb(m, DATA), 'a');
    assert_int_equal(inb(m, LSR), 0x60);
    assert_false(irq(m));
    assert_int_equal(m->pc.com1.rx_timeout.deadline, DEV_NEVER);
}

static void test_fifo_trigger_and_timeout(void **state)
{
    struct machine *m = *state;

    outb(m, FCR, 0x81); /* 8 bytes */
    outb(m, IER, 0x01);
    assert_int_equal(receive(m, "1234567"), 7);
    assert_false(irq(m));
    machine_run(m, 5 * MS); /* 9600 baud: four characters take 4.2 ms */
    assert_true(irq(m));
    assert_int_equal(inb(m, IIR), 0xcc);
    assert_int_equal(inb(m, DATA), '1');
    assert_false(irq(m)); /* a read restarts the timeout */
    machine_run(m, 5 * MS);
    assert_int_equal(inb(m, IIR), 0xcc);
    receive(m, "89");
    assert_int_equal(inb(m, IIR), 0xc4);
    while (inb(m, LSR) & 1)
        inb(m, DATA);
    assert_int_equal(inb(m, IIR), 0xc1);
    machine_run(m, S);
    assert_false(irq(m));
}

static void test_fifo_takes_16_and_wraps(void **state)
{
    struct machine *m = *state;

    outb(m, FCR, 0x01);
    for (unsigned int round = 0; round < 3; round++) {
        assert_int_equal(receive(m, "abcdefghijklmnopqrst"), 16);
        assert_int_equal(uart_rx_room(&m->pc.com1), 0);
        for (char c = 'a'; c < 'a' + 11; c++)
            assert_int_equal(inb(m, DATA), c);
        assert_int_equal(receive(m, "123"), 3);
        for (char c = 'l'; c < 'q'; c++)
            assert_int_equal(inb(m, DATA), c);
        assert_int_equal(inb(m, DATA), '1');
        assert_int_equal(inb(m, DATA), '2');
        assert_int_equal(inb(m, DATA), '3');
    }
    receive(m, "xyz");
    outb(m, FCR, 0x03);
    assert_int_equal(inb(m, LSR), 0x60);
}

static void test_loopback(void **state)
{
    struct machine *m = *state;

    outb(m, FCR, 0x01);
    outb(m, MCR, 0x10);
    assert_int_equal(uart_rx_room(&m->pc.com1), 0);
    for (unsigned int i = 0; i < 17; i++)
        outb(m, DATA, 'a' + i);
    assert_int_equal(m->out_nr, 0);
    assert_int_equal(inb(m, LSR), 0x63); /* the 17th overran */
    assert_int_equal(inb(m, LSR), 0x61);
    for (unsigned int i = 0; i < 16; i++)
        assert_int_equal(inb(m, DATA), 'a' + i);
    outb(m, LCR, 0x43);
    assert_int_equal(inb(m, LSR), 0x71);
    assert_int_equal(inb(m, DATA), 0);
}

static void test_modem_lines_in_loopback(void **state)
{
    struct machine *m = *state;

    outb(m, IER, 0x08);
    assert_false(irq(m));
    outb(m, MCR, 0x10); /* all inputs drop */
    assert_true(irq(m));
    assert_int_equal(inb(m, IIR), 0x00);
    assert_int_equal(inb(m, MSR), 0x0b);
    assert_false(irq(m));
    outb(m, MCR, 0x14);
    assert_int_equal(inb(m, MSR), 0x40); /* RI rising does not count */
    outb(m, MCR, 0x10);
    assert_int_equal(inb(m, MSR), 0x04);
    outb(m, MCR, 0x1f);
    assert_int_equal(inb(m, MSR), 0xfb);
}

static void test_interrupt_priority(void **state)
{
    struct machine *m = *state;

    outb(m, MCR, 0x10);
    outb(m, IER, 0x0f);
    outb(m, DATA, 'a');
    outb(m, DATA, 'b'); /* overrun; THRE pending; DR; delta bits */
    assert_int_equal(inb(m, IIR), 0x06);
    inb(m, LSR);
    assert_int_equal(inb(m, IIR), 0x04);
    assert_int_equal(inb(m, DATA), 'b'); /* without FIFO the last one wins */
    assert_int_equal(inb(m, IIR), 0x02);
    assert_int_equal(inb(m, IIR), 0x00);
    inb(m, MSR);
    assert_int_equal(inb(m, IIR), 0x01);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_sends_bytes),
        T(test_is_identified_as_16550a),
        T(test_divisor_latch),
        T(test_thre_interrupt),
        T(test_receive_without_fifo),
        T(test_fifo_trigger_and_timeout),
        T(test_fifo_takes_16_and_wraps),
        T(test_loopback),
        T(test_modem_lines_in_loopback),
        T(test_interrupt_priority),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
