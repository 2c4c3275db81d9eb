/* SPDX-License-Identifier: MIT */
/* mmuext_op: pins, base pointers, flushes and other operations on tables and pages. */
#include "handlers.h"
#include "mm.h"
#include "mmuext.h"
#include "pv.h"

#define PREEMPTED (1u << 31)

static long pin(struct vcpu *v, const struct mmuext_op *op)
{
    enum frame_type t = (enum frame_type)(FT_L1 + (op->cmd - MMUEXT_PIN_L1_TABLE));

    return pv_pin(v->domain, MFN(op->arg1.mfn), t);
}

static long unpin(struct vcpu *v, const struct mmuext_op *op)
{
    return pv_unpin(v->domain, MFN(op->arg1.mfn));
}

long pv_new_root(struct vcpu *v, mfn_t new)
{
    struct pv_vcpu *pv = &v->arch.pv;
    mfn_t old = pv->root_kernel;
    int rc;

    if (mfn_eq(old, new)) {
        pv_load_root(v);
        return 0;
    }
    rc = pv_take_root(v->domain, new);
    if (rc)
        return hv_refuse_frame(rc, new, "not usable as top-level table");
    (void)pv_ldt_invalidate(v);
    pv->root_kernel = new;
    pv_load_root(v);
    pv_drop_root(v->domain, old);
    return 0;
}

static long new_baseptr(struct vcpu *v, const struct mmuext_op *op)
{
    return pv_new_root(v, MFN(op->arg1.mfn));
}

static long new_user_baseptr(struct vcpu *v, const struct mmuext_op *op)
{
    struct pv_vcpu *pv = &v->arch.pv;
    mfn_t old = pv->root_user, new = MFN(op->arg1.mfn);
    int rc;

    if (pv_has_root(old) ? mfn_eq(old, new) : !new.v)
        return 0;
    if (new.v) {
        rc = pv_take_root(v->domain, new);
        if (rc)
            return hv_refuse_frame(rc, new, "not usable as the user's top-level table");
    }
    pv->root_user = new.v ? new : INVALID_MFN;
    if (pv_has_root(old))
        pv_drop_root(v->domain, old);
    return 0;
}

static long set_ldt(struct vcpu *v, const struct mmuext_op *op)
{
    return pv_set_ldt(v, op->arg1.linear_addr, op->arg2.nr_ents);
}

static long cache_flush(struct vcpu *v, const struct mmuext_op *op)
{
    return hv_refuse(-XEN_EACCES, "cache flushes are for domains that own devices");
}

static long mark_super(struct vcpu *v, const struct mmuext_op *op)
{
    return -XEN_EOPNOTSUPP;
}

typedef long (*mmuext_fn)(struct vcpu *v, const struct mmuext_op *op);

static const mmuext_fn table[] = {
    [MMUEXT_PIN_L1_TABLE] = pin,
    [MMUEXT_PIN_L2_TABLE] = pin,
    [MMUEXT_PIN_L3_TABLE] = pin,
    [MMUEXT_PIN_L4_TABLE] = pin,
    [MMUEXT_UNPIN_TABLE] = unpin,
    [MMUEXT_NEW_BASEPTR] = new_baseptr,
    [MMUEXT_TLB_FLUSH_LOCAL] = mmuext_flush_local,
    [MMUEXT_INVLPG_LOCAL] = mmuext_invlpg_local,
    [MMUEXT_TLB_FLUSH_MULTI] = mmuext_flush_multi,
    [MMUEXT_INVLPG_MULTI] = mmuext_invlpg_multi,
    [MMUEXT_TLB_FLUSH_ALL] = mmuext_flush_all,
    [MMUEXT_INVLPG_ALL] = mmuext_invlpg_all,
    [MMUEXT_FLUSH_CACHE] = cache_flush,
    [MMUEXT_SET_LDT] = set_ldt,
    [MMUEXT_NEW_USER_BASEPTR] = new_user_baseptr,
    [MMUEXT_CLEAR_PAGE] = mmuext_clear_page,
    [MMUEXT_COPY_PAGE] = mmuext_copy_page,
    [MMUEXT_FLUSH_CACHE_GLOBAL] = cache_flush,
    [MMUEXT_MARK_SUPER] = mark_super,
    [MMUEXT_UNMARK_SUPER] = mark_super,
};

static long one(struct vcpu *v, uint64_t uops, uint64_t index)
{
    struct mmuext_op op;

    v->batch_index = (uint32_t)index;
    if (guest_read(&op, GVA(uops + index * sizeof(op)), sizeof(op)))
        return hv_refuse(-XEN_EFAULT, "operation at %#llx is not readable",
                         (unsigned long long)(uops + index * sizeof(op)));
    if (op.cmd >= ARRAY_SIZE(table) || !table[op.cmd])
        return hv_refuse(-XEN_ENOSYS, "no mmuext command %u", op.cmd);
    return table[op.cmd](v, &op);
}

static void report(uint64_t pdone, uint32_t before, uint64_t done)
{
    uint32_t total = before + (uint32_t)done;

    if (pdone) /* the work is done: a bad pointer here is the guest's loss, as on Xen */
        (void)guest_write(GVA(pdone), &total, sizeof(total));
}

long hc_mmuext_op(uint64_t uops, uint64_t count, uint64_t pdone, uint64_t foreign)
{
    struct vcpu *v = current_vcpu();
    uint32_t todo = (uint32_t)count & ~PREEMPTED, before = 0;
    struct domain *owner;
    uint64_t done = 0;
    long rc;

    if (((uint32_t)count & PREEMPTED) && pdone && guest_read(&before, GVA(pdone), sizeof(before)))
        return -XEN_EFAULT;
    rc = pv_page_owner((uint32_t)(foreign & 0xffff), &owner);
    while (!rc && done < todo) {
        rc = one(v, uops, done);
        if (!rc)
            done++;
        if (!rc && done < todo && hypercall_preempt()) {
            report(pdone, before, done);
            v->batch_index = 0;
            return hypercall_continue(__HYPERVISOR_mmuext_op, 4,
                                      uops + done * sizeof(struct mmuext_op),
                                      (todo - done) | PREEMPTED, pdone, foreign);
        }
    }
    v->batch_index = 0;
    report(pdone, before, done);
    return rc;
}
