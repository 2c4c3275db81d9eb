/* SPDX-License-Identifier: MIT */
/*
 * Waiting for devices. A driver's interrupt handler does no more than quiet its device and call
 * io_notify(); the work is done by the driver's poll function, which ordinary kernel code calls.
 * So no completion or receive upcall ever interrupts anything, and none needs a lock.
 */
#ifndef SHIM_IO_H
#define SHIM_IO_H

#include <stdbool.h>
#include <stdint.h>

/* A pulse, so that a lost interrupt costs this much time and not the run. */
#define IO_PULSE_NS 50000000UL

/* From an interrupt handler: some device wants to be polled. */
void io_notify(void);

/* Pulses so far: a driver looks for a lost interrupt once per pulse, not at every poll. */
unsigned io_pulses(void);

/*
 * Halt until io_notify() was called since the last io_wait() returned, or the next pulse. False
 * if it was a pulse only. Interrupts must be on; poll the devices before and after.
 */
bool io_wait(void);

/* TSC ticks spent halted in io_wait() since boot, up to the interrupt handlers. */
uint64_t io_idle(void);

/* The pulse is the timer's; it runs between these two. They nest with nothing else of timer.h. */
void io_begin(void);
void io_end(void);

#endif
