/* SPDX-License-Identifier: MIT */
#include "machine.h"

static void set_entry(struct machine *m, unsigned int pin, uint32_t low, uint32_t high)
{
    ioapic_write(&m->pc.ioapic, 0x00, 0x11 + 2 * pin);
    ioapic_write(&m->pc.ioapic, 0x10, high);
    ioapic_write(&m->pc.ioapic, 0x00, 0x10 + 2 * pin);
    ioapic_write(&m->pc.ioapic, 0x10, low);
}

static uint32_t entry(struct machine *m, unsigned int pin)
{
    ioapic_write(&m->pc.ioapic, 0x00, 0x10 + 2 * pin);
    return ioapic_read(&m->pc.ioapic, 0x10);
}

static void test_registers(void **state)
{
    struct machine *m = *state;

    ioapic_write(&m->pc.ioapic, 0x00, 1);
    assert_int_equal(ioapic_read(&m->pc.ioapic, 0x10), 0x170011);
    ioapic_write(&m->pc.ioapic, 0x00, 0);
    ioapic_write(&m->pc.ioapic, 0x10, 0x0f000000);
    assert_int_equal(ioapic_read(&m->pc.ioapic, 0x10), 0x0f000000);
    assert_int_equal(entry(m, 5), 0x10000);
    set_entry(m, 5, 0xffffffff, 0xffffffff);
    assert_int_equal(entry(m, 5), 0x1afff); /* neither pending nor remote IRR can be written */
    ioapic_write(&m->pc.ioapic, 0x00, 0x40);
    ioapic_write(&m->pc.ioapic, 0x10, 0xffffffff);
    assert_int_equal(m->apic_sends, 0);
}

/* An edge is a message, if nothing masks it then. */
static void test_edges(void **state)
{
    struct machine *m = *state;

    ioapic_set_irq(&m->pc.ioapic, 4, true);
    assert_int_equal(m->apic_sends, 0);
    set_entry(m, 4, 0x41, 0x03000000);
    assert_int_equal(m->apic_sends, 0);
    for (unsigned int i = 1; i < 4; i++) {
        ioapic_set_irq(&m->pc.ioapic, 4, false);
        ioapic_set_irq(&m->pc.ioapic, 4, true);
        ioapic_set_irq(&m->pc.ioapic, 4, true);
        assert_int_equal(m->apic_sends, i);
    }
    assert_int_equal(m->apic_command & 0xff, 0x41);
    assert_int_equal(m->apic_destination, 3);
}

/* A level is a message until its end, and again after that. */
static void test_levels(void **state)
{
    struct machine *m = *state;

    set_entry(m, 11, 0x8051, 0);
    ioapic_set_irq(&m->pc.ioapic, 11, true);
    ioapic_set_irq(&m->pc.ioapic, 11, true);
    assert_int_equal(m->apic_sends, 1);
    assert_int_equal(entry(m, 11), 0xc051);
    ioapic_eoi(&m->pc.ioapic, 0x52);
    assert_int_equal(m->apic_sends, 1);
    ioapic_eoi(&m->pc.ioapic, 0x51);
    assert_int_equal(m->apic_sends, 2);
    ioapic_set_irq(&m->pc.ioapic, 11, false);
    ioapic_eoi(&m->pc.ioapic, 0x51);
    assert_int_equal(m->apic_sends, 2);
    assert_int_equal(entry(m, 11), 0x8051);
    set_entry(m, 11, 0x18051, 0);
    ioapic_set_irq(&m->pc.ioapic, 11, true);
    assert_int_equal(m->apic_sends, 2);
    set_entry(m, 11, 0x8051, 0); /* unmasked while it is up */
    assert_int_equal(m->apic_sends, 3);
}

/* The devices of the PC are wired to it, too. */
static void test_timer_is_at_input_2(void **state)
{
    struct machine *m = *state;

    set_entry(m, IOAPIC_TIMER, 0x30, 0);
    outb(m, 0x43, 0x34);
    outb(m, 0x40, 0xa9);
    outb(m, 0x40, 0x04); /* 1 kHz */
    machine_run(m, 100 * MS);
    assert_in_range(m->apic_sends, 99, 101);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_registers, machine_setup, machine_teardown),
        cmocka_unit_test_setup_teardown(test_edges, machine_setup, machine_teardown),
        cmocka_unit_test_setup_teardown(test_levels, machine_setup, machine_teardown),
        cmocka_unit_test_setup_teardown(test_timer_is_at_input_2, machine_setup, machine_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
