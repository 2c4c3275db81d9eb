/* SPDX-License-Identifier: MIT */
/*
 * Stale TLB entries and frames that change hands.
 *
 * A guest may forget to flush after it took a mapping away. That is its own affair until the frame
 * becomes something a stale entry could harm: a page table, a descriptor page, another domain's
 * memory. A clock counts the moments at which frames lost their last use; each frame remembers the
 * moment (tlb_stamp) and each CPU the time of its last complete flush (percpu.tlb_time). Only CPUs
 * that have not flushed since need to, which is rare: every switch of address space is a flush.
 */
#include "hv.h"
#include "paging.h"
#include "smp.h"
#include "tlb.h"

uint64_t tlb_clock = 1;

void arch_frame_stamp(struct frame *f)
{
    f->tlb_stamp = __atomic_fetch_add(&tlb_clock, 1, __ATOMIC_SEQ_CST);
}

/* No guest's tables are loaded there, so no guest's entries are left. */
static bool is_clean(const struct percpu *pc)
{
    uint64_t cr3 = READ_ONCE(pc->cr3);

    return !cr3 || cr3 == virt_to_mfn(hv_l4).v << PAGE_SHIFT;
}

/* Where its owner runs; a free frame, or one of a domain that granted any, may be remembered
 * anywhere. A CPU puts itself into the mask before it loads a root of the domain. */
static uint64_t candidates(const struct frame *f)
{
    const struct domain *d = f->owner;
    bool only_owner = d && d->kind == DOMAIN_PV && !READ_ONCE(d->mapped_elsewhere);

    return only_owner ? READ_ONCE(d->arch.dirty_cpus) : cpus_online;
}

void arch_flush_for_reuse(const struct frame *f)
{
    uint64_t cpus = 0;

    for (uint64_t m = candidates(f); m; m &= m - 1) {
        uint32_t cpu = (uint32_t)__builtin_ctzll(m);
        const struct percpu *pc = &percpu_area[cpu];

        if (unlikely(READ_ONCE(pc->tlb_time) <= f->tlb_stamp) && !is_clean(pc))
            cpus |= 1ull << cpu;
    }
    if (cpus)
        arch_flush_tlb_mask(cpus);
}
