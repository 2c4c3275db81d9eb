/* SPDX-License-Identifier: MIT */
/*
 * The PC's keyboard controller (8042) with nothing plugged in: enough for a kernel to find it,
 * learn that no keyboard and no mouse answer, and pulse the reset line. Also the "fast A20" port
 * 0x92. Source: IBM PS/2 Hardware Interface Technical Reference, keyboard controller.
 */
#ifndef PVKIT_DEVICE_KBC_H
#define PVKIT_DEVICE_KBC_H

#include "device.h"

struct kbc {
    struct irq_line irq;         /* IRQ1: a byte waits and interrupts are enabled */
    void (*reset)(void *opaque); /* the guest pulsed the processor's reset line */
    void *reset_opaque;
    uint8_t mode;    /* controller command byte */
    uint8_t outport; /* output port: bit 0 reset (active low), bit 1 A20 */
    uint8_t status;
    uint8_t data;    /* output buffer, valid while status says so */
    uint8_t command; /* command that waits for its data byte, 0 = none */
};

/* Self-tested state. Claims 0x60, 0x64 and 0x92. False if the bus refused. */
bool dev_kbc_init(struct kbc *kbc, struct dev_bus *bus, struct irq_line irq,
                  void (*reset)(void *opaque), void *reset_opaque);

#endif
