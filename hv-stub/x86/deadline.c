/* SPDX-License-Identifier: MIT */
/* The local APIC timer as a deadline in hypervisor time. */
#include "hv.h"
#include "apic.h"
#include "muldiv.h"

/* The counter has 32 bits. A longer deadline fires early; timers_run() finds nothing due and sets
 * the rest. */
static uint64_t max_delta_ns;
static uint64_t ticks_per_ns_q32; /* 32.32 fixed point */

void apic_timer_ready(void)
{
    ticks_per_ns_q32 = muldiv(apic_timer_hz, 1ull << 32, 1000000000);
    max_delta_ns = muldiv(0xf0000000u, 1000000000, apic_timer_hz);
}

void arch_timer_set(uint64_t deadline_ns)
{
    uint64_t now, delta;

    if (deadline_ns == ~0ull) {
        apic_timer_write(0);
        return;
    }
    now = hv_now();
    delta = deadline_ns > now ? MIN(deadline_ns - now, max_delta_ns) : 0;
    /* Rounded up: firing before the deadline would be for nothing. A count of 0 would disarm. */
    apic_timer_write((uint32_t)(((unsigned __int128)delta * ticks_per_ns_q32) >> 32) + 1);
}
