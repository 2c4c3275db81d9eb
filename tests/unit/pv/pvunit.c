/* SPDX-License-Identifier: MIT */
#include "pvunit.h"

struct domain *dom, *other;

int pv_setup(void **state)
{
    fake_reset();
    other = fake_domain(2, 32, 1);
    fake_leave(other->vcpu[0]);
    dom = fake_domain(1, PAGES, 2);
    return 0;
}

int pv_teardown(void **state)
{
    fake_preempt_every = 0;
    return domain_audit(dom) || domain_audit(other) || fake_tlb_violations() ? -1 : 0;
}

uint64_t va_of(unsigned i)
{
    return (uint64_t)i << PAGE_SHIFT;
}

uint64_t entry(unsigned i, uint64_t flags)
{
    return d_mfn(dom, i).v << PAGE_SHIFT | flags;
}

struct frame *frame(unsigned i)
{
    return frame_of(d_mfn(dom, i));
}

uint64_t *word(unsigned i, unsigned index)
{
    return (uint64_t *)mfn_to_virt(d_mfn(dom, i)) + index;
}

uint64_t word_ma(unsigned i, unsigned index)
{
    return (d_mfn(dom, i).v << PAGE_SHIFT) + 8ull * index;
}

void prepare_table(unsigned i)
{
    memset(word(i, 0), 0, PAGE_SIZE);
    assert_int_equal(g_update_va(va_of(i), entry(i, RO), UVMF_INVLPG), 0);
}

unsigned type_count(unsigned i)
{
    return (unsigned)(frame(i)->type & FRAME_TYPE_COUNT);
}
