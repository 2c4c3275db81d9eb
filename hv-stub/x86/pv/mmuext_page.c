/* SPDX-License-Identifier: MIT */
/* mmuext_op: TLB flushes, clearing and copying of pages. */
#include "mm.h"
#include "mmuext.h"
#include "pv.h"

long mmuext_flush_local(struct vcpu *v, const struct mmuext_op *op)
{
    arch_flush_tlb_local();
    return 0;
}

long mmuext_invlpg_local(struct vcpu *v, const struct mmuext_op *op)
{
    if (guest_va_ok(op->arg1.linear_addr))
        arch_flush_page_local(op->arg1.linear_addr);
    return 0;
}

static long mask_of(struct vcpu *v, const struct mmuext_op *op, uint64_t *cpus)
{
    return pv_vcpumask(v->domain, GVA(op->arg2.vcpumask.p), cpus) ? -XEN_EINVAL : 0;
}

long mmuext_flush_multi(struct vcpu *v, const struct mmuext_op *op)
{
    uint64_t cpus;
    long rc = mask_of(v, op, &cpus);

    if (!rc)
        arch_flush_tlb_mask(cpus);
    return rc;
}

long mmuext_invlpg_multi(struct vcpu *v, const struct mmuext_op *op)
{
    uint64_t cpus;
    long rc = mask_of(v, op, &cpus);

    if (!rc && guest_va_ok(op->arg1.linear_addr))
        arch_flush_page_mask(op->arg1.linear_addr, cpus);
    return rc;
}

long mmuext_flush_all(struct vcpu *v, const struct mmuext_op *op)
{
    arch_flush_tlb_mask(v->domain->arch.dirty_cpus);
    return 0;
}

long mmuext_invlpg_all(struct vcpu *v, const struct mmuext_op *op)
{
    if (guest_va_ok(op->arg1.linear_addr))
        arch_flush_page_mask(op->arg1.linear_addr, v->domain->arch.dirty_cpus);
    return 0;
}

/* A page the guest may write to, held as such; NULL if it is none. */
static struct frame *writable(struct domain *d, uint64_t mfn)
{
    if (!mfn_valid(MFN(mfn)) || frame_get_and_type(frame_of(MFN(mfn)), d, FT_WRITABLE)) {
        hv_refuse_frame(-XEN_EINVAL, MFN(mfn), "not a page the domain could write to");
        return NULL;
    }
    return frame_of(MFN(mfn));
}

long mmuext_clear_page(struct vcpu *v, const struct mmuext_op *op)
{
    struct frame *f = writable(v->domain, op->arg1.mfn);

    if (!f)
        return -XEN_EINVAL;
    memset(mfn_to_virt(frame_mfn(f)), 0, PAGE_SIZE);
    frame_put_and_type(f);
    return 0;
}

long mmuext_copy_page(struct vcpu *v, const struct mmuext_op *op)
{
    mfn_t src = MFN(op->arg2.src_mfn);
    struct frame *dst;

    if (!mfn_valid(src) || !frame_get(frame_of(src), v->domain))
        return hv_refuse_frame(-XEN_EINVAL, src, "copy: source is not a frame of the domain");
    dst = writable(v->domain, op->arg1.mfn);
    if (dst) {
        memcpy(mfn_to_virt(frame_mfn(dst)), mfn_to_virt(src), PAGE_SIZE);
        frame_put_and_type(dst);
    }
    frame_put(frame_of(src));
    return dst ? 0 : -XEN_EINVAL;
}
