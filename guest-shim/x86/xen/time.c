/* SPDX-License-Identifier: MIT */
/* PV time group: the published clock, and a timer hypercall with an absolute deadline. */
#include "xen_shim.h"
#include <pvkit/clock.h>

static uint64_t last_time;

/* The periodic timer that a domain may be given at start is not wanted. */
void xen_time_init(void)
{
    hypercall_vcpu_stop_periodic_timer(0);
}

uint64_t xen_time_now(void)
{
    return pvk_clock_monotonic(&this_vcpu_info()->time, &last_time);
}

void xen_time_set_oneshot(uint64_t ns)
{
    CHECK(hypercall_set_timer(xen_time_now() + ns) == 0);
}

void xen_time_stop(void)
{
    CHECK(hypercall_set_timer(0) == 0);
}

uint64_t xen_time_wallclock(void)
{
    struct pvk_walltime wall;

    pvk_clock_wall(xen_shared, xen_time_now(), &wall);
    return wall.sec;
}
