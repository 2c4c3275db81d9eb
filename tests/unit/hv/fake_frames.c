/* SPDX-License-Identifier: MIT */
#include "fake_frames.h"
#include "hv_grant.h"

#define FIRST_FRAME 16 /* below it is no RAM */
#define M2P_EXTENTS 3
#define MAX_USES    64

static struct frame table[FAKE_RAM_FRAMES];
static uint64_t m2p[FAKE_RAM_FRAMES];
static uint64_t stamp_clock;
static struct use {
    mfn_t m;
    enum frame_type t;
    bool hidden;
} uses[MAX_USES];
static unsigned nr_uses;

int fake_validate_result;
unsigned fake_validations, fake_devalidations, fake_reuse_flushes;

/* The allocator keeps its lists from test to test: empty them before all frames are added anew. */
void stub_reset(void)
{
    for (unsigned order = 19; order-- > 0;)
        while (!mfn_eq(palloc(order), INVALID_MFN))
            ;
    memset(table, 0, sizeof(table));
    for (unsigned i = 0; i < FAKE_RAM_FRAMES; i++)
        table[i].type = (uint64_t)FT_HV << FRAME_TYPE_SHIFT;
    memset(m2p, 0xff, sizeof(m2p));
    frame_table = table;
    frame_count = FAKE_RAM_FRAMES;
    palloc_add(MFN(FIRST_FRAME), MFN(FAKE_RAM_FRAMES));
    stamp_clock = nr_uses = 0;
    fake_validate_result = 0;
    fake_validations = fake_devalidations = fake_reuse_flushes = 0;
}

mfn_t own_page(struct domain *d)
{
    mfn_t m = frame_alloc_domain(d, 0);

    assert_false(mfn_eq(m, INVALID_MFN));
    return m;
}

void put_type(struct frame *f)
{
    struct domain *d = f->owner;

    spin_lock(&d->lock);
    frame_put_type(f);
    (void)frame_drain(d, NULL);
    spin_unlock(&d->lock);
}

void put_both(struct frame *f)
{
    put_type(f);
    frame_put(f);
}

/* ---- uses */

void fake_use(struct domain *d, mfn_t m, enum frame_type t)
{
    assert_in_range(nr_uses, 0, MAX_USES - 1);
    if (t == FT_NONE)
        assert_true(frame_get(frame_of(m), d));
    else
        assert_int_equal(frame_get_and_type(frame_of(m), d, t), 0);
    uses[nr_uses++] = (struct use){m, t, false};
}

void fake_hide_use(unsigned i)
{
    uses[i].hidden = true;
}

void fake_drop_uses(void)
{
    while (nr_uses > 0) {
        struct use *u = &uses[--nr_uses];

        if (u->t != FT_NONE)
            put_type(frame_of(u->m));
        frame_put(frame_of(u->m));
    }
}

void arch_audit_walk(struct domain *d, void (*use)(mfn_t target, enum frame_type t, void *ctx),
                     void *ctx)
{
    for (unsigned i = 0; i < nr_uses; i++)
        if (!uses[i].hidden)
            use(uses[i].m, uses[i].t, ctx);
}

/* ---- the machine */

int arch_frame_validate(struct frame *f, enum frame_type t, bool preemptible)
{
    __atomic_fetch_add(&fake_validations, 1, __ATOMIC_SEQ_CST);
    return fake_validate_result;
}

void arch_frame_devalidate(struct frame *f, enum frame_type t, unsigned n)
{
    __atomic_fetch_add(&fake_devalidations, 1, __ATOMIC_SEQ_CST);
}

void arch_pages_clear(void *p, size_t bytes)
{
    memset(p, 0, bytes);
}

void arch_frame_stamp(struct frame *f)
{
    f->tlb_stamp = __atomic_add_fetch(&stamp_clock, 1, __ATOMIC_SEQ_CST);
}

void arch_flush_for_reuse(const struct frame *f)
{
    __atomic_fetch_add(&fake_reuse_flushes, 1, __ATOMIC_SEQ_CST);
}

void arch_m2p_set(mfn_t m, gfn_t g)
{
    m2p[m.v] = g.v;
}

gfn_t arch_m2p_get(mfn_t m)
{
    return GFN(m2p[m.v]);
}

mfn_t arch_m2p_extent(uint64_t i)
{
    return i < M2P_EXTENTS ? MFN(512 * (i + 1)) : INVALID_MFN;
}

/* ---- guests' frame numbers and page tables, as far as grants need them */

/* "Entries" by address: at most one each, and an address above FAKE_NO_ENTRY has none. */
static struct frame *entries[FAKE_ENTRIES];

int arch_grant_map(struct domain *d, uint64_t host_addr, uint32_t flags, mfn_t m)
{
    if (host_addr / PAGE_SIZE >= FAKE_ENTRIES || entries[host_addr / PAGE_SIZE])
        return GNTST_general_error;
    entries[host_addr / PAGE_SIZE] = frame_of(m);
    return GNTST_okay;
}

int arch_grant_unmap(struct domain *d, uint64_t host_addr, uint32_t flags, mfn_t m,
                     uint64_t new_addr)
{
    if (host_addr / PAGE_SIZE >= FAKE_ENTRIES || entries[host_addr / PAGE_SIZE] != frame_of(m))
        return GNTST_general_error;
    entries[host_addr / PAGE_SIZE] = NULL;
    return GNTST_okay;
}

unsigned fake_domain_flushes;

void arch_flush_domain(struct domain *d)
{
    fake_domain_flushes++;
}
