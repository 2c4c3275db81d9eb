/* SPDX-License-Identifier: MIT */
/* vcpu_op and set_timer_op: bring up vcpus, their timers and shared areas (xen/vcpu.h). */
#include "handlers.h"
#include "sched.h"
#include "vcpu_op.h"

#include <xen/hvm/hvm_vcpu.h>

#define PERIOD_MIN_NS     1000000ull
#define PERIOD_MAX_NS     (~0ull >> 2)
#define PERIOD_DEFAULT_NS 10000000ull /* a new PV vcpu ticks at 100 Hz */

/* ---- timers */

static void oneshot_fire(struct timer *t)
{
    virq_raise(t->data, VIRQ_TIMER);
}

static void periodic_fire(struct timer *t)
{
    struct vcpu *v = t->data;

    if (!v->periodic_ns || !READ_ONCE(v->running))
        return;
    v->last_tick = hv_now();
    virq_raise(v, VIRQ_TIMER);
    timer_set(t, v->last_tick + v->periodic_ns);
}

static void poll_fire(struct timer *t)
{
    struct vcpu *v = t->data;

    /* A late timer of a poll that ended otherwise finds no poll, or wakes the next one early. */
    if (READ_ONCE(v->domain->poll_mask) & (1u << v->id))
        vcpu_unblock(v);
}

void vcpu_timers_init(struct vcpu *v)
{
    timer_init(&v->oneshot_timer, v->cpu, oneshot_fire, v);
    timer_init(&v->periodic_timer, v->cpu, periodic_fire, v);
    timer_init(&v->poll_timer, v->cpu, poll_fire, v);
    if (v->domain->kind == DOMAIN_PV)
        v->periodic_ns = PERIOD_DEFAULT_NS;
}

void vcpu_timers_cancel(struct vcpu *v)
{
    v->periodic_ns = 0;
    timer_cancel(&v->oneshot_timer);
    timer_cancel(&v->periodic_timer);
    timer_cancel(&v->poll_timer);
}

/* A guest's wrapped arithmetic, which usually has work to do now, or an attempt to say "never". Xen
 * settles for 100 ms when the time is negative or 13 days ahead, and kernels depend on it. */
static uint64_t believable(uint64_t timeout)
{
    uint64_t now = hv_now();
    int64_t ahead = (int64_t)(timeout - now);

    return (int64_t)timeout < 0 || (ahead > 0 && ahead >> 50) ? now + 100000000 : timeout;
}

/* Absolute system time. */
long hc_set_timer_op(uint64_t a_timeout)
{
    struct vcpu *v = current_vcpu();

    if (!a_timeout) {
        timer_cancel(&v->oneshot_timer);
        return 0;
    }
    if (unlikely(a_timeout >> 50))
        a_timeout = believable(a_timeout);
    timer_set(&v->oneshot_timer, a_timeout);
    return 0;
}

static long set_periodic(struct vcpu *v, gva_t arg)
{
    struct vcpu_set_periodic_timer op;

    if (guest_read(&op, arg, sizeof(op)))
        return hv_refuse(-XEN_EFAULT, "arguments cannot be read");
    if (op.period_ns < PERIOD_MIN_NS)
        return hv_refuse(-XEN_EINVAL, "period below 1 ms");
    if (op.period_ns > PERIOD_MAX_NS)
        return hv_refuse(-XEN_EINVAL, "period too long");
    v->last_tick = hv_now();
    WRITE_ONCE(v->periodic_ns, op.period_ns);
    if (READ_ONCE(v->running)) /* others arm it when they are next switched in */
        timer_set(&v->periodic_timer, v->last_tick + op.period_ns);
    return 0;
}

static long stop_periodic(struct vcpu *v)
{
    WRITE_ONCE(v->periodic_ns, 0);
    timer_cancel(&v->periodic_timer);
    return 0;
}

static long set_singleshot(struct vcpu *v, gva_t arg)
{
    struct vcpu_set_singleshot_timer op;

    if (v != current_vcpu())
        return hv_refuse(-XEN_EINVAL, "only a vcpu itself sets its one-shot timer");
    if (guest_read(&op, arg, sizeof(op)))
        return hv_refuse(-XEN_EFAULT, "arguments cannot be read");
    /* As in Xen 4.17 VCPU_SSHOTTMR_future changes nothing: a timeout in the past fires at once. */
    timer_set(&v->oneshot_timer, op.timeout_abs_ns);
    return 0;
}

static long stop_singleshot(struct vcpu *v)
{
    if (v != current_vcpu())
        return hv_refuse(-XEN_EINVAL, "only a vcpu itself stops its one-shot timer");
    timer_cancel(&v->oneshot_timer);
    return 0;
}

/* ---- life */

