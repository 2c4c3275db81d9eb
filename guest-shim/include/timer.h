/* SPDX-License-Identifier: MIT */
/* Ticks and sleeping. */
#ifndef SHIM_TIMER_H
#define SHIM_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#define TICK_NS 10000000UL /* 100 ticks a second while ticking is on */

/* Attach the timer interrupt. Ticking starts off. */
void timer_init(void);

/* Periodic ticks, which drive the scheduler; off between process runs, so that halts are long. */
void timer_tick_on(void);
void timer_tick_off(void);
uint64_t timer_ticks(void);

/*
 * Call `fn` from the next timer interrupt instead of ticking; NULL goes back. The caller arms the
 * timer itself.
 */
void timer_intercept(void (*fn)(void));

/* Halt until some interrupt comes, for `ns` at most. */
void timer_doze(uint64_t ns);

/* Halt until `ns` have passed. Interrupts must be on; ticking must be off. */
void timer_sleep(uint64_t ns);

#endif
