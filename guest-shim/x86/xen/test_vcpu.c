/* SPDX-License-Identifier: MIT */
/* What the hypervisor keeps per vcpu: timers, run states, and the places it writes to. */
#include "cpu.h"
#include "irq.h"
#include "tests.h"
#include "timer.h"
#include "xen_shim.h"
#include <pvkit/clock.h>

#define PERIOD (5 * NS_PER_MS)

static void spin(uint64_t ns)
{
    uint64_t end = xen_time_now() + ns;

    while (xen_time_now() < end)
        cpu_pause();
}

static void count_only(void)
{
}

static enum outcome vcpu_periodic(void)
{
    uint64_t before = irq_count(IRQ_TIMER), start = xen_time_now(), n, took;

    timer_intercept(count_only);
    EXPECT(hypercall_vcpu_set_periodic_timer(0, PERIOD) == 0, "timer refused");
    while (irq_count(IRQ_TIMER) < before + 5 && xen_time_now() < start + TEST_WAIT_NS)
        cpu_pause();
    hypercall_vcpu_stop_periodic_timer(0);
    n = irq_count(IRQ_TIMER) - before;
    took = xen_time_now() - start;
    timer_intercept(NULL);
    EXPECT(n >= 5 && n <= took / PERIOD + 1, "%lu interrupts in %lu ns", n, took);
    return TEST_OK;
}

static enum outcome vcpu_singleshot(void)
{
    uint64_t before = irq_count(IRQ_TIMER), start = xen_time_now();

    timer_intercept(count_only);
    EXPECT(hypercall_vcpu_set_singleshot_timer(0, start + 5 * NS_PER_MS, 0) == 0, "refused");
    while (irq_count(IRQ_TIMER) == before && xen_time_now() < start + TEST_WAIT_NS)
        cpu_pause();
    timer_intercept(NULL);
    EXPECT(irq_count(IRQ_TIMER) == before + 1, "%lu interrupts", irq_count(IRQ_TIMER) - before);
    EXPECT(xen_time_now() >= start + 5 * NS_PER_MS, "too early");
    return TEST_OK;
}

static enum outcome vcpu_runstate(void)
{
    static struct vcpu_runstate_info area;
    struct vcpu_runstate_info info;
    uint64_t before;

    EXPECT(hypercall_vcpu_get_runstate(0, &info) == 0, "not told");
    EXPECT(info.state == RUNSTATE_running, "state %u while running", (unsigned)info.state);
    before = info.time[RUNSTATE_running];
    spin(2 * NS_PER_MS);
    EXPECT(hypercall_vcpu_get_runstate(0, &info) == 0, "not told");
    EXPECT(info.time[RUNSTATE_running] > before, "time running does not grow");
    EXPECT(hypercall_vcpu_register_runstate(0, &area) == 0, "area refused");
    before = area.time[RUNSTATE_blocked];
    /* On a busy machine most of a sleep may pass before the processor gets round to blocking. */
    for (unsigned i = 0; i < 40 && area.time[RUNSTATE_blocked] < before + 3 * NS_PER_MS; i++)
        timer_sleep(5 * NS_PER_MS);
    EXPECT(area.state == RUNSTATE_running, "area says %u", (unsigned)area.state);
    EXPECT(area.time[RUNSTATE_blocked] >= before + 3 * NS_PER_MS, "blocked for %lu ns",
           area.time[RUNSTATE_blocked] - before);
    hypercall_vcpu_register_runstate(0, NULL);
    return TEST_OK;
}

static enum outcome vcpu_time_area(void)
{
    static struct vcpu_time_info area;
    uint64_t before, there, after;

    EXPECT(hypercall_vcpu_register_time(0, &area) == 0, "area refused");
    timer_sleep(2 * NS_PER_MS);
    before = pvk_clock_now(&this_vcpu_info()->time);
    there = pvk_clock_now(&area);
    after = pvk_clock_now(&this_vcpu_info()->time);
    EXPECT(area.version && !(area.version & 1), "version %u", area.version);
    hypercall_vcpu_register_time(0, NULL);
    EXPECT(there + NS_PER_MS > before && there < after + NS_PER_MS, "it says %lu from %lu to %lu",
           there, before, after);
    return TEST_OK;
}

/* Move vcpu_info to a page of one's own; nothing that depends on it may notice. Works once. */
static enum outcome vcpu_info_moves(void)
{
    pfn_t pfn = page_alloc_zeroed();
    struct vcpu_info *info = (struct vcpu_info *)((char *)pfn_to_virt(pfn) + 128);
    uint64_t before;
    bool carried;
    int rc;

    pv_ops.irq.disable();
    rc = pvk_evtchn_place_info(&xen_events, 0, info, pfn_to_mfn(pfn), 128);
    carried = info->evtchn_upcall_mask;
    if (rc == 0)
        xen_cpus[0].info = info;
    pv_ops.irq.enable();
    EXPECT(rc == 0, "error %d", rc);
    EXPECT(carried, "the mask was not carried over");
    EXPECT(hypercall_vcpu_register_info(0, pfn_to_mfn(pfn), 256) == -XEN_EINVAL,
           "a second move was accepted");
    before = xen_time_now();
    timer_sleep(5 * NS_PER_MS);
    EXPECT(xen_time_now() >= before + 5 * NS_PER_MS, "time stands still");
    EXPECT(info->time.version && !(info->time.version & 1), "time is not kept there");
    return TEST_OK;
}

const struct test vcpu_tests[] = {
    {"vcpu_periodic", vcpu_periodic},     {"vcpu_singleshot", vcpu_singleshot},
    {"vcpu_runstate", vcpu_runstate},     {"vcpu_time_area", vcpu_time_area},
    {"vcpu_info_moves", vcpu_info_moves}, {NULL, NULL},
};
