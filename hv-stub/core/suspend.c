/* SPDX-License-Identifier: MIT */
/* Suspend and resume. The guest's part is in xen/sched.h: SHUTDOWN_suspend. */
#include "console.h"
#include "domain.h"
#include "domain_suspend.h"
#include "evtchn.h"
#include "hv_grant.h"
#include "hv_xenstore.h"
#include "sched.h"
#include "vcpu_op.h"

static bool (*devices_restart)(struct domain *d);

void domain_resume_hook(bool (*fn)(struct domain *d))
{
    devices_restart = fn;
}

bool domain_suspended(const struct domain *d)
{
    return READ_ONCE(d->suspender) && domain_alive(d);
}

void domain_suspend(struct domain *d)
{
    struct vcpu *none = NULL, *v = current_vcpu();

    if (!__atomic_compare_exchange_n(&d->suspender, &none, v, false, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST))
        return; /* by another vcpu, which stops this one */
    console_flush(d);
    for (uint32_t i = 0; i < d->nr_vcpus; i++)
        vcpu_pause_set(d->vcpu[i], VCPU_SUSPENDED);
    work_raise(WORK_RESCHED);
    hv_log("d%u is suspended", d->id);
}

/* ---- a new incarnation */

/* Areas that it registered are to be registered again. */
static void forget_areas(struct vcpu *v)
{
    v->runstate_gva = v->time_info_gva = 0;
    v->areas_pending = false;
    timer_cancel(&v->oneshot_timer);
    timer_cancel(&v->poll_timer);
    v->info = &v->domain->shared->vcpu_info[v->id];
    if (v->info_frame)
        frame_put_and_type(v->info_frame);
    v->info_frame = NULL;
}

/* Only those that are up belong to a domain that was moved; it initialises the others again. */
static void forget_context(struct vcpu *v)
{
    if (!(READ_ONCE(v->pause) & VCPU_DOWN) || !v->initialised)
        return;
    spin_lock(&v->domain->lock);
    arch_vcpu_release(v);
    spin_unlock(&v->domain->lock);
    v->initialised = false;
}

static void renew_shared_info(struct domain *d)
{
    shared_info_t *s = d->shared;
    uint64_t max_pfn = s->arch.max_pfn;

    memset(s, 0, sizeof(*s));
    memset(s->evtchn_mask, 0xff, sizeof(s->evtchn_mask));
    s->arch.max_pfn = max_pfn;
    for (unsigned i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
        s->vcpu_info[i].evtchn_upcall_mask = 1;
    time_update_wallclock(d);
    for (uint32_t i = 0; i < d->nr_vcpus; i++)
        time_update_vcpu(d->vcpu[i]);
}

/* What a restored domain finds in the page it named when it suspended. */
static void write_start_info(struct domain *d, struct start_info *si)
{
    si->nr_pages = d->tot_pages;
    si->shared_info = d->shared_mfn.v << PAGE_SHIFT;
    si->flags = 0;
    si->store_mfn = d->store_mfn.v;
    si->store_evtchn = d->store_port;
    si->console.domU.mfn = d->console_mfn.v;
    si->console.domU.evtchn = d->console_port;
}

/* Everything of the old one that could fail was looked at before. */
static int begin_anew(struct domain *d, struct start_info *si)
{
    int rc = grant_reset(d);

    if (rc)
        return rc;
    evtchn_destroy(d);
    for (uint32_t i = 0; i < d->nr_vcpus; i++) {
        forget_context(d->vcpu[i]);
        forget_areas(d->vcpu[i]);
    }
    renew_shared_info(d);
    rc = console_ring_reopen(d);
    if (rc)
        return rc;
    hv_xenstore_domain_resume(d);
    write_start_info(d, si);
    return 0;
}

static int resume_new(struct domain *d)
{
    mfn_t m = MFN(d->suspender->regs->rdx); /* third argument of the call */
    struct frame *f;
    int rc;

    if (d->kind != DOMAIN_PV)
        return -XEN_EOPNOTSUPP;
    f = frame_get_writable(d, m);
    if (!f)
        return -XEN_EINVAL;
    rc = devices_restart && !devices_restart(d) ? -HV_ERESTART : begin_anew(d, mfn_to_virt(m));
    frame_put_and_type(f);
    return rc;
}

/* ---- either way */

static bool off_all_cpus(const struct domain *d)
{
    for (uint32_t i = 0; i < d->nr_vcpus; i++)
        if (!vcpu_is_off(d->vcpu[i]))
            return false;
    return true;
}

/* reap_lock held: it does not end meanwhile. */
static int resume(struct domain *d, enum domain_resume how)
{
    int rc = 0;

    if (!domain_suspended(d))
        return -XEN_EINVAL;
    if (!off_all_cpus(d))
        return -HV_ERESTART;
    if (how == RESUME_NEW)
        rc = resume_new(d);
    if (rc)
        return rc;
    arch_vcpu_set_result(d->suspender, how == RESUME_SAME);
    __atomic_store_n(&d->suspender, NULL, __ATOMIC_SEQ_CST);
    for (uint32_t i = 0; i < d->nr_vcpus; i++)
        vcpu_pause_clear(d->vcpu[i], VCPU_SUSPENDED);
    hv_log("d%u goes on", d->id);
    return 0;
}

int domain_resume(struct domain *d, enum domain_resume how)
{
    int rc = -HV_ERESTART;

    if (spin_trylock(&reap_lock)) {
        rc = resume(d, how);
        spin_unlock(&reap_lock);
    }
    return rc;
}
