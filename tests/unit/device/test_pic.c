/* SPDX-License-Identifier: MIT */
/* The 8259A pair against its data sheet. */
#include "machine.h"

#define T(name) cmocka_unit_test_setup_teardown(name, machine_setup, machine_teardown)

static void raise_irq(struct machine *m, unsigned int irq)
{
    pic_set_irq(&m->pc.pic, irq, true);
}

static void drop_irq(struct machine *m, unsigned int irq)
{
    pic_set_irq(&m->pc.pic, irq, false);
}

static int ack(struct machine *m)
{
    return pic_pending(&m->pc.pic) ? pic_ack(&m->pc.pic) : -1;
}

static uint8_t read_isr(struct machine *m, uint16_t port)
{
    outb(m, port, 0x0b);
    return inb(m, port);
}

static void test_masked_at_power_on(void **state)
{
    struct machine *m = *state;

    raise_irq(m, 0);
    assert_false(m->intr);
    assert_int_equal(inb(m, 0x21), 0xff);
}

static void test_edge_request_ack_eoi(void **state)
{
    struct machine *m = *state;

    machine_init_pic(m);
    raise_irq(m, 4);
    assert_true(m->intr);
    assert_int_equal(inb(m, 0x20), 0x10); /* IRR */
    assert_int_equal(ack(m), 0x24);
    assert_false(m->intr);
    assert_int_equal(inb(m, 0x20), 0);
    assert_int_equal(read_isr(m, 0x20), 0x10);
    outb(m, 0x20, 0x20);
    assert_int_equal(inb(m, 0x20), 0);
    assert_false(m->intr); /* still high: no new edge */
    drop_irq(m, 4);
    raise_irq(m, 4);
    assert_int_equal(ack(m), 0x24);
}

static void test_withdrawn_request_is_spurious(void **state)
{
    struct machine *m = *state;

    machine_init_pic(m);
    raise_irq(m, 4);
    drop_irq(m, 4);
    assert_false(m->intr);
    assert_int_equal(pic_ack(&m->pc.pic), 0x27);
    assert_int_equal(read_isr(m, 0x20), 0);
}

static void test_priorities_nest(void **state)
{
    struct machine *m = *state;

    machine_init_pic(m);
    raise_irq(m, 4);
    assert_int_equal(ack(m), 0x24);
    raise_irq(m, 5);
    assert_false(m->intr); /* lower waits */
    raise_irq(m, 1);
    assert_int_equal(ack(m), 0x21); /* higher interrupts */
    assert_int_equal(read_isr(m, 0x20), 0x12);
    outb(m, 0x20, 0x20);
    assert_int_equal(inb(m, 0x20), 0x10); /* non-specific EOI takes the highest */
    assert_false(m->intr);
    outb(m, 0x20, 0x64); /* specific EOI of 4 */
    assert_int_equal(ack(m), 0x25);
}

static void test_slave_through_cascade(void **state)
{
    struct machine *m = *state;

    machine_init_pic(m);
    raise_irq(m, 12);
    assert_int_equal(ack(m), 0x2c);
    assert_int_equal(read_isr(m, 0x20), 0x04);
    assert_int_equal(read_isr(m, 0xa0), 0x10);
    raise_irq(m, 8);
    assert_false(m->intr); /* the master still serves the cascade */
    raise_irq(m, 1);
    assert_int_equal(ack(m), 0x21);
    outb(m, 0x20, 0x20);
    outb(m, 0xa0, 0x20);
    outb(m, 0x20, 0x20);
    assert_int_equal(ack(m), 0x28);
}

static void test_special_fully_nested_lets_slave_nest(void **state)
{
    struct machine *m = *state;

    machine_init_pic(m);
    outb(m, 0x20, 0x11);
    outb(m, 0x21, 0x20);
    outb(m, 0x21, 0x04);
    outb(m, 0x21, 0x11);
    raise_irq(m, 12);
    assert_int_equal(ack(m), 0x2c);
    raise_irq(m, 8);
    assert_int_equal(ack(m), 0x28);
}

static void test_slave_spurious(void **state)
{
    struct machine *m = *state;

    machine_init_pic(m);
    raise_irq(m, 12);
    assert_int_equal(inb(m, 0x20), 0x04);
    /* The slave's request goes away between the two acknowledge cycles. */
    m->pc.pic.chip[1].irr = 0;
    assert_int_equal(pic_ack(&m->pc.pic), 0x2f);
    assert_int_equal(read_isr(m, 0xa0), 0);
    assert_int_equal(read_isr(m, 0x20), 0x04); /* the master wants its EOI */
}

static void test_slave_auto_eoi_keeps_requests(void **state)
{
    struct machine *m = *state;

    machine_init_pic(m);
    outb(m, 0xa0, 0x11);
    outb(m, 0xa1, 0x28);
    outb(m, 0xa1, 0x02);
    outb(m, 0xa1, 0x03);
    raise_irq(m, 9);
    raise_irq(m, 10);
    assert_int_equal(ack(m), 0x29);
    outb(m, 0x20, 0x20);
    assert_int_equal(ack(m), 0x2a);
}

