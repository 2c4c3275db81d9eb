/* SPDX-License-Identifier: MIT */
/* Frames: references, types that exclude each other, and the way back to the allocator. */
#include "fake_frames.h"

#include <pthread.h>

#define THREADS 4
#define TURNS   20000

static struct domain *d, *other;
static mfn_t m;
static struct frame *f;

static int setup(void **state)
{
    world_reset(THREADS);
    d = world_domain(1, 256);
    other = world_domain(1, 256);
    m = own_page(d);
    f = frame_of(m);
    return 0;
}

static uint64_t refs(const struct frame *p)
{
    return p->refs & ~FRAME_REFS_ALLOCATED;
}

static uint64_t types(const struct frame *p)
{
    return p->type & FRAME_TYPE_COUNT;
}

/* ---- references */

static void test_only_the_owner_gets_a_reference(void **state)
{
    mfn_t hv = palloc(0);

    assert_true(frame_get(f, d));
    assert_int_equal(refs(f), 2);
    assert_false(frame_get(f, other));
    assert_int_equal(refs(f), 2);
    assert_false(frame_get(frame_of(hv), d));
    assert_false(frame_get(frame_of(hv), NULL));
    assert_false(frame_get(frame_of(MFN(0)), d)); /* not RAM */
    frame_put(f);
}

static void test_a_page_is_free_with_its_last_reference(void **state)
{
    uint64_t before = palloc_free_frames(), pages = d->tot_pages;

    arch_m2p_set(m, GFN(7));
    assert_true(frame_get(f, d));
    assert_true(frame_release(f));
    assert_false(frame_release(f)); /* its own reference is gone already */
    assert_ptr_equal(f->owner, d);
    assert_int_equal(d->tot_pages, pages);
    assert_true(frame_get(f, d)); /* what is still used can be used more */
    frame_put(f);
    frame_put(f);
    assert_null(f->owner);
    assert_int_equal(d->tot_pages, pages - 1);
    assert_int_equal(palloc_free_frames(), before + 1);
    assert_int_equal(arch_m2p_get(m).v, INVALID_GFN.v);
    assert_false(frame_get(f, d));
}

static void test_a_domain_has_no_more_than_its_limit(void **state)
{
    uint64_t before;

    d->max_pages = d->tot_pages + 5;
    before = palloc_free_frames();
    assert_true(mfn_eq(frame_alloc_domain(d, 3), INVALID_MFN));
    assert_int_equal(palloc_free_frames(), before);
    assert_false(mfn_eq(frame_alloc_domain(d, 2), INVALID_MFN));
    assert_false(mfn_eq(frame_alloc_domain(d, 0), INVALID_MFN));
    assert_true(mfn_eq(frame_alloc_domain(d, 0), INVALID_MFN));
    assert_int_equal(d->tot_pages, d->max_pages);
    d->max_pages = 1; /* lowered below what it has */
    assert_true(mfn_eq(frame_alloc_domain(d, 0), INVALID_MFN));
}

static void test_a_failed_allocation_is_not_charged(void **state)
{
    uint64_t pages = d->tot_pages;

    d->max_pages = ~0ull;
    assert_true(mfn_eq(frame_alloc_domain(d, 12), INVALID_MFN));
    assert_int_equal(d->tot_pages, pages);
}

/* ---- types */

static void test_writable_and_table_exclude_each_other(void **state)
{
    for (enum frame_type t = FT_L1; t <= FT_DESC; t++) {
        assert_int_equal(frame_get_and_type(f, d, t), 0);
        assert_int_equal(frame_get_and_type(f, d, FT_WRITABLE), -XEN_EBUSY);
        assert_int_equal(refs(f), 2);
        put_both(f);
        assert_int_equal(frame_get_and_type(f, d, FT_WRITABLE), 0);
        assert_int_equal(frame_get_and_type(f, d, t), -XEN_EINVAL);
        assert_int_equal(refs(f), 2);
        put_both(f);
    }
}

