/* SPDX-License-Identifier: MIT */
/* mmuext_op: pins, base pointers, flushes and other operations on tables and pages. */
#include "guest_word.h"
#include "handlers.h"
#include "mm.h"
#include "mmuext.h"
#include "pv.h"

static long pin(struct vcpu *v, const struct mmuext_op *op)
{
    enum frame_type t = (enum frame_type)(FT_L1 + (op->cmd - MMUEXT_PIN_L1_TABLE));

    return pt_pin(v->domain, MFN(op->arg1.mfn), t, true);
}

static long unpin(struct vcpu *v, const struct mmuext_op *op)
{
    return pt_unpin(v->domain, MFN(op->arg1.mfn));
}

/* One more use as root of what is one already. */
static inline bool reuse_root(struct domain *d, mfn_t m)
{
    struct frame *f = frame_of(m);

    if (unlikely(!mfn_valid(m) || !frame_get(f, d)))
        return false;
    if (likely(frame_reuse_type(f, FT_L4)))
        return true;
    frame_put(f);
    return false;
}

/* Between processes the new root mostly is one already: nothing needs validation. */
static int __attribute__((cold)) take_root(struct domain *d, mfn_t new, bool user)
{
    if (reuse_root(d, new)) {
        pt_set_m2p_slot(d, new, user);
        return 0;
    }
    if (!mfn_valid(new))
        return -XEN_EINVAL;
    return pt_take_root(d, new, user, true);
}

static inline void drop_root(mfn_t old)
{
    struct frame *f = frame_of(old);

    frame_put_type(f);
    frame_put(f);
}

static long __attribute__((noinline, cold)) new_root(struct vcpu *v, mfn_t new)
{
    struct pv_vcpu *pv = &v->arch.pv;
    mfn_t old = pv->root_kernel;
    int rc;

    if (mfn_eq(old, new)) {
        pv_load_root(v);
        return 0;
    }
    rc = take_root(v->domain, new, false);
    if (rc == -HV_ERESTART)
        return rc;
    if (rc)
        return hv_refuse_frame(rc, new, "not usable as top-level table");
    (void)pv_ldt_invalidate(v);
    pv->root_kernel = new;
    pv_load_root(v);
    drop_root(old);
    return 0;
}

long pv_new_root(struct vcpu *v, mfn_t new)
{
    struct domain *d = v->domain;
    long rc;

    spin_lock(&d->lock);
    rc = new_root(v, new);
    spin_unlock(&d->lock);
    return rc;
}

static long __attribute__((noinline, cold)) new_user_root(struct vcpu *v, mfn_t new)
{
    struct pv_vcpu *pv = &v->arch.pv;
    mfn_t old = pv->root_user;
    int rc;

    if (pv_has_root(old) ? mfn_eq(old, new) : !new.v)
        return 0;
    if (new.v) {
        rc = take_root(v->domain, new, true);
        if (rc == -HV_ERESTART)
            return rc;
        if (rc)
            return hv_refuse_frame(rc, new, "not usable as the user's top-level table");
    }
    pv->root_user = new.v ? new : INVALID_MFN;
    if (pv_has_root(old))
        drop_root(old);
    return 0;
}

static long set_ldt(struct vcpu *v, const struct mmuext_op *op)
{
    return pv_set_ldt(v, op->arg1.linear_addr, op->arg2.nr_ents);
}

static long cache_flush(struct vcpu *v, const struct mmuext_op *op)
{
    return hv_refuse(op->cmd == MMUEXT_FLUSH_CACHE ? -XEN_EACCES : -XEN_EINVAL,
                     "cache flushes are for domains that own devices");
}

static long mark_super(struct vcpu *v, const struct mmuext_op *op)
{
    return -XEN_EOPNOTSUPP;
}

struct command {
    long (*fn)(struct vcpu *v, const struct mmuext_op *op);
    bool locked; /* called with the domain's lock held */
};

