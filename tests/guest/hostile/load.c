/* SPDX-License-Identifier: MIT */
/* Endless batches and storms: legal requests in numbers meant to keep the hypervisor from others.
 */
#include "hostile.h"

#define BATCH 8192

static long huge_multicall(void)
{
    static struct multicall_entry e[BATCH];
    long rc = 0;

    for (unsigned int i = 0; i < BATCH; i++)
        e[i] = (struct multicall_entry){.op = __HYPERVISOR_xen_version};
    for (unsigned int round = 0; round < 128 && !rc; round++)
        rc = pvk_raw2(__HYPERVISOR_multicall, e, BATCH);
    return rc;
}

static long huge_mmu_update(void)
{
    static struct mmu_update u[BATCH];
    unsigned int done = 0;
    long rc = 0;

    for (unsigned int i = 0; i < BATCH; i++)
        u[i] = (struct mmu_update){maddr_of(pte_of(spare_page[7])),
                                   mfn_of(spare_page[7]) << 12 | PTE_KERNEL};
    for (unsigned int round = 0; round < 32 && !rc; round++)
        rc = pvk_raw4(__HYPERVISOR_mmu_update, u, BATCH, &done, DOMID_SELF);
    return rc ? rc : done != BATCH;
}

static long huge_flush(void)
{
    static struct mmuext_op op[2048];

    for (unsigned int i = 0; i < ARRAY_SIZE(op); i++)
        op[i].cmd = MMUEXT_TLB_FLUSH_ALL;
    return pvk_raw4(__HYPERVISOR_mmuext_op, op, ARRAY_SIZE(op), NULL, DOMID_SELF);
}

static long event_storm(void)
{
    struct evtchn_bind_ipi ipi = {.vcpu = 0};
    struct evtchn_send send;
    long rc = pvk_raw2(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_ipi, &ipi);

    send.port = ipi.port;
    for (unsigned int i = 0; i < 300000 && !rc; i++)
        rc = pvk_raw2(__HYPERVISOR_event_channel_op, EVTCHNOP_send, &send);
    return rc;
}

static long port_exhaustion(void) /* takes every port there is; the count is the ABI's */
{
    long rc;
    unsigned int n = 0;

    do {
        struct evtchn_alloc_unbound a = {.dom = DOMID_SELF, .remote_dom = DOMID_SELF};

        rc = pvk_raw2(__HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, &a);
    } while (!rc && ++n < 10000);
    return rc;
}

static long yield_storm(void)
{
    for (unsigned int i = 0; i < 100000; i++)
        (void)pvk_raw2(__HYPERVISOR_sched_op, SCHEDOP_yield, NULL);
    return 0;
}

#define C(name)            \
    {                      \
#name, name, false \
    }
const struct hostile_case load_cases[] = {
    C(huge_multicall), C(huge_mmu_update), C(huge_flush),
    C(event_storm),    C(yield_storm),     C(port_exhaustion),
};
const unsigned int nr_load_cases = ARRAY_SIZE(load_cases);
