/* SPDX-License-Identifier: MIT */
/* Putting one vcpu away and another one on: address space, descriptor tables, segments, FPU, debug
 * registers. Runs on the CPU's own stack, because the vcpu put away may start elsewhere at once. */
#include "hv.h"
#include "cpu.h"
#include "entry.h"
#include "gdt.h"
#include "paging.h"
#include "pv.h"
#include "svm.h"
#include "tlb.h"
#include "xstate.h"

static bool is_pv(const struct vcpu *v)
{
    return v && v->domain->kind == DOMAIN_PV;
}

void cr4_load(uint64_t more)
{
    struct percpu *pc = this_percpu();

    if (pc->cr4_loaded != (pc->cr4 | more)) {
        pc->cr4_loaded = pc->cr4 | more;
        write_cr4(pc->cr4_loaded);
    }
}

static void save(struct vcpu *v)
{
    if (!is_pv(v)) {
        svm_switch_out(v);
        return;
    }
    pv_segments_save(v);
    pv_fpu_save(v);
    pv_debugregs_unload(v);
    gdt_load_own();
}

/* Nothing of prev is used from here on; its page tables go when the new ones are loaded. */
static void load_root(struct percpu *pc, struct vcpu *prev, struct vcpu *next)
{
    uint64_t bit = 1ull << pc->cpu;

    if (is_pv(next)) {
        if (!is_pv(prev) || prev->domain != next->domain)
            __atomic_fetch_or(&next->domain->arch.dirty_cpus, bit, __ATOMIC_SEQ_CST);
        pv_load_root(next);
    } else if (is_pv(prev)) {
        pc->cr3 = virt_to_mfn(hv_l4).v << PAGE_SHIFT;
        tlb_note_flush();
        write_cr3(pc->cr3);
    }
    if (is_pv(prev) && (!is_pv(next) || prev->domain != next->domain))
        __atomic_fetch_and(&prev->domain->arch.dirty_cpus, ~bit, __ATOMIC_SEQ_CST);
}

static void load_pv(struct percpu *pc, struct vcpu *v)
{
    pc->upcall = v->info;
    pc->hc_limit = v->arch.pv.kernel_mode ? PV_HC_DIRECT : 0;
    cr4_load(pv_cr4_real(v->arch.pv.cr4));
    gdt_load(pv_gdt_va(v));
    ldt_load(v->arch.pv.desc, pv_gdt_va(v) + 16 * PAGE_SIZE, v->arch.pv.ldt_ents);
    if (!pv_segments_load(v))
        v->arch.pv.failsafe_pending = true;
    if (v->arch.pv.failsafe_pending || READ_ONCE(v->arch.pv.nmi_pending))
        work_raise(WORK_TELL);
    pv_fpu_load(v);
    pv_debugregs_load(v);
}

static void load_fv(struct percpu *pc, struct vcpu *v)
{
    xstate_hide();
    cr4_load(0);
    svm_switch_in(v);
}

/* An FV vcpu's exit loop: the counterpart of exit_to_guest. */
static void __attribute__((noreturn)) run_fv(struct vcpu *v)
{
    for (;;) {
        while (work_pending())
            exit_work();
        svm_enter(v);
    }
}

static void put_away(struct percpu *pc, struct vcpu *prev, struct vcpu *next)
{
    if (prev)
        save(prev);
    load_root(pc, prev, next);
    pc->current = next;
    if (prev)
        sched_saved(prev);
}

void switch_to_idle(void)
{
    struct percpu *pc = this_percpu();

    put_away(pc, pc->current, NULL);
}

void switch_to_vcpu(struct vcpu *next)
{
    struct percpu *pc = this_percpu();

    put_away(pc, pc->current, next);
    pc->frame = next->regs;
    pc->frame_top = (uint64_t)&next->regs->es;
    pc->tss.rsp[0] = pc->frame_top;
    if (is_pv(next))
        load_pv(pc, next);
    else
        load_fv(pc, next);
    vcpu_switched_in(next);
    if (is_pv(next))
        resume_frame(next->regs);
    run_on_stack((uint64_t)next->regs, run_fv, next);
}
