/* SPDX-License-Identifier: MIT */
/* Native time group: the TSC, calibrated against the 8254, which also interrupts. */
#include "native.h"
#include "cpu.h"
#include "hw.h"

#define CALIBRATE_CLOCKS 4773 /* 4 ms: short beside a hypervisor's time slices */
#define CALIBRATE_TRIES  50
#define CALIBRATE_PART   200 /* of the time measured may be uncertain */

static uint64_t tsc_start;
static uint64_t deadline;    /* of the one-shot, 0: none */
static uint64_t ns_per_tick; /* scaled by 2^32 */

void native_time_init(void)
{
    uint64_t ticks = 1, least = ~0ul;

    /* A machine that pauses in the wrong moment costs another try. */
    for (unsigned i = 0; i < CALIBRATE_TRIES && least > ticks / CALIBRATE_PART; i++) {
        uint64_t slack, measured = pit_measure(CALIBRATE_CLOCKS, &slack);

        if (slack < least) {
            least = slack;
            ticks = measured;
        }
    }
    ns_per_tick = ((CALIBRATE_CLOCKS * NS_PER_SEC / PIT_HZ) << 32) / ticks;
    tsc_start = rdtsc();
}

uint64_t native_time_now(void)
{
    return (unsigned __int128)(rdtsc() - tsc_start) * ns_per_tick >> 32;
}

/* The counter has 16 bits: longer waits than 55 ms are made of several. */
static void arm(uint64_t ns)
{
    uint64_t clocks = ns < NS_PER_SEC ? ns * PIT_HZ / NS_PER_SEC + 1 : 0xffff;

    pit_oneshot(clocks < 0xffff ? clocks : 0xffff);
}

void native_time_set_oneshot(uint64_t ns)
{
    deadline = native_time_now() + ns;
    arm(ns);
}

/* The 8254 has no way to be silent; its interrupt will be ignored. */
void native_time_stop(void)
{
    deadline = 0;
}

bool native_time_due(void)
{
    uint64_t now = native_time_now();

    if (deadline == 0)
        return false;
    if (now < deadline) {
        arm(deadline - now);
        return false;
    }
    deadline = 0;
    return true;
}

uint64_t native_time_wallclock(void)
{
    return cmos_time();
}
