/* SPDX-License-Identifier: MIT */
/* Grants mapped into page tables. */
#include "grant.h"

/* Grant the page to ourselves; 0, or what makes further answers worthless. */
static void grant_self(uint16_t flags)
{
    grant_set_up();
    spare_page[2][0] = 'a';
    grant_to(REF, (domid_t)own, spare_page[2], GTF_permit_access | flags);
}

static long grant_map_works(void)
{
    long rc;

    grant_self(0);
    rc = grant_map_own(REF, GNTMAP_host_map);
    if (rc)
        return rc;
    window[0][0]++;
    rc = entry[REF].flags << 8 | (spare_page[2][0] - 'a');
    return grant_unmap_last() ?: rc << 8 | entry[REF].flags;
}

static long grant_map_readonly(void)
{
    long rc;

    grant_self(GTF_readonly);
    rc = grant_map_own(REF, GNTMAP_host_map | GNTMAP_readonly);
    if (rc)
        return rc;
    rc = entry[REF].flags << 4 | (*pte_of(window[0]) & PTE_RW);
    return grant_unmap_last() ?: rc << 8 | entry[REF].flags;
}

static long grant_map_write_readonly(void)
{
    grant_self(GTF_readonly);
    return grant_map_own(REF, GNTMAP_host_map);
}

static long grant_map_no_flags(void)
{
    grant_self(0);
    return grant_map_own(REF, 0);
}

static long grant_map_nobody(void)
{
    grant_self(0);
    return grant_map(REF, NOBODY, GNTMAP_host_map, (uint64_t)window[0]);
}

static long grant_map_self_id(void) /* the number, not DOMID_SELF, is wanted */
{
    grant_self(0);
    return grant_map(REF, DOMID_SELF, GNTMAP_host_map, (uint64_t)window[0]);
}

static long grant_map_bad_ref(void)
{
    grant_self(0);
    return grant_map_own(BAD_REF, GNTMAP_host_map);
}

static long grant_map_empty(void)
{
    grant_self(0);
    return grant_map_own(REF + 1, GNTMAP_host_map);
}

static long grant_map_others(void) /* granted, but not to us */
{
    grant_self(0);
    grant_to(REF, (domid_t)(own + 1), spare_page[2], GTF_permit_access);
    return grant_map_own(REF, GNTMAP_host_map);
}

static long grant_map_sub_page(void)
{
    grant_self(GTF_sub_page);
    return grant_map_own(REF, GNTMAP_host_map);
}

static long grant_map_transfer_entry(void)
{
    grant_self(0);
    entry[REF].flags = GTF_accept_transfer;
    return grant_map_own(REF, GNTMAP_host_map);
}

static long bad_frame(uint32_t frame)
{
    long rc;

    grant_self(0);
    entry[REF].frame = frame;
    rc = grant_map_own(REF, GNTMAP_host_map);
    return rc ?: (long)(entry[REF].flags & 0xfff);
}

static long grant_map_no_ram(void)
{
    return bad_frame(0xfffffff0u);
}

static long grant_map_hv_frame(void)
{
    return bad_frame(0x300); /* in the first MiB or the hypervisor's: not ours */
}

static long grant_map_flags_after_failure(void)
{
    (void)bad_frame(0xfffffff0u);
    return entry[REF].flags;
}

static long grant_map_page_table(uint32_t flags)
{
    long rc;

    grant_self(0);
    entry[REF].frame = (uint32_t)mfn_of(table_of(window[0], 1));
    rc = grant_map_own(REF, flags);
    if (!rc)
        rc = grant_unmap_last();
    return rc;
}

static long grant_map_table_writable(void)
{
    return grant_map_page_table(GNTMAP_host_map);
}

static long grant_map_table_readonly(void)
{
    return grant_map_page_table(GNTMAP_host_map | GNTMAP_readonly);
}

static long map_address(uint64_t addr, uint32_t flags)
{
    long rc;

    grant_self(0);
    rc = grant_map(REF, (domid_t)own, GNTMAP_host_map | flags, addr);
    return rc ?: (long)entry[REF].flags;
}

static long grant_map_at_hv(void)
{
    return map_address(HV_SPACE, 0);
}

static long grant_map_at_noncanonical(void)
{
    return map_address(NONCANONICAL, 0);
}

static long grant_map_at_no_table(void)
{
    return map_address(0x7f0000000000ul, 0);
}

static long grant_map_pte_odd(void)
{
    return map_address(maddr_of(pte_of(window[0])) + 4, GNTMAP_contains_pte);
}

static long grant_map_pte_no_table(void)
{
    return map_address(maddr_of(spare_page[3]), GNTMAP_contains_pte);
}

