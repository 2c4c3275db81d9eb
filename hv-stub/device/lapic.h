/* SPDX-License-Identifier: MIT */
/*
 * The local APIC of one processor, in both of its modes: xAPIC, a page of registers, and x2APIC,
 * the same by MSR. Sources: Intel SDM vol. 3, chapter "APIC"; AMD APM vol. 2, chapter 16.
 *
 * All calls come from the processor's own thread, but lapic_raise() and lapic_nmi_line(): these are
 * for any. What it sends to others goes through `host`.
 */
#ifndef PVKIT_DEVICE_LAPIC_H
#define PVKIT_DEVICE_LAPIC_H

#include "device.h"

#define LAPIC_BASE 0xfee00000u

/* Registers: the offset in the page, or the number of the MSR from 0x800 on, is LAPIC_x * 16. */
enum lapic_reg {
    LAPIC_ID = 0x02,
    LAPIC_VERSION = 0x03,
    LAPIC_TPR = 0x08,
    LAPIC_PPR = 0x0a,
    LAPIC_EOI = 0x0b,
    LAPIC_LDR = 0x0d,
    LAPIC_DFR = 0x0e,
    LAPIC_SVR = 0x0f,
    LAPIC_ISR = 0x10, /* eight each */
    LAPIC_TMR = 0x18,
    LAPIC_IRR = 0x20,
    LAPIC_ESR = 0x28,
    LAPIC_ICR = 0x30,
    LAPIC_ICR2 = 0x31,
    LAPIC_LVT_TIMER = 0x32,
    LAPIC_LVT_THERMAL = 0x33,
    LAPIC_LVT_COUNTER = 0x34,
    LAPIC_LINT0 = 0x35,
    LAPIC_LINT1 = 0x36,
    LAPIC_LVT_ERROR = 0x37,
    LAPIC_TIMER_COUNT = 0x38,
    LAPIC_TIMER_NOW = 0x39,
    LAPIC_TIMER_DIVIDE = 0x3e,
    LAPIC_SELF_IPI = 0x3f,
    LAPIC_REGS = 0x40,
};

/* Delivery modes, in bits 8..10 of a command. */
enum apic_delivery {
    APIC_FIXED = 0,
    APIC_LOWEST = 1,
    APIC_NMI = 4,
    APIC_INIT = 5,
    APIC_STARTUP = 6,
    APIC_EXTINT = 7,
};

#define APIC_VECTOR(c)    ((uint8_t)(c))
#define APIC_DELIVERY(c)  ((c) >> 8 & 7)
#define APIC_LOGICAL      (1u << 11)
#define APIC_LEVEL        (1u << 15) /* trigger mode */
#define APIC_SHORTHAND(c) ((c) >> 18 & 3)

/* One tick of the timer's bus clock: as on Xen. */
#define LAPIC_BUS_NS 10

/* Ids of the processors of a machine are so far apart: as on Xen. */
#define LAPIC_ID_STEP 2

struct lapic_host {
    uint64_t (*now)(void *opaque); /* ns */
    /* Have lapic_timer_run() called at that time, DEV_NEVER: not; replaces what was asked before.
     */
    void (*timer)(void *opaque, uint64_t deadline);
    /* The processor sends: the command register's low half, and the destination. */
    void (*ipi)(void *opaque, uint32_t command, uint32_t destination);
    /* It is done with a level-triggered interrupt. */
    void (*eoi)(void *opaque, uint8_t vector);
};

struct lapic {
    const struct lapic_host *host;
    void *opaque;
    bool enabled, x2apic;     /* what its base register says */
    uint32_t reg[LAPIC_REGS]; /* IRR and TMR: atomic */
    uint64_t timer_end;       /* DEV_NEVER: stopped */
    uint64_t timer_period;    /* 0: one shot */
};

/* As after a reset. `id` must be below 255. */
void lapic_reset(struct lapic *l, const struct lapic_host *host, void *opaque, uint32_t id);
/* As a BIOS leaves the boot processor's: on, with the 8259s behind LINT0 and NMI at LINT1. */
void lapic_virtual_wire(struct lapic *l);
/* The mode bits of the base register; false where the processor does not allow the change. */
bool lapic_set_mode(struct lapic *l, bool enabled, bool x2apic);

/* Access to a register in the page, of 4 bytes. */
uint32_t lapic_read(struct lapic *l, uint32_t offset);
void lapic_write(struct lapic *l, uint32_t offset, uint32_t value);
/* By MSR number less 0x800. False: the access faults. */
bool lapic_rdmsr(struct lapic *l, uint32_t reg, uint64_t *value);
bool lapic_wrmsr(struct lapic *l, uint32_t reg, uint64_t value);
/* The timer in deadline mode (MSR 0x6e0), the deadline in the host's time; DEV_NEVER: off. Without
 * effect in the other modes. */
void lapic_set_deadline(struct lapic *l, uint64_t ns);
/* Time has passed. */
void lapic_timer_run(struct lapic *l);

/* Does a message with this destination reach the processor? */
bool lapic_is_target(const struct lapic *l, uint32_t destination, bool logical);
/* An interrupt arrives. False: it is switched off and takes none. */
bool lapic_raise(struct lapic *l, uint8_t vector, bool level);
/* The same, but kept until it is switched on. */
void lapic_latch(struct lapic *l, uint8_t vector, bool level);
/* The vector it would interrupt the processor with now, -1: none. */
int lapic_pending(const struct lapic *l);
/* Has it any request, deliverable or not? */
bool lapic_requested(const struct lapic *l);
/* The processor takes it. */
void lapic_accept(struct lapic *l, uint8_t vector);
/* Is the 8259s' INTR passed on? */
bool lapic_passes_pic(const struct lapic *l);

#endif
