/* SPDX-License-Identifier: MIT */
/* Native time group: the TSC, calibrated against the 8254, which also interrupts. */
#include "native.h"
#include "cpu.h"
#include "hw.h"

#define CALIBRATE_CLOCKS 23863 /* 20 ms */

static uint64_t tsc_start;
static uint64_t ns_per_tick; /* scaled by 2^32 */

void native_time_init(void)
{
    uint64_t start, ticks;

    start = rdtsc();
    pit_spin(CALIBRATE_CLOCKS);
    ticks = rdtsc() - start;
    ns_per_tick = ((CALIBRATE_CLOCKS * NS_PER_SEC / PIT_HZ) << 32) / ticks;
    tsc_start = start;
}

uint64_t native_time_now(void)
{
    return (unsigned __int128)(rdtsc() - tsc_start) * ns_per_tick >> 32;
}

/* The counter has 16 bits, so the longest wait is 55 ms; callers expect early interrupts. */
void native_time_set_oneshot(uint64_t ns)
{
    uint64_t clocks = ns < NS_PER_SEC ? ns * PIT_HZ / NS_PER_SEC + 1 : 0xffff;

    pit_oneshot(clocks < 0xffff ? clocks : 0xffff);
}

void native_time_stop(void)
{
    pit_stop();
}

uint64_t native_time_wallclock(void)
{
    return cmos_time();
}
