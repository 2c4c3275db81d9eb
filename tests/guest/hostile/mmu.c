/* SPDX-License-Identifier: MIT */
/* Attacks on direct paging: writable page tables, foreign frames, forged tables. */
#include "hostile.h"

#include <xen/physdev.h>

#define BEYOND_RAM (1ul << 39) /* a frame number no machine here has */

static long set_va(const void *va, uint64_t pte)
{
    return pvk_raw3(__HYPERVISOR_update_va_mapping, va, pte, UVMF_INVLPG);
}

static long set_entry(uint64_t ptr, uint64_t val)
{
    struct mmu_update u = {.ptr = ptr, .val = val};

    return pvk_raw4(__HYPERVISOR_mmu_update, &u, 1, NULL, DOMID_SELF);
}

static long ext(unsigned int cmd, uint64_t mfn)
{
    struct mmuext_op op = {.cmd = cmd};

    op.arg1.mfn = mfn;
    return pvk_raw4(__HYPERVISOR_mmuext_op, &op, 1, NULL, DOMID_SELF);
}

static long map_table_writable(int level)
{
    return set_va(spare_page[0], mfn_of(table_of(spare_page, level)) << 12 | PTE_KERNEL);
}

static long map_l1_writable(void)
{
    return map_table_writable(1);
}

static long map_l2_writable(void)
{
    return map_table_writable(2);
}

static long map_l4_writable(void)
{
    return map_table_writable(4);
}

static long map_l1_readonly(void) /* allowed, and harmless */
{
    long rc = set_va(spare_page[0], mfn_of(table_of(spare_page, 1)) << 12 | PTE_P | PTE_A);

    (void)set_va(spare_page[0], mfn_of(spare_page[0]) << 12 | PTE_KERNEL);
    return rc;
}

static long write_l1_directly(void) /* mapped read-only: emulated (if allowed) or refused */
{
    uint64_t *pte = pte_of(spare_page[1]);

    *(volatile uint64_t *)pte = mfn_of(table_of(spare_page, 1)) << 12 | PTE_KERNEL;
    return (long)(*(volatile uint64_t *)pte & PTE_RW);
}

static long write_l4_directly(void)
{
    *(volatile uint64_t *)start->pt_base = 0;
    return 0;
}

static long map_beyond_ram(void)
{
    return set_va(spare_page[0], BEYOND_RAM << 12 | PTE_KERNEL);
}

static long map_foreign_claim(void)
{
    return pvk_raw4(__HYPERVISOR_update_va_mapping_otherdomain, spare_page[0],
                    mfn_of(spare_page[1]) << 12 | PTE_KERNEL, 0, 0x7123);
}

static long va_in_hypervisor(void)
{
    return set_va((void *)HV_SPACE, mfn_of(spare_page[0]) << 12 | PTE_KERNEL);
}

static long va_noncanonical(void)
{
    return set_va((void *)NONCANONICAL, mfn_of(spare_page[0]) << 12 | PTE_KERNEL);
}

static long va_without_table(void)
{
    return set_va((void *)UNMAPPED, mfn_of(spare_page[0]) << 12 | PTE_KERNEL);
}

static long l1_reserved_bits(void)
{
    return set_va(spare_page[0], mfn_of(spare_page[0]) << 12 | PTE_KERNEL | 1ul << 51);
}

static long l2_superpage(void)
{
    uint64_t *l2 = table_of(spare_page, 2);

    return set_entry(maddr_of(&l2[511]),
                     mfn_of(spare_page[0]) << 12 | PTE_KERNEL | PTE_US | PTE_PSE);
}

static long l2_points_to_data(void)
{
    uint64_t *l2 = table_of(spare_page, 2);

    return set_entry(maddr_of(&l2[511]), mfn_of(spare_page[0]) << 12 | PTE_KERNEL | PTE_US);
}

static long l2_points_to_l2(void)
{
    uint64_t *l2 = table_of(spare_page, 2);

    return set_entry(maddr_of(&l2[511]), mfn_of(l2) << 12 | PTE_KERNEL | PTE_US);
}

