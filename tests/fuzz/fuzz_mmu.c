/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as what a PV guest does to its page tables: mmu_update batches above all, with pins,
 * roots, reservations and stores in between. After each call the frames are audited and the TLBs
 * looked at.
 */
#include <stdlib.h>

#include "bytes.h"
#include "pvfake.h"

#include <xen/memory.h>

#define PAGES     32
#define MAX_STEPS 48

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Small numbers are frames of the guest's; the others reach everything else. */
static mfn_t some_mfn(void)
{
    uint8_t b = byte();

    if (b < 0xe0)
        return d_mfn(fake_current->domain, b % PAGES);
    if (b < 0xf0)
        return d_mfn(domains[2], b % PAGES);
    return MFN((uint64_t)byte() << (b & 15));
}

/* Three bytes: frame, low flags, high flags. */
static uint64_t some_entry(void)
{
    uint64_t e = some_mfn().v << PAGE_SHIFT;
    uint8_t low = byte(), high = byte();

    return e | low | (uint64_t)(high & 15) << 8 | (uint64_t)(high >> 4) << 52;
}

static uint64_t some_slot(void)
{
    uint8_t b = byte();

    return b < 0xf0 ? b % (PAGES + 4) : 2 * b;
}

static void updates(void)
{
    struct mmu_update u[8];
    unsigned n = 1 + byte() % 8, done = 0;
    long rc;

    for (unsigned i = 0; i < n; i++) {
        u[i].ptr = (some_mfn().v << PAGE_SHIFT) + 8 * some_slot() + (byte() & 7 & byte());
        u[i].val = some_entry();
    }
    rc = g_mmu_update(u, n, &done, byte() ? DOMID_SELF : DOMID_IO);
    if (rc > 0 || (rc == 0) != (done == n))
        abort();
}

static void extended(void)
{
    struct mmuext_op op[4];
    unsigned n = 1 + byte() % 4;

    for (unsigned i = 0; i < n; i++) {
        op[i].cmd = byte() % 24;
        op[i].arg1.mfn = some_mfn().v;
        op[i].arg2.src_mfn = some_mfn().v;
    }
    g_mmuext(op, n, NULL, DOMID_SELF);
}

static void reservation(void)
{
    static const unsigned cmds[] = {XENMEM_decrease_reservation, XENMEM_increase_reservation,
                                    XENMEM_populate_physmap};
    struct xen_memory_reservation *r = (struct xen_memory_reservation *)fake_arg;
    xen_pfn_t *list = (xen_pfn_t *)(fake_arg + 4096);

    memset(r, 0, sizeof(*r));
    r->nr_extents = byte() % 4;
    r->extent_order = byte() % 3;
    r->domid = DOMID_SELF;
    set_xen_guest_handle(r->extent_start, list);
    for (unsigned i = 0; i < 4; i++)
        list[i] = some_mfn().v;
    g_memory_op(cmds[byte() % 3], r);
}

static void store(void)
{
    uint64_t va = ((uint64_t)(byte() % PAGES) << PAGE_SHIFT) + 8 * some_slot();
    uint64_t *p;

    if (byte() & 1)
        va |= (uint64_t)(byte() % 8) << 39;
    (void)fake_access(va, false);
    p = fake_access(va, true);
    if (p)
        *p = some_entry();
}

static void step(void)
{
    switch (byte() % 8) {
    case 0:
    case 1:
    case 2:
        updates();
        break;
    case 3:
        g_update_va((uint64_t)(byte() % PAGES) << PAGE_SHIFT, some_entry(), byte() & 7);
        break;
    case 4:
        extended();
        break;
    case 5:
        reservation();
        break;
    case 6:
        store();
        break;
    default:
        fake_preempt_every = byte() % 4;
        break;
    }
}

static void give_back(struct domain *d)
{
    for (unsigned i = 0; i < d->nr_vcpus; i++)
        fake_leave(d->vcpu[i]);
    while (!domain_release_memory(d))
        ;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t free;

    bytes_set(data, size);
    fake_reset();
    free = palloc_free_frames();
    fake_domain(2, PAGES, 1);
    fake_domain(1, PAGES, 1);
    for (unsigned n = 0; bytes_left && n < MAX_STEPS; n++) {
        step();
        if (domain_audit(domains[1]) || domain_audit(domains[2]) || fake_tlb_violations())
            abort();
    }
    fake_preempt_every = 0;
    give_back(domains[1]);
    give_back(domains[2]);
    if (palloc_free_frames() != free - 4) /* each keeps its slot 260 and its grant table */
        abort();
    return 0;
}
