/* SPDX-License-Identifier: MIT */
#include "pic.h"

#define PIC_CASCADE 2

/* Initialisation and operation command words, by bit (8259A data sheet). */
#define ICW1_INIT   0x10
#define ICW1_ICW4   0x01
#define ICW1_SINGLE 0x02
#define ICW4_SFNM   0x10
#define ICW4_AEOI   0x02
#define OCW3        0x08

enum ocw2 {
    OCW2_AEOI_ROTATE_CLEAR = 0,
    OCW2_EOI = 1,
    OCW2_EOI_SPECIFIC = 3,
    OCW2_AEOI_ROTATE_SET = 4,
    OCW2_EOI_ROTATE = 5,
    OCW2_SET_PRIORITY = 6,
    OCW2_EOI_SPECIFIC_ROTATE = 7,
};

/* Distance of the best bit of `mask` from the highest priority; 8 if there is none. */
static unsigned int chip_rank(const struct pic_chip *c, uint8_t mask)
{
    unsigned int rotated = ((unsigned int)mask << 8 | mask) >> c->top;

    return rotated & 0xff ? (unsigned int)__builtin_ctz(rotated) : 8;
}

/* The input the chip would deliver now, or -1. */
static int chip_best(const struct pic_chip *c)
{
    uint8_t busy = c->isr;
    unsigned int want = chip_rank(c, c->irr & ~c->imr);

    if (c->special_mask)
        busy &= ~c->imr;
    if (c->master && c->special_nested)
        busy &= ~(1u << PIC_CASCADE);
    if (want >= chip_rank(c, busy))
        return -1;
    return (want + c->top) & 7;
}

static void chip_set_line(struct pic_chip *c, unsigned int n, bool level)
{
    uint8_t bit = 1u << n;

    if (!level) {
        /* A request withdrawn before it was acknowledged is gone, edge or level. */
        c->lines &= ~bit;
        c->irr &= ~bit;
        return;
    }
    if ((c->elcr & bit) || !(c->lines & bit))
        c->irr |= bit;
    c->lines |= bit;
}

/* Propagates the slave's output to the master and the master's to the processor. */
static void pic_update(struct pic *pic)
{
    bool level;

    chip_set_line(&pic->chip[0], PIC_CASCADE, chip_best(&pic->chip[1]) >= 0);
    level = chip_best(&pic->chip[0]) >= 0;
    if (level != pic->intr_level) {
        pic->intr_level = level;
        irq_set(&pic->intr, level);
    }
}

void pic_set_irq(struct pic *pic, unsigned int irq, bool level)
{
    if (irq > 15 || irq == PIC_CASCADE)
        return;
    chip_set_line(&pic->chip[irq >> 3], irq & 7, level);
    pic_update(pic);
}

void pic_irq_handler(void *opaque, unsigned int irq, bool level)
{
    pic_set_irq(opaque, irq, level);
}

static void chip_ack(struct pic_chip *c, unsigned int n)
{
    if (c->auto_eoi) {
        if (c->rotate_on_auto_eoi)
            c->top = (n + 1) & 7;
    } else {
        c->isr |= 1u << n;
    }
    if (!(c->elcr & (1u << n)))
        c->irr &= ~(1u << n);
}

/* Acknowledges the slave. Its INT drops during the cycle, so that a further request there makes a
 * new edge on the master. */
static unsigned int slave_ack(struct pic *pic)
{
    int n = chip_best(&pic->chip[1]);

    if (n >= 0)
        chip_ack(&pic->chip[1], n);
    chip_set_line(&pic->chip[0], PIC_CASCADE, false);
    return n >= 0 ? (unsigned int)n : 7;
}

uint8_t pic_ack(struct pic *pic)
{
    struct pic_chip *master = &pic->chip[0];
    int n = chip_best(master);
    uint8_t vector;

    if (n < 0)
        return master->base + 7;
    chip_ack(master, n);
    if (n == PIC_CASCADE)
        vector = pic->chip[1].base + slave_ack(pic);
    else
        vector = master->base + n;
    pic_update(pic);
    return vector;
}

/* ICW1 restarts the chip; level inputs keep requesting, edges must come anew. */
static void chip_icw1(struct pic_chip *c, uint8_t value)
{
    c->irr &= c->elcr;
    c->isr = 0;
    c->imr = 0;
    c->top = 0;
    c->auto_eoi = false;
    c->rotate_on_auto_eoi = false;
    c->special_mask = false;
    c->special_nested = false;
    c->read_isr = false;
    c->poll = false;
    c->icw4_follows = value & ICW1_ICW4;
    c->single = value & ICW1_SINGLE;
    c->init = PIC_WANT_ICW2;
}

static void chip_ocw3(struct pic_chip *c, uint8_t value)
{
    c->poll = value & 0x04;
    if (value & 0x02)
        c->read_isr = value & 0x01;
    if (value & 0x40)
        c->special_mask = value & 0x20;
}

