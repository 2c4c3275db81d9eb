/* SPDX-License-Identifier: MIT */
/* Page tables by the book and beside it: linear ones, half-made ones, odd owners and odd flushes.
 */
#include "hostile.h"

#include <xen/memory.h>

static uint64_t pte(unsigned int page, uint64_t flags)
{
    return mfn_of(spare_page[page]) << 12 | flags;
}

static long set_va(unsigned int page, uint64_t flags)
{
    return pvk_raw3(__HYPERVISOR_update_va_mapping, spare_page[page], pte(page, flags),
                    UVMF_INVLPG);
}

static long update(uint64_t ptr, uint64_t val, uint64_t owners)
{
    struct mmu_update u = {.ptr = ptr, .val = val};

    return pvk_raw4(__HYPERVISOR_mmu_update, &u, 1, NULL, owners);
}

static long set_entry(uint64_t ptr, uint64_t val)
{
    return update(ptr, val, DOMID_SELF);
}

static long ext_as(unsigned int cmd, uint64_t mfn, uint64_t owner)
{
    struct mmuext_op op = {.cmd = cmd};

    op.arg1.mfn = mfn;
    return pvk_raw4(__HYPERVISOR_mmuext_op, &op, 1, NULL, owner);
}

static long ext(unsigned int cmd, uint64_t mfn)
{
    return ext_as(cmd, mfn, DOMID_SELF);
}

static uint64_t l1_slot(void)
{
    return maddr_of(pte_of(spare_page[0]));
}

static void clear(unsigned int page)
{
    for (unsigned int i = 0; i < 512; i++)
        ((uint64_t *)spare_page[page])[i] = 0;
}

/* ---- commands and owners */

static long update_command_4(void)
{
    return set_entry(l1_slot() | 4, pte(0, PTE_KERNEL));
}

static long update_command_7(void)
{
    return set_entry(l1_slot() | 7, pte(0, PTE_KERNEL));
}

static long owner_io_maps_ram(void)
{
    return update(l1_slot(), pte(0, PTE_KERNEL), DOMID_IO);
}

static long owner_io_maps_other_ram(void)
{
    return update(l1_slot(), pte(1, PTE_KERNEL), DOMID_IO);
}

static long owner_io_maps_nothing(void)
{
    uint64_t *slot = pte_of(spare_page[1]);
    long rc = update(maddr_of(slot), 0, DOMID_IO);

    (void)set_va(1, PTE_KERNEL);
    return rc;
}

static long owner_io_upper(void)
{
    uint64_t *l2 = table_of(spare_page, 2);

    return update(maddr_of(&l2[511]), 0, DOMID_IO);
}

static long owner_io_m2p(void)
{
    return update(l1_slot() | MMU_MACHPHYS_UPDATE, 0, DOMID_IO);
}

static long owner_unknown(void)
{
    return update(l1_slot(), pte(0, PTE_KERNEL), 0x1234);
}

static long owner_cow(void)
{
    return update(l1_slot(), pte(0, PTE_KERNEL), DOMID_COW);
}

static long tables_of_unknown(void)
{
    return update(l1_slot(), pte(0, PTE_KERNEL), DOMID_SELF | (0x1234u + 1) << 16);
}

static long tables_of_self_alias(void)
{
    return update(l1_slot(), pte(0, PTE_KERNEL), DOMID_SELF | (DOMID_SELF + 1) << 16);
}

static long ext_of_unknown(void)
{
    return ext_as(MMUEXT_TLB_FLUSH_LOCAL, 0, 0x1234);
}

static long va_of_unknown(void)
{
    return pvk_raw4(__HYPERVISOR_update_va_mapping_otherdomain, spare_page[0], pte(0, PTE_KERNEL),
                    0, 0x1234);
}

/* ---- flushes */

static long va_flush_type_3(void)
{
    return pvk_raw3(__HYPERVISOR_update_va_mapping, spare_page[0], pte(0, PTE_KERNEL), 3);
}