static void test_table_levels_exclude_each_other(void **state)
{
    for (enum frame_type a = FT_L1; a <= FT_DESC; a++) {
        assert_int_equal(frame_get_and_type(f, d, a), 0);
        for (enum frame_type b = FT_L1; b <= FT_DESC; b++) {
            assert_int_equal(frame_get_and_type(f, d, b), a == b ? 0 : -XEN_EINVAL);
            if (a == b)
                put_both(f);
        }
        put_both(f);
    }
}

static void test_contents_are_validated_on_first_use_only(void **state)
{
    assert_int_equal(frame_get_and_type(f, d, FT_L2), 0);
    assert_int_equal(frame_get_and_type(f, d, FT_L2), 0);
    assert_int_equal(fake_validations, 1);
    put_both(f);
    assert_int_equal(fake_devalidations, 0);
    put_both(f);
    assert_int_equal(fake_devalidations, 1);
    assert_false(f->type & FRAME_TYPE_VALID);
    assert_int_equal(frame_get_and_type(f, d, FT_L2), 0); /* again: it was writable meanwhile */
    assert_int_equal(fake_validations, 2);
    put_both(f);
}

static void test_invalid_contents_leave_no_trace(void **state)
{
    fake_validate_result = -XEN_EPERM;
    assert_int_equal(frame_get_and_type(f, d, FT_L4), -XEN_EPERM);
    assert_int_equal(frame_type(f), FT_NONE);
    assert_int_equal(types(f), 0);
    assert_int_equal(refs(f), 1);
    assert_int_equal(fake_devalidations, 0);
    assert_int_equal(frame_get_and_type(f, d, FT_WRITABLE), 0);
    put_both(f);
}

static void test_a_change_of_type_flushes(void **state)
{
    assert_int_equal(frame_get_type(f, FT_WRITABLE), 0);
    put_type(f);
    assert_int_equal(frame_get_type(f, FT_WRITABLE), 0);
    put_type(f);
    assert_int_equal(fake_reuse_flushes, 0);
    assert_int_equal(frame_get_type(f, FT_L1), 0);
    assert_int_equal(fake_reuse_flushes, 1);
    put_type(f);
    assert_int_equal(frame_get_type(f, FT_L1), 0);
    put_type(f);
    assert_int_equal(fake_reuse_flushes, 1);
    assert_int_equal(frame_get_type(f, FT_WRITABLE), 0); /* stale walks through the old table */
    assert_int_equal(fake_reuse_flushes, 2);
    put_type(f);
}

static void test_the_last_use_is_stamped(void **state)
{
    uint64_t stamp;

    assert_int_equal(frame_get_type(f, FT_WRITABLE), 0);
    assert_int_equal(frame_get_type(f, FT_WRITABLE), 0);
    stamp = f->tlb_stamp;
    put_type(f);
    assert_int_equal(f->tlb_stamp, stamp);
    put_type(f);
    assert_true(f->tlb_stamp > stamp);
}

static void test_hypervisor_pages_are_never_a_guests(void **state)
{
    struct frame *hv = frame_of(palloc(0));

    for (enum frame_type t = FT_NONE; t <= FT_SHARED; t++)
        assert_int_not_equal(frame_get_type(hv, t), 0);
    assert_int_equal(hv->type, (uint64_t)FT_HV << FRAME_TYPE_SHIFT);
    for (enum frame_type t = FT_HV; t <= FT_SHARED; t++)
        assert_int_not_equal(frame_get_type(f, t), 0);
    assert_int_not_equal(frame_get_type(f, FT_NONE), 0);
    assert_int_equal(types(f), 0);
}

static void test_shared_pages_stay_what_they_are(void **state)
{
    struct frame *s = frame_of(d->shared_mfn);
    uint64_t before = palloc_free_frames();

    assert_int_equal(frame_get_and_type(s, d, FT_SHARED), 0);
    assert_int_equal(frame_get_and_type(s, d, FT_WRITABLE), 0); /* one more use of the same type */
    assert_int_equal(frame_type(s), FT_SHARED);
    put_both(s);
    for (enum frame_type t = FT_L1; t <= FT_DESC; t++)
        assert_int_not_equal(frame_get_and_type(s, d, t), 0);
    assert_int_equal(frame_get_and_type(s, other, FT_SHARED), -XEN_EINVAL);
    put_both(s);
    assert_false(frame_release(s)); /* not the guest's to give away */
    assert_int_equal(types(s), 1);
    assert_int_equal(refs(s), 1);
    assert_int_equal(palloc_free_frames(), before);
}

