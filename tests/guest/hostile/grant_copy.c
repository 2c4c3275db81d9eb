/* SPDX-License-Identifier: MIT */
/* Grants that are copied, given away, exchanged. */
#include "grant.h"

static struct gnttab_copy good_copy(void)
{
    grant_set_up();
    spare_page[2][7] = 'c';
    grant_to(REF + 5, (domid_t)own, spare_page[2], GTF_permit_access | GTF_readonly);
    return grant_own_copy(REF + 5, 7, 1);
}

static long grant_copy_works(void)
{
    struct gnttab_copy c = good_copy();

    return grant_copy(&c) ?: spare_page[1][0] << 8 | entry[REF + 5].flags;
}

static long grant_copy_to_readonly(void)
{
    struct gnttab_copy c = good_copy();

    c.dest = c.source;
    c.flags |= GNTCOPY_dest_gref;
    return grant_copy(&c);
}

static long grant_copy_beyond(void)
{
    struct gnttab_copy c = good_copy();

    c.source.offset = 4000;
    c.len = 200;
    return grant_copy(&c);
}

static long grant_copy_dest_beyond(void)
{
    struct gnttab_copy c = good_copy();

    c.dest.offset = 65535;
    return grant_copy(&c);
}

static long grant_copy_nothing(void)
{
    struct gnttab_copy c = good_copy();

    c.len = 0;
    c.source.offset = 4096;
    return grant_copy(&c);
}

static long grant_copy_nobody(void)
{
    struct gnttab_copy c = good_copy();

    c.source.domid = NOBODY;
    return grant_copy(&c);
}

static long grant_copy_foreign_frame(void)
{
    struct gnttab_copy c = good_copy();

    c.dest.domid = (domid_t)own; /* a number: frames go by DOMID_SELF only */
    return grant_copy(&c);
}

static long grant_copy_bad_ref(void)
{
    struct gnttab_copy c = good_copy();

    c.source.u.ref = BAD_REF;
    return grant_copy(&c);
}

static long grant_copy_empty_ref(void)
{
    struct gnttab_copy c = good_copy();

    c.source.u.ref = REF + 100;
    return grant_copy(&c);
}

static long grant_copy_no_ram(void)
{
    struct gnttab_copy c = good_copy();

    c.dest.u.gmfn = 0xfffffffffffful;
    return grant_copy(&c);
}

static long grant_copy_into_table(void)
{
    struct gnttab_copy c = good_copy();

    c.dest.u.gmfn = mfn_of(table_of(window[0], 1));
    return grant_copy(&c);
}

static long grant_copy_list(void) /* all are done, each has its own status */
{
    struct gnttab_copy c[4];
    long rc;

    for (unsigned int i = 0; i < ARRAY_SIZE(c); i++) {
        c[i] = good_copy();
        c[i].status = 77;
    }
    c[1].source.u.ref = BAD_REF;
    rc = grant_op(GNTTABOP_copy, c, ARRAY_SIZE(c));
    return rc ? rc : c[0].status << 12 | (-c[1].status) << 8 | c[2].status << 4 | c[3].status;
}

/* ---- the others */

static long transfer(uint64_t mfn, domid_t to, unsigned int ref)
{
    struct gnttab_transfer t = {.mfn = mfn, .domid = to, .ref = ref};
    long rc;

    grant_set_up();
    rc = grant_op(GNTTABOP_transfer, &t, 1);
    return rc ? rc : t.status;
}

static long grant_transfer_no_ram(void)
{
    return transfer(0xfffffffffffful, (domid_t)own, REF);
}

static long grant_transfer_mapped(void)
{
    return transfer(mfn_of(spare_page[2]), (domid_t)own, REF);
}

static long grant_transfer_table(void)
{
    return transfer(mfn_of(table_of(window[0], 1)), (domid_t)own, REF);
}

/* A page that nothing maps, to ourselves: it comes back under the same number. */
static long transfer_unmapped(domid_t to, uint16_t flags)
{
    uint64_t mfn = mfn_of(spare_page[5]);
    long rc;

    grant_set_up();
    entry[REF + 6].frame = 0;
    entry[REF + 6].domid = (domid_t)own;
    entry[REF + 6].flags = flags;
    (void)pvk_raw3(__HYPERVISOR_update_va_mapping, spare_page[5], 0, UVMF_INVLPG);
    rc = transfer(mfn, to, REF + 6);
    if (!rc)
        rc = entry[REF + 6].flags << 4 | (entry[REF + 6].frame == mfn);
    if (flags == GTF_accept_transfer && to == own)
        (void)pvk_raw3(__HYPERVISOR_update_va_mapping, spare_page[5], mfn << 12 | PTE_KERNEL,
                       UVMF_INVLPG);
    entry[REF + 6].flags = 0;
    return rc;
}

