/* SPDX-License-Identifier: MIT */
/*
 * System time is one linear function of the TSC with a 32-bit fraction; guests get the same
 * function (pvclock), so their clock and ours agree to the nanosecond and never need correcting. It
 * is still refreshed now and then: guests that multiply in 64 bits overflow when the TSC delta
 * grows large.
 */
#include "timer.h"

#define REFRESH_NS 1000000000ull

static uint64_t tsc_base;
static uint32_t tsc_mul;
static int8_t tsc_shift;

void time_init(void)
{
    arch_time_scale(&tsc_mul, &tsc_shift);
    tsc_base = arch_tsc();
}

uint64_t hv_time_at(uint64_t tsc)
{
    uint64_t delta = tsc - tsc_base;

    /* A CPU whose TSC is a little behind the boot CPU's must not see the distant future. */
    if ((int64_t)delta < 0)
        return 0;
    delta = tsc_shift < 0 ? delta >> -tsc_shift : delta << tsc_shift;
    return (uint64_t)(((unsigned __int128)delta * tsc_mul) >> 32);
}

uint64_t hv_now(void)
{
    return hv_time_at(arch_tsc());
}

/* The fields of v's vcpu_time_info for this instant, version apart. */
static void fill(const struct vcpu *v, vcpu_time_info_t *t)
{
    uint64_t tsc = arch_tsc();

    t->tsc_timestamp = tsc + v->tsc_offset;
    t->system_time = hv_time_at(tsc);
    t->tsc_to_system_mul = tsc_mul;
    t->tsc_shift = tsc_shift;
    t->flags = XEN_PVCLOCK_TSC_STABLE_BIT;
}

void time_update_vcpu(struct vcpu *v)
{
    vcpu_time_info_t *t = &v->info->time, n = {0};

    fill(v, &n);
    /* The guest can write this page: the version comes from our own copy. */
    v->time_version += 2;
    WRITE_ONCE(t->version, v->time_version - 1);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    t->tsc_timestamp = n.tsc_timestamp;
    t->system_time = n.system_time;
    t->tsc_to_system_mul = n.tsc_to_system_mul;
    t->tsc_shift = n.tsc_shift;
    t->flags = n.flags;
    __atomic_thread_fence(__ATOMIC_RELEASE);
    WRITE_ONCE(t->version, v->time_version);
    v->time_updated = n.system_time;
}

void time_refresh(uint64_t now)
{
    struct vcpu *v = current_vcpu();

    if (v && now - v->time_updated > REFRESH_NS)
        time_update_vcpu(v);
}

void time_update_wallclock(struct domain *d)
{
    shared_info_t *s = d->shared;
    static uint64_t boot; /* the clock is read once */
    uint64_t sec;
    uint32_t version = s->wc_version;

    if (!boot)
        boot = arch_wallclock_boot();
    sec = boot + (uint64_t)d->time_offset_s;
    WRITE_ONCE(s->wc_version, version | 1);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    s->wc_sec = (uint32_t)sec;
    s->wc_nsec = 0;
    s->wc_sec_hi = (uint32_t)(sec >> 32);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    WRITE_ONCE(s->wc_version, (version | 1) + 1);
}

void runstate_change(struct vcpu *v, int state, uint64_t now)
{
    struct vcpu_runstate_info *r = &v->runstate;

    if (now < r->state_entry_time) /* taken on another CPU before it got the lock */
        now = r->state_entry_time;
    r->time[r->state] += now - r->state_entry_time;
    r->state_entry_time = now;
    r->state = state;
}

/* Secondary time area: readers look at the version first and last, so it is written around the
 * rest. */
static bool write_time_area(struct vcpu *v)
{
    gva_t version = GVA(v->time_info_gva + offsetof(vcpu_time_info_t, version));
    vcpu_time_info_t t = v->info->time;

    t.version = v->time_version - 1;
    if (guest_write(version, &t.version, sizeof(t.version)))
        return false;
    fill(v, &t);
    if (guest_write(GVA(v->time_info_gva), &t, sizeof(t)))
        return false;
    t.version = v->time_version;
    return !guest_write(version, &t.version, sizeof(t.version));
}

/* With VMASST_TYPE_runstate_update_flag the entry time carries XEN_RUNSTATE_UPDATE meanwhile. */
static bool write_runstate_area(struct vcpu *v)
{
    struct vcpu_runstate_info r = v->runstate;
    gva_t entry = GVA(v->runstate_gva + offsetof(struct vcpu_runstate_info, state_entry_time));
    uint64_t flagged = r.state_entry_time | XEN_RUNSTATE_UPDATE;

    if (!(v->domain->vm_assist & (1ull << VMASST_TYPE_runstate_update_flag)))
        return !guest_write(GVA(v->runstate_gva), &r, sizeof(r));
    if (guest_write(entry, &flagged, sizeof(flagged)))
        return false;
    r.state_entry_time = flagged;
    if (guest_write(GVA(v->runstate_gva), &r, sizeof(r)))
        return false;
    r.state_entry_time &= ~XEN_RUNSTATE_UPDATE;
    return !guest_write(entry, &r.state_entry_time, sizeof(r.state_entry_time));
}

void vcpu_areas_update(struct vcpu *v)
{
    bool ok = true;

    if (v->time_info_gva)
        ok &= write_time_area(v);
    if (v->runstate_gva)
        ok &= write_runstate_area(v);
    /* Once more when the kernel runs again; if it fails there too, the guest unmapped the area. */
    v->areas_pending = !ok && !v->areas_pending;
}

/* VIRQ_TIMER of the periodic timer ticks only while the vcpu runs; a tick that is due comes at
 * once. */
static void periodic_start(struct vcpu *v)
{
    uint64_t now = hv_now(), next = v->last_tick + v->periodic_ns;

    if (next <= now) {
        v->last_tick = now;
        virq_raise(v, VIRQ_TIMER);
        next = now + v->periodic_ns;
    }
    timer_set(&v->periodic_timer, next);
}

void vcpu_switched_in(struct vcpu *v)
{
    time_update_vcpu(v);
    if (v->time_info_gva || v->runstate_gva)
        vcpu_areas_update(v);
    if (v->periodic_ns)
        periodic_start(v);
}
