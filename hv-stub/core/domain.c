/* SPDX-License-Identifier: MIT */
/* Life of a domain: made, started, ended by itself or by us, and its memory given back. */
#include "console.h"
#include "domain.h"
#include "domain_suspend.h"
#include "hv_grant.h"
#include "sched.h"
#include "vcpu_op.h"

#include <xen/hvm/params.h>

static void watchdog_fire(struct timer *t)
{
    struct domain *d = t->data;

    if (domain_suspended(d)) /* nobody is there who could have set it anew */
        return;
    hv_log("d%u: watchdog expired", d->id);
    domain_shutdown(d, SHUTDOWN_watchdog);
}

/* ---- creation */

static struct vcpu *vcpu_create(struct domain *d, uint32_t id)
{
    struct vcpu *v = d->vcpu[id] ? d->vcpu[id] : hv_alloc(sizeof(*v));

    if (!v)
        return NULL;
    v->domain = d;
    v->id = id;
    v->pause = VCPU_DOWN | VCPU_PAUSED;
    v->info = &d->shared->vcpu_info[id];
    sched_init_vcpu(v);
    vcpu_timers_init(v);
    d->vcpu[id] = v; /* arch_vcpu_create() may look for it there */
    d->nr_vcpus = id + 1;
    if (!arch_vcpu_create(v))
        return v;
    d->vcpu[id] = NULL;
    d->nr_vcpus = id;
    hv_free(v, sizeof(*v));
    return NULL;
}

static bool create_shared_info(struct domain *d)
{
    if (!d->shared) {
        d->shared_mfn = palloc(0);
        if (mfn_eq(d->shared_mfn, INVALID_MFN))
            return false;
        frame_share(d->shared_mfn, d);
        d->shared = mfn_to_virt(d->shared_mfn);
    }
    time_update_wallclock(d);
    return true;
}

/*
 * A domain that is over, as good as new. Somebody may still look at it, so what can be found from
 * domains[] without a lock stays where it is: the structures, and the tables that are only emptied.
 */
static void recycle(struct domain *d)
{
    static struct domain kept; /* large; domains are built one after the other */

    kept = (struct domain){.evtchn = d->evtchn,
                           .nr_evtchn_buckets = d->nr_evtchn_buckets,
                           .grants = d->grants,
                           .shared = d->shared,
                           .shared_mfn = d->shared_mfn};
    arch_domain_free(d);
    for (uint32_t i = 0; i < d->nr_vcpus; i++) {
        sched_end_vcpu(d->vcpu[i]);
        memset(d->vcpu[i], 0, sizeof(*d->vcpu[i]));
        kept.vcpu[i] = d->vcpu[i];
    }
    if (d->hvm_param)
        hv_free(d->hvm_param, HVM_NR_PARAMS * sizeof(*d->hvm_param));
    memset(d->shared, 0, PAGE_SIZE);
    memcpy(d, &kept, sizeof(*d));
}

static struct domain *room_for(domid_t id)
{
    struct domain *d = domain_by_id(id);

    if (!d)
        return hv_alloc(sizeof(*d));
    recycle(d);
    return d;
}

/* A failure here ends the boot, so nothing is unwound: no half-made domain outlives the message.
 * One that starts again has all it needs. */
struct domain *domain_create(domid_t id, enum domain_kind kind, uint32_t nr_vcpus,
                             uint64_t max_pages)
{
    struct domain *d = nr_vcpus > HV_MAX_VCPUS ? NULL : room_for(id);

    if (!d)
        return NULL;
    d->id = id;
    d->kind = kind;
    d->max_pages = max_pages;
    d->weight = SCHED_WEIGHT_DEFAULT;
    list_init(&d->pages);
    for (unsigned i = 0; i < ARRAY_SIZE(d->watchdog); i++)
        timer_init(&d->watchdog[i], 0, watchdog_fire, d);
    if (!create_shared_info(d) || evtchn_init(d) || grant_create(d) || arch_domain_create(d))
        return NULL;
    for (uint32_t i = 0; i < nr_vcpus; i++)
        if (!vcpu_create(d, i))
            return NULL;
    return d;
}

void domain_unpause(struct domain *d)
{
    d->started_at = hv_now();
    console_forget(d);
    d->state = DOMAIN_RUNNING;
    sched_weights_changed();
    for (uint32_t i = 0; i < d->nr_vcpus; i++)
        vcpu_pause_clear(d->vcpu[i], VCPU_PAUSED | (i == 0 ? VCPU_DOWN : 0));
}

/* ---- end */

bool domain_alive(const struct domain *d)
{
    return READ_ONCE(d->state) == DOMAIN_RUNNING;
}

bool domain_ended(const struct domain *d)
{
    return READ_ONCE(d->state) >= DOMAIN_SHUTDOWN;
}