/* A context of either kind of domain. */
union context {
    struct vcpu_guest_context pv; /* more than a page: too large for the stack */
    struct vcpu_hvm_context fv;
};

static int set_context(struct vcpu *v, const union context *ctx)
{
    return v->domain->kind == DOMAIN_PV ? arch_vcpu_set_context(v, &ctx->pv)
                                        : arch_vcpu_set_hvm_context(v, &ctx->fv);
}

/* `up` looks at `initialised`, which is set when all is in place. Two callers at once: one does it,
 * the other hears that it is done. */
static long take_context(struct vcpu *v, union context *ctx, gva_t arg)
{
    long rc;

    if (guest_read(ctx, arg, v->domain->kind == DOMAIN_PV ? sizeof(ctx->pv) : sizeof(ctx->fv)))
        return hv_refuse(-XEN_EFAULT, "context cannot be read");
    if (READ_ONCE(v->initialised) || __atomic_test_and_set(&v->init_claimed, __ATOMIC_SEQ_CST))
        return hv_refuse(-XEN_EEXIST, "vcpu %u is initialised already", v->id);
    rc = set_context(v, ctx);
    if (!rc)
        __atomic_store_n(&v->initialised, true, __ATOMIC_RELEASE);
    __atomic_clear(&v->init_claimed, __ATOMIC_RELEASE);
    return rc;
}

static long initialise(struct vcpu *v, gva_t arg)
{
    union context *ctx;
    long rc;

    ctx = hv_alloc(sizeof(*ctx));
    if (!ctx)
        return hv_refuse(-XEN_ENOMEM, "no memory for the context");
    rc = take_context(v, ctx, arg);
    hv_free(ctx, sizeof(*ctx));
    if (rc == -HV_ERESTART) /* its page tables take long */
        return hypercall_continue(__HYPERVISOR_vcpu_op, 3, VCPUOP_initialise, v->id, arg.v, 0);
    return rc;
}

static long up(struct vcpu *v)
{
    if (!__atomic_load_n(&v->initialised, __ATOMIC_ACQUIRE))
        return hv_refuse(-XEN_EINVAL, "vcpu %u is not initialised", v->id);
    vcpu_pause_clear(v, VCPU_DOWN);
    return 0;
}

/* With its last vcpu a domain powers off. Two vcpus taking each other down must not both stay. */
static long down(struct vcpu *v)
{
    struct domain *d = v->domain;
    bool others = false;

    spin_lock(&d->event_lock);
    for (uint32_t i = 0; i < d->nr_vcpus; i++)
        others |= d->vcpu[i] != v && !(READ_ONCE(d->vcpu[i]->pause) & VCPU_DOWN);
    if (others)
        vcpu_pause_set(v, VCPU_DOWN);
    spin_unlock(&d->event_lock);
    if (!others)
        domain_shutdown(d, SHUTDOWN_poweroff);
    return 0;
}

static long send_nmi(struct vcpu *v, gva_t arg)
{
    if (arg.v)
        return hv_refuse(-XEN_EINVAL, "the argument must be null");
    arch_vcpu_send_nmi(v);
    vcpu_kick(v);
    return 0;
}

/* ---- shared areas */

/* The times as of now: the running state is still open in v->runstate. */
static void runstate_now(struct vcpu *v, struct vcpu_runstate_info *r)
{
    uint64_t now = hv_now();

    *r = v->runstate;
    if (now > r->state_entry_time)
        r->time[r->state] += now - r->state_entry_time;
}

static long get_runstate(struct vcpu *v, gva_t arg)
{
    struct vcpu_runstate_info r;

    runstate_now(v, &r);
    return guest_write(arg, &r, sizeof(r)) ? hv_refuse(-XEN_EFAULT, "result cannot be written") : 0;
}

static long register_runstate(struct vcpu *v, gva_t arg)
{
    struct vcpu_register_runstate_memory_area op;
    struct vcpu_runstate_info r;

    if (guest_read(&op, arg, sizeof(op)))
        return hv_refuse(-XEN_EFAULT, "arguments cannot be read");
    if (!guest_address_ok(v->domain, GVA(op.addr.p)))
        return hv_refuse(-XEN_EFAULT, "the area lies in the hypervisor's address space");
    WRITE_ONCE(v->runstate_gva, op.addr.p);
    if (v != current_vcpu()) {
        runstate_now(v, &r);
        guest_write(GVA(op.addr.p), &r, sizeof(r));
    } else {
        vcpu_areas_update(v);
    }
    return 0;
}

