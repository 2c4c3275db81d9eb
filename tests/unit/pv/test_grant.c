/* SPDX-License-Identifier: MIT */
/* Grants in page tables: dom maps pages of other's. */
#include "grant.h"
#include "pvunit.h"

#define REF    10
#define GIFT   20 /* the page of other's that is granted */
#define WINDOW 30 /* the page of dom's in whose place it is mapped */

static grant_entry_v1_t *entries;

static struct frame *gift(void)
{
    return frame_of(d_mfn(other, GIFT));
}

static int setup(void **state)
{
    int rc = pv_setup(state);

    spin_lock(&other->lock);
    frame_drain(other, NULL); /* what it mapped itself */
    spin_unlock(&other->lock);
    entries = mfn_to_virt(grant_frame(other, 0));
    entries[REF] = (grant_entry_v1_t){GTF_permit_access, dom->id, (uint32_t)d_mfn(other, GIFT).v};
    return rc;
}

static struct gnttab_map_grant_ref *map(uint32_t flags, uint64_t addr)
{
    struct gnttab_map_grant_ref *m = (void *)fake_arg;

    *m = (struct gnttab_map_grant_ref){
        .host_addr = addr, .flags = GNTMAP_host_map | flags, .ref = REF, .dom = other->id};
    assert_int_equal(g_grant(GNTTABOP_map_grant_ref, m, 1), 0);
    return m;
}

static int unmap(grant_handle_t handle, uint64_t addr)
{
    struct gnttab_unmap_grant_ref *u = (void *)fake_arg;

    *u = (struct gnttab_unmap_grant_ref){.host_addr = addr, .handle = handle};
    assert_int_equal(g_grant(GNTTABOP_unmap_grant_ref, u, 1), 0);
    return u->status;
}

static grant_handle_t map_ok(uint32_t flags)
{
    struct gnttab_map_grant_ref *m = map(flags, va_of(WINDOW));

    assert_int_equal(m->status, GNTST_okay);
    return m->handle;
}

static unsigned writers(void)
{
    return (unsigned)(gift()->type & FRAME_TYPE_COUNT);
}

static void test_entry_and_references(void **state)
{
    uint64_t refs = gift()->refs, own = frame(WINDOW)->refs;
    unsigned w = writers();
    grant_handle_t h = map_ok(0);

    assert_int_equal(*word(3, WINDOW) & ~PTE_AVAILH,
                     d_mfn(other, GIFT).v << PAGE_SHIFT | KERNEL | PTE_US | PTE_A | PTE_D);
    assert_int_equal(gift()->refs, refs + 1);
    assert_int_equal(writers(), w + 1);
    assert_int_equal(frame(WINDOW)->refs, own - 1); /* what was mapped there is not any more */
    assert_int_equal(domain_audit(other), 0);
    assert_int_equal(domain_audit(dom), 0);
    assert_ptr_equal(fake_access(va_of(WINDOW), true), mfn_to_virt(d_mfn(other, GIFT)));
    assert_int_equal(unmap(h, va_of(WINDOW)), GNTST_okay);
    assert_int_equal(*word(3, WINDOW), 0);
    assert_null(fake_access(va_of(WINDOW), false)); /* not in the TLB either */
    assert_int_equal(gift()->refs, refs);
    assert_int_equal(writers(), w);
}

static void test_read_only(void **state)
{
    unsigned w = writers();
    grant_handle_t h = map_ok(GNTMAP_readonly);

    assert_null(fake_access(va_of(WINDOW), true));
    assert_int_equal(writers(), w);
    assert_int_equal(g_update_va(va_of(WINDOW), *word(3, WINDOW) | PTE_RW, UVMF_NONE), -XEN_EBUSY);
    assert_int_equal(unmap(h, va_of(WINDOW)), GNTST_okay);
}

static void test_copied_by_hand(void **state)
{
    grant_handle_t h = map_ok(0);

    assert_int_equal(g_update_va(va_of(WINDOW + 1), *word(3, WINDOW), UVMF_NONE), -XEN_EBUSY);
    assert_int_equal(unmap(h, va_of(WINDOW + 1)), GNTST_general_error);
    assert_int_equal(unmap(h, va_of(WINDOW)), GNTST_okay);
}

/* The reference goes with the entry, the pin stays until the user's end. */
static void test_overwritten_by_hand(void **state)
{
    uint64_t refs = gift()->refs;
    grant_handle_t h = map_ok(0);

    assert_int_equal(g_update_va(va_of(WINDOW), entry(WINDOW, KERNEL), UVMF_INVLPG), 0);
    assert_int_equal(gift()->refs, refs);
    assert_int_equal(entries[REF].flags, GTF_permit_access | GTF_reading | GTF_writing);
    assert_int_equal(unmap(h, va_of(WINDOW)), GNTST_general_error);
    assert_int_equal(domain_audit(other), 0);
    while (!grant_release(dom))
        ;
    assert_int_equal(entries[REF].flags, GTF_permit_access);
    assert_int_equal(gift()->refs, refs);
}

