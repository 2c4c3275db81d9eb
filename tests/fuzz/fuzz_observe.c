/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the sysctls and domctls of an observer and of another domain. What is written lies
 * in the guest's memory, a call without rights leaves its argument alone, and nothing changes about
 * the domains.
 */
#include <stdlib.h>

#include "fake_frames.h"
#include "bytes.h"
#include "observe.h"

#define AREA      8192
#define GUARD     64
#define MAX_STEPS 50

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct domain_config observing = {.observer = true};
static uint8_t area[GUARD + AREA + GUARD];
static void check(bool ok)
{
    if (!ok)
        abort();
}

/* Somewhere in the area, up to its very end, nowhere, or in the hypervisor. */
static uint64_t some_pointer(uint8_t b)
{
    if (b < 16)
        return 0;
    if (b < 24)
        return HYPERVISOR_VIRT_START + b * 4096u;
    return U(area + GUARD) + (b % 2 ? AREA - b : b * 32u);
}

/* Words that look like none are taken for pointers, so that handles mean something. */
static void put_pointers(void *arg, size_t n)
{
    uint64_t *word = arg;

    for (unsigned i = 0; i < 3; i++)
        word[1 + byte() % (n / 8 - 1)] = some_pointer(byte());
}

static void guards(void)
{
    for (unsigned i = 0; i < GUARD; i++)
        check(area[i] == 0x5a && area[GUARD + AREA + i] == 0x5a);
}

static void step(void)
{
    static union {
        struct xen_sysctl s;
        struct xen_domctl d;
    } arg, before;
    uint8_t how = byte(), cmd = byte();
    bool observer = how & 1;
    long rc;

    world_be(domains[observer ? 1 : 2]->vcpu[0]);
    memset(&arg, 0, sizeof(arg));
    bytes_take(&arg, 48 + byte() % 64);
    put_pointers(&arg, sizeof(arg.s));
    arg.s.cmd = cmd % 40;
    arg.s.interface_version = how & 2 ? XEN_SYSCTL_INTERFACE_VERSION : XEN_DOMCTL_INTERFACE_VERSION;
    if (!(how & 2))
        arg.d.domain = byte() % 5;
    fake_unmap_all();
    fake_map(&arg, how & 2 ? sizeof(arg.s) : sizeof(arg.d));
    fake_map(area + GUARD, AREA);
    before = arg;
    rc = how & 2 ? hc_sysctl(U(&arg)) : hc_domctl(U(&arg));
    check(rc <= 0);
    if (!observer) {
        check(rc && !memcmp(&arg, &before, sizeof(arg)));
    }
    guards();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t pages;

    bytes_set(data, size);
    world_reset(2);
    world_domain(2, 256)->cfg = &observing;
    world_domain(3, 512);
    pages = palloc_free_frames();
    memset(area, 0x5a, sizeof(area));
    for (unsigned i = 0; i < MAX_STEPS && bytes_left; i++)
        step();
    for (domid_t id = 1; id <= 2; id++)
        check(domain_alive(domains[id]) && domains[id]->weight == id * 256u);
    check(palloc_free_frames() == pages);
    return 0;
}
