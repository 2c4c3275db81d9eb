/* SPDX-License-Identifier: MIT */
/*
 * An I/O APIC with 24 inputs: the first 16 are those of the 8259s, but the timer is at input 2.
 * Source: Intel 290566 (82093AA).
 */
#ifndef PVKIT_DEVICE_IOAPIC_H
#define PVKIT_DEVICE_IOAPIC_H

#include "device.h"

#define IOAPIC_BASE  0xfec00000u
#define IOAPIC_PINS  24
#define IOAPIC_TIMER 2 /* where input 0 of the 8259s is */

struct ioapic {
    uint64_t entry[IOAPIC_PINS];
    uint32_t lines; /* level of the inputs */
    uint8_t select, id;
    /* An interrupt message: low half of an entry, which is a command as of the local APIC's, and
     * the destination. */
    void (*send)(void *opaque, uint32_t command, uint32_t destination);
    void *opaque;
};

void dev_ioapic_init(struct ioapic *io,
                     void (*send)(void *opaque, uint32_t command, uint32_t destination),
                     void *opaque);
/* Access of 4 bytes to the registers in memory. */
uint32_t ioapic_read(struct ioapic *io, uint32_t offset);
void ioapic_write(struct ioapic *io, uint32_t offset, uint32_t value);
void ioapic_set_irq(struct ioapic *io, unsigned int pin, bool level);
/* A processor is done with a level-triggered interrupt. */
void ioapic_eoi(struct ioapic *io, uint8_t vector);

#endif
