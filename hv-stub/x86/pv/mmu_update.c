/* SPDX-License-Identifier: MIT */
/* mmu_update: a batch of stores into page tables of any level, the M2P, or plain memory. */
#include "handlers.h"
#include "mm.h"
#include "pt_l1.h"

#define CHUNK 16 /* requests read at a time */

struct batch {
    struct domain *d;
    uint64_t ureqs, todo, done;
    bool io_only; /* data pages belong to DOMID_IO */
};

/* A frame that is no table: store as the guest itself could have. */
static long plain_store(struct frame *f, uint64_t *slot, uint64_t val)
{
    if (frame_get_type(f, FT_WRITABLE))
        return hv_refuse_frame(-XEN_EINVAL, frame_mfn(f), "neither a page table nor writable");
    WRITE_ONCE(*slot, val);
    frame_put_type(f);
    return 0;
}

/* DOMID_IO as owner of the data: only device pages may be mapped, and no domain here has any. */
static long check_io_only(struct frame *table, uint64_t old, uint64_t val)
{
    if (frame_type(table) != FT_L1)
        return hv_refuse(-XEN_EINVAL, "DOMID_IO is for L1 entries");
    if (!(val & PTE_P) || same_page(old, val))
        return 0;
    if (mfn_valid(pte_mfn(val)))
        return hv_refuse_frame(-XEN_EBUSY, pte_mfn(val), "not a device page");
    return hv_refuse(-XEN_EPERM, "device page %#llx is not yours",
                     (unsigned long long)pte_mfn(val).v);
}

static long store_elsewhere(struct domain *d, mfn_t m, uint64_t *slot, uint64_t val)
{
    long rc;

    if (!frame_get(frame_of(m), d))
        return hv_refuse_frame(-XEN_EINVAL, m, "not a frame of the domain");
    rc = plain_store(frame_of(m), slot, val);
    frame_put(frame_of(m));
    return rc;
}

/* All but a plain update of an L1 entry. */
static long __attribute__((noinline, cold))
other_store(struct batch *b, mfn_t m, uint64_t *slot, uint64_t val, bool preserve_ad)
{
    struct frame *f = frame_of(m);

    if (!pt_is_table_of(f, b->d))
        return store_elsewhere(b->d, m, slot, val);
    if (unlikely(b->io_only)) {
        long rc = check_io_only(f, READ_ONCE(*slot), val);

        if (rc)
            return rc;
    }
    return pt_set(b->d, (unsigned)(frame_type(f) - FT_L1) + 1, f, slot, val, preserve_ad);
}

static inline uint64_t *slot_at(uint64_t ptr)
{
    return (uint64_t *)((char *)mfn_to_virt(MFN(ptr >> PAGE_SHIFT)) + (ptr & ~PAGE_MASK & ~7ull));
}

static inline long table_store(struct batch *b, uint64_t ptr, uint64_t val, bool preserve_ad)
{
    mfn_t m = MFN(ptr >> PAGE_SHIFT);
    uint64_t *slot;

    if (unlikely(!mfn_valid(m)))
        return hv_refuse_frame(-XEN_EINVAL, m, "not a frame of the domain");
    slot = slot_at(ptr);
    if (likely(pt_is_l1_of(frame_of(m), b->d) && !preserve_ad && !b->io_only))
        return pt_set_l1(b->d, frame_of(m), slot, val);
    return other_store(b, m, slot, val, preserve_ad);
}

static long __attribute__((noinline, cold)) machphys(struct batch *b, uint64_t ptr, uint64_t pfn)
{
    mfn_t m = MFN(ptr >> PAGE_SHIFT);

    if (b->io_only || !mfn_valid(m) || !frame_get(frame_of(m), b->d))
        return hv_refuse_frame(-XEN_EINVAL, m, "M2P: not a frame of the domain");
    arch_m2p_set(m, GFN(pfn));
    frame_put(frame_of(m));
    return 0;
}