static long grant_map_pte_no_ram(void)
{
    return map_address(0xfffffffff000ul, GNTMAP_contains_pte);
}

static long grant_map_pte_l2(void)
{
    return map_address(maddr_of(table_of(window[0], 2)), GNTMAP_contains_pte);
}

static uint64_t pte_maddr(const void *va)
{
    return mfn_of(table_of(va, 1)) << 12 | ((uint64_t)va >> 12 & 511) << 3;
}

static long grant_map_pte_works(void)
{
    long rc;

    grant_self(0);
    rc = grant_map(REF, (domid_t)own, GNTMAP_host_map | GNTMAP_contains_pte, pte_maddr(window[0]));
    if (rc)
        return rc;
    rc = window[0][0];
    return grant_unmap_last() ?: rc;
}

static long grant_avail_bits(void)
{
    long rc;

    grant_self(0);
    rc = grant_map_own(REF, GNTMAP_host_map | 5u << 16);
    if (rc)
        return rc;
    rc = (long)(*pte_of(window[0]) >> 9 & 7) << 4 | (long)(*pte_of(window[0]) >> 62 & 1);
    return grant_unmap_last() ?: rc;
}

static long grant_device_map(void)
{
    long rc;

    grant_self(0);
    rc = grant_map_own(REF, GNTMAP_device_map);
    if (rc)
        return rc;
    if (last.dev_bus_addr != maddr_of(spare_page[2]))
        return -1000;
    rc = entry[REF].flags;
    return grant_unmap(last.handle, 0, last.dev_bus_addr) ?: rc << 8 | entry[REF].flags;
}

static long grant_device_bad_bus(void)
{
    long rc;

    grant_self(0);
    rc = grant_map_own(REF, GNTMAP_device_map);
    if (rc)
        return rc;
    rc = grant_unmap(last.handle, 0, last.dev_bus_addr + 4096);
    return grant_unmap(last.handle, 0, last.dev_bus_addr) ?: rc;
}

static long grant_both_maps(void)
{
    long rc;

    grant_self(0);
    rc = grant_map_own(REF, GNTMAP_device_map | GNTMAP_host_map);
    if (rc)
        return rc;
    rc = grant_unmap_last();
    rc = rc ? rc : entry[REF].flags;
    return grant_unmap(last.handle, 0, last.dev_bus_addr) ?: rc << 8 | entry[REF].flags;
}

static long grant_unmap_nothing(void) /* neither address: does nothing, says fine */
{
    long rc;

    grant_self(0);
    rc = grant_map_own(REF, GNTMAP_host_map);
    if (rc)
        return rc;
    rc = grant_unmap(last.handle, 0, 0);
    rc = rc ? rc : entry[REF].flags;
    return grant_unmap_last() ?: rc;
}

static long grant_unmap_bad_handle(void)
{
    return grant_unmap(0x7fffffff, (uint64_t)window[0], 0);
}

static long grant_unmap_free_handle(void)
{
    return grant_unmap(200, (uint64_t)window[0], 0);
}

static long grant_unmap_twice(void)
{
    grant_self(0);
    return grant_map_own(REF, GNTMAP_host_map) ?: grant_unmap_last() ?: grant_unmap_last();
}

static long grant_unmap_elsewhere(void)
{
    long rc;

    grant_self(0);
    rc = grant_map_own(REF, GNTMAP_host_map);
    if (rc)
        return rc;
    rc = grant_unmap(last.handle, (uint64_t)spare_page[3], 0);
    return grant_unmap_last() ?: rc;
}

/* The entry goes away by an ordinary update; the grant stays in use for ever. */
static long grant_overwritten(void)
{
    long rc, flags;

    grant_self(0);
    rc = grant_map_own(REF, GNTMAP_host_map);
    if (rc)
        return rc;
    rc = pvk_raw3(__HYPERVISOR_update_va_mapping, window[0], mfn_of(window[0]) << 12 | PTE_KERNEL,
                  UVMF_INVLPG);
    if (rc)
        return rc;
    flags = entry[REF].flags;
    rc = grant_unmap_last();
    entry[REF].flags = 0;
    return rc == -1 ? flags : rc;
}

/* Two mappings of one grant; each must be undone. */
static long grant_twice(void)
{
    struct gnttab_map_grant_ref first;
    long rc;

    grant_set_up();
    grant_to(REF + 2, (domid_t)own, spare_page[2], GTF_permit_access);
    rc = grant_map_own(REF + 2, GNTMAP_host_map);
    if (rc)
        return rc;
    first = last;
    rc = grant_map(REF + 2, (domid_t)own, GNTMAP_host_map | GNTMAP_readonly, (uint64_t)window[1]);
    if (rc)
        return rc;
    rc = grant_unmap(first.handle, first.host_addr, 0);
    rc = rc ? rc : entry[REF + 2].flags;
    return grant_unmap_last() ?: rc << 8 | entry[REF + 2].flags;
}