static long grant_transfer_works(void)
{
    return transfer_unmapped((domid_t)own, GTF_accept_transfer);
}

static long grant_transfer_not_wanted(void) /* the page is lost */
{
    return transfer_unmapped((domid_t)own, GTF_permit_access);
}

static long swap(unsigned int a, unsigned int b)
{
    struct gnttab_swap_grant_ref s = {.ref_a = a, .ref_b = b};
    long rc;

    grant_set_up();
    rc = grant_op(GNTTABOP_swap_grant_ref, &s, 1);
    return rc ? rc : s.status;
}

static long grant_swap_works(void)
{
    long rc;

    grant_set_up();
    grant_to(REF + 7, 3, spare_page[2], GTF_permit_access);
    grant_to(REF + 8, 4, spare_page[3], GTF_permit_access | GTF_readonly);
    rc = swap(REF + 7, REF + 8);
    return rc ? rc : entry[REF + 7].flags << 8 | entry[REF + 8].domid;
}

static long grant_swap_bad_ref(void)
{
    return swap(REF + 7, BAD_REF);
}

static long grant_swap_in_use(void)
{
    long rc;

    grant_set_up();
    grant_to(REF + 7, (domid_t)own, spare_page[2], GTF_permit_access);
    rc = grant_map_own(REF + 7, GNTMAP_device_map);
    if (rc)
        return rc;
    rc = swap(REF + 7, REF + 8);
    return grant_unmap(last.handle, 0, last.dev_bus_addr) ?: rc;
}

static long cache_flush(uint64_t addr, uint16_t offset, uint16_t length, uint32_t what)
{
    struct gnttab_cache_flush c = {.offset = offset, .length = length, .op = what};

    c.a.dev_bus_addr = addr;
    return grant_op(GNTTABOP_cache_flush, &c, 1);
}

static long grant_cache_own(void)
{
    return cache_flush(maddr_of(spare_page[2]), 0, 64, GNTTAB_CACHE_CLEAN);
}

static long grant_cache_both(void)
{
    return cache_flush(maddr_of(spare_page[2]), 0, 64, GNTTAB_CACHE_CLEAN | GNTTAB_CACHE_INVAL);
}

static long grant_cache_inval(void)
{
    return cache_flush(maddr_of(spare_page[2]), 0, 64, GNTTAB_CACHE_INVAL);
}

static long grant_cache_gref(void)
{
    return cache_flush(0, 0, 64, GNTTAB_CACHE_CLEAN | GNTTAB_CACHE_SOURCE_GREF);
}

static long grant_cache_beyond(void)
{
    return cache_flush(maddr_of(spare_page[2]), 4000, 200, GNTTAB_CACHE_CLEAN);
}

static long grant_cache_no_ram(void)
{
    return cache_flush(0xfffffffff000ul, 0, 64, GNTTAB_CACHE_CLEAN);
}

static long grant_cache_nothing(void)
{
    return cache_flush(0, 0, 0, 0);
}

#define C(name)            \
    {                      \
#name, name, false \
    }
const struct hostile_case grant_copy_cases[] = {
    C(grant_copy_works),         C(grant_copy_to_readonly),    C(grant_copy_beyond),
    C(grant_copy_dest_beyond),   C(grant_copy_nothing),        C(grant_copy_nobody),
    C(grant_copy_foreign_frame), C(grant_copy_bad_ref),        C(grant_copy_empty_ref),
    C(grant_copy_no_ram),        C(grant_copy_into_table),     C(grant_copy_list),
    C(grant_transfer_no_ram),    C(grant_transfer_mapped),     C(grant_transfer_table),
    C(grant_transfer_works),     C(grant_transfer_not_wanted), C(grant_swap_works),
    C(grant_swap_bad_ref),       C(grant_swap_in_use),         C(grant_cache_own),
    C(grant_cache_both),         C(grant_cache_inval),         C(grant_cache_gref),
    C(grant_cache_beyond),       C(grant_cache_no_ram),        C(grant_cache_nothing),
};
const unsigned int nr_grant_copy_cases = ARRAY_SIZE(grant_copy_cases);
