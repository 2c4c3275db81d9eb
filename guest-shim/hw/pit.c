/* SPDX-License-Identifier: MIT */
/* 8254 timer (Intel 8254 data sheet). Mode 0 counts down once and raises its output at zero. */
#include "hw.h"

#define CHANNEL0  0x40
#define CHANNEL2  0x42
#define CONTROL   0x43
#define GATE_PORT 0x61 /* bit 0: gate of channel 2, bit 1: speaker, bit 5: output of channel 2 */

#define CH0_MODE0 0x30
#define CH2_MODE0 0xb0

void pit_oneshot(uint16_t count)
{
    outb(CONTROL, CH0_MODE0);
    outb(CHANNEL0, count);
    outb(CHANNEL0, count >> 8);
}

void pit_spin(uint16_t count)
{
    uint8_t gate = inb(GATE_PORT) & ~3;

    outb(GATE_PORT, gate);
    outb(CONTROL, CH2_MODE0);
    outb(CHANNEL2, count);
    outb(CHANNEL2, count >> 8);
    outb(GATE_PORT, gate | 1);
    while (!(inb(GATE_PORT) & 0x20))
        ;
    outb(GATE_PORT, gate);
}