/* ---- exchange */

static void test_only_unused_pages_can_be_stolen(void **state)
{
    struct list stolen;
    uint64_t pages = d->tot_pages;

    list_init(&stolen);
    assert_int_equal(frame_steal(f, other, &stolen), -XEN_EINVAL);
    assert_true(frame_get(f, d));
    assert_int_equal(frame_steal(f, d, &stolen), -XEN_EINVAL);
    frame_put(f);
    assert_int_equal(frame_steal(frame_of(d->shared_mfn), d, &stolen), -XEN_EINVAL);
    assert_true(list_empty(&stolen));
    assert_int_equal(frame_steal(f, d, &stolen), 0);
    assert_false(frame_get(f, d));
    assert_int_equal(frame_steal(f, d, &stolen), -XEN_EINVAL); /* twice in one list */
    assert_int_equal(d->tot_pages, pages - 1);
    frames_unsteal(d, &stolen);
    assert_true(list_empty(&stolen));
    assert_int_equal(d->tot_pages, pages);
    assert_true(frame_get(f, d));
    frame_put(f);
}

static void test_stolen_pages_can_be_freed(void **state)
{
    uint64_t before = palloc_free_frames();
    struct list stolen;

    list_init(&stolen);
    assert_int_equal(frame_steal(f, d, &stolen), 0);
    frames_free_stolen(&stolen);
    assert_int_equal(palloc_free_frames(), before + 1);
    assert_null(f->owner);
}

/* ---- the end of a domain */

static void test_all_memory_of_a_domain_comes_back(void **state)
{
    uint64_t before = palloc_free_frames() + d->tot_pages;
    unsigned steps = 1;

    for (unsigned i = 0; i < 900; i++)
        (void)own_page(d);
    assert_int_equal(frame_get_and_type(f, d, FT_L4), 0);
    f->type |= FRAME_TYPE_PINNED;
    while (!domain_release_memory(d))
        assert_in_range(++steps, 1, 10);
    assert_true(steps > 1);
    assert_int_equal(d->tot_pages, 0);
    assert_int_equal(palloc_free_frames(), before);
    assert_int_equal(fake_devalidations, 1);
}

static void test_pages_in_use_outlive_their_domain(void **state)
{
    uint64_t before;

    assert_int_equal(frame_get_and_type(f, d, FT_WRITABLE), 0);
    while (!domain_release_memory(d))
        ;
    assert_int_equal(d->tot_pages, 1);
    assert_ptr_equal(f->owner, d);
    before = palloc_free_frames();
    put_both(f);
    assert_int_equal(palloc_free_frames(), before + 1);
    assert_int_equal(d->tot_pages, 0);
}

static void test_a_page_given_back_while_pinned_is_not_forgotten(void **state)
{
    assert_int_equal(frame_get_and_type(f, d, FT_L1), 0);
    f->type |= FRAME_TYPE_PINNED;
    assert_true(frame_release(f));
    for (unsigned i = 0; i < 3; i++)
        (void)own_page(d);
    while (!domain_release_memory(d))
        ;
    assert_int_equal(d->tot_pages, 0);
}

/* ---- several CPUs */

static unsigned writers, tables;
static bool broken;

static void *fight(void *arg)
{
    enum frame_type t = (uintptr_t)arg % 2 ? FT_L1 : FT_WRITABLE;
    unsigned *mine = t == FT_L1 ? &tables : &writers, *theirs = t == FT_L1 ? &writers : &tables;

    fake_be((uint32_t)(uintptr_t)arg);
    for (unsigned i = 0; i < TURNS; i++) {
        bool got;

        spin_lock(&d->lock); /* a use may begin or end the life of a table */
        got = !frame_get_and_type(f, d, t);
        spin_unlock(&d->lock);
        if (!got)
            continue;
        __atomic_fetch_add(mine, 1, __ATOMIC_SEQ_CST);
        if (__atomic_load_n(theirs, __ATOMIC_SEQ_CST))
            broken = true;
        __atomic_fetch_sub(mine, 1, __ATOMIC_SEQ_CST);
        put_both(f);
    }
    return NULL;
}