static long register_time_area(struct vcpu *v, gva_t arg)
{
    struct vcpu_register_time_memory_area op;

    if (guest_read(&op, arg, sizeof(op)))
        return hv_refuse(-XEN_EFAULT, "arguments cannot be read");
    if (!guest_address_ok(v->domain, GVA(op.addr.p)))
        return hv_refuse(-XEN_EFAULT, "the area lies in the hypervisor's address space");
    WRITE_ONCE(v->time_info_gva, op.addr.p);
    if (v == current_vcpu()) {
        time_update_vcpu(v);
        vcpu_areas_update(v);
    }
    return 0;
}

/*
 * Move v's vcpu_info to a page of the guest. The new place is public before it is marked pending:
 * an event that still went to the old one is found by the scan that follows.
 */
static void move_info(struct vcpu *v, struct frame *f, vcpu_info_t *to)
{
    memcpy(to, v->info, sizeof(*to));
    v->info_frame = f;
    __atomic_store_n(&v->info, to, __ATOMIC_SEQ_CST);
    arch_vcpu_info_moved(v);
    __atomic_store_n(&to->evtchn_pending_sel, ~0ul, __ATOMIC_SEQ_CST);
    __atomic_store_n(&to->evtchn_upcall_pending, 1, __ATOMIC_SEQ_CST);
    arch_upcall_raised(v);
    time_update_vcpu(v);
}

static long take_info(struct vcpu *v, gfn_t gfn, uint32_t offset)
{
    mfn_t mfn = arch_gfn_to_mfn(v->domain, gfn);
    struct frame *f;

    if (v->info_frame)
        return hv_refuse(-XEN_EINVAL, "vcpu_info of vcpu %u was registered before", v->id);
    if (v != current_vcpu() && !(READ_ONCE(v->pause) & VCPU_DOWN))
        return hv_refuse(-XEN_EINVAL, "vcpu %u is up and not the caller", v->id);
    if (!mfn_valid(mfn))
        return hv_refuse(-XEN_EINVAL, "frame %#lx is not RAM", (unsigned long)gfn.v);
    f = frame_of(mfn);
    if (frame_get_and_type(f, v->domain, FT_WRITABLE))
        return hv_refuse_frame(-XEN_EINVAL, mfn, "vcpu_info needs a writable page of the domain");
    move_info(v, f, (vcpu_info_t *)((char *)mfn_to_virt(mfn) + offset));
    return 0;
}

static long register_info(struct vcpu *v, gva_t arg)
{
    struct vcpu_register_vcpu_info op;
    long rc;

    if (guest_read(&op, arg, sizeof(op)))
        return hv_refuse(-XEN_EFAULT, "arguments cannot be read");
    if (op.offset > PAGE_SIZE - sizeof(vcpu_info_t) || op.offset % _Alignof(vcpu_info_t))
        return hv_refuse(-XEN_ENXIO, "offset %u: outside the page or unaligned", op.offset);
    spin_lock(&v->domain->lock);
    rc = take_info(v, GFN(op.mfn), op.offset);
    spin_unlock(&v->domain->lock);
    return rc;
}

long hc_vcpu_op(uint64_t a_cmd, uint64_t a_id, uint64_t a_arg)
{
    struct domain *d = current_vcpu()->domain;
    uint32_t id = (uint32_t)a_id;
    gva_t arg = GVA(a_arg);
    struct vcpu *v;

    if (id >= d->nr_vcpus) /* is_up is how kernels count them: no mistake */
        return a_cmd == VCPUOP_is_up ? -XEN_ENOENT : hv_refuse(-XEN_ENOENT, "no vcpu %u", id);
    v = d->vcpu[id];
    switch ((uint32_t)a_cmd) {
    case VCPUOP_initialise:
        return initialise(v, arg);
    case VCPUOP_up:
        return up(v);
    case VCPUOP_down:
        return down(v);
    case VCPUOP_is_up:
        return !(READ_ONCE(v->pause) & VCPU_DOWN);
    case VCPUOP_get_runstate_info:
        return get_runstate(v, arg);
    case VCPUOP_register_runstate_memory_area:
        return register_runstate(v, arg);
    case VCPUOP_set_periodic_timer:
        return set_periodic(v, arg);
    case VCPUOP_stop_periodic_timer:
        return stop_periodic(v);
    case VCPUOP_set_singleshot_timer:
        return set_singleshot(v, arg);
    case VCPUOP_stop_singleshot_timer:
        return stop_singleshot(v);
    case VCPUOP_register_vcpu_info:
        return register_info(v, arg);
    case VCPUOP_register_vcpu_time_memory_area:
        return register_time_area(v, arg);
    case VCPUOP_send_nmi:
        return send_nmi(v, arg);
    case VCPUOP_get_physid:
        return hv_refuse(-XEN_EINVAL, "vcpus are not pinned to CPUs");
    }
    return hv_refuse(-XEN_ENOSYS, "no vcpu operation %u", (uint32_t)a_cmd);
}
