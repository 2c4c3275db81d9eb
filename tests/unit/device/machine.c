/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "machine.h"

static uint64_t now(void *opaque)
{
    struct machine *m = opaque;

    m->now += m->pause;
    return m->now;
}

static void console_tx(void *opaque, uint8_t byte)
{
    struct machine *m = opaque;

    if (m->out_nr < sizeof(m->out))
        m->out[m->out_nr++] = (char)byte;
}

static void intr(void *opaque, unsigned int n, bool level)
{
    struct machine *m = opaque;

    m->intr_rises += level && !m->intr;
    m->intr = level;
}

static void apic_send(void *opaque, uint32_t command, uint32_t destination)
{
    struct machine *m = opaque;

    m->apic_sends++;
    m->apic_command = command;
    m->apic_destination = destination;
}

static void power_off(void *opaque)
{
    struct machine *m = opaque;

    m->power_offs++;
}

static void copy(void *opaque, uint32_t address, void *buf, uint32_t n, bool to_guest)
{
    struct machine *m = opaque;
    uint8_t *b = buf;

    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = address + i;

        if (to_guest && at < MACHINE_MEMORY)
            m->memory[at] = b[i];
        else if (!to_guest)
            b[i] = at < MACHINE_MEMORY ? m->memory[at] : 0xff;
    }
}

static void reset(void *opaque)
{
    struct machine *m = opaque;

    m->resets++;
}

void machine_init(struct machine *m)
{
    struct pc_host host = {now, console_tx, intr, apic_send, power_off, reset, {copy, m}, m};

    *m = (struct machine){.now = 5 * S};
    assert_true(pc_init(&m->pc, &host, MACHINE_START - 5, 64 << 20));
}

int machine_setup(void **state)
{
    *state = calloc(1, sizeof(struct machine));
    machine_init(*state);
    return 0;
}

int machine_teardown(void **state)
{
    free(*state);
    return 0;
}

void machine_run(struct machine *m, uint64_t ns)
{
    uint64_t end = m->now + ns;

    for (;;) {
        uint64_t next = dev_timers_next(&m->pc.timers);

        if (next > end)
            break;
        if (next > m->now)
            m->now = next;
        dev_timers_run(&m->pc.timers, m->now);
    }
    m->now = end;
}

uint16_t inw(struct machine *m, uint16_t port)
{
    return (uint16_t)dev_bus_read(&m->pc.bus, port, 2);
}

uint32_t inl(struct machine *m, uint16_t port)
{
    return dev_bus_read(&m->pc.bus, port, 4);
}

void outw(struct machine *m, uint16_t port, uint16_t value)
{
    dev_bus_write(&m->pc.bus, port, 2, value);
}

void outl(struct machine *m, uint16_t port, uint32_t value)
{
    dev_bus_write(&m->pc.bus, port, 4, value);
}

uint8_t inb(struct machine *m, uint16_t port)
{
    return dev_bus_read(&m->pc.bus, port, 1);
}

void outb(struct machine *m, uint16_t port, uint8_t value)
{
    dev_bus_write(&m->pc.bus, port, 1, value);
}

void machine_init_pic(struct machine *m)
{
    static const uint8_t master[] = {0x20, 0x04, 0x01, 0x00}, slave[] = {0x28, 0x02, 0x01, 0x00};

    outb(m, 0x20, 0x11);
    outb(m, 0xa0, 0x11);
    for (unsigned int i = 0; i < 4; i++) {
        outb(m, 0x21, master[i]);
        outb(m, 0xa1, slave[i]);
    }
}
