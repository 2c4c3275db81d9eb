/* SPDX-License-Identifier: MIT */
/* For tests of direct paging: one domain of PAGES frames (tables are frames 0..3: L4, L3, L2, L1),
 * audited after each test. */
#ifndef PVUNIT_H
#define PVUNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <xen/memory.h>

#include "pvfake.h"

#define PAGES   64
#define DATA    8 /* frames from here on are mapped writable and nothing else */
#define KERNEL  (PTE_P | PTE_RW)
#define RO      PTE_P
#define TABLE   (PTE_P | PTE_RW | PTE_US)
#define TABLERO (PTE_P | PTE_US)

/* The domain under test, and a second one with frames of its own. */
extern struct domain *dom, *other;

int pv_setup(void **state);
int pv_teardown(void **state);
#define PV_TEST(f) cmocka_unit_test_setup_teardown(f, pv_setup, pv_teardown)

/* Page i of dom: its address, an entry for it, one of its words, its frame. */
uint64_t va_of(unsigned i);
uint64_t entry(unsigned i, uint64_t flags);
uint64_t *word(unsigned i, unsigned index);
struct frame *frame(unsigned i);
/* Machine address of that word, as mmu_update takes it. */
uint64_t word_ma(unsigned i, unsigned index);
/* Make page i read-only and zero: fit to become a table. */
void prepare_table(unsigned i);
unsigned type_count(unsigned i);

#define assert_type(i, t, n)                       \
    do {                                           \
        assert_int_equal(frame_type(frame(i)), t); \
        assert_int_equal(type_count(i), n);        \
    } while (0)

#endif