static long va_flush_bad_mask(void)
{
    return pvk_raw3(__HYPERVISOR_update_va_mapping, spare_page[0], pte(0, PTE_KERNEL),
                    UVMF_INVLPG | HV_SPACE);
}

static long va_flush_mask(void)
{
    static uint64_t mask __attribute__((aligned(8))) = ~0ul;

    return pvk_raw3(__HYPERVISOR_update_va_mapping, spare_page[0], pte(0, PTE_KERNEL),
                    UVMF_TLB_FLUSH | (uint64_t)&mask);
}

static long ext_flush_bad_mask(void)
{
    struct mmuext_op op = {.cmd = MMUEXT_TLB_FLUSH_MULTI};

    set_xen_guest_handle(op.arg2.vcpumask, (void *)HV_SPACE);
    return pvk_raw4(__HYPERVISOR_mmuext_op, &op, 1, NULL, DOMID_SELF);
}

static long ext_invlpg_hypervisor(void)
{
    return ext(MMUEXT_INVLPG_LOCAL, HV_SPACE);
}

static long ext_command_14(void)
{
    return ext(14, 0);
}

static long ext_mark_super(void)
{
    return ext(MMUEXT_MARK_SUPER, mfn_of(spare_page[0]));
}

static long ext_unmark_super(void)
{
    return ext(MMUEXT_UNMARK_SUPER, mfn_of(spare_page[0]));
}

static long ext_done_count(void)
{
    struct mmuext_op op[3] = {{.cmd = MMUEXT_TLB_FLUSH_LOCAL}, {.cmd = 14}};
    unsigned int done = 99;

    (void)pvk_raw4(__HYPERVISOR_mmuext_op, op, 3, &done, DOMID_SELF);
    return done;
}

/* ---- entries */

static long l1_pat(void)
{
    long rc = set_va(1, PTE_KERNEL);

    return rc ? rc : (long)(*pte_of(spare_page[1]) >> 52 & 1);
}

static long l1_user_is_global(void)
{
    long rc = set_va(1, PTE_KERNEL | PTE_US);
    uint64_t e = *pte_of(spare_page[1]);

    (void)set_va(1, PTE_KERNEL);
    return rc ? rc : (long)((e >> 8 & 1) | (e >> 52 & 1) << 1);
}

static long l1_absent_is_kept(void)
{
    long rc = pvk_raw3(__HYPERVISOR_update_va_mapping, spare_page[1], 0xfffffffffffffff0ul & ~1ul,
                       UVMF_INVLPG);
    uint64_t e = *pte_of(spare_page[1]);

    (void)set_va(1, PTE_KERNEL);
    return rc ? rc : e == 0xfffffffffffffff0ul;
}

static long l2_global(void)
{
    uint64_t *l2 = table_of(spare_page, 2);

    return set_entry(maddr_of(&l2[511]),
                     mfn_of(table_of(spare_page, 1)) << 12 | PTE_KERNEL | PTE_US | 0x100);
}

static long l2_cache_disabled(void)
{
    uint64_t *l2 = table_of(spare_page, 2);

    return set_entry(maddr_of(&l2[511]),
                     mfn_of(table_of(spare_page, 1)) << 12 | PTE_KERNEL | PTE_US | 0x10);
}

static long l2_same_l1_twice(void)
{
    uint64_t *l2 = table_of(spare_page, 2);
    long rc = set_entry(maddr_of(&l2[511]), mfn_of(table_of(spare_page, 1)) << 12 | PTE_KERNEL);
    long got = (long)(l2[511] & PTE_US);

    (void)set_entry(maddr_of(&l2[511]), 0);
    return rc ? rc : got;
}

/* ---- tables out of spare pages */

static long make(unsigned int page, unsigned int cmd)
{
    long rc = set_va(page, PTE_P | PTE_A);

    return rc ? rc : ext(cmd, mfn_of(spare_page[page]));
}

