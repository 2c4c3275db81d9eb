/* SPDX-License-Identifier: MIT */
/*
 * A pair of 8259A interrupt controllers wired as in a PC: the slave's INT on the master's IR2.
 * Source: Intel 8259A data sheet (231468); the edge/level registers at 0x4d0/0x4d1 are those of
 * Intel's PIIX.
 */
#ifndef PVKIT_DEVICE_PIC_H
#define PVKIT_DEVICE_PIC_H

#include "device.h"

#define PIC_MASTER 0x20
#define PIC_SLAVE  0xa0
#define PIC_ELCR2  0x4d1 /* edge or level, slave */

/* Which initialisation word a chip waits for on its data port. */
enum pic_init { PIC_READY, PIC_WANT_ICW2, PIC_WANT_ICW3, PIC_WANT_ICW4 };

struct pic_chip {
    uint8_t lines;     /* present level of the eight inputs */
    uint8_t irr;       /* requests: edges latched, or levels */
    uint8_t isr;       /* in service */
    uint8_t imr;       /* masked */
    uint8_t elcr;      /* 1 = level triggered */
    uint8_t elcr_mask; /* bits of elcr that exist */
    uint8_t base;      /* vector of input 0 */
    uint8_t top;       /* input of highest priority */
    enum pic_init init;
    bool icw4_follows, single;
    bool auto_eoi, rotate_on_auto_eoi;
    bool special_mask;   /* masked inputs in service do not block lower ones */
    bool special_nested; /* master: a busy slave may interrupt again */
    bool read_isr, poll;
    bool master;
};

struct pic {
    struct pic_chip chip[2]; /* master, slave */
    struct irq_line intr;    /* to the processor */
    bool intr_level;
};

/* Power-on state; `intr` is the line to the processor. Claims 0x20, 0x21, 0xa0, 0xa1, 0x4d0 and
 * 0x4d1. False if the bus refused. */
bool dev_pic_init(struct pic *pic, struct dev_bus *bus, struct irq_line intr);

/* Sets input 0..15 to `level`. Input 2 is the cascade and is ignored. */
void pic_set_irq(struct pic *pic, unsigned int irq, bool level);

/* pic_set_irq() in the shape of an irq_line callback; `opaque` is the struct pic. */
void pic_irq_handler(void *opaque, unsigned int irq, bool level);

/* Is INTR asserted: would an acknowledge now return a real request? */
static inline bool pic_pending(const struct pic *pic)
{
    return pic->intr_level;
}

/*
 * The processor's interrupt acknowledge: moves the best request into service and returns its
 * vector. With no request left it returns the spurious vector (input 7 of the chip asked) and puts
 * nothing into service there, as the hardware does.
 */
uint8_t pic_ack(struct pic *pic);

#endif