static void test_level_triggered_repeats(void **state)
{
    struct machine *m = *state;

    machine_init_pic(m);
    outb(m, 0x4d0, 0xff);
    assert_int_equal(inb(m, 0x4d0), 0xf8);
    outb(m, 0x4d1, 0xff);
    assert_int_equal(inb(m, 0x4d1), 0xde);
    raise_irq(m, 5);
    assert_int_equal(ack(m), 0x25);
    outb(m, 0x20, 0x20);
    assert_int_equal(ack(m), 0x25); /* still high */
    drop_irq(m, 5);
    outb(m, 0x20, 0x20);
    assert_false(m->intr);
}

static void test_switching_to_level_sees_the_line(void **state)
{
    struct machine *m = *state;

    machine_init_pic(m);
    raise_irq(m, 5);
    assert_int_equal(ack(m), 0x25);
    outb(m, 0x20, 0x20);
    assert_false(m->intr);
    outb(m, 0x4d0, 0x20);
    assert_true(m->intr);
}

static void test_auto_eoi_and_rotation(void **state)
{
    struct machine *m = *state;

    machine_init_pic(m);
    outb(m, 0x20, 0x13); /* single, so no ICW3 */
    outb(m, 0x21, 0x40);
    outb(m, 0x21, 0x03);
    outb(m, 0x20, 0x80); /* rotate on automatic EOI */
    raise_irq(m, 3);
    raise_irq(m, 5);
    assert_int_equal(ack(m), 0x43);
    assert_int_equal(read_isr(m, 0x20), 0);
    drop_irq(m, 3);
    raise_irq(m, 3);
    assert_int_equal(ack(m), 0x45); /* 3 is lowest now */
    assert_int_equal(ack(m), 0x43);
    outb(m, 0x20, 0x00);
    assert_false(m->pc.pic.chip[0].rotate_on_auto_eoi);
}

static void test_rotation_commands(void **state)
{
    struct machine *m = *state;

    machine_init_pic(m);
    outb(m, 0x20, 0xc4); /* 4 is lowest, 5 highest */
    raise_irq(m, 0);
    raise_irq(m, 6);
    assert_int_equal(ack(m), 0x26);
    outb(m, 0x20, 0xa0); /* EOI and rotate: 6 lowest */
    assert_int_equal(ack(m), 0x20);
    outb(m, 0x20, 0xe0); /* specific EOI of 0 and rotate: 0 lowest */
    raise_irq(m, 1);
    drop_irq(m, 0);
    raise_irq(m, 0);
    assert_int_equal(ack(m), 0x21);
}

static void test_special_mask_mode(void **state)
{
    struct machine *m = *state;

    machine_init_pic(m);
    raise_irq(m, 1);
    assert_int_equal(ack(m), 0x21);
    raise_irq(m, 6);
    assert_false(m->intr);
    outb(m, 0x20, 0x68);
    assert_false(m->intr);
    outb(m, 0x21, 0x02); /* 1 masked: it blocks nobody */
    assert_int_equal(ack(m), 0x26);
    outb(m, 0x20, 0x20); /* clears 6, not the masked 1 */
    assert_int_equal(read_isr(m, 0x20), 0x02);
    outb(m, 0x20, 0x48);
    outb(m, 0x20, 0x20);
    assert_int_equal(inb(m, 0x20), 0);
}

static void test_poll(void **state)
{
    struct machine *m = *state;

    machine_init_pic(m);
    outb(m, 0x20, 0x0c);
    assert_int_equal(inb(m, 0x20), 0);
    raise_irq(m, 5);
    outb(m, 0x20, 0x0c);
    assert_int_equal(inb(m, 0x20), 0x85);
    assert_int_equal(read_isr(m, 0x20), 0x20);
    raise_irq(m, 9);
    outb(m, 0xa0, 0x0c);
    assert_int_equal(inb(m, 0xa0), 0x81);
}

static void test_init_sequence(void **state)
{
    struct machine *m = *state;

    machine_init_pic(m);
    raise_irq(m, 4);
    ack(m);
    outb(m, 0x21, 0xaa);
    assert_int_equal(inb(m, 0x21), 0xaa);
    outb(m, 0x20, 0x10); /* no ICW4 */
    assert_int_equal(inb(m, 0x21), 0);
    assert_int_equal(read_isr(m, 0x20), 0);
    outb(m, 0x21, 0x5f);
    outb(m, 0x21, 0x04);
    outb(m, 0x21, 0xfe); /* this is the mask already */
    assert_int_equal(inb(m, 0x21), 0xfe);
    drop_irq(m, 0);
    raise_irq(m, 0);
    assert_int_equal(ack(m), 0x58);
}

static void test_lines_out_of_range_are_ignored(void **state)
{
    struct machine *m = *state;

    machine_init_pic(m);
    raise_irq(m, 2);
    raise_irq(m, 16);
    raise_irq(m, ~0u);
    assert_false(m->intr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_masked_at_power_on),
        T(test_edge_request_ack_eoi),
        T(test_withdrawn_request_is_spurious),
        T(test_priorities_nest),
        T(test_slave_through_cascade),
        T(test_special_fully_nested_lets_slave_nest),
        T(test_slave_spurious),
        T(test_slave_auto_eoi_keeps_requests),
        T(test_level_triggered_repeats),
        T(test_switching_to_level_sees_the_line),
        T(test_auto_eoi_and_rotation),
        T(test_rotation_commands),
        T(test_special_mask_mode),
        T(test_poll),
        T(test_init_sequence),
        T(test_lines_out_of_range_are_ignored),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
