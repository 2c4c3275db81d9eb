/* SPDX-License-Identifier: MIT */
#include "io.h"
#include "cpu.h"
#include "irq.h"
#include "timer.h"

static volatile bool noted;
static volatile unsigned pulses;
static uint64_t idle;               /* TSC ticks between halts and what ended them */
static volatile uint64_t halted_at; /* 0: not halted */

static void end_of_halt(void)
{
    if (halted_at)
        idle += rdtsc() - halted_at;
    halted_at = 0;
}

void io_notify(void)
{
    end_of_halt();
    noted = true;
}

unsigned io_pulses(void)
{
    return pulses;
}

uint64_t io_idle(void)
{
    return idle;
}

static void pulse(void)
{
    end_of_halt();
    pulses++;
    pv_ops.time.set_oneshot(IO_PULSE_NS);
}

void io_begin(void)
{
    timer_intercept(pulse);
    pv_ops.time.set_oneshot(IO_PULSE_NS);
}

void io_end(void)
{
    pv_ops.time.stop();
    timer_intercept(NULL);
}

/* Between the check and the halt nothing may slip in: halting is what enables interrupts. */
bool io_wait(void)
{
    unsigned before = pulses;
    bool was;

    for (;;) {
        pv_ops.irq.disable();
        if (noted || pulses != before)
            break;
        halted_at = rdtsc();
        pv_ops.irq.halt();
    }
    was = noted;
    noted = false;
    halted_at = 0;
    pv_ops.irq.enable();
    return was;
}