static inline long one(struct batch *b, const struct mmu_update *u)
{
    unsigned command = u->ptr & 7;

    if (unlikely(command == MMU_MACHPHYS_UPDATE))
        return machphys(b, u->ptr, u->val);
    if (unlikely(command > MMU_PT_UPDATE_NO_TRANSLATE))
        return hv_refuse(-XEN_ENOSYS, "no mmu_update command %u", command);
    return table_store(b, u->ptr, u->val, command == MMU_PT_UPDATE_PRESERVE_AD);
}

/* Carry out n requests. What one leaves dead is taken apart before the next. */
static long run(struct batch *b, const struct mmu_update *u, uint64_t n)
{
    struct vcpu *v = current_vcpu();
    struct domain *d = b->d;
    long rc = 0;

    spin_lock(&d->lock);
    for (uint64_t i = 0; i < n && !rc; i++) {
        v->batch_index = (uint32_t)b->done;
        rc = one(b, &u[i]);
        b->done += !rc;
        if (unlikely(d->dead_tables) && !frame_drain(d, hypercall_preempt) && !rc)
            rc = -HV_ERESTART;
    }
    spin_unlock(&d->lock);
    return rc;
}

/* Read and carry out up to CHUNK requests. */
static long chunk(struct batch *b)
{
    gva_t at = GVA(b->ureqs + b->done * sizeof(struct mmu_update));
    uint64_t n = MIN(b->todo - b->done, (uint64_t)CHUNK);
    struct mmu_update u[CHUNK];

    if (unlikely(guest_read(u, at, n * sizeof(u[0])))) {
        n = 1; /* Xen reads one at a time: those before the bad address still count */
        if (guest_read(u, at, sizeof(u[0])))
            return hv_refuse(-XEN_EFAULT, "request at %#llx is not readable",
                             (unsigned long long)at.v);
    }
    return run(b, u, n);
}

static long all(struct batch *b)
{
    long rc = pv_drain(b->d) ? 0 : -HV_ERESTART; /* what an earlier, failed call left */

    while (!rc && b->done < b->todo) {
        rc = chunk(b);
        if (!rc && b->done < b->todo && hypercall_preempt())
            rc = -HV_ERESTART;
    }
    return rc;
}

static long __attribute__((noinline, cold)) other_owners(struct batch *b, uint64_t foreign)
{
    uint32_t tables = (uint32_t)(foreign >> 16) & 0xffff; /* 0, or 1 + owner of the page tables */
    uint32_t data = (uint32_t)foreign & 0xffff;

    b->io_only = data == DOMID_IO;
    if (tables && tables - 1 != b->d->id) {
        if (tables - 1 != 0 && !domain_by_id((domid_t)(tables - 1)))
            return hv_refuse(-XEN_ESRCH, "no domain %u", tables - 1);
        return hv_refuse(-XEN_EPERM, "page tables of domain %u are not yours", tables - 1);
    }
    return b->io_only ? 0 : pv_page_owner(data, &b->d);
}

/* What kernels do most of all, a single new L1 entry, does not come as far: fast.S. */
long hc_mmu_update(uint64_t ureqs, uint64_t count, uint64_t pdone, uint64_t foreign)
{
    struct vcpu *v = current_vcpu();
    struct batch b = {.d = v->domain, .ureqs = ureqs, .todo = (uint32_t)count & ~PV_BATCH_RESUMED};
    uint32_t before = 0;
    long rc;

    if (!pv_batch_resume(count, pdone, &before))
        return -XEN_EFAULT;
    rc = likely(foreign == DOMID_SELF) ? 0 : other_owners(&b, foreign);
    if (likely(!rc))
        rc = all(&b);
    v->batch_index = 0;
    pv_batch_report(pdone, before, b.done);
    if (rc != -HV_ERESTART)
        return rc;
    return hypercall_continue(__HYPERVISOR_mmu_update, 4,
                              ureqs + b.done * sizeof(struct mmu_update),
                              (b.todo - b.done) | PV_BATCH_RESUMED, pdone, foreign);
}
