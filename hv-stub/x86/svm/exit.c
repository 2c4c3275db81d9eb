/* SPDX-License-Identifier: MIT */
/* Dispatch of exits, and those handled in a few lines. */
#include "svm_internal.h"

/* Only the hypervisor wanted this one: it is not counted as the guest's. */
static bool exit_host_event(struct svm_vcpu *sv)
{
    sv->vcpu->exit_count[sv->vmcb->exit_code]--;
    return true;
}

static bool exit_machine_check(struct svm_vcpu *sv)
{
    hv_panic("machine check while d%u ran", sv->vcpu->domain->id);
}

/* The intercept is there to open the host's interrupts; the guest gets its exception. */
static bool exit_debug(struct svm_vcpu *sv)
{
    svm_inject_debug(sv);
    return false;
}

static bool exit_alignment(struct svm_vcpu *sv)
{
    svm_inject(sv, EXC_AC, 0);
    return false;
}

/* svm_exit() goes on to inject what has become possible. */
static bool exit_window(struct svm_vcpu *sv)
{
    return false;
}

static bool exit_undefined(struct svm_vcpu *sv)
{
    svm_inject(sv, EXC_UD, -1);
    return false;
}

/* The end of an NMI's handler: the next may come once the instruction is done. */
static bool exit_iret(struct svm_vcpu *sv)
{
    sv->nmi = NMI_RETURNING;
    sv->vmcb->intercept1 &= ~ICPT1_IRET;
    sv->vmcb->clean &= ~CLEAN_INTERCEPTS;
    return false;
}

static bool exit_protected(struct svm_vcpu *sv)
{
    svm_inject(sv, EXC_GP, 0);
    return false;
}

/* No device reads memory behind the caches: nothing to write back. */
static bool exit_invd(struct svm_vcpu *sv)
{
    static const uint8_t invd[] = {0x0f, 0x08}, wbinvd[] = {0x0f, 0x09};

    svm_skip(sv, sv->vmcb->exit_code == VMEXIT_INVD ? invd : wbinvd, 2);
    return false;
}

bool svm_ends_halt(struct svm_vcpu *sv)
{
    /* Injected on its way to rest: its APIC has let go of it, the guest has not had it yet. */
    return (sv->vmcb->event_inj & EVENT_VALID) || sv->taken ||
           (READ_ONCE(sv->pending) & PEND_NMI) ||
           ((sv->vmcb->rflags & RFLAGS_IF) && svm_interrupt_pending(sv));
}

void svm_halt(struct svm_vcpu *sv)
{
    vcpu_pause_set(sv->vcpu, VCPU_BLOCKED);
    /* Raised before it could see us blocked? */
    if ((READ_ONCE(sv->pending) & (PEND_TIMER | PEND_INIT | PEND_STARTUP)) || svm_ends_halt(sv))
        vcpu_pause_clear(sv->vcpu, VCPU_BLOCKED);
}

/* Does another vcpu run, or wait for an interrupt that it can take? */
static bool others_live(const struct vcpu *v)
{
    for (uint32_t i = 0; i < v->domain->nr_vcpus; i++) {
        const struct vcpu *o = v->domain->vcpu[i];
        const struct svm_vcpu *sv = svm_vcpu_of(o);
        bool dead = READ_ONCE(sv->halted) && !(READ_ONCE(sv->vmcb->rflags) & RFLAGS_IF);

        if (o != v && !dead && !(READ_ONCE(o->pause) & VCPU_DOWN))
            return true;
    }
    return false;
}

/* Halted with interrupts off: nothing will ever wake the last processor that runs. */
static bool exit_hlt(struct svm_vcpu *sv)
{
    static const uint8_t hlt[] = {0xf4};
    struct vcpu *v = sv->vcpu;

    svm_skip(sv, hlt, 1);
    __atomic_store_n(&sv->halted, true, __ATOMIC_SEQ_CST); /* two that stop at once both see it */
    if (!(sv->vmcb->rflags & RFLAGS_IF) && !others_live(v)) {
        domain_shutdown(v->domain, SHUTDOWN_poweroff);
        return true;
    }
    svm_poll(sv);
    sv->halted = !svm_ends_halt(sv);
    if (sv->halted)
        svm_halt(sv);
    return sv->halted;
}

