/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as lists of grant operations between two domains, while whoever grants changes its
 * entries in the midst of them. After each call both domains are audited.
 */
#include <stdlib.h>

#include "bytes.h"
#include "grant.h"
#include "pvfake.h"

#define PAGES     24
#define MAX_STEPS 32
#define REFS      8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t some_frame(void)
{
    uint8_t b = byte();

    return b < 0xf0 ? d_mfn(domains[1 + (b & 1)], b / 2 % PAGES).v : (uint64_t)b << (b & 15);
}

static void change_entry(void)
{
    struct domain *d = domains[1 + (byte() & 1)];
    grant_entry_v1_t *e;

    if (!grant_entries(d->grants))
        return;
    e = grant_shared(d->grants, byte() % REFS);
    e->frame = (uint32_t)some_frame();
    e->domid = (domid_t)(byte() % 4);
    e->flags = byte() & 1 ? GTF_permit_access : (uint16_t)(byte() | byte() << 8);
}

/* Another CPU of either domain, now and then. */
static void meanwhile(void)
{
    if (bytes_left && byte() > 0xa0)
        change_entry();
}

static uint64_t some_address(void)
{
    uint8_t b = byte();

    if (b & 1) /* an L1 entry, or something else, by its machine address */
        return (some_frame() << PAGE_SHIFT) + 8ull * (byte() % PAGES);
    return b == 2 ? 1ull << 46 : (uint64_t)(b / 2 % PAGES) << PAGE_SHIFT;
}

static void map(void)
{
    struct gnttab_map_grant_ref *m = (void *)fake_arg;
    unsigned n = 1 + byte() % 4;

    for (unsigned i = 0; i < n; i++)
        m[i] = (struct gnttab_map_grant_ref){.host_addr = some_address(),
                                             .flags = byte(),
                                             .ref = byte() % (REFS + 1),
                                             .dom = byte() % 4};
    g_grant(GNTTABOP_map_grant_ref, m, n);
}

static void unmap(unsigned cmd)
{
    struct gnttab_unmap_grant_ref *u = (void *)fake_arg;
    unsigned n = 1 + byte() % 4;

    for (unsigned i = 0; i < n; i++)
        u[i] = (struct gnttab_unmap_grant_ref){
            .host_addr = some_address(),
            .dev_bus_addr = byte() & 1 ? some_frame() << PAGE_SHIFT : some_address(),
            .handle = byte() % 16};
    g_grant(cmd, u, n);
}

static void copy(void)
{
    struct gnttab_copy *c = (void *)fake_arg;
    unsigned n = 1 + byte() % 4;

    for (unsigned i = 0; i < n; i++) {
        c[i] = (struct gnttab_copy){.len = (uint16_t)(byte() << 5), .flags = byte() & 3};
        c[i].source.domid = c[i].flags & 1 ? byte() % 4 : DOMID_SELF;
        c[i].dest.domid = c[i].flags & 2 ? byte() % 4 : DOMID_SELF;
        c[i].source.u.gmfn = c[i].flags & 1 ? byte() % (REFS + 1) : some_frame();
        c[i].dest.u.gmfn = c[i].flags & 2 ? byte() % (REFS + 1) : some_frame();
        c[i].source.offset = (uint16_t)(byte() << 5);
    }
    g_grant(GNTTABOP_copy, c, n);
}

static void others(void)
{
    union {
        struct gnttab_transfer transfer;
        struct gnttab_swap_grant_ref swap;
        struct gnttab_cache_flush flush;
    } *a = (void *)fake_arg;

    switch (byte() % 3) {
    case 0:
        a->transfer = (struct gnttab_transfer){some_frame(), byte() % 4, byte() % REFS, 0};
        g_grant(GNTTABOP_transfer, a, 1);
        break;
    case 1:
        a->swap = (struct gnttab_swap_grant_ref){byte() % REFS, byte() % (REFS + 1), 0};
        g_grant(GNTTABOP_swap_grant_ref, a, 1);
        break;
    default:
        a->flush.a.dev_bus_addr = some_frame() << PAGE_SHIFT;
        a->flush.offset = byte();
        a->flush.length = byte();
        a->flush.op = byte() & 3;
        g_grant(GNTTABOP_cache_flush, a, 1);
    }
}

/* Page tables change by their own hypercall as well, and pages go. */
static void ordinary(void)
{
    struct frame *f = frame_of(d_mfn(fake_current->domain, byte() % PAGES));
    uint8_t b = byte();

    if (b < 200) {
        g_update_va((uint64_t)(byte() % PAGES) << PAGE_SHIFT, some_frame() << PAGE_SHIFT | (b & 3),
                    b & 4 ? UVMF_INVLPG : UVMF_NONE);
    } else if (frame_get(f, fake_current->domain)) {
        (void)frame_release(f);
        frame_put(f);
    }
}

static void step(void)
{
    switch (byte() % 8) {
    case 0:
    case 1:
        map();
        break;
    case 2:
        unmap(GNTTABOP_unmap_grant_ref);
        break;
    case 3:
        unmap(GNTTABOP_unmap_and_replace);
        break;
    case 4:
        copy();
        break;
    case 5:
        others();
        break;
    case 6:
        ordinary();
        (void)fake_access((uint64_t)(byte() % PAGES) << PAGE_SHIFT, byte() & 1);
        break;
    default:
        fake_preempt_every = byte() % 4;
        fake_run(domains[1 + (byte() & 1)]->vcpu[0], byte() & 1);
        break;
    }
}

static void give_back(struct domain *d)
{
    grant_close(d);
    fake_leave(d->vcpu[0]);
    while (!grant_release(d))
        ;
    while (!domain_release_memory(d))
        ;
    grant_destroy(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t free;

    bytes_set(data, size);
    fake_reset();
    free = palloc_free_frames();
    fake_domain(2, PAGES, 1);
    fake_domain(1, PAGES, 1);
    for (unsigned id = 1; id <= 2; id++)
        (void)grant_frame(domains[id], 0);
    for (unsigned i = 0; i < REFS; i++)
        change_entry();
    fake_on_read = meanwhile;
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
