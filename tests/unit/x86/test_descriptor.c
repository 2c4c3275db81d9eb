/* SPDX-License-Identifier: MIT */
/* Descriptors a guest may load into its tables, and the form they get there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "hv.h"
#include "pv.h"

#define P       (1ull << 47)
#define S       (1ull << 44)
#define DPL(n)  ((uint64_t)(n) << 45)
#define TYPE(n) ((uint64_t)(n) << 40)
#define SEL(n)  ((uint64_t)(n) << 16)

#define CALL_GATE 0xc

static bool fixed(uint64_t in, uint64_t *out)
{
    *out = in;
    return desc_fixup(out);
}

static void test_not_present_is_left_alone(void **state)
{
    uint64_t out;

    for (unsigned type = 0; type < 16; type++) {
        uint64_t in = DPL(0) | TYPE(type) | 0x12345;

        assert_true(fixed(in, &out));
        assert_int_equal(out, in);
    }
}

static void test_code_and_data_run_at_cpl3(void **state)
{
    uint64_t out;

    for (unsigned type = 0; type < 16; type++) {
        for (unsigned dpl = 0; dpl < 4; dpl++) {
            uint64_t in = 0x00af00000000ffffull | P | S | DPL(dpl) | TYPE(type);

            assert_true(fixed(in, &out));
            assert_int_equal(out, in | DPL(3));
        }
    }
}

/* LDT, TSS, interrupt and trap gates, and what is reserved. */
static void test_system_types_are_refused(void **state)
{
    uint64_t out;

    for (unsigned type = 1; type < 16; type++) {
        bool ok = fixed(P | TYPE(type) | DPL(3) | SEL(FLAT_KERNEL_CS), &out);

        assert_int_equal(ok, type == CALL_GATE);
    }
}

static void test_upper_half_of_a_gate(void **state)
{
    uint64_t in = P | TYPE(0) | DPL(3) | 0xffff8000, out;

    assert_true(fixed(in, &out));
    assert_int_equal(out, in);
}

static void test_call_gate_cannot_be_used(void **state)
{
    uint64_t out;

    for (unsigned dpl = 0; dpl < 4; dpl++) {
        assert_true(fixed(P | TYPE(CALL_GATE) | DPL(dpl) | SEL(0x8), &out));
        assert_int_equal(out & DPL(3), 0);
        assert_int_equal(out >> 16 & 0xffff, 0xb);
        assert_true(out & P);
    }
}

static bool gate_to(uint16_t sel)
{
    uint64_t out;

    return fixed(P | TYPE(CALL_GATE) | DPL(3) | SEL(sel), &out);
}

static void test_call_gate_targets(void **state)
{
    assert_true(gate_to(0));
    assert_true(gate_to(FIRST_RESERVED_GDT_BYTE - 8));
    assert_true(gate_to(FLAT_KERNEL_CS));
    assert_true(gate_to(0xfffc)); /* an LDT selector */
    for (unsigned sel = FIRST_RESERVED_GDT_BYTE; sel < 0x10000; sel++)
        if (!(sel & 4) && sel != FLAT_KERNEL_CS)
            assert_false(gate_to((uint16_t)sel));
}

static void test_call_gate_reserved_bits(void **state)
{
    uint64_t out;

    for (unsigned bit = 32; bit < 40; bit++)
        assert_false(fixed(P | TYPE(CALL_GATE) | DPL(3) | SEL(0x8) | 1ull << bit, &out));
}

static void test_fixing_twice_changes_nothing(void **state)
{
    uint64_t once, twice;

    for (unsigned i = 0; i < 0x10000; i++) {
        uint64_t in = (uint64_t)i << 40 | SEL(0x33) | i;

        if (!fixed(in, &once))
            continue;
        assert_true(fixed(once, &twice));
        assert_int_equal(once, twice);
    }
}

/* One bad entry anywhere, and the page stays as it was. */
static void test_page_is_all_or_nothing(void **state)
{
    static uint64_t page[512], before[512];

    for (unsigned bad = 0; bad < 512; bad += 73) {
        for (unsigned i = 0; i < 512; i++)
            page[i] = P | S | TYPE(2) | i;
        page[bad] = P | TYPE(0xe) | DPL(3); /* an interrupt gate */
        memcpy(before, page, sizeof(page));
        assert_false(desc_page_valid(page));
        assert_memory_equal(page, before, sizeof(page));
        page[bad] = 0;
        assert_true(desc_page_valid(page));
        for (unsigned i = 0; i < 512; i++)
            assert_int_equal(page[i], i == bad ? 0 : before[i] | DPL(3));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_not_present_is_left_alone),
        cmocka_unit_test(test_code_and_data_run_at_cpl3),
        cmocka_unit_test(test_system_types_are_refused),
        cmocka_unit_test(test_upper_half_of_a_gate),
        cmocka_unit_test(test_call_gate_cannot_be_used),
        cmocka_unit_test(test_call_gate_targets),
        cmocka_unit_test(test_call_gate_reserved_bits),
        cmocka_unit_test(test_fixing_twice_changes_nothing),
        cmocka_unit_test(test_page_is_all_or_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