static void test_two_types_never_meet(void **state)
{
    pthread_t t[THREADS];

    for (uintptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&t[i], NULL, fight, (void *)i), 0);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(t[i], NULL);
    assert_false(broken);
    assert_int_equal(types(f), 0);
    assert_int_equal(refs(f), 1);
    assert_int_equal(fake_validations, fake_devalidations);
}

static void *alloc_and_free(void *arg)
{
    struct domain *mine = (uintptr_t)arg % 2 ? d : other;

    fake_be((uint32_t)(uintptr_t)arg);
    for (unsigned i = 0; i < TURNS / 10; i++) {
        mfn_t p = frame_alloc_domain(mine, i % 3);

        for (unsigned k = 0; !mfn_eq(p, INVALID_MFN) && k < 1u << i % 3; k++) {
            struct frame *pf = frame_of(MFN(p.v + k));

            if (!frame_get(pf, mine))
                broken = true;
            (void)frame_release(pf);
            frame_put(pf);
        }
    }
    return NULL;
}

static void test_allocation_by_several_cpus(void **state)
{
    uint64_t before = palloc_free_frames(), pages = d->tot_pages + other->tot_pages;
    pthread_t t[THREADS];

    for (uintptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&t[i], NULL, alloc_and_free, (void *)i), 0);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(t[i], NULL);
    assert_false(broken);
    assert_int_equal(palloc_free_frames(), before);
    assert_int_equal(d->tot_pages + other->tot_pages, pages);
}

/* ---- diagnostics */

static void test_describe(void **state)
{
    char text[96];

    assert_int_equal(frame_get_and_type(f, d, FT_L1), 0);
    f->type |= FRAME_TYPE_PINNED;
    frame_describe(m, text, sizeof(text));
    assert_string_equal(text, "owner d1 type l1 count 1 refs 2 pinned");
    f->type &= ~FRAME_TYPE_PINNED;
    (void)frame_release(f);
    frame_describe(m, text, sizeof(text));
    assert_string_equal(text, "owner d1 type l1 count 1 refs 1 released");
    put_both(f);
    frame_describe(palloc(0), text, sizeof(text));
    assert_string_equal(text, "owner none type hypervisor count 0 refs 0 released");
    frame_describe(MFN(FAKE_RAM_FRAMES), text, sizeof(text));
    assert_string_equal(text, "not RAM");
    frame_describe(m, text, 6);
    assert_string_equal(text, "owner");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_only_the_owner_gets_a_reference, setup),
        cmocka_unit_test_setup(test_a_page_is_free_with_its_last_reference, setup),
        cmocka_unit_test_setup(test_a_domain_has_no_more_than_its_limit, setup),
        cmocka_unit_test_setup(test_a_failed_allocation_is_not_charged, setup),
        cmocka_unit_test_setup(test_writable_and_table_exclude_each_other, setup),
        cmocka_unit_test_setup(test_table_levels_exclude_each_other, setup),
        cmocka_unit_test_setup(test_contents_are_validated_on_first_use_only, setup),
        cmocka_unit_test_setup(test_invalid_contents_leave_no_trace, setup),
        cmocka_unit_test_setup(test_a_change_of_type_flushes, setup),
        cmocka_unit_test_setup(test_the_last_use_is_stamped, setup),
        cmocka_unit_test_setup(test_hypervisor_pages_are_never_a_guests, setup),
        cmocka_unit_test_setup(test_shared_pages_stay_what_they_are, setup),
        cmocka_unit_test_setup(test_only_unused_pages_can_be_stolen, setup),
        cmocka_unit_test_setup(test_stolen_pages_can_be_freed, setup),
        cmocka_unit_test_setup(test_all_memory_of_a_domain_comes_back, setup),
        cmocka_unit_test_setup(test_pages_in_use_outlive_their_domain, setup),
        cmocka_unit_test_setup(test_a_page_given_back_while_pinned_is_not_forgotten, setup),
        cmocka_unit_test_setup(test_two_types_never_meet, setup),
        cmocka_unit_test_setup(test_allocation_by_several_cpus, setup),
        cmocka_unit_test_setup(test_describe, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