static bool exit_vmmcall(struct svm_vcpu *sv)
{
    sv->hypercall = true; /* outside the inner loop, where interrupts can be let in */
    return true;
}

static bool exit_shutdown(struct svm_vcpu *sv)
{
    domain_crash(sv->vcpu->domain, sv->vcpu, "triple fault");
    return true;
}

static bool exit_unknown(struct svm_vcpu *sv)
{
    const struct vmcb *c = sv->vmcb;

    domain_crash(sv->vcpu->domain, sv->vcpu, "unexpected VMEXIT 0x%llx (info 0x%llx 0x%llx)",
                 (unsigned long long)c->exit_code, (unsigned long long)c->exit_info1,
                 (unsigned long long)c->exit_info2);
    return true;
}

static const svm_exit_fn handlers[VMEXIT_TABLE] = {
    [VMEXIT_EXCP_DB] = exit_debug,
    [VMEXIT_EXCP_AC] = exit_alignment,
    [VMEXIT_EXCP_MC] = exit_machine_check,
    [VMEXIT_INTR] = exit_host_event,
    [VMEXIT_NMI] = exit_host_event,
    [VMEXIT_SMI] = exit_host_event,
    [VMEXIT_INIT] = exit_host_event,
    [VMEXIT_VINTR] = exit_window,
    [VMEXIT_RDPMC] = exit_protected,
    [VMEXIT_CPUID] = svm_exit_cpuid,
    [VMEXIT_IRET] = exit_iret,
    [VMEXIT_INVD] = exit_invd,
    [VMEXIT_HLT] = exit_hlt,
    [VMEXIT_INVLPGA] = exit_undefined,
    [VMEXIT_IOIO] = svm_exit_ioio,
    [VMEXIT_MSR] = svm_exit_msr,
    [VMEXIT_SHUTDOWN] = exit_shutdown,
    [VMEXIT_VMRUN] = exit_undefined,
    [VMEXIT_VMMCALL] = exit_vmmcall,
    [VMEXIT_VMLOAD] = exit_undefined,
    [VMEXIT_VMSAVE] = exit_undefined,
    [VMEXIT_STGI] = exit_undefined,
    [VMEXIT_CLGI] = exit_undefined,
    [VMEXIT_SKINIT] = exit_undefined,
    [VMEXIT_RDTSCP] = exit_undefined,
    [VMEXIT_WBINVD] = exit_invd,
    [VMEXIT_MONITOR] = exit_undefined,
    [VMEXIT_MWAIT] = exit_undefined,
    [VMEXIT_XSETBV] = exit_undefined,
    [VMEXIT_RDPRU] = exit_undefined,
};

_Static_assert(HV_EXIT_NESTED_FAULT == VMEXIT_TABLE, "behind the others");

/* What has no number in the table ends the domain, but for these. */
static bool dispatch_rare(struct svm_vcpu *sv)
{
    sv->vcpu->exit_count[HV_EXIT_NESTED_FAULT]++;
    if (sv->vmcb->exit_code == VMEXIT_NPF)
        return svm_exit_npf(sv);
    return exit_unknown(sv);
}

bool svm_exit(struct svm_vcpu *sv)
{
    struct vmcb *c = sv->vmcb;
    uint64_t code = c->exit_code;
    bool leave;

    c->clean = CLEAN_ALL;
    c->tlb_control = 0;
    c->event_inj = 0;
    svm_settle(sv);
    if (likely(code < VMEXIT_TABLE && handlers[code])) {
        sv->vcpu->exit_count[code]++;
        leave = handlers[code](sv);
    } else {
        leave = dispatch_rare(sv);
    }
    if (leave)
        return true; /* svm_enter() does the rest */
    if (unlikely(READ_ONCE(sv->pending) | sv->window))
        svm_update_interrupt(sv);
    return READ_ONCE(*sv->work);
}
