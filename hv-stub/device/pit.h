/* SPDX-License-Identifier: MIT */
/*
 * An 8254 interval timer and the PC's port 0x61 (speaker, gate of channel 2, refresh toggle).
 * Source: Intel 8254 data sheet (231164). Channel 0 drives IRQ0; the gates of channels 0 and 1 are
 * tied high.
 *
 * Nothing ticks: a channel's count and output are functions of guest time. Only a rising edge of
 * channel 0's output needs a timer. Edges the host was late for come four times as fast, for
 * kernels count them, but never closer than PIT_MIN_PERIOD_NS, whatever divisor the guest chose;
 * those that are more than PIT_CATCH_UP_NS late are merged into one.
 */
#ifndef PVKIT_DEVICE_PIT_H
#define PVKIT_DEVICE_PIT_H

#include "device.h"

#define PIT_HZ            1193182u
#define PIT_MIN_PERIOD_NS 20000u
#define PIT_CATCH_UP_NS   200000000u

struct pit_channel {
    uint8_t mode;         /* 0..5 */
    uint8_t access;       /* bit 0: low byte, bit 1: high byte */
    bool bcd;             /* counts decimal digits */
    bool gate;            /* level of the gate input */
    bool loaded;          /* counting: a count was loaded (modes 1 and 5: and triggered) */
    bool has_count;       /* a count was written since the control word */
    bool write_high;      /* the next write is the high byte of a pair */
    bool read_high;       /* the next read is the high byte of a pair */
    uint8_t write_low;    /* low byte of the pair being written */
    uint32_t reload;      /* count in force, 1..65536 (BCD: 1..10000) */
    uint32_t next_reload; /* takes over at `next_start`; 0 = none */
    uint64_t start;       /* tick at which `reload` was loaded */
    uint64_t next_start;
    uint64_t held; /* ticks counted when the gate stopped the count */
    uint8_t latch[2];
    uint8_t latch_nr, latch_pos;
    bool status_latched;
    uint8_t status;
};

struct pit {
    const struct dev_clock *clock;
    struct irq_line irq;
    struct dev_timer timer;
    uint64_t edge_ns; /* the edge that the timer stands for, which may be due already */
    struct pit_channel channel[3];
    uint8_t port61; /* bits 0..3 as written */
};

/* Power-on state: no channel counts. Claims 0x40..0x43 and 0x61. `clock` must outlive the device.
 * False if the bus refused. */
bool dev_pit_init(struct pit *pit, struct dev_bus *bus, struct dev_timers *timers,
                  const struct dev_clock *clock, struct irq_line irq);

/* The output of channel 0..2 now. */
bool pit_output(struct pit *pit, unsigned int channel);

#endif
