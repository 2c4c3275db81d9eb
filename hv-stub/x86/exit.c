/* SPDX-License-Identifier: MIT */
/* The way out: work bits, scheduling, upcalls; and the idle loop, where a CPU is when it has no
 * vcpu. */
#include "hv.h"
#include "hv_job.h"
#include "cpu.h"
#include "entry.h"
#include "pv.h"
#include "smp.h"

static uint32_t take_work(void)
{
    return __atomic_exchange_n(&this_percpu()->work, 0, __ATOMIC_SEQ_CST);
}

/* What can be done no matter which vcpu is current. */
static void serve(uint32_t bits)
{
    if (bits & WORK_FLUSH)
        flush_serve();
    if (bits & WORK_TIMER)
        timers_run();
}

static void __attribute__((noreturn)) idle_loop(struct vcpu *none)
{
    struct vcpu *next;

    if (current_vcpu())
        switch_to_idle();
    for (;;) {
        serve(take_work());
        jobs_run_idle();
        if (unlikely(READ_ONCE(domains_to_reap)))
            domain_reap_check();
        next = sched_pick(NULL);
        if (next)
            switch_to_vcpu(next);
        domain_reap_check();
        if (work_pending())
            arch_irq_window();
        else /* an interrupt between here and HLT is taken by HLT */
            __asm__ volatile("sti; hlt; cli" ::: "memory");
    }
}

void cpu_idle_start(void)
{
    idle_loop(NULL);
}

static void reschedule(struct vcpu *v)
{
    struct vcpu *next = sched_pick(v);

    if (next == v)
        return;
    if (next)
        run_on_stack((uint64_t)this_percpu()->idle_stack_top, switch_to_vcpu, next);
    run_on_stack((uint64_t)this_percpu()->idle_stack_top, idle_loop, NULL);
}

/* One thing the guest must be told before it goes on; false when there is none. */
static bool deliver(struct vcpu *v)
{
    struct pv_vcpu *pv = &v->arch.pv;

    if (pv->failsafe_pending) {
        pv->failsafe_pending = false;
        pv_inject_failsafe(v);
    } else if (pv->nmi_pending && !v->nmi_masked && pv->trap[VEC_NMI].address) {
        pv_inject_nmi(v);
    } else if (vcpu_event_pending(v)) {
        pv_inject_event(v);
    } else {
        return false;
    }
    return true;
}

void exit_work(void)
{
    struct vcpu *v = current_vcpu();

    do {
        uint32_t bits = take_work();

        serve(bits);
        if (bits & WORK_JOB)
            jobs_run();
        if (bits & (WORK_RESCHED | WORK_KILL)) {
            if (READ_ONCE(v->pause))
                jobs_run_lazy();
            reschedule(v);
        }
    } while (work_pending() || (v->domain->kind == DOMAIN_PV && deliver(v)));
}
