/* SPDX-License-Identifier: MIT */
/* PV mmu group: every change of a page table is a request. */
#include "xen_shim.h"
#include <pvkit/batch.h>

pte_t xen_make_pte(pfn_t pfn, uint64_t flags)
{
    return (pte_t){pvk_pte(&xen_p2m, pvk_pfn(pfn.n), flags)};
}

pfn_t xen_pte_pfn(pte_t pte)
{
    return pfn_make(pvk_mfn_to_pfn(&xen_p2m, pvk_pte_mfn(pte.bits)).n);
}

int xen_set_pte(pte_t *slot, pte_t value)
{
    return hypercall_set_pte(virt_to_maddr(slot), value.bits);
}

#define CHUNK 512

unsigned xen_set_ptes(const struct pte_update *updates, unsigned count)
{
    static struct mmu_update list[CHUNK]; /* two pages: too much for a stack */
    unsigned total = 0, n, done;

    for (; total < count; total += done) {
        for (n = 0; n < CHUNK && total + n < count; n++)
            list[n] = (struct mmu_update){virt_to_maddr(updates[total + n].slot),
                                          updates[total + n].value.bits};
        done = 0;
        if (hypercall_mmu_update(list, n, &done, DOMID_SELF))
            return total + done;
    }
    return total;
}

int xen_set_pte_at(uint64_t va, pte_t *slot, pte_t value)
{
    return hypercall_update_va_mapping(va, value.bits, UVMF_INVLPG);
}

int xen_make_table(pfn_t pfn, unsigned level)
{
    return hypercall_update_va_mapping((uint64_t)pfn_to_virt(pfn),
                                       xen_make_pte(pfn, PROT_KERNEL_RO).bits, UVMF_INVLPG);
}

void xen_unmake_table(pfn_t pfn, unsigned level)
{
    CHECK(hypercall_update_va_mapping((uint64_t)pfn_to_virt(pfn),
                                      xen_make_pte(pfn, PROT_KERNEL_RW).bits, UVMF_INVLPG) == 0);
}

/* User mode's top level has the user half only; the tables below are shared. */
int xen_set_top(struct aspace *as, unsigned index, pte_t value)
{
    pte_t *top = pfn_to_virt(as->top), *user_top = pfn_to_virt(as->user_top);
    struct pte_update updates[2] = {{&top[index], value}, {&user_top[index], value}};
    unsigned count = index < PT_ENTRIES / 2 ? 2 : 1;

    return xen_set_ptes(updates, count) == count ? 0 : -1;
}

/* Both top levels are pinned: validated once, not on every switch. */
int xen_init_aspace(struct aspace *as)
{
    struct mmuext_op pins[2] = {{.cmd = MMUEXT_PIN_L4_TABLE}, {.cmd = MMUEXT_PIN_L4_TABLE}};

    as->user_top = page_alloc_zeroed();
    if (!pfn_valid(as->user_top))
        return -1;
    CHECK(xen_make_table(as->top, 4) == 0 && xen_make_table(as->user_top, 4) == 0);
    pins[0].arg1.mfn = pfn_to_mfn(as->top).n;
    pins[1].arg1.mfn = pfn_to_mfn(as->user_top).n;
    CHECK(hypercall_mmuext_op(pins, 2, NULL, DOMID_SELF) == 0);
    return 0;
}

/* Once the pins are gone nothing refers to the tables, and they turn into ordinary memory. */
void xen_exit_aspace(struct aspace *as)
{
    CHECK(hypercall_unpin(pfn_to_mfn(as->top)) == 0);
    CHECK(hypercall_unpin(pfn_to_mfn(as->user_top)) == 0);
    xen_unmake_table(as->user_top, 4);
    page_put(as->user_top);
}

void xen_activate(const struct aspace *as)
{
    static struct mmuext_op ops[2]; /* a queued call reads them later */
    struct pvk_batch *batch = xen_switch_batch();

    ops[0].cmd = MMUEXT_NEW_BASEPTR;
    ops[0].arg1.mfn = pfn_to_mfn(as->top).n;
    ops[1].cmd = MMUEXT_NEW_USER_BASEPTR;
    ops[1].arg1.mfn = pfn_valid(as->user_top) ? pfn_to_mfn(as->user_top).n : 0;
    if (batch)
        CHECK(pvk_batch_mmuext_op(batch, ops, 2, DOMID_SELF) == 0);
    else
        CHECK(hypercall_mmuext_op(ops, 2, NULL, DOMID_SELF) == 0);
}

void xen_flush_one(uint64_t va)
{
    hypercall_invlpg_local(va);
}

void xen_flush_all(void)
{
    hypercall_tlb_flush_local();
}

uint64_t xen_fault_address(void)
{
    return this_vcpu_info()->arch.cr2;
}