static long l4_hypervisor_slot(void)
{
    uint64_t *l4 = (uint64_t *)start->pt_base;

    return set_entry(maddr_of(&l4[262]),
                     mfn_of(table_of(spare_page, 3)) << 12 | PTE_KERNEL | PTE_US);
}

static long l4_self_writable(void)
{
    uint64_t *l4 = (uint64_t *)start->pt_base;

    return set_entry(maddr_of(&l4[4]), mfn_of(l4) << 12 | PTE_KERNEL | PTE_US);
}

static long l4_self_readonly(void) /* a linear map: Xen accepts it */
{
    uint64_t *l4 = (uint64_t *)start->pt_base;
    long rc = set_entry(maddr_of(&l4[4]), mfn_of(l4) << 12 | PTE_P | PTE_US | PTE_A);

    (void)set_entry(maddr_of(&l4[4]), 0);
    return rc;
}

static long update_odd_command(void)
{
    return set_entry(maddr_of(pte_of(spare_page)) | 3, 0);
}

static long update_plain_page(void) /* not a table: an ordinary write to own memory */
{
    long rc = set_entry(maddr_of(&spare_page[2][8]), 0x1122334455667788);

    return rc ? rc : *(uint64_t *)&spare_page[2][8] != 0x1122334455667788;
}

static long update_beyond_ram(void)
{
    return set_entry(BEYOND_RAM << 12, 0);
}

static long m2p_foreign(void)
{
    return set_entry(BEYOND_RAM << 12 | MMU_MACHPHYS_UPDATE, 1);
}

static long pin_writable_page(void)
{
    return ext(MMUEXT_PIN_L1_TABLE, mfn_of(spare_page[3]));
}

static long pin_l1_as_l4(void)
{
    return ext(MMUEXT_PIN_L4_TABLE, mfn_of(table_of(spare_page, 1)));
}

static long pin_beyond_ram(void)
{
    return ext(MMUEXT_PIN_L4_TABLE, BEYOND_RAM);
}

static long unpin_unpinned(void)
{
    return ext(MMUEXT_UNPIN_TABLE, mfn_of(spare_page[3]));
}

/* A table of garbage, read-only as a table has to be, is still not a table. */
static long pin_garbage(unsigned int cmd, uint64_t entry)
{
    uint64_t mfn = mfn_of(spare_page[4]);
    long rc;

    *(uint64_t *)spare_page[4] = entry;
    rc = set_va(spare_page[4], mfn << 12 | PTE_P | PTE_A);
    if (rc)
        return rc;
    rc = ext(cmd, mfn);
    if (!rc)
        (void)ext(MMUEXT_UNPIN_TABLE, mfn);
    (void)set_va(spare_page[4], mfn << 12 | PTE_KERNEL);
    *(uint64_t *)spare_page[4] = 0;
    return rc;
}

static long pin_l1_of_hv_frame(void)
{
    return pin_garbage(MMUEXT_PIN_L1_TABLE, BEYOND_RAM << 12 | PTE_KERNEL);
}

static long pin_l1_mapping_itself(void)
{
    return pin_garbage(MMUEXT_PIN_L1_TABLE, mfn_of(spare_page[4]) << 12 | PTE_KERNEL);
}

static long pin_l4_of_data(void)
{
    return pin_garbage(MMUEXT_PIN_L4_TABLE, mfn_of(spare_page[5]) << 12 | PTE_KERNEL | PTE_US);
}

static long pin_empty_l4(void)
{
    return pin_garbage(MMUEXT_PIN_L4_TABLE, 0);
}

static long baseptr_data(void)
{
    return ext(MMUEXT_NEW_BASEPTR, mfn_of(spare_page[3]));
}

static long baseptr_l1(void)
{
    return ext(MMUEXT_NEW_BASEPTR, mfn_of(table_of(spare_page, 1)));
}

static long user_baseptr_data(void)
{
    return ext(MMUEXT_NEW_USER_BASEPTR, mfn_of(spare_page[3]));
}

static long user_baseptr_none(void)
{
    return ext(MMUEXT_NEW_USER_BASEPTR, 0);
}