/* The user forgets to flush; what it could still write to becomes a page table of the owner's. */
static void test_stale_entry_and_a_table_of_the_owner(void **state)
{
    map_ok(0);
    assert_non_null(fake_access(va_of(WINDOW), true));
    assert_int_equal(g_update_va(va_of(WINDOW), entry(WINDOW, KERNEL), UVMF_NONE), 0);
    memset(mfn_to_virt(d_mfn(other, GIFT)), 0, PAGE_SIZE);
    spin_lock(&other->lock);
    assert_int_equal(frame_get_and_type(gift(), other, FT_L1), 0);
    assert_int_equal(fake_tlb_violations(), 0);
    frame_put_and_type(gift());
    frame_drain(other, NULL);
    spin_unlock(&other->lock);
}

static void test_tables_of_the_owner(void **state)
{
    memset(mfn_to_virt(d_mfn(other, GIFT)), 0, PAGE_SIZE);
    spin_lock(&other->lock);
    assert_int_equal(frame_get_and_type(gift(), other, FT_L1), 0);
    spin_unlock(&other->lock);
    assert_int_equal(map(0, va_of(WINDOW))->status, GNTST_general_error);
    assert_int_equal(*word(3, WINDOW), entry(WINDOW, KERNEL | PTE_US | PTE_KERNEL));
    spin_lock(&other->lock);
    frame_put_and_type(gift()); /* dead, but not taken apart yet */
    spin_unlock(&other->lock);
    assert_int_equal(unmap(map_ok(0), va_of(WINDOW)), GNTST_okay);
    spin_lock(&other->lock);
    frame_drain(other, NULL);
    spin_unlock(&other->lock);
}

static void test_by_machine_address(void **state)
{
    struct gnttab_map_grant_ref *m = map(GNTMAP_contains_pte, word_ma(3, WINDOW));

    assert_int_equal(m->status, GNTST_okay);
    assert_int_equal(unmap(m->handle, word_ma(3, WINDOW)), GNTST_okay);
    for (unsigned table = 0; table < 3; table++) /* not an L1 */
        assert_int_equal(map(GNTMAP_contains_pte, word_ma(table, 5))->status, GNTST_general_error);
    assert_int_equal(map(GNTMAP_contains_pte, word_ma(3, WINDOW) + 1)->status, GNTST_general_error);
    assert_int_equal(map(GNTMAP_contains_pte, word_ma(DATA, 0))->status, GNTST_general_error);
    assert_int_equal(map(GNTMAP_contains_pte, d_mfn(other, 3).v << PAGE_SHIFT)->status,
                     GNTST_general_error);
    assert_int_equal(map(GNTMAP_contains_pte, ~7ull)->status, GNTST_general_error);
    assert_int_equal(map(0, 0xffff800000000000)->status, GNTST_general_error);
    assert_int_equal(map(0, 1ull << 46)->status, GNTST_general_error);
    assert_int_equal(entries[REF].flags, GTF_permit_access);
}

static void test_replace(void **state)
{
    struct gnttab_unmap_and_replace *u = (void *)fake_arg;
    uint64_t old = *word(3, WINDOW + 1), refs = frame(WINDOW + 1)->refs;
    grant_handle_t h = map_ok(0);

    *u = (struct gnttab_unmap_and_replace){va_of(WINDOW), va_of(WINDOW + 1), h, 0};
    assert_int_equal(g_grant(GNTTABOP_unmap_and_replace, u, 1), 0);
    assert_int_equal(u->status, GNTST_okay);
    assert_int_equal(*word(3, WINDOW), old);
    assert_int_equal(*word(3, WINDOW + 1), 0);
    assert_int_equal(frame(WINDOW + 1)->refs, refs);
}

/* The mapping side ends: its tables let go of the page, and the pin goes. */
static void test_end_of_the_user(void **state)
{
    uint64_t refs = gift()->refs;

    map_ok(0);
    for (unsigned i = 0; i < dom->nr_vcpus; i++)
        fake_leave(dom->vcpu[i]);
    while (!grant_release(dom))
        ;
    while (!domain_release_memory(dom))
        ;
    assert_int_equal(gift()->refs, refs);
    assert_int_equal(entries[REF].flags, GTF_permit_access);
}

/* The granting side ends: the page is kept until the user lets go of it. */
static void test_end_of_the_owner(void **state)
{
    grant_handle_t h = map_ok(0);
    uint64_t free;

    grant_close(other);
    assert_int_equal(domain_audit(other), 0);
    while (!domain_release_memory(other))
        ;
    grant_destroy(other);
    free = palloc_free_frames();
    assert_non_null(fake_access(va_of(WINDOW), true));
    assert_int_equal(map(0, va_of(WINDOW + 1))->status, GNTST_bad_domain);
    assert_int_equal(unmap(h, va_of(WINDOW)), GNTST_okay);
    assert_true(palloc_free_frames() > free);
    assert_null(gift()->owner);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, pv_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_entry_and_references),
        T(test_read_only),
        T(test_copied_by_hand),
        T(test_overwritten_by_hand),
        T(test_stale_entry_and_a_table_of_the_owner),
        T(test_tables_of_the_owner),
        T(test_by_machine_address),
        T(test_replace),
        T(test_end_of_the_user),
        T(test_end_of_the_owner),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
