/* SPDX-License-Identifier: MIT */
/* Timer interrupts are one-shot underneath; ticks are one-shots that re-arm themselves. */
#include "timer.h"
#include "irq.h"
#include "task.h"

static bool ticking;
static volatile uint64_t ticks;
static void (*intercept)(void);

static void timer_interrupt(void)
{
    if (intercept) {
        intercept();
        return;
    }
    if (!ticking)
        return;
    ticks++;
    pv_ops.time.set_oneshot(TICK_NS);
    sched_request();
}

void timer_init(void)
{
    irq_attach(IRQ_TIMER, timer_interrupt);
}

void timer_tick_on(void)
{
    ticking = true;
    pv_ops.time.set_oneshot(TICK_NS);
}

void timer_tick_off(void)
{
    ticking = false;
    pv_ops.time.stop();
}

uint64_t timer_ticks(void)
{
    return ticks;
}

void timer_intercept(void (*fn)(void))
{
    intercept = fn;
}

void timer_doze(uint64_t ns)
{
    pv_ops.irq.disable(); /* or the interrupt could come before the halt */
    pv_ops.time.set_oneshot(ns);
    pv_ops.irq.halt();
}

void timer_sleep(uint64_t ns)
{
    uint64_t end = pv_ops.time.now() + ns, now;

    while ((now = pv_ops.time.now()) < end)
        timer_doze(end - now);
}
