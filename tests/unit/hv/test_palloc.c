/* SPDX-License-Identifier: MIT */
/* The page allocator: what it gives is aligned, zero, nobody else's, and comes back whole. */
#include "fake_frames.h"

#include <stdlib.h>

#define ROUNDS 4000
#define HELD   64

static uint64_t all;

static int setup(void **state)
{
    fake_reset(1);
    stub_reset();
    all = palloc_free_frames();
    return 0;
}

static bool is_zero(mfn_t m, unsigned order)
{
    const uint8_t *p = mfn_to_virt(m);

    return !p[0] && !memcmp(p, p + 1, (PAGE_SIZE << order) - 1);
}

static void test_all_memory_is_free_at_first(void **state)
{
    assert_int_equal(all, FAKE_RAM_FRAMES - 16);
}

static void test_blocks_are_aligned_zero_and_the_hypervisors(void **state)
{
    memset(fake_ram, 0x5a, FAKE_RAM_FRAMES * PAGE_SIZE);
    for (unsigned order = 0; order <= 10; order++) {
        mfn_t m = palloc(order);

        assert_false(mfn_eq(m, INVALID_MFN));
        assert_int_equal(m.v % (1ull << order), 0);
        assert_true(is_zero(m, order));
        for (uint64_t i = 0; i < 1ull << order; i++) {
            assert_int_equal(frame_type(frame_of(MFN(m.v + i))), FT_HV);
            assert_null(frame_of(MFN(m.v + i))->owner);
        }
        pfree(m, order);
    }
    assert_int_equal(palloc_free_frames(), all);
}

static void test_all_can_be_had_once(void **state)
{
    static bool seen[FAKE_RAM_FRAMES];
    mfn_t m;

    memset(seen, 0, sizeof(seen));
    for (uint64_t n = 0; n < all; n++) {
        m = palloc(0);
        assert_true(mfn_valid(m));
        assert_false(seen[m.v]);
        seen[m.v] = true;
    }
    assert_true(mfn_eq(palloc(0), INVALID_MFN));
    assert_int_equal(palloc_free_frames(), 0);
    for (uint64_t i = 0; i < FAKE_RAM_FRAMES; i++)
        if (seen[i])
            pfree(MFN(i), 0);
    assert_int_equal(palloc_free_frames(), all);
    m = palloc(11); /* merged again: half of all there is */
    assert_int_equal(m.v, 2048);
}

/* Frames get and lose owner and type on other CPUs, while their buddies come back here. */
static void test_a_frame_between_two_owners_is_not_free(void **state)
{
    mfn_t m = palloc(1);
    struct frame *f = frame_of(m);

    assert_ptr_equal(f->owner, NULL);
    assert_int_equal(f->refs, 0);
    f->type = 0; /* its owner comes next */
    f->order = 0;
    pfree(MFN(m.v + 1), 0);
    f->type = (uint64_t)FT_HV << FRAME_TYPE_SHIFT;
    for (uint64_t n = 1; n < all; n++)
        assert_int_not_equal(palloc(0).v, m.v);
    assert_true(mfn_eq(palloc(0), INVALID_MFN));
}

static void test_orders_without_a_block(void **state)
{
    assert_true(mfn_eq(palloc(12), INVALID_MFN)); /* frame 0 is missing */
    assert_true(mfn_eq(palloc(19), INVALID_MFN));
    assert_true(mfn_eq(palloc(64), INVALID_MFN));
    assert_true(mfn_eq(palloc(~0u), INVALID_MFN));
    assert_int_equal(palloc_free_frames(), all);
}

static void test_memory_below_a_limit(void **state)
{
    mfn_t m = palloc(0), low;

    assert_in_range(m.v, 2048, 4095); /* high memory goes first */
    low = palloc_below(0, 12 + 5);
    assert_in_range(low.v, 16, 31);
    assert_true(mfn_eq(palloc_below(0, 12 + 4), INVALID_MFN)); /* no RAM down there */
    assert_true(mfn_eq(palloc_below(0, 12), INVALID_MFN));
    assert_true(mfn_eq(palloc_below(0, 1), INVALID_MFN));
    assert_false(mfn_eq(palloc_below(0, 255), INVALID_MFN));
    low = palloc_below(5, 12 + 6);
    assert_int_equal(low.v, 32);
    assert_true(mfn_eq(palloc_below(5, 12 + 6), INVALID_MFN));
}

