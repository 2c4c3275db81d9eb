/* SPDX-License-Identifier: MIT */
/* 8254 timer (Intel 8254 data sheet). Mode 0 counts down once and raises its output at zero. */
#include "hw.h"
#include "cpu.h"

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

/* Some 8254s start with the count's second byte, others with the gate: between `before` and
 * `start`. The output rises between the last poll that began while it was low, and the end of the
 * next. */
uint64_t pit_measure(uint16_t count, uint64_t *slack)
{
    uint8_t gate = inb(GATE_PORT) & ~3;
    uint64_t before, start, low, poll, end;
    bool high;

    outb(GATE_PORT, gate);
    outb(CONTROL, CH2_MODE0);
    outb(CHANNEL2, count);
    before = rdtsc();
    outb(CHANNEL2, count >> 8);
    outb(GATE_PORT, gate | 1);
    poll = start = rdtsc();
    do {
        low = poll;
        poll = rdtsc();
        high = inb(GATE_PORT) & 0x20;
        end = rdtsc();
    } while (!high);
    outb(GATE_PORT, gate);
    *slack = (start - before) + (end - low);
    return end - before - *slack / 2;
}