static void unmake(unsigned int page)
{
    (void)ext(MMUEXT_UNPIN_TABLE, mfn_of(spare_page[page]));
    (void)set_va(page, PTE_KERNEL);
    clear(page);
}

static long pin_twice(void)
{
    long rc;

    clear(4);
    rc = make(4, MMUEXT_PIN_L1_TABLE);
    rc = rc ? rc : ext(MMUEXT_PIN_L1_TABLE, mfn_of(spare_page[4]));
    unmake(4);
    return rc;
}

static long pin_other_level(void)
{
    long rc;

    clear(4);
    rc = make(4, MMUEXT_PIN_L2_TABLE);
    rc = rc ? rc : ext(MMUEXT_PIN_L1_TABLE, mfn_of(spare_page[4]));
    unmake(4);
    return rc;
}

static long pinned_then_writable(void)
{
    long rc;

    clear(4);
    rc = make(4, MMUEXT_PIN_L1_TABLE);
    rc = rc ? rc : set_va(4, PTE_KERNEL);
    unmake(4);
    return rc;
}

static long pin_l4_with_our_slots(void) /* entries 256..271 do not matter */
{
    uint64_t *l4 = (uint64_t *)spare_page[4];
    long rc;

    clear(4);
    for (unsigned int i = 256; i < 272; i++)
        l4[i] = pte(5, PTE_KERNEL);
    rc = make(4, MMUEXT_PIN_L4_TABLE);
    for (unsigned int i = 256; !rc && i < 272; i++)
        rc = l4[i] == pte(5, PTE_KERNEL) ? (long)i : 0;
    unmake(4);
    return rc;
}

static long l4_m2p_slot(void) /* 0 until the table is a kernel's root */
{
    uint64_t *l4 = (uint64_t *)spare_page[4];
    long rc;

    clear(4);
    rc = make(4, MMUEXT_PIN_L4_TABLE);
    rc = rc ? rc : l4[256] != 0;
    unmake(4);
    return rc;
}

static long two_l2(long (*run)(uint64_t *a, uint64_t *b))
{
    long rc;

    clear(4);
    clear(5);
    rc = make(4, MMUEXT_PIN_L2_TABLE);
    rc = rc ? rc : make(5, MMUEXT_PIN_L2_TABLE);
    rc = rc ? rc : run((uint64_t *)spare_page[4], (uint64_t *)spare_page[5]);
    (void)set_entry(maddr_of(spare_page[4]), 0);
    (void)set_entry(maddr_of(spare_page[5]), 0);
    unmake(4);
    unmake(5);
    return rc;
}

static long other_readonly(uint64_t *a, uint64_t *b)
{
    return set_entry(maddr_of(a), mfn_of(b) << 12 | PTE_P | PTE_US);
}

static long linear_to_other(void)
{
    return two_l2(other_readonly);
}

static long other_writable(uint64_t *a, uint64_t *b)
{
    return set_entry(maddr_of(a), mfn_of(b) << 12 | PTE_P | PTE_US | PTE_RW);
}

static long linear_writable(void)
{
    return two_l2(other_writable);
}

static long both_ways(uint64_t *a, uint64_t *b)
{
    long rc = other_readonly(a, b);

    return rc ? 1 : other_readonly(b, a);
}

static long linear_loop(void)
{
    return two_l2(both_ways);
}

static long l2_linear_unvalidated(void) /* the target is no table yet */
{
    long rc;

    clear(4);
    clear(5);
    rc = make(4, MMUEXT_PIN_L2_TABLE);
    rc = rc ? rc : set_va(5, PTE_P);
    rc = rc ? rc : set_entry(maddr_of(spare_page[4]), pte(5, PTE_P | PTE_US));
    if (!rc) /* it has become an L1 */
        rc = ext(MMUEXT_PIN_L2_TABLE, mfn_of(spare_page[5]));
    (void)set_entry(maddr_of(spare_page[4]), 0);
    unmake(4);
    (void)set_va(5, PTE_KERNEL);
    return rc;
}

