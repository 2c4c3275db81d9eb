/* SPDX-License-Identifier: MIT */
/* mmu_update: a batch of stores into page tables of any level, the M2P, or plain memory. */
#include "handlers.h"
#include "mm.h"

/* In the count argument, set by us alone: `done` was written already and goes on from there. */
#define PREEMPTED (1u << 31)
#define CHUNK     16 /* requests read at a time */

/* A frame that is no table: store as the guest itself could have. */
static long plain_store(struct frame *f, uint64_t *slot, uint64_t val)
{
    if (frame_get_type(f, FT_WRITABLE))
        return hv_refuse_frame(-XEN_EINVAL, frame_mfn(f), "neither a page table nor writable");
    WRITE_ONCE(*slot, val);
    frame_put_type(f);
    return 0;
}

static long table_store(struct domain *d, uint64_t ptr, uint64_t val, bool preserve_ad)
{
    mfn_t m = MFN(ptr >> PAGE_SHIFT);
    struct frame *f;
    uint64_t *slot;
    enum frame_type t;
    long rc;

    if (unlikely(!mfn_valid(m) || !frame_get(frame_of(m), d)))
        return hv_refuse_frame(-XEN_EINVAL, m, "not a frame of the domain");
    f = frame_of(m);
    slot = (uint64_t *)((char *)mfn_to_virt(m) + (ptr & ~PAGE_MASK & ~7ull));
    t = frame_type(f);
    if (likely(t >= FT_L1 && t <= FT_L4 && (READ_ONCE(f->type) & FRAME_TYPE_COUNT)))
        rc = pt_set(d, (unsigned)(t - FT_L1) + 1, f, slot, val, preserve_ad);
    else
        rc = plain_store(f, slot, val);
    frame_put(f);
    return rc;
}

static long machphys(struct domain *d, uint64_t ptr, uint64_t pfn)
{
    mfn_t m = MFN(ptr >> PAGE_SHIFT);

    if (!mfn_valid(m) || !frame_get(frame_of(m), d))
        return hv_refuse_frame(-XEN_EINVAL, m, "M2P: not a frame of the domain");
    arch_m2p_set(m, GFN(pfn));
    frame_put(frame_of(m));
    return 0;
}

static long one(struct domain *d, const struct mmu_update *u)
{
    switch (u->ptr & 3) {
    case MMU_NORMAL_PT_UPDATE:
    case MMU_PT_UPDATE_NO_TRANSLATE:
        return table_store(d, u->ptr, u->val, false);
    case MMU_PT_UPDATE_PRESERVE_AD:
        return table_store(d, u->ptr, u->val, true);
    default:
        return machphys(d, u->ptr & ~3ull, u->val);
    }
}

/* Up to CHUNK requests; *n says how many were carried out. */
static long chunk(struct vcpu *v, uint64_t ureqs, uint64_t first, uint64_t count, uint64_t *n)
{
    struct mmu_update u[CHUNK];
    struct domain *d = v->domain;
    long rc = 0;

    count = MIN(count, (uint64_t)CHUNK);
    *n = 0;
    if (guest_read(u, GVA(ureqs + first * sizeof(u[0])), count * sizeof(u[0]))) {
        /* Xen reads one at a time: those before the bad address still count. */
        count = 1;
        if (guest_read(u, GVA(ureqs + first * sizeof(u[0])), sizeof(u[0])))
            return hv_refuse(-XEN_EFAULT, "request at %#llx is not readable",
                             (unsigned long long)(ureqs + first * sizeof(u[0])));
    }
    spin_lock(&d->lock);
    while (*n < count && !rc) {
        v->batch_index = (uint32_t)(first + *n);
        rc = one(d, &u[*n]);
        if (!rc)
            ++*n;
    }
    spin_unlock(&d->lock);
    return rc;
}

static long owner_of(uint64_t foreign, struct domain **d)
{
    uint32_t tables = (uint32_t)(foreign >> 16) & 0xffff; /* 0, or 1 + owner of the page tables */

    if (tables) {
        if (tables - 1 == current_vcpu()->domain->id)
            return hv_refuse(-XEN_EINVAL, "name yourself by 0 as owner of the page tables");
        if (!domain_by_id((domid_t)(tables - 1)))
            return hv_refuse(-XEN_EINVAL, "no domain %u", tables - 1);
        return hv_refuse(-XEN_EPERM, "page tables of domain %u are not yours", tables - 1);
    }
    return pv_page_owner((uint32_t)(foreign & 0xffff), d);
}

/* Report progress; what was done before an earlier interruption is in *pdone already. */
static void report(uint64_t pdone, uint32_t before, uint64_t done)
{
    uint32_t total = before + (uint32_t)done;

    if (pdone) /* the work is done: a bad pointer here is the guest's loss, as on Xen */
        (void)guest_write(GVA(pdone), &total, sizeof(total));
}

long hc_mmu_update(uint64_t ureqs, uint64_t count, uint64_t pdone, uint64_t foreign)
{
    struct vcpu *v = current_vcpu();
    uint32_t todo = (uint32_t)count & ~PREEMPTED, before = 0;
    struct domain *owner;
    uint64_t done = 0;
    long rc;

    if (((uint32_t)count & PREEMPTED) && pdone && guest_read(&before, GVA(pdone), sizeof(before)))
        return -XEN_EFAULT;
    rc = owner_of(foreign, &owner);
    while (!rc && done < todo) {
        uint64_t n;

        rc = chunk(v, ureqs, done, todo - done, &n);
        done += n;
        if (!rc && done < todo && hypercall_preempt()) {
            report(pdone, before, done);
            v->batch_index = 0;
            return hypercall_continue(__HYPERVISOR_mmu_update, 4,
                                      ureqs + done * sizeof(struct mmu_update),
                                      (todo - done) | PREEMPTED, pdone, foreign);
        }
    }
    v->batch_index = 0;
    report(pdone, before, done);
    return rc;
}