/* The granting side ends access meanwhile. */
static long grant_ended_early(void)
{
    long rc;

    grant_set_up();
    grant_to(REF + 2, (domid_t)own, spare_page[2], GTF_permit_access);
    rc = grant_map_own(REF + 2, GNTMAP_host_map);
    if (rc)
        return rc;
    entry[REF + 2].flags = 0;
    rc = window[0][0];
    return grant_unmap_last() ?: rc << 8 | entry[REF + 2].flags;
}

static long grant_many_pins(void)
{
    static uint32_t handle[300];
    long n = 0, rc = 0;

    grant_set_up();
    grant_to(REF + 3, (domid_t)own, spare_page[2], GTF_permit_access);
    while (n < 300 && !(rc = grant_map_own(REF + 3, GNTMAP_device_map | GNTMAP_readonly)))
        handle[n++] = last.handle;
    for (long i = 0; i < n; i++)
        (void)grant_unmap(handle[i], 0, last.dev_bus_addr ?: maddr_of(spare_page[2]));
    return rc << 16 | n << 4 | (entry[REF + 3].flags >> 3);
}

static long replace(uint64_t addr, uint64_t new_addr, uint32_t flags)
{
    struct gnttab_unmap_and_replace u = {.host_addr = addr, .new_addr = new_addr};
    long rc;

    grant_set_up();
    grant_to(REF + 4, (domid_t)own, spare_page[2], GTF_permit_access);
    rc = grant_map(REF + 4, (domid_t)own, GNTMAP_host_map | flags,
                   flags ? pte_maddr(window[0]) : (uint64_t)window[0]);
    if (rc)
        return rc;
    u.handle = last.handle;
    rc = grant_op(GNTTABOP_unmap_and_replace, &u, 1) ?: u.status;
    return rc ? rc << 8 | (grant_unmap_last() & 0xff) : entry[REF + 4].flags;
}

static long grant_replace_works(void)
{
    long rc;

    spare_page[4][0] = 'x';
    rc = replace((uint64_t)window[0], (uint64_t)spare_page[4], 0);
    if (rc != GTF_permit_access)
        return rc;
    rc = *pte_of(spare_page[4]) & PTE_P ? 1000 : window[0][0];
    (void)pvk_raw3(__HYPERVISOR_update_va_mapping, spare_page[4],
                   mfn_of(spare_page[4]) << 12 | PTE_KERNEL, UVMF_INVLPG);
    return rc;
}

static long grant_replace_bad_new(void)
{
    return replace((uint64_t)window[0], 0x7f0000000000ul, 0);
}

static long grant_replace_pte(void)
{
    return replace(pte_maddr(window[0]), (uint64_t)spare_page[4], GNTMAP_contains_pte);
}

static long grant_replace_null(void)
{
    return replace((uint64_t)window[0], 0, 0);
}

#define C(name)            \
    {                      \
#name, name, false \
    }
const struct hostile_case grant_map_cases[] = {
    C(grant_map_works),          C(grant_map_readonly),
    C(grant_map_write_readonly), C(grant_map_no_flags),
    C(grant_map_nobody),         C(grant_map_self_id),
    C(grant_map_bad_ref),        C(grant_map_empty),
    C(grant_map_others),         C(grant_map_sub_page),
    C(grant_map_transfer_entry), C(grant_map_no_ram),
    C(grant_map_hv_frame),       C(grant_map_flags_after_failure),
    C(grant_map_table_writable), C(grant_map_table_readonly),
    C(grant_map_at_hv),          C(grant_map_at_noncanonical),
    C(grant_map_at_no_table),    C(grant_map_pte_odd),
    C(grant_map_pte_no_table),   C(grant_map_pte_no_ram),
    C(grant_map_pte_l2),         C(grant_map_pte_works),
    C(grant_avail_bits),         C(grant_device_map),
    C(grant_device_bad_bus),     C(grant_both_maps),
    C(grant_unmap_nothing),      C(grant_unmap_bad_handle),
    C(grant_unmap_free_handle),  C(grant_unmap_twice),
    C(grant_unmap_elsewhere),    C(grant_twice),
    C(grant_ended_early),        C(grant_many_pins),
    C(grant_replace_works),      C(grant_replace_bad_new),
    C(grant_replace_pte),        C(grant_replace_null),
    C(grant_overwritten),
};
const unsigned int nr_grant_map_cases = ARRAY_SIZE(grant_map_cases);