static long released_table(void) /* gives its references back */
{
    uint64_t *l1 = (uint64_t *)spare_page[4];
    long rc;

    clear(4);
    l1[3] = pte(5, PTE_KERNEL);
    rc = make(4, MMUEXT_PIN_L1_TABLE);
    unmake(4);
    clear(5);
    rc = rc ? rc : make(5, MMUEXT_PIN_L1_TABLE);
    unmake(5);
    return rc;
}

static long same_batch(void) /* what an operation releases, the next can use */
{
    struct mmuext_op op[2] = {{.cmd = MMUEXT_UNPIN_TABLE}, {.cmd = MMUEXT_PIN_L1_TABLE}};
    uint64_t *l1 = (uint64_t *)spare_page[4];
    long rc;

    clear(4);
    clear(5);
    l1[3] = pte(5, PTE_KERNEL);
    rc = make(4, MMUEXT_PIN_L1_TABLE);
    rc = rc ? rc : set_va(5, PTE_P);
    op[0].arg1.mfn = mfn_of(spare_page[4]);
    op[1].arg1.mfn = mfn_of(spare_page[5]);
    rc = rc ? rc : pvk_raw4(__HYPERVISOR_mmuext_op, op, 2, NULL, DOMID_SELF);
    unmake(4);
    unmake(5);
    return rc;
}

static long unpin_active(void) /* the root in use: unpinned, but not gone */
{
    uint64_t mfn = mfn_of((void *)start->pt_base);
    long rc = ext(MMUEXT_UNPIN_TABLE, mfn);

    return rc ? rc : ext(MMUEXT_PIN_L4_TABLE, mfn);
}

static long shared_info_as_table(void)
{
    return ext(MMUEXT_PIN_L1_TABLE, start->shared_info >> 12);
}

static long shared_info_clear(void)
{
    return update((start->shared_info & ~0xffful) + 4088, 0, DOMID_SELF);
}

static long shared_info_released(void)
{
    uint64_t mfn = start->shared_info >> 12;
    struct xen_memory_reservation r = {.nr_extents = 1, .domid = DOMID_SELF};

    set_xen_guest_handle(r.extent_start, &mfn);
    return pvk_raw2(__HYPERVISOR_memory_op, XENMEM_decrease_reservation, &r);
}

#define C(name)            \
    {                      \
#name, name, false \
    }
const struct hostile_case table_cases[] = {
    C(update_command_4),
    C(update_command_7),
    C(owner_io_maps_ram),
    C(owner_io_maps_other_ram),
    C(owner_io_maps_nothing),
    C(owner_io_upper),
    C(owner_io_m2p),
    C(owner_unknown),
    C(owner_cow),
    C(tables_of_unknown),
    C(tables_of_self_alias),
    C(ext_of_unknown),
    C(va_of_unknown),
    C(va_flush_type_3),
    C(va_flush_bad_mask),
    C(va_flush_mask),
    C(ext_flush_bad_mask),
    C(ext_invlpg_hypervisor),
    C(ext_command_14),
    C(ext_mark_super),
    C(ext_unmark_super),
    C(ext_done_count),
    C(l1_pat),
    C(l1_user_is_global),
    C(l1_absent_is_kept),
    C(l2_global),
    C(l2_cache_disabled),
    C(l2_same_l1_twice),
    C(pin_twice),
    C(pin_other_level),
    C(pinned_then_writable),
    C(pin_l4_with_our_slots),
    C(l4_m2p_slot),
    C(linear_to_other),
    C(linear_writable),
    C(linear_loop),
    C(l2_linear_unvalidated),
    C(released_table),
    C(same_batch),
    C(unpin_active),
    C(shared_info_as_table),
    C(shared_info_clear),
    C(shared_info_released),
};
const unsigned int nr_table_cases = ARRAY_SIZE(table_cases);
