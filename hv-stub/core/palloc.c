/* SPDX-License-Identifier: MIT */
/*
 * Buddy allocator of machine frames. Free blocks of 2^order frames are aligned to their size and
 * linked through the frame table; a block and its buddy are merged when both are free.
 *
 * There is one set of lists per power of two of the address, so that memory below a limit is found
 * without a search, and is used last when nobody needs it low. A block never crosses two of these
 * zones, because it is aligned to its size.
 */
#include "hv.h"

#define MAX_ORDER 18 /* 1 GiB */
#define NR_ZONES  40

static spinlock_t lock;
static struct list free_blocks[NR_ZONES][MAX_ORDER + 1];
static uint32_t nonempty[NR_ZONES]; /* bit per order with a block on its list */
static uint64_t nr_free, nr_all;

/* Frames 2^z .. 2^(z+1)-1 are zone z. */
static unsigned zone_of(uint64_t mfn)
{
    unsigned z = 63u - (unsigned)__builtin_clzll(mfn | 1);

    return MIN(z, NR_ZONES - 1u);
}

static void make_hv(struct frame *f)
{
    f->refs = 0;
    f->owner = NULL;
    WRITE_ONCE(f->type, (uint64_t)FT_HV << FRAME_TYPE_SHIFT);
}

/* ---- lists; the lock is held */

/* Allocated frames change without our lock: nothing that one passes through may look like this. */
static bool is_free_block(uint64_t mfn, unsigned order)
{
    const struct frame *f = &frame_table[mfn];

    return mfn < frame_count && frame_type(f) == FT_FREE && f->order == order;
}

static void push(uint64_t mfn, unsigned order)
{
    unsigned z = zone_of(mfn);
    struct frame *f = &frame_table[mfn];

    if (!(nonempty[z] >> order & 1))
        list_init(&free_blocks[z][order]);
    nonempty[z] |= 1u << order;
    f->order = order;
    WRITE_ONCE(f->type, (uint64_t)FT_FREE << FRAME_TYPE_SHIFT);
    list_add(&free_blocks[z][order], &f->link);
}

static void unlink_block(uint64_t mfn, unsigned order)
{
    unsigned z = zone_of(mfn);
    struct frame *f = &frame_table[mfn];

    list_del(&f->link);
    make_hv(f);
    if (list_empty(&free_blocks[z][order]))
        nonempty[z] &= ~(1u << order);
}

/* Give back a block, merged with its buddies as far as they are free. Frame 0 stays alone: it would
 * make blocks that cross zones. */
static void give(uint64_t mfn, unsigned order)
{
    nr_free += 1ull << order;
    for (; order < MAX_ORDER; order++) {
        uint64_t buddy = mfn ^ 1ull << order;

        if (!mfn || !buddy || !is_free_block(buddy, order))
            break;
        unlink_block(buddy, order);
        mfn = MIN(mfn, buddy);
    }
    push(mfn, order);
}

/* The smallest block in the highest zone allowed. */
static uint64_t take(unsigned order, unsigned top_zone)
{
    for (unsigned z = top_zone + 1; z-- > 0;) {
        uint32_t fits = nonempty[z] >> order << order;
        uint64_t mfn;
        unsigned o;

        if (!fits)
            continue;
        o = (unsigned)__builtin_ctz(fits);
        mfn = frame_mfn(list_entry(free_blocks[z][o].next, struct frame, link)).v;
        unlink_block(mfn, o);
        while (o > order) { /* keep the upper half: low memory breaks up last */
            o--;
            push(mfn, o);
            mfn += 1ull << o;
        }
        nr_free -= 1ull << order;
        return mfn;
    }
    return INVALID_MFN.v;
}

/* Any range: cut into the largest aligned blocks. */
static void give_range(uint64_t start, uint64_t end)
{
    while (start < end) {
        unsigned order = start ? (unsigned)__builtin_ctzll(start) : 0;

        order = MIN(order, 63u - (unsigned)__builtin_clzll(end - start));
        order = MIN(order, (unsigned)MAX_ORDER);
        spin_lock(&lock);
        give(start, order);
        spin_unlock(&lock);
        start += 1ull << order;
    }
}

/* ---- frames */

void palloc_add(mfn_t start, mfn_t end)
{
    for (uint64_t m = start.v; m < end.v; m++)
        make_hv(&frame_table[m]);
    nr_all += end.v - start.v;
    give_range(start.v, end.v);
}

/* A CPU may still have translations to these frames from their last owner. */
static void forget_last_owner(uint64_t mfn, uint64_t n)
{
    struct frame *latest = &frame_table[mfn];

    for (uint64_t i = 1; i < n; i++)
        if (frame_table[mfn + i].tlb_stamp > latest->tlb_stamp)
            latest = &frame_table[mfn + i];
    if (!latest->tlb_stamp)
        return;
    arch_flush_for_reuse(latest);
    for (uint64_t i = 0; i < n; i++)
        frame_table[mfn + i].tlb_stamp = 0;
}

static uint64_t alloc(unsigned order, unsigned bits)
{
    unsigned top = NR_ZONES - 1;
    uint64_t mfn;

    if (order > MAX_ORDER || (bits && bits <= PAGE_SHIFT))
        return INVALID_MFN.v;
    if (bits && bits - PAGE_SHIFT < NR_ZONES)
        top = bits - PAGE_SHIFT - 1;
    spin_lock(&lock);
    mfn = take(order, top);
    spin_unlock(&lock);
    if (mfn == INVALID_MFN.v)
        return mfn;
    forget_last_owner(mfn, 1ull << order);
    arch_pages_clear(mfn_to_virt(MFN(mfn)), PAGE_SIZE << order);
    return mfn;
}

mfn_t palloc(unsigned order)
{
    return MFN(alloc(order, 0));
}

mfn_t palloc_below(unsigned order, unsigned bits)
{
    return MFN(alloc(order, bits));
}

void pfree(mfn_t m, unsigned order)
{
    for (uint64_t i = 0; i < 1ull << order; i++)
        make_hv(&frame_table[m.v + i]);
    spin_lock(&lock);
    give(m.v, order);
    spin_unlock(&lock);
}

uint64_t palloc_all_frames(void)
{
    return nr_all;
}

uint64_t palloc_free_frames(void)
{
    return READ_ONCE(nr_free);
}

/* ---- hypervisor memory */

void *hv_alloc(size_t bytes)
{
    uint64_t n = DIV_UP(bytes, PAGE_SIZE), mfn;
    unsigned order = 0;

    while (1ull << order < n)
        order++;
    mfn = alloc(order, 0);
    if (mfn == INVALID_MFN.v)
        return NULL;
    give_range(mfn + n, mfn + (1ull << order)); /* what rounding up took too much */
    return mfn_to_virt(MFN(mfn));
}

void hv_free(void *p, size_t bytes)
{
    uint64_t mfn = virt_to_mfn(p).v;

    give_range(mfn, mfn + DIV_UP(bytes, PAGE_SIZE));
}
