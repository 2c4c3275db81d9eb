/* SPDX-License-Identifier: MIT */
/* Grants: no reference is lost, none is freed twice, none is freed while it is used. */
#include "unit.h"

#include <pvkit/grant.h>
#include <pvkit/hypercall/grant.h>

#define NR 40

static struct grant_entry_v1 table[NR];
static struct pvk_grant_slot slots[NR];
static struct pvk_grants g;

static int setup(void **state)
{
    fake_reset();
    memset(table, 0, sizeof(table));
    pvk_grants_init(&g, table, slots, NR);
    return 0;
}

static struct pvk_grant give(bool readonly)
{
    struct pvk_grant grant;

    assert_int_equal(pvk_grant_access(&g, 3, 0x1234, readonly, &grant), 0);
    return grant;
}

static void test_entry(void **state)
{
    struct pvk_grant w = give(false), r = give(true);

    assert_true(w.ref >= GNTTAB_NR_RESERVED_ENTRIES && w.ref != r.ref);
    assert_int_equal(table[w.ref].flags, GTF_permit_access);
    assert_int_equal(table[r.ref].flags, GTF_permit_access | GTF_readonly);
    assert_int_equal(table[w.ref].domid, 3);
    assert_int_equal(table[w.ref].frame, 0x1234);
    assert_int_equal(pvk_grants_held(&g), 2);
    assert_int_equal(pvk_grant_end(&g, w), 0);
    assert_int_equal(pvk_grant_end(&g, r), 0);
    assert_int_equal(table[w.ref].flags, 0);
    assert_int_equal(pvk_grants_held(&g), 0);
}

static void test_all_and_no_more(void **state)
{
    struct pvk_grant all[NR], one;
    unsigned int n = 0;

    while (!pvk_grant_access(&g, 3, n, false, &all[n]))
        n++;
    assert_int_equal(n, NR - GNTTAB_NR_RESERVED_ENTRIES);
    assert_int_equal(pvk_grant_access(&g, 3, 0, false, &one), -XEN_ENOSPC);
    for (unsigned int i = 0; i < n; i++)
        assert_int_equal(pvk_grant_end(&g, all[i]), 0);
    assert_int_equal(pvk_grants_held(&g), 0);
    for (unsigned int i = 0; i < GNTTAB_NR_RESERVED_ENTRIES; i++)
        assert_int_equal(table[i].flags, 0);
}

static void test_in_use(void **state)
{
    struct pvk_grant grant = give(false);

    assert_false(pvk_grant_in_use(&g, grant));
    table[grant.ref].flags |= GTF_reading;
    assert_true(pvk_grant_in_use(&g, grant));
    assert_int_equal(pvk_grant_end(&g, grant), -XEN_EBUSY);
    assert_int_equal(table[grant.ref].flags, GTF_permit_access | GTF_reading);
    assert_int_equal(pvk_grants_held(&g), 1);
    table[grant.ref].flags = GTF_permit_access;
    assert_int_equal(pvk_grant_end(&g, grant), 0);
}

static void test_ended_twice(void **state)
{
    struct pvk_grant old = give(false), new;

    assert_int_equal(pvk_grant_end(&g, old), 0);
    assert_int_equal(pvk_grant_end(&g, old), -XEN_EINVAL);
    new = give(false);
    assert_int_equal(new.ref, old.ref); /* the same reference, another grant */
    assert_int_equal(pvk_grant_end(&g, old), -XEN_EINVAL);
    assert_int_equal(table[new.ref].flags, GTF_permit_access);
    assert_int_equal(pvk_grant_end(&g, new), 0);
}

/* What was granted before us: taken back, but for what is in use, which nobody gets. */
static void test_predecessor(void **state)
{
    struct pvk_grant left = give(false), used = give(true), all[NR];
    unsigned int n = 0;

    table[used.ref].flags |= GTF_reading;
    pvk_grants_init(&g, table, slots, NR);
    assert_int_equal(table[left.ref].flags, 0);
    assert_int_equal(table[used.ref].flags, GTF_permit_access | GTF_readonly | GTF_reading);
    assert_int_equal(pvk_grant_end(&g, used), -XEN_EINVAL);
    while (!pvk_grant_access(&g, 3, n, false, &all[n]))
        assert_int_not_equal(all[n++].ref, used.ref);
    assert_int_equal(n, NR - GNTTAB_NR_RESERVED_ENTRIES - 1);
}

static void test_no_grant(void **state)
{
    struct pvk_grant huge = {~0u, 1}, reserved = {1, 1}, even = {20, 0}, grant;

    assert_int_equal(pvk_grant_end(&g, PVK_GRANT_NONE), -XEN_EINVAL);
    assert_int_equal(pvk_grant_end(&g, huge), -XEN_EINVAL);
    assert_int_equal(pvk_grant_end(&g, reserved), -XEN_EINVAL);
    assert_int_equal(pvk_grant_end(&g, even), -XEN_EINVAL);
    assert_false(pvk_grant_in_use(&g, huge));
    assert_int_equal(pvk_grant_access(&g, 3, 1ull << 32, false, &grant), -XEN_EINVAL);
    assert_int_equal(pvk_grants_held(&g), 0);
}

static long answer(unsigned long number, const unsigned long *args)
{
    struct gnttab_query_size *q = (void *)args[1];
    struct gnttab_setup_table *s = (void *)args[1];

    assert_int_equal(number, __HYPERVISOR_grant_table_op);
    assert_int_equal(args[2], 1);
    if (args[0] == GNTTABOP_query_size) {
        q->nr_frames = 1;
        q->max_nr_frames = 64;
        q->status = GNTST_okay;
        return 0;
    }
    s->status = s->nr_frames > 64 ? GNTST_general_error : GNTST_okay;
    return 0;
}

static void test_wrappers(void **state)
{
    xen_pfn_t frames[1];
    uint32_t n = 0, max = 0;

    assert_int_equal(hypercall_gnttab_query_size(&n, &max), -XEN_ENOSYS);
    fake_hypercall = answer;
    assert_int_equal(hypercall_gnttab_query_size(&n, &max), 0);
    assert_int_equal(n, 1);
    assert_int_equal(max, 64);
    assert_int_equal(hypercall_gnttab_setup_table(1, frames), 0);
    assert_int_equal(hypercall_gnttab_setup_table(65, frames), GNTST_general_error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_entry, setup),
        cmocka_unit_test_setup(test_all_and_no_more, setup),
        cmocka_unit_test_setup(test_in_use, setup),
        cmocka_unit_test_setup(test_ended_twice, setup),
        cmocka_unit_test_setup(test_predecessor, setup),
        cmocka_unit_test_setup(test_no_grant, setup),
        cmocka_unit_test_setup(test_wrappers, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
