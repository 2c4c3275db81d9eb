/* SPDX-License-Identifier: MIT */
#include "ioapic.h"

#define SELECT 0x00
#define WINDOW 0x10

#define REG_ID      0x00
#define REG_VERSION 0x01
#define REG_ENTRIES 0x10
#define VERSION     ((IOAPIC_PINS - 1) << 16 | 0x11)

#define ENTRY_PENDING    (1u << 12)
#define ENTRY_REMOTE_IRR (1u << 14)
#define ENTRY_LEVEL      (1u << 15)
#define ENTRY_MASKED     (1u << 16)
#define ENTRY_READ_ONLY  (ENTRY_PENDING | ENTRY_REMOTE_IRR)
#define ENTRY_BITS       0xff0000000001ffffull

static void deliver(struct ioapic *io, unsigned int pin)
{
    uint64_t e = io->entry[pin];

    if (e & (ENTRY_MASKED | ENTRY_REMOTE_IRR))
        return;
    if (e & ENTRY_LEVEL)
        io->entry[pin] |= ENTRY_REMOTE_IRR;
    io->send(io->opaque, (uint32_t)e, e >> 56);
}

static void look_at_level(struct ioapic *io, unsigned int pin)
{
    if ((io->entry[pin] & ENTRY_LEVEL) && (io->lines >> pin & 1))
        deliver(io, pin);
}

void dev_ioapic_init(struct ioapic *io,
                     void (*send)(void *opaque, uint32_t command, uint32_t destination),
                     void *opaque)
{
    *io = (struct ioapic){.send = send, .opaque = opaque};
    for (unsigned int i = 0; i < IOAPIC_PINS; i++)
        io->entry[i] = ENTRY_MASKED;
}

/* The polarity is not modelled: a line is up when its device asks. */
void ioapic_set_irq(struct ioapic *io, unsigned int pin, bool level)
{
    uint32_t bit = 1u << pin, old = io->lines;

    io->lines = level ? old | bit : old & ~bit;
    if (level && (!(old & bit) || (io->entry[pin] & ENTRY_LEVEL)))
        deliver(io, pin);
}

void ioapic_eoi(struct ioapic *io, uint8_t vector)
{
    for (unsigned int i = 0; i < IOAPIC_PINS; i++) {
        if ((uint8_t)io->entry[i] != vector || !(io->entry[i] & ENTRY_REMOTE_IRR))
            continue;
        io->entry[i] &= ~(uint64_t)ENTRY_REMOTE_IRR;
        look_at_level(io, i);
    }
}

static void write_entry(struct ioapic *io, uint8_t reg, uint32_t value)
{
    unsigned int pin = reg / 2 % IOAPIC_PINS, shift = reg % 2 * 32;
    uint64_t mask = (ENTRY_BITS & ~(uint64_t)ENTRY_READ_ONLY) & 0xffffffffull << shift;
    uint64_t *e = &io->entry[pin];

    *e = (*e & ~mask) | ((uint64_t)value << shift & mask);
    if (!(*e & ENTRY_LEVEL)) /* kernels clear a stuck one by going through edge mode */
        *e &= ~(uint64_t)ENTRY_REMOTE_IRR;
    look_at_level(io, pin);
}

uint32_t ioapic_read(struct ioapic *io, uint32_t offset)
{
    uint8_t reg = io->select - REG_ENTRIES;

    if (offset == SELECT)
        return io->select;
    if (offset != WINDOW)
        return 0;
    if (io->select == REG_VERSION)
        return VERSION;
    if (reg < 2 * IOAPIC_PINS)
        return (uint32_t)(io->entry[reg / 2] >> reg % 2 * 32);
    return (uint32_t)io->id << 24; /* the arbitration id is the same */
}

void ioapic_write(struct ioapic *io, uint32_t offset, uint32_t value)
{
    uint8_t reg = io->select - REG_ENTRIES;

    if (offset == SELECT)
        io->select = (uint8_t)value;
    else if (offset == WINDOW && io->select == REG_ID)
        io->id = value >> 24 & 0xf;
    else if (offset == WINDOW && reg < 2 * IOAPIC_PINS)
        write_entry(io, reg, value);
}
