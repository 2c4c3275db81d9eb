/* SPDX-License-Identifier: MIT */
/* After the end: give back what a domain held, and end the machine when none is left. */
#include "console.h"
#include "domain.h"
#include "hv_disk.h"
#include "hv_grant.h"
#include "sched.h"
#include "vcpu_op.h"

spinlock_t reap_lock;
uint32_t domains_to_reap;

#define MAX_HOOKS 4

static bool (*hooks[MAX_HOOKS])(struct domain *d);
static uint32_t nr_hooks;

void domain_end_hook(bool (*fn)(struct domain *d))
{
    for (uint32_t i = 0; i < nr_hooks; i++)
        if (hooks[i] == fn)
            return;
    HV_ASSERT(nr_hooks < MAX_HOOKS);
    hooks[nr_hooks++] = fn;
}

/* Has everybody let go of it? All are asked, so that they do it at the same time. */
static bool let_go(struct domain *d)
{
    bool all = true;

    for (uint32_t i = 0; i < nr_hooks; i++)
        all &= hooks[i](d);
    return all;
}

static bool off_all_cpus(const struct domain *d)
{
    for (uint32_t i = 0; i < d->nr_vcpus; i++)
        if (!vcpu_is_off(d->vcpu[i]))
            return false;
    return true;
}

/* Everything others could still reach it by. */
static void detach(struct domain *d)
{
    for (uint32_t i = 0; i < d->nr_vcpus; i++)
        vcpu_timers_cancel(d->vcpu[i]);
    for (unsigned i = 0; i < ARRAY_SIZE(d->watchdog); i++)
        timer_cancel(&d->watchdog[i]);
    console_flush(d);
    evtchn_destroy(d);
    console_ring_release(d);
    if (d->eoi_frame)
        frame_put_and_type(d->eoi_frame);
    d->eoi_frame = NULL;
    for (uint32_t i = 0; i < d->nr_vcpus; i++) {
        struct vcpu *v = d->vcpu[i];

        if (!v->info_frame)
            continue;
        v->info = &d->shared->vcpu_info[i];
        frame_put_and_type(v->info_frame);
        v->info_frame = NULL;
    }
    arch_domain_release(d);
}

static void is_over(struct domain *d)
{
    disks_close(d->id);
    d->released = true;
    __atomic_fetch_sub(&domains_to_reap, 1, __ATOMIC_SEQ_CST);
}

/* One step. True while there is more to do at once. */
static bool reap(struct domain *d)
{
    if (d->released || d->preserved || !off_all_cpus(d))
        return false;
    if (domain_end_action(d) == END_PRESERVE) {
        d->preserved = true;
        __atomic_fetch_sub(&domains_to_reap, 1, __ATOMIC_SEQ_CST);
        return false;
    }
    if (d->building_again && domain_end_action(d) == END_RESTART)
        return domain_restart(d);
    if (!d->detached) {
        grant_close(d);
        domain_audit(d); /* while everything it held still stands */
        detach(d);
        d->detached = true;
        return true;
    }
    if (!let_go(d))
        return false;
    if (grant_release(d) && domain_release_memory(d)) {
        if (!d->building_again)
            grant_destroy(d);
        d->building_again = domain_end_action(d) == END_RESTART;
        d->restart_at = MAX(d->started_at + RESTART_NS, hv_now() + RESTART_MOMENT_NS);
        if (!d->building_again)
            is_over(d);
    }
    return true;
}

/* Crash before reboot before power-off, whichever any domain ended with. One that could not even be
 * built counts as crashed. */
static uint8_t machine_code(void)
{
    uint8_t code = domains_refused ? 0x11 : 0x10;

    for (uint32_t i = 1; i < nr_domains; i++) {
        const struct domain *d = domains[i];

        if (!d)
            continue;
        if (domain_ended_badly(d))
            code = 0x11;
        else if (d->shutdown_code == SHUTDOWN_reboot && code == 0x10)
            code = 0x13;
    }
    return code;
}

static void end_machine(void)
{
    (void)frames_audit();
    if (hv_opt.stats)
        stats_write();
    arch_machine_end(machine_code());
}

/* reap_lock held. True: call again. */
static bool reap_step(void)
{
    uint32_t left = 0;
    bool more = false;

    for (uint32_t i = 1; i < nr_domains; i++) {
        struct domain *d = domains[i];

        if (!d)
            continue;
        if (domain_ended(d))
            more |= reap(d);
        left += !d->released;
    }
    if (!left && nr_domains > 1)
        end_machine();
    return more;
}

void domain_reap_check(void)
{
    bool more;

    console_idle();
    if (likely(!READ_ONCE(domains_to_reap)) || !spin_trylock(&reap_lock))
        return;
    more = reap_step();
    spin_unlock(&reap_lock);
    if (more)
        work_raise(WORK_RESCHED);
    if (READ_ONCE(domains_to_reap)) /* the CPU may be busy from now on */
        sched_reap_again();
}