static void chip_eoi(struct pic_chip *c, bool rotate)
{
    unsigned int rank = chip_rank(c, c->special_mask ? c->isr & ~c->imr : c->isr);
    unsigned int n = (rank + c->top) & 7;

    if (rank == 8)
        return;
    c->isr &= ~(1u << n);
    if (rotate)
        c->top = (n + 1) & 7;
}

static void chip_ocw2(struct pic_chip *c, uint8_t value)
{
    unsigned int n = value & 7;

    switch (value >> 5) {
    case OCW2_AEOI_ROTATE_CLEAR:
    case OCW2_AEOI_ROTATE_SET:
        c->rotate_on_auto_eoi = value >> 7;
        break;
    case OCW2_EOI:
        chip_eoi(c, false);
        break;
    case OCW2_EOI_ROTATE:
        chip_eoi(c, true);
        break;
    case OCW2_EOI_SPECIFIC:
        c->isr &= ~(1u << n);
        break;
    case OCW2_EOI_SPECIFIC_ROTATE:
        c->isr &= ~(1u << n);
        c->top = (n + 1) & 7;
        break;
    case OCW2_SET_PRIORITY:
        c->top = (n + 1) & 7;
        break;
    }
}

static void chip_write_data(struct pic_chip *c, uint8_t value)
{
    switch (c->init) {
    case PIC_READY:
        c->imr = value; /* OCW1 */
        break;
    case PIC_WANT_ICW2:
        c->base = value & 0xf8;
        c->init = !c->single ? PIC_WANT_ICW3 : c->icw4_follows ? PIC_WANT_ICW4 : PIC_READY;
        break;
    case PIC_WANT_ICW3: /* the wiring is fixed */
        c->init = c->icw4_follows ? PIC_WANT_ICW4 : PIC_READY;
        break;
    case PIC_WANT_ICW4:
        c->special_nested = value & ICW4_SFNM;
        c->auto_eoi = value & ICW4_AEOI;
        c->init = PIC_READY;
        break;
    }
}

static void pic_write(void *opaque, uint16_t port, unsigned int size, uint32_t value)
{
    struct pic *pic = opaque;
    struct pic_chip *c = &pic->chip[port >> 7 & 1];

    if (port & 1)
        chip_write_data(c, value);
    else if (value & ICW1_INIT)
        chip_icw1(c, value);
    else if (value & OCW3)
        chip_ocw3(c, value);
    else
        chip_ocw2(c, value);
    pic_update(pic);
}

/* The poll command turns the next read of either port into an acknowledge of this chip alone. */
static uint8_t pic_poll_read(struct pic *pic, struct pic_chip *c)
{
    int n = chip_best(c);

    c->poll = false;
    if (n < 0)
        return 0;
    if (c->master)
        chip_ack(c, n);
    else
        slave_ack(pic);
    pic_update(pic);
    return 0x80 | n;
}

static uint32_t pic_read(void *opaque, uint16_t port, unsigned int size)
{
    struct pic *pic = opaque;
    struct pic_chip *c = &pic->chip[port >> 7 & 1];

    if (c->poll)
        return pic_poll_read(pic, c);
    if (port & 1)
        return c->imr;
    return c->read_isr ? c->isr : c->irr;
}

static uint32_t elcr_read(void *opaque, uint16_t port, unsigned int size)
{
    struct pic *pic = opaque;

    return pic->chip[port & 1].elcr;
}

static void elcr_write(void *opaque, uint16_t port, unsigned int size, uint32_t value)
{
    struct pic *pic = opaque;
    struct pic_chip *c = &pic->chip[port & 1];

    c->elcr = value & c->elcr_mask;
    c->irr |= c->lines & c->elcr;
    pic_update(pic);
}

static const struct dev_port_ops pic_ops = {pic_read, pic_write};
static const struct dev_port_ops elcr_ops = {elcr_read, elcr_write};

bool dev_pic_init(struct pic *pic, struct dev_bus *bus, struct irq_line intr)
{
    *pic = (struct pic){.intr = intr};
    pic->chip[0].master = true;
    pic->chip[0].elcr_mask = 0xf8; /* timer, keyboard and cascade are edge triggered for good */
    pic->chip[1].elcr_mask = 0xde; /* so are the clock (8) and the FPU (13) */
    pic->chip[0].base = 0x08;      /* as a PC BIOS leaves them: all masked */
    pic->chip[1].base = 0x70;
    pic->chip[0].imr = 0xff;
    pic->chip[1].imr = 0xff;
    return dev_bus_claim(bus, PIC_MASTER, 2, 1, &pic_ops, pic) &&
           dev_bus_claim(bus, PIC_SLAVE, 2, 1, &pic_ops, pic) &&
           dev_bus_claim(bus, 0x4d0, 2, 1, &elcr_ops, pic);
}