static void test_random_blocks_never_overlap(void **state)
{
    struct {
        mfn_t m;
        unsigned order;
    } held[HELD] = {0};
    uint8_t *owner = calloc(FAKE_RAM_FRAMES, 1);
    uint32_t seed = 1;

    for (unsigned i = 0; i < ROUNDS; i++) {
        unsigned slot, order;

        seed = seed * 1664525 + 1013904223;
        slot = seed >> 26;
        order = (seed >> 20) % 6;
        if (held[slot].m.v) {
            for (uint64_t k = 0; k < 1ull << held[slot].order; k++)
                owner[held[slot].m.v + k]--;
            pfree(held[slot].m, held[slot].order);
            held[slot].m.v = 0;
            continue;
        }
        held[slot].m = palloc(order);
        held[slot].order = order;
        assert_true(mfn_valid(held[slot].m));
        for (uint64_t k = 0; k < 1ull << order; k++)
            assert_int_equal(++owner[held[slot].m.v + k], 1);
    }
    for (unsigned i = 0; i < HELD; i++)
        if (held[i].m.v)
            pfree(held[i].m, held[i].order);
    free(owner);
    assert_int_equal(palloc_free_frames(), all);
    assert_int_equal(palloc(11).v, 2048);
}

static void test_hv_alloc_keeps_no_more_than_asked(void **state)
{
    static const size_t sizes[] = {1, PAGE_SIZE, PAGE_SIZE + 1, 5 * PAGE_SIZE, 37 * PAGE_SIZE - 9};
    void *p[ARRAY_SIZE(sizes)];

    for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
        uint64_t before = palloc_free_frames();

        p[i] = hv_alloc(sizes[i]);
        assert_non_null(p[i]);
        assert_int_equal((uintptr_t)p[i] % PAGE_SIZE, 0);
        assert_int_equal(before - palloc_free_frames(), DIV_UP(sizes[i], PAGE_SIZE));
        memset(p[i], 0xa5, sizes[i]);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
        const uint8_t *b = p[i];

        assert_int_equal(b[0], 0xa5);
        assert_int_equal(b[sizes[i] - 1], 0xa5);
        hv_free(p[i], sizes[i]);
    }
    assert_int_equal(palloc_free_frames(), all);
    assert_null(hv_alloc(FAKE_RAM_FRAMES * PAGE_SIZE));
    assert_int_equal(palloc_free_frames(), all);
}

/* What a guest's stale TLB entry could reach is flushed before it is anybody else's. */
static void test_used_frames_are_flushed_before_they_are_given_out(void **state)
{
    mfn_t m = palloc(2);

    assert_int_equal(fake_reuse_flushes, 0); /* nobody had it yet */
    arch_frame_stamp(frame_of(MFN(m.v + 1)));
    arch_frame_stamp(frame_of(MFN(m.v + 3)));
    pfree(m, 2);
    while (m.v != palloc(2).v)
        assert_int_equal(fake_reuse_flushes, 0);
    assert_int_equal(fake_reuse_flushes, 1);
    pfree(m, 2);
    (void)palloc(2);
    assert_int_equal(fake_reuse_flushes, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_all_memory_is_free_at_first, setup),
        cmocka_unit_test_setup(test_blocks_are_aligned_zero_and_the_hypervisors, setup),
        cmocka_unit_test_setup(test_all_can_be_had_once, setup),
        cmocka_unit_test_setup(test_a_frame_between_two_owners_is_not_free, setup),
        cmocka_unit_test_setup(test_orders_without_a_block, setup),
        cmocka_unit_test_setup(test_memory_below_a_limit, setup),
        cmocka_unit_test_setup(test_random_blocks_never_overlap, setup),
        cmocka_unit_test_setup(test_hv_alloc_keeps_no_more_than_asked, setup),
        cmocka_unit_test_setup(test_used_frames_are_flushed_before_they_are_given_out, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