const char *domain_end_name(const struct domain *d)
{
    static const char *const names[] = {
        [SHUTDOWN_poweroff] = "poweroff", [SHUTDOWN_reboot] = "reboot",
        [SHUTDOWN_suspend] = "suspend",   [SHUTDOWN_crash] = "crash",
        [SHUTDOWN_watchdog] = "watchdog", [SHUTDOWN_soft_reset] = "soft-reset",
    };

    if (d->destroyed)
        return "destroyed";
    if (d->state == DOMAIN_CRASHED)
        return "crash";
    if (d->state != DOMAIN_SHUTDOWN)
        return "running";
    return d->shutdown_code < ARRAY_SIZE(names) ? names[d->shutdown_code] : "unknown";
}

static void begin_reaping(void)
{
    __atomic_fetch_add(&domains_to_reap, 1, __ATOMIC_SEQ_CST);
    work_raise(WORK_RESCHED);
}

/* The first to call decides how the domain ended; several of its vcpus may fail at once. */
static bool end(struct domain *d, enum domain_state how)
{
    enum domain_state running = DOMAIN_RUNNING;

    if (!__atomic_compare_exchange_n(&d->state, &running, how, false, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST))
        return false;
    begin_reaping();
    return true;
}

/* Its vcpus leave their CPUs on their next way to the guest. */
static void stop_vcpus(struct domain *d)
{
    struct vcpu *v = current_vcpu();

    sched_weights_changed();
    for (uint32_t i = 0; i < d->nr_vcpus; i++)
        vcpu_pause_set(d->vcpu[i], VCPU_PAUSED);
    if (v && v->domain == d)
        work_raise(WORK_KILL | WORK_RESCHED);
}

static void dump_hypercalls(const struct vcpu *v)
{
    uint64_t total = vcpu_hypercalls(v), n = MIN(total, (uint64_t)HC_TRACE);

    hv_log("last hypercalls of d%uv%u, oldest first:", v->domain->id, v->id);
    for (uint64_t i = total - n; i < total; i++) {
        const struct hc_trace *t = &v->hc_trace[i % HC_TRACE];
        const char *name = t->nr < HV_NR_HYPERCALLS ? hypercall_table[t->nr].name : NULL;

        hv_log("  %s (%lu) first argument 0x%lx", name ? name : "unknown", (unsigned long)t->nr,
               (unsigned long)t->arg);
    }
}

static void dump(struct vcpu *v)
{
    if (v == current_vcpu())
        arch_vcpu_dump(v);
    dump_hypercalls(v);
}

/* Its own reason, if it gave one. */
static void log_panic(struct domain *d)
{
    const char *panic = console_panic(d);

    if (panic)
        hv_log("d%u said: %s", d->id, panic);
}

/* It gave up by itself: where it was. */
static void report_end(struct domain *d)
{
    struct vcpu *v = current_vcpu();

    log_panic(d);
    if (d->shutdown_code == SHUTDOWN_crash && v && v->domain == d) {
        hv_log("d%uv%u crashed by its own wish", d->id, v->id);
        dump(v);
    }
}

void domain_shutdown(struct domain *d, uint8_t reason)
{
    if (reason == SHUTDOWN_suspend && hv_opt.control && current_vcpu()) {
        domain_suspend(d);
        return;
    }
    if (!end(d, DOMAIN_SHUTDOWN))
        return;
    d->shutdown_code = reason;
    console_flush(d);
    if (hv_opt.debug || reason != SHUTDOWN_poweroff)
        hv_log("d%u ended: %s", d->id, domain_end_name(d));
    if (reason != SHUTDOWN_poweroff)
        report_end(d);
    stop_vcpus(d);
}

void domain_destroy(struct domain *d)
{
    if (!end(d, DOMAIN_SHUTDOWN)) { /* it may be preserved, or about to start again */
        spin_lock(&reap_lock);
        d->destroyed |= !d->released;
        if (d->preserved)
            begin_reaping();
        d->preserved = false;
        spin_unlock(&reap_lock);
        return;
    }
    d->destroyed = true;
    d->shutdown_code = SHUTDOWN_poweroff;
    console_flush(d);
    hv_log("d%u ended: %s", d->id, domain_end_name(d));
    stop_vcpus(d);
}

void domain_crash(struct domain *d, struct vcpu *v, const char *fmt, ...)
{
    char why[200];
    va_list ap;

    if (!end(d, DOMAIN_CRASHED))
        return;
    va_start(ap, fmt);
    hv_vsnprintf(why, sizeof(why), fmt, ap);
    va_end(ap);
    console_flush(d);
    if (v)
        hv_log("d%uv%u crashed: %s", d->id, v->id, why);
    else
        hv_log("d%u crashed: %s", d->id, why);
    log_panic(d);
    if (v)
        dump(v);
    stop_vcpus(d);
}
