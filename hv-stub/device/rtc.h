/* SPDX-License-Identifier: MIT */
/*
 * The PC's real-time clock and its CMOS memory: a Motorola MC146818A behind ports 0x70/0x71.
 * Source: the MC146818A data sheet; the meaning of the memory bytes is the IBM AT's.
 *
 * The time of day is computed from guest time when it is asked for; flags are brought up to date
 * then too, so only enabled interrupts need the timer.
 */
#ifndef PVKIT_DEVICE_RTC_H
#define PVKIT_DEVICE_RTC_H

#include "device.h"

#define RTC_BYTES 128

struct rtc {
    const struct dev_clock *clock;
    struct irq_line irq;
    struct dev_timer timer;
    uint8_t index;
    uint8_t ram[RTC_BYTES]; /* registers A, B, C, alarms and memory; the time while it is held */
    int64_t base_sec;       /* time of day at guest time 0: seconds since 1970 ... */
    uint32_t base_ns;       /* ... and nanoseconds */
    int64_t seen_sec;       /* update and alarm flags are right up to this second ... */
    uint64_t seen_tick;     /* ... and the periodic flag up to this 32768 Hz tick */
};

/* Starts the clock at `unix_time` (seconds since 1970, UTC) and describes `memory` bytes of RAM
 * (all below 4 GiB) in the CMOS bytes. Claims 0x70 and 0x71. `clock` must outlive the device.
 * False if the bus refused. */
bool dev_rtc_init(struct rtc *rtc, struct dev_bus *bus, struct dev_timers *timers,
                  const struct dev_clock *clock, struct irq_line irq, int64_t unix_time,
                  uint64_t memory);

#endif
