/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "abi.h"
#include "console.h"

static struct xencons_interface ring;
static struct pv_con con;
static unsigned int notified;

static void notify(void *data)
{
    *(unsigned int *)data += 1;
}

static int setup(void **state)
{
    memset(&ring, 0, sizeof(ring));
    ring.out_prod = ring.out_cons = 0xfffffff0u; /* a predecessor has written much */
    ring.in_prod = ring.in_cons = 0xffffffffu;
    notified = 0;
    pv_con_init(&con, &ring, notify, &notified);
    return 0;
}

/* The back-end takes what is there. */
static size_t drain(char *out)
{
    size_t n = 0;

    for (; ring.out_cons != ring.out_prod; ring.out_cons++)
        out[n++] = ring.out[MASK_XENCONS_IDX(ring.out_cons, ring.out)];
    return n;
}

static void test_output(void **state)
{
    char out[sizeof(ring.out)];

    assert_int_equal(pv_con_write(&con, "hello, console, around the end", 30), 30);
    assert_int_equal(notified, 1);
    assert_int_equal(drain(out), 30);
    assert_memory_equal(out, "hello, console, around the end", 30);
}

static void test_full(void **state)
{
    char text[3000], out[sizeof(ring.out)];

    for (unsigned int i = 0; i < sizeof(text); i++)
        text[i] = (char)i;
    assert_int_equal(pv_con_write(&con, text, sizeof(text)), sizeof(ring.out));
    assert_int_equal(pv_con_write(&con, text, 1), 0);
    assert_int_equal(notified, 1);
    assert_int_equal(drain(out), sizeof(ring.out));
    assert_memory_equal(out, text, sizeof(out));
    assert_int_equal(pv_con_write(&con, text, 1), 1);
}

static void test_input(void **state)
{
    char text[8];

    assert_int_equal(pv_con_read(&con, text, sizeof(text)), 0);
    assert_int_equal(notified, 0);
    for (unsigned int i = 0; i < 10; i++)
        ring.in[MASK_XENCONS_IDX(ring.in_prod++, ring.in)] = (char)('a' + i);
    assert_int_equal(pv_con_read(&con, text, sizeof(text)), 8);
    assert_memory_equal(text, "abcdefgh", 8);
    assert_int_equal(pv_con_read(&con, text, sizeof(text)), 2);
    assert_memory_equal(text, "ij", 2);
    assert_int_equal(ring.in_cons, ring.in_prod);
}

/* Indices that cannot be end the console, not the guest: nobody waits, nothing is read. */
static void test_wild_indices(void **state)
{
    char text[8];

    ring.out_cons++;
    assert_int_equal(pv_con_write(&con, "x", 1), 1);
    assert_int_equal(notified, 0);
    assert_true(con.broken);
    setup(state);
    ring.in_prod += sizeof(ring.in) + 1;
    assert_int_equal(pv_con_read(&con, text, sizeof(text)), 0);
    assert_true(con.broken);
    setup(state);
    ring.out_prod = 5; /* ours; it is not theirs to change */
    assert_int_equal(pv_con_write(&con, "x", 1), 1);
    assert_int_equal(ring.out_prod, 0xfffffff1u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_output, setup),
        cmocka_unit_test_setup(test_full, setup),
        cmocka_unit_test_setup(test_input, setup),
        cmocka_unit_test_setup(test_wild_indices, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
