/* SPDX-License-Identifier: MIT */
/* A second vcpu: brought up, interrupted, made to see page table changes, and taken down. */
#include "selftest.h"
#include "smp.h"

static enum outcome need_ap(struct ap **ap)
{
    if (!ap_exists(1))
        return test_skip("one vcpu only");
    *ap = ap_get(1);
    if (!*ap)
        return test_fail("vcpu 1 does not start");
    return TEST_OK;
}

static enum outcome smp_count(void)
{
    struct ap *ap;
    enum outcome outcome = need_ap(&ap);
    uint64_t before;

    if (outcome != TEST_OK)
        return outcome;
    EXPECT(hypercall_vcpu_is_up(1) == 1, "vcpu 1 is not up");
    before = ap->counter;
    EXPECT(ap_do(ap, AP_COUNT), "it does not take a job");
    EXPECT(ap_wait(&ap->counter, before + 1000), "it does not count");
    EXPECT(ap_do(ap, AP_IDLE), "it does not stop counting");
    return TEST_OK;
}

/* An event reaches it both spinning and blocked. */
static enum outcome smp_ipi(void)
{
    struct ap *ap;
    enum outcome outcome = need_ap(&ap);
    uint64_t before;

    if (outcome != TEST_OK)
        return outcome;
    EXPECT(ap_do(ap, AP_COUNT), "it does not take a job");
    before = ap->events;
    hypercall_evtchn_send(ap->port);
    EXPECT(ap_wait(&ap->events, before + 1), "no event while running");
    EXPECT(ap_do(ap, AP_IDLE), "it does not take a job");
    before = ap->events;
    hypercall_evtchn_send(ap->port);
    EXPECT(ap_wait(&ap->events, before + 1), "no event while blocked");
    return TEST_OK;
}

static enum outcome smp_timer(void)
{
    struct ap *ap;
    enum outcome outcome = need_ap(&ap);

    if (outcome != TEST_OK)
        return outcome;
    ap->counter = 0;
    EXPECT(ap_do(ap, AP_TIMER), "it does not take a job");
    EXPECT(ap_wait(&ap->counter, 1), "no timer interrupt");
    EXPECT(ap->counter >= 5 * NS_PER_MS, "5 ms took %lu ns", ap->counter);
    return TEST_OK;
}

/* It keeps reading through a mapping; a change with a flush on all vcpus is seen at once. */
static enum outcome smp_shootdown(void)
{
    pfn_t a = page_alloc_zeroed(), b = page_alloc_zeroed();
    uint64_t *va = vmap_page(a, PROT_KERNEL_RW);
    struct ap *ap;
    enum outcome outcome = need_ap(&ap);

    if (outcome != TEST_OK)
        goto out;
    *(uint64_t *)pfn_to_virt(a) = 1;
    *(uint64_t *)pfn_to_virt(b) = 2;
    ap->counter = 0;
    ap->watched = va;
    EXPECT(ap_do(ap, AP_WATCH) && ap_wait(&ap->counter, 1), "it does not watch");
    EXPECT(hypercall_update_va_mapping((uint64_t)va, xen_make_pte(b, PROT_KERNEL_RW).bits,
                                       UVMF_INVLPG | UVMF_ALL) == 0,
           "update refused");
    EXPECT(ap_wait(&ap->counter, 2), "it still sees the old page");
    EXPECT(ap_do(ap, AP_IDLE), "it does not stop");
out:
    vunmap_page(va);
    page_put(a);
    page_put(b);
    return outcome;
}

static enum outcome smp_down_up(void)
{
    struct ap *ap;
    enum outcome outcome = need_ap(&ap);

    if (outcome != TEST_OK)
        return outcome;
    ap_stop(ap);
    EXPECT(hypercall_vcpu_is_up(1) == 0, "still up");
    EXPECT(hypercall_vcpu_initialise(1, NULL) < 0, "a second initialisation was accepted");
    ap = ap_get(1);
    EXPECT(ap, "it does not come up again");
    outcome = smp_count();
    ap_stop(ap);
    return outcome;
}

const struct test smp_tests[] = {
    {"smp_count", smp_count},         {"smp_ipi", smp_ipi},         {"smp_timer", smp_timer},
    {"smp_shootdown", smp_shootdown}, {"smp_down_up", smp_down_up}, {NULL, NULL},
};