/* But those that change roots. */
static const struct command table[] = {
    [MMUEXT_PIN_L1_TABLE] = {pin, true},
    [MMUEXT_PIN_L2_TABLE] = {pin, true},
    [MMUEXT_PIN_L3_TABLE] = {pin, true},
    [MMUEXT_PIN_L4_TABLE] = {pin, true},
    [MMUEXT_UNPIN_TABLE] = {unpin, true},
    [MMUEXT_TLB_FLUSH_LOCAL] = {mmuext_flush_local, false},
    [MMUEXT_INVLPG_LOCAL] = {mmuext_invlpg_local, false},
    [MMUEXT_TLB_FLUSH_MULTI] = {mmuext_flush_multi, false},
    [MMUEXT_INVLPG_MULTI] = {mmuext_invlpg_multi, false},
    [MMUEXT_TLB_FLUSH_ALL] = {mmuext_flush_all, false},
    [MMUEXT_INVLPG_ALL] = {mmuext_invlpg_all, false},
    [MMUEXT_FLUSH_CACHE] = {cache_flush, false},
    [MMUEXT_SET_LDT] = {set_ldt, true},
    [MMUEXT_CLEAR_PAGE] = {mmuext_clear_page, true},
    [MMUEXT_COPY_PAGE] = {mmuext_copy_page, true},
    [MMUEXT_FLUSH_CACHE_GLOBAL] = {cache_flush, false},
    [MMUEXT_MARK_SUPER] = {mark_super, false},
    [MMUEXT_UNMARK_SUPER] = {mark_super, false},
};

static long __attribute__((noinline, cold))
other_command(struct vcpu *v, const struct mmuext_op *op)
{
    struct domain *d = v->domain;
    const struct command *c;
    long rc;

    if (op->cmd >= ARRAY_SIZE(table) || !table[op->cmd].fn)
        return hv_refuse(-XEN_ENOSYS, "no mmuext command %u", op->cmd);
    c = &table[op->cmd];
    if (!c->locked)
        return c->fn(v, op);
    spin_lock(&d->lock);
    rc = c->fn(v, op);
    spin_unlock(&d->lock);
    return rc;
}

static inline long change_root(struct vcpu *v, bool user, mfn_t new)
{
    struct domain *d = v->domain;
    long rc;

    spin_lock(&d->lock);
    rc = user ? new_user_root(v, new) : new_root(v, new);
    spin_unlock(&d->lock);
    return rc;
}

/* Three words, each read once. */
static inline bool read_op(uint64_t at, struct mmuext_op *op)
{
    uint64_t w[3];

    _Static_assert(sizeof(*op) == sizeof(w), "an operation is three words");
    if (!guest_range_ok(at, sizeof(w)) || !guest_get(at, &w[0]) || !guest_get(at + 8, &w[1]) ||
        !guest_get(at + 16, &w[2]))
        return false;
    memcpy(op, w, sizeof(w));
    return true;
}

static long one(struct vcpu *v, uint64_t uops, uint64_t index)
{
    uint64_t at = uops + index * sizeof(struct mmuext_op);
    struct mmuext_op op;

    v->batch_index = (uint32_t)index;
    if (unlikely(!read_op(at, &op)))
        return hv_refuse(-XEN_EFAULT, "operation at %#llx is not readable", (unsigned long long)at);
    if (likely(op.cmd == MMUEXT_NEW_BASEPTR || op.cmd == MMUEXT_NEW_USER_BASEPTR))
        return change_root(v, op.cmd == MMUEXT_NEW_USER_BASEPTR, MFN(op.arg1.mfn));
    return other_command(v, &op);
}

/* As many as can be done at once; *done says how many. An operation is only begun, and the call
 * only ends well, when nothing is left to clear up of earlier ones. */
static long batch(struct vcpu *v, uint64_t uops, uint64_t todo, uint64_t *done)
{
    long rc;

    while (*done < todo) {
        if (!pv_drain(v->domain))
            return -HV_ERESTART;
        rc = one(v, uops, *done);
        if (rc)
            return rc;
        if (++*done < todo && hypercall_preempt())
            return -HV_ERESTART;
    }
    return pv_drain(v->domain) ? 0 : -HV_ERESTART;
}

/* What a switch of processes asks for: NEW_BASEPTR, then NEW_USER_BASEPTR. */
struct two_roots {
    mfn_t kernel, user;
};

