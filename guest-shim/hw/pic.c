/* SPDX-License-Identifier: MIT */
/* Two 8259A interrupt controllers, the second on input 2 of the first (Intel 8259A data sheet). */
#include "hw.h"

#define MASTER 0x20 /* command; data at +1 */
#define SLAVE  0xa0

#define ICW1_INIT 0x11
#define ICW4_8086 0x01
#define OCW2_EOI  0x20
#define OCW3_IRR  0x0a
#define OCW3_ISR  0x0b
#define CASCADE   2

static uint16_t mask = 0xffff & ~(1U << CASCADE);

static void write_mask(void)
{
    outb(MASTER + 1, mask);
    outb(SLAVE + 1, mask >> 8);
}

void pic_init(uint8_t base)
{
    outb(MASTER, ICW1_INIT);
    outb(SLAVE, ICW1_INIT);
    outb(MASTER + 1, base);
    outb(SLAVE + 1, base + 8);
    outb(MASTER + 1, 1U << CASCADE);
    outb(SLAVE + 1, CASCADE);
    outb(MASTER + 1, ICW4_8086);
    outb(SLAVE + 1, ICW4_8086);
    write_mask();
}

void pic_mask(unsigned irq)
{
    mask |= 1U << irq;
    write_mask();
}

void pic_unmask(unsigned irq)
{
    mask &= ~(1U << irq);
    write_mask();
}

static bool read_bit(unsigned irq, uint8_t which)
{
    uint16_t port = irq < 8 ? MASTER : SLAVE;

    outb(port, which);
    return inb(port) >> (irq & 7) & 1;
}

bool pic_pending(unsigned irq)
{
    return read_bit(irq, OCW3_IRR);
}

bool pic_is_real(unsigned irq)
{
    if ((irq & 7) != 7 || read_bit(irq, OCW3_ISR))
        return true;
    if (irq == 15) /* the first controller saw a real request of the second */
        outb(MASTER, OCW2_EOI);
    return false;
}

void pic_eoi(unsigned irq)
{
    if (irq >= 8)
        outb(SLAVE, OCW2_EOI);
    outb(MASTER, OCW2_EOI);
}

#define HANDLERS 4

static struct attachment {
    void (*handler)(void *data);
    void *data;
} attached[16][HANDLERS];

bool pic_attach(unsigned irq, void (*handler)(void *data), void *data)
{
    for (unsigned i = 0; irq < 16 && i < HANDLERS; i++) {
        if (attached[irq][i].handler)
            continue;
        attached[irq][i] = (struct attachment){handler, data};
        pic_unmask(irq);
        return true;
    }
    return false;
}

void pic_detach(unsigned irq, void (*handler)(void *data), void *data)
{
    for (unsigned i = 0; i < HANDLERS; i++)
        if (attached[irq][i].handler == handler && attached[irq][i].data == data)
            attached[irq][i].handler = NULL;
}

void pic_deliver(unsigned irq)
{
    for (unsigned i = 0; i < HANDLERS; i++)
        if (attached[irq][i].handler)
            attached[irq][i].handler(attached[irq][i].data);
}