static long mmuext_unknown(void)
{
    return ext(999, 0);
}

static long clear_page_table(void)
{
    return ext(MMUEXT_CLEAR_PAGE, mfn_of(table_of(spare_page, 1)));
}

static long copy_onto_page_table(void)
{
    struct mmuext_op op = {.cmd = MMUEXT_COPY_PAGE};

    op.arg1.mfn = mfn_of(table_of(spare_page, 1));
    op.arg2.src_mfn = mfn_of(spare_page[0]);
    return pvk_raw4(__HYPERVISOR_mmuext_op, &op, 1, NULL, DOMID_SELF);
}

static long release_page_table(void) /* a table given back while in use stays ours */
{
    uint64_t mfn = mfn_of(table_of(spare_page, 2));
    struct xen_memory_reservation r = {.nr_extents = 1, .domid = DOMID_SELF};
    long rc;

    set_xen_guest_handle(r.extent_start, &mfn);
    rc = pvk_raw2(__HYPERVISOR_memory_op, XENMEM_decrease_reservation, &r);
    return rc;
}

static long release_beyond_ram(void)
{
    uint64_t mfn = BEYOND_RAM;
    struct xen_memory_reservation r = {.nr_extents = 1, .domid = DOMID_SELF};

    set_xen_guest_handle(r.extent_start, &mfn);
    return pvk_raw2(__HYPERVISOR_memory_op, XENMEM_decrease_reservation, &r);
}

/* A table that nothing uses any more, but for what it still holds itself, becomes an ordinary page.
 */
static void load_root(uint64_t mfn)
{
    __asm__ volatile("mov %0, %%cr3" ::"r"(mfn << 12) : "memory");
}

static long eoi_page_dead_table(void)
{
    struct physdev_pirq_eoi_gmfn op = {.gmfn = mfn_of(spare_page[5])};
    const uint64_t *l4 = (const uint64_t *)start->pt_base;
    volatile uint64_t *page = (volatile uint64_t *)spare_page[5];
    long rc;

    for (unsigned int i = 0; i < 512; i++)
        page[i] = l4[i];
    rc = set_va(spare_page[5], op.gmfn << 12 | PTE_P | PTE_A);
    if (rc)
        return rc;
    load_root(op.gmfn);
    load_root(mfn_of(l4));
    rc = pvk_raw2(__HYPERVISOR_physdev_op, PHYSDEVOP_pirq_eoi_gmfn_v1, &op);
    (void)set_va(spare_page[5], op.gmfn << 12 | PTE_KERNEL);
    for (unsigned int i = 0; i < 512; i++)
        page[i] = 0;
    return rc;
}

#define C(name)            \
    {                      \
#name, name, false \
    }
const struct hostile_case mmu_cases[] = {
    C(map_l1_writable),      C(map_l2_writable),    C(map_l4_writable),    C(map_l1_readonly),
    C(write_l1_directly),    C(write_l4_directly),  C(map_beyond_ram),     C(map_foreign_claim),
    C(va_in_hypervisor),     C(va_noncanonical),    C(va_without_table),   C(l1_reserved_bits),
    C(l2_superpage),         C(l2_points_to_data),  C(l2_points_to_l2),    C(l4_hypervisor_slot),
    C(l4_self_writable),     C(l4_self_readonly),   C(update_odd_command), C(update_plain_page),
    C(update_beyond_ram),    C(m2p_foreign),        C(pin_writable_page),  C(pin_l1_as_l4),
    C(pin_beyond_ram),       C(unpin_unpinned),     C(pin_l1_of_hv_frame), C(pin_l1_mapping_itself),
    C(pin_l4_of_data),       C(pin_empty_l4),       C(baseptr_data),       C(baseptr_l1),
    C(user_baseptr_data),    C(user_baseptr_none),  C(mmuext_unknown),     C(clear_page_table),
    C(copy_onto_page_table), C(release_page_table), C(release_beyond_ram), C(eoi_page_dead_table),
};
const unsigned int nr_mmu_cases = ARRAY_SIZE(mmu_cases);