static inline bool read_two_roots(uint64_t uops, struct two_roots *r)
{
    uint64_t cmd[2];

    return guest_range_ok(uops, 2 * sizeof(struct mmuext_op)) && guest_get(uops, &cmd[0]) &&
           guest_get(uops + 8, &r->kernel.v) && guest_get(uops + 24, &cmd[1]) &&
           guest_get(uops + 32, &r->user.v) && (uint32_t)cmd[0] == MMUEXT_NEW_BASEPTR &&
           (uint32_t)cmd[1] == MMUEXT_NEW_USER_BASEPTR;
}

/* Both at once, if there is nothing to validate or to clear up; false: there is, and nothing has
 * happened. */
static inline bool set_two_roots(struct vcpu *v, const struct two_roots *new)
{
    struct two_roots old = {v->arch.pv.root_kernel, v->arch.pv.root_user};
    struct domain *d = v->domain;

    if (d->dead_tables || !pv_has_root(old.user) || mfn_eq(old.kernel, new->kernel) ||
        !reuse_root(d, new->kernel))
        return false;
    if (unlikely(!reuse_root(d, new->user))) {
        drop_root(new->kernel);
        return false;
    }
    pt_set_m2p_slot(d, new->kernel, false);
    pt_set_m2p_slot(d, new->user, true);
    if (unlikely(v->arch.pv.ldt_mapped))
        (void)pv_ldt_invalidate(v);
    v->arch.pv.root_kernel = new->kernel;
    v->arch.pv.root_user = new->user;
    pv_load_root(v);
    drop_root(old.kernel);
    drop_root(old.user);
    return true;
}

static inline bool two_roots(struct vcpu *v, uint64_t uops)
{
    struct domain *d = v->domain;
    struct two_roots new;
    bool done;

    if (!read_two_roots(uops, &new))
        return false;
    spin_lock(&d->lock);
    done = set_two_roots(v, &new);
    spin_unlock(&d->lock);
    return done;
}

static long __attribute__((cold))
go_on(uint64_t uops, uint64_t left, uint64_t pdone, uint64_t foreign)
{
    return hypercall_continue(__HYPERVISOR_mmuext_op, 4, uops, left | PV_BATCH_RESUMED, pdone,
                              foreign);
}

static long __attribute__((noinline, cold))
any_ops(uint64_t uops, uint64_t count, uint64_t pdone, uint64_t foreign, uint64_t done)
{
    struct vcpu *v = current_vcpu();
    uint32_t todo = (uint32_t)count & ~PV_BATCH_RESUMED, before = 0;
    struct domain *owner;
    long rc;

    if (!pv_batch_resume(count, pdone, &before))
        return -XEN_EFAULT;
    rc = likely((foreign & 0xffff) == DOMID_SELF)
             ? 0
             : pv_page_owner((uint32_t)(foreign & 0xffff), &owner);
    if (likely(!rc))
        rc = batch(v, uops, todo, &done);
    v->batch_index = 0;
    pv_batch_report(pdone, before, done);
    if (rc != -HV_ERESTART)
        return rc;
    return go_on(uops + done * sizeof(struct mmuext_op), todo - done, pdone, foreign);
}

long hc_mmuext_op(uint64_t uops, uint64_t count, uint64_t pdone, uint64_t foreign)
{
    struct vcpu *v = current_vcpu();
    struct domain *d = v->domain;
    uint64_t done = 0;

    if (unlikely(pdone || foreign != DOMID_SELF || READ_ONCE(d->dead_tables)))
        return any_ops(uops, count, pdone, foreign, 0);
    if ((uint32_t)count == 1) {
        long rc = one(v, uops, 0);

        if (rc == -HV_ERESTART)
            return go_on(uops, 1, 0, foreign);
        if (rc)
            return rc;
        done = 1;
    } else if ((uint32_t)count == 2 && two_roots(v, uops)) {
        done = 2;
    }
    if (likely(done && !READ_ONCE(d->dead_tables)))
        return 0;
    return any_ops(uops, count, 0, foreign, done); /* what the old roots leave, or all */
}
