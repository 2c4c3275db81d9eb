/* SPDX-License-Identifier: MIT */
/* The domain's memory: giving frames back, getting others, exchanging, and the M2P table. */
#include "tests.h"
#include "xen_shim.h"

/* Unmap a page of the direct map, or map whatever frame the P2M says now. */
static int set_direct(pfn_t pfn, bool mapped)
{
    uint64_t pte = mapped ? xen_make_pte(pfn, PROT_KERNEL_RW).bits : 0;

    return hypercall_update_va_mapping((uint64_t)pfn_to_virt(pfn), pte, UVMF_INVLPG);
}

static enum outcome memory_balloon(void)
{
    pfn_t page = page_alloc();
    xen_pfn_t frame = pfn_to_mfn(page).n;
    long before = hypercall_current_reservation(DOMID_SELF);

    EXPECT(before > 0, "current reservation is %ld", before);
    EXPECT(set_direct(page, false) == 0, "cannot unmap");
    EXPECT(hypercall_decrease_reservation(&frame, 1, 0) == 1, "page not given back");
    EXPECT(hypercall_current_reservation(DOMID_SELF) == before - 1, "reservation unchanged");
    pvk_p2m_set(&xen_p2m, pvk_pfn(page.n), pvk_mfn(PVK_INVALID_FRAME));
    frame = page.n;
    EXPECT(hypercall_populate_physmap(&frame, 1, 0, 0) == 1, "no page came back");
    EXPECT(hypercall_current_reservation(DOMID_SELF) == before, "reservation did not grow");
    pvk_p2m_set(&xen_p2m, pvk_pfn(page.n), pvk_mfn(frame));
    EXPECT(xen_p2m.m2p[frame] == page.n, "M2P says %lx, not %lx", xen_p2m.m2p[frame], page.n);
    EXPECT(set_direct(page, true) == 0, "cannot map the new frame");
    *(volatile uint64_t *)pfn_to_virt(page) = 1;
    page_put(page);
    return TEST_OK;
}

static enum outcome memory_exchange(void)
{
    pfn_t page = page_alloc();
    xen_pfn_t in = pfn_to_mfn(page).n, out = page.n, old = in;
    struct xen_memory_exchange x = {
        .in = {.nr_extents = 1, .domid = DOMID_SELF},
        .out = {.nr_extents = 1, .domid = DOMID_SELF},
    };

    set_xen_guest_handle(x.in.extent_start, &in);
    set_xen_guest_handle(x.out.extent_start, &out);
    EXPECT(set_direct(page, false) == 0, "cannot unmap");
    EXPECT(hypercall_memory_exchange(&x) == 0, "exchange refused");
    EXPECT(x.nr_exchanged == 1, "%lu exchanged", (uint64_t)x.nr_exchanged);
    EXPECT(out != page.n || out == old, "no frame was reported");
    pvk_p2m_set(&xen_p2m, pvk_pfn(page.n), pvk_mfn(out));
    EXPECT(xen_p2m.m2p[out] == page.n, "M2P says %lx, not %lx", xen_p2m.m2p[out], page.n);
    EXPECT(set_direct(page, true) == 0, "cannot map the new frame");
    *(volatile uint64_t *)pfn_to_virt(page) = 1;
    page_put(page);
    return TEST_OK;
}

/* P2M and M2P are inverse to each other for every page the domain has. */
static enum outcome memory_p2m(void)
{
    uint64_t pages = 0;

    for (uint64_t n = 0; n < xen_p2m.nr_pfns; n++) {
        pvk_mfn_t mfn = pvk_pfn_to_mfn(&xen_p2m, pvk_pfn(n));

        if (!pvk_mfn_valid(mfn))
            continue;
        EXPECT(xen_p2m.m2p[mfn.n] == n, "frame %lx of page %lx belongs to page %lx", mfn.n, n,
               xen_p2m.m2p[mfn.n]);
        pages++;
    }
    EXPECT((long)pages <= hypercall_maximum_ram_page() + 1, "%lu pages", pages);
    return TEST_OK;
}

/* The M2P table can be read, and not written. */
static enum outcome memory_m2p_protected(void)
{
    trap_clear();
    asm volatile(TRY("movq $0, (%0)")::"r"(&xen_p2m.m2p[xen_p2m.mfns[1]]) : "memory");
    EXPECT(trap_last.vector == TRAP_PF, "the M2P table was written");
    EXPECT(trap_last.error & PF_WRITE, "error code %lx", trap_last.error);
    return TEST_OK;
}

/* A page-table page seen through the direct map is read-only. */
static enum outcome memory_tables_protected(void)
{
    trap_clear();
    asm volatile(TRY("movq $0, (%0)")::"r"(pfn_to_virt(kernel_aspace.top)) : "memory");
    EXPECT(trap_last.vector == TRAP_PF, "a page table was written");
    EXPECT(trap_last.error == (PF_PRESENT | PF_WRITE), "error code %lx", trap_last.error);
    return TEST_OK;
}

const struct test reservation_tests[] = {
    {"memory_balloon", memory_balloon},
    {"memory_exchange", memory_exchange},
    {"memory_p2m", memory_p2m},
    {"memory_m2p_protected", memory_m2p_protected},
    {"memory_tables_protected", memory_tables_protected},
    {NULL, NULL},
};
