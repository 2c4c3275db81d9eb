/* SPDX-License-Identifier: MIT */
/* SVM on this machine: detection, per-CPU state, creation of containers, entry from the exit path.
 */
#include "percpu.h"
#include "svm_internal.h"
#include "vmrun_offsets.h"

#define CR4_FSGSBASE (1ul << 16)

#define CPUID_EXT_SVM    (1u << 2)
#define CPUID_7_FSGSBASE (1u << 0)
#define IOPM_BYTES       (3 * PAGE_SIZE)
#define MSRPM_BYTES      (2 * PAGE_SIZE)
#define MXCSR_RESET      0x1f80
#define FCW_RESET        0x37f

_Static_assert(offsetof(struct svm_vcpu, vmcb_pa) == SV_VMCB_PA, "vmrun_offsets.h");
_Static_assert(offsetof(struct svm_vcpu, guest_gs) == SV_GUEST_GS, "vmrun_offsets.h");
_Static_assert(offsetof(struct svm_vcpu, host_gs) == SV_HOST_GS, "vmrun_offsets.h");
_Static_assert(offsetof(struct svm_vcpu, regs) == SV_REGS, "vmrun_offsets.h");
#define CHECK_UREG(r, R) \
    _Static_assert(offsetof(struct cpu_user_regs, r) == UREGS_##R, "vmrun_offsets.h")
CHECK_UREG(r15, R15);
CHECK_UREG(r14, R14);
CHECK_UREG(r13, R13);
CHECK_UREG(r12, R12);
CHECK_UREG(rbp, RBP);
CHECK_UREG(rbx, RBX);
CHECK_UREG(r11, R11);
CHECK_UREG(r10, R10);
CHECK_UREG(r9, R9);
CHECK_UREG(r8, R8);
CHECK_UREG(rcx, RCX);
CHECK_UREG(rdx, RDX);
CHECK_UREG(rsi, RSI);
CHECK_UREG(rdi, RDI);

uint32_t svm_features;
bool svm_virq;

static uint32_t nr_asids;
static void *iopm; /* all ports intercepted; shared by all guests */

/* AMD APM vol. 2, 15.4: the feature, and that the BIOS did not switch it off. */
static bool cpu_has_svm(void)
{
    uint32_t max = cpuid_count(0x80000000, 0).a;

    if (max < 0x8000000a || !(cpuid_count(0x80000001, 0).c & CPUID_EXT_SVM))
        return false;
    if (cpuid_count(0, 0).a < 7 || !(cpuid_count(7, 0).b & CPUID_7_FSGSBASE))
        return false;
    return (cpuid_count(0x8000000a, 0).d & SVM_FEATURE_NPT) && !(rdmsr(MSR_VM_CR) & VM_CR_SVMDIS);
}

static void svm_init_boot(void)
{
    struct cpuid_regs r = cpuid_count(0x8000000a, 0);

    svm_features = r.d;
    svm_virq = cpu_is_tcg();
    nr_asids = r.b;
    iopm = hv_alloc(IOPM_BYTES);
    if (iopm)
        memset(iopm, 0xff, IOPM_BYTES);
    svm_cpuid_init();
}

void svm_init_cpu(void)
{
    struct percpu *pc = this_percpu();
    void *hsave, *host;

    if (!cpu_has_svm())
        return;
    if (!pc->cpu)
        svm_init_boot();
    hsave = hv_alloc(PAGE_SIZE);
    host = hv_alloc(PAGE_SIZE);
    if (!hsave || !host || !iopm)
        return;
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SVME);
    pc->svm_hsave_pa = virt_to_mfn(hsave).v << PAGE_SHIFT;
    wrmsr(MSR_VM_HSAVE_PA, pc->svm_hsave_pa);
    svm_asid_init_cpu(pc->cpu, nr_asids);
    __asm__ volatile("vmsave %0" ::"a"(virt_to_mfn(host).v << PAGE_SHIFT) : "memory");
    pc->svm_host_vmcb_pa = virt_to_mfn(host).v << PAGE_SHIFT;
}

bool svm_usable(void)
{
    for (uint32_t cpu = 0; cpu < nr_cpus; cpu++)
        if (!percpu_area[cpu].svm_host_vmcb_pa)
            return false;
    return true;
}

bool svm_domain_create(struct domain *d)
{
    struct svm_domain *sd = hv_alloc(sizeof(*sd));

    if (!sd)
        return false;
    sd->end = -1;
    d->arch.svm = sd;
    return true;
}

/* MSRs the guest uses without us: two bits per MSR, in three vectors of 8 Ki MSRs each. */
static void msrpm_pass(uint8_t *pm, uint32_t msr)
{
    uint32_t vector = msr >= 0xc0010000 ? 2 : msr >= 0xc0000000 ? 1 : 0;
    uint32_t bit = (msr & 0x1fff) * 2;

    pm[vector * 0x800 + bit / 8] &= ~(3u << bit % 8);
}

static void *msrpm_create(void)
{
    static const uint32_t pass[] = {
        0x174,     0x175,     0x176,       MSR_STAR,    MSR_LSTAR,
        MSR_CSTAR, MSR_FMASK, MSR_FS_BASE, MSR_GS_BASE, MSR_KERNEL_GS_BASE};
    uint8_t *pm = hv_alloc(MSRPM_BYTES);

    if (!pm)
        return NULL;
    memset(pm, 0xff, MSRPM_BYTES);
    for (size_t i = 0; i < ARRAY_SIZE(pass); i++)
        msrpm_pass(pm, pass[i]);
    return pm;
}

/*
 * What ends a guest's turn. Control registers, task switches and exceptions are left to the
 * processor, which does all of it inside the container; alignment checks and debug exceptions are
 * intercepted because a guest can arrange for their delivery to raise them again without end.
 */
static void vmcb_intercepts(struct vmcb *c)
{
    c->intercept_exceptions = 1u << EXC_DB | 1u << EXC_AC | 1u << EXC_MC;
    c->intercept1 = ICPT1_INTR | ICPT1_NMI | ICPT1_SMI | ICPT1_INIT | ICPT1_VINTR | ICPT1_RDPMC |
                    ICPT1_CPUID | ICPT1_INVD | ICPT1_HLT | ICPT1_INVLPGA | ICPT1_IOIO | ICPT1_MSR |
                    ICPT1_SHUTDOWN;
    c->intercept2 = ICPT2_VMRUN | ICPT2_VMMCALL | ICPT2_VMLOAD | ICPT2_VMSAVE | ICPT2_STGI |
                    ICPT2_CLGI | ICPT2_SKINIT | ICPT2_RDTSCP | ICPT2_WBINVD | ICPT2_MONITOR |
                    ICPT2_MWAIT | ICPT2_XSETBV | ICPT2_RDPRU;
}

static void fpu_reset(void *image)
{
    uint8_t *p = image;

    memset(p, 0, 512);
    *(uint16_t *)p = FCW_RESET;
    *(uint32_t *)(p + 24) = MXCSR_RESET;
}

bool svm_vcpu_create(struct vcpu *v)
{
    struct svm_vcpu *sv = hv_alloc(sizeof(*sv));
    struct svm_domain *sd = v->domain->arch.svm;
    struct vmcb *c = hv_alloc(PAGE_SIZE);

    if (!sv || !c)
        return false;
    v->arch.svm = sv;
    sv->vmcb = c;
    sv->vmcb_pa = virt_to_mfn(c).v << PAGE_SHIFT;
    sv->vcpu = v;
    sv->regs = v->regs;
    sv->hint.page = ~0ull;
    sv->dom = sd;
    sv->msrpm = msrpm_create();
    if (!sv->msrpm)
        return false;
    vmcb_intercepts(c);
    svm_protected_state(sv);
    c->iopm_pa = virt_to_mfn(iopm).v << PAGE_SHIFT;
    c->msrpm_pa = virt_to_mfn(sv->msrpm).v << PAGE_SHIFT;
    c->int_ctl = INT_V_MASKING | INT_V_IGN_TPR | INT_V_PRIO_MAX;
    c->np_enable = 1;
    c->n_cr3 = virt_to_mfn(sd->npt).v << PAGE_SHIFT;
    /* One TSC for all of them. */
    v->tsc_offset = c->tsc_offset = v->id ? v->domain->vcpu[0]->tsc_offset : -arch_tsc();
    svm_apic_init(sv);
    svm_msr_init(sv);
    fpu_reset(v->arch.fpu);
    return true;
}

static void release_vcpu(struct svm_vcpu *sv)
{
    if (!sv)
        return;
    timer_cancel(&sv->apic_timer);
    if (sv->msrpm)
        hv_free(sv->msrpm, MSRPM_BYTES);
    sv->msrpm = NULL;
}

/* The structures stay, like the domain itself: a timer callback may still look at them. */
void svm_domain_release(struct domain *d)
{
    struct svm_domain *sd = d->arch.svm;

    if (sd) {
        timer_cancel(&sd->timer);
        spin_lock(&sd->dev_lock); /* jobs of devices look for memory there */
        npt_destroy(sd);
        spin_unlock(&sd->dev_lock);
    }
    for (uint32_t i = 0; i < d->nr_vcpus; i++)
        release_vcpu(svm_vcpu_of(d->vcpu[i]));
}

void svm_domain_free(struct domain *d)
{
    struct svm_domain *sd = d->arch.svm;

    for (uint32_t i = 0; i < d->nr_vcpus; i++) {
        struct svm_vcpu *sv = d->vcpu[i]->arch.svm;

        if (sv)
            hv_free(sv->vmcb, PAGE_SIZE);
        if (sv)
            hv_free(sv, sizeof(*sv));
    }
    if (!sd)
        return;
    machine_disks_free(sd);
    machine_nics_free(sd);
    hv_free(sd, sizeof(*sd));
}

void svm_switch_in(struct vcpu *v)
{
    struct svm_vcpu *sv = svm_vcpu_of(v);
    struct percpu *pc = this_percpu();

    sv->host_gs = (uint64_t)pc;
    sv->work = &pc->work;
    sv->vmcb->clean = 0;
    svm_asid_update(sv, pc->cpu);
    write_cr2(sv->vmcb->cr2);             /* VMRUN loads it; Bochs 2.7 does not */
    write_cr4(read_cr4() | CR4_FSGSBASE); /* for svm_run_loop(); PV guests do not have it */
    /* As in pv_fpu_load(): no address of another guest's last instruction is left. */
    __asm__ volatile("clts\n\tfninit\n\tfxrstor64 (%0)" ::"r"(v->arch.fpu) : "memory");
    __asm__ volatile("mov %0, %%dr0\n\tmov %1, %%dr1" ::"r"(sv->dr[0]), "r"(sv->dr[1]));
    __asm__ volatile("mov %0, %%dr2\n\tmov %1, %%dr3" ::"r"(sv->dr[2]), "r"(sv->dr[3]));
}

void svm_switch_out(struct vcpu *v)
{
    struct svm_vcpu *sv = svm_vcpu_of(v);

    write_cr4(read_cr4() & ~CR4_FSGSBASE);
    __asm__ volatile("clts\n\tfxsave64 (%0)" ::"r"(v->arch.fpu) : "memory");
    __asm__ volatile("mov %%dr0, %0\n\tmov %%dr1, %1" : "=r"(sv->dr[0]), "=r"(sv->dr[1]));
    __asm__ volatile("mov %%dr2, %0\n\tmov %%dr3, %1" : "=r"(sv->dr[2]), "=r"(sv->dr[3]));
}

/* One stay in the inner loop, between a VMLOAD of the guest's segment bases, TR and system-call
 * MSRs and one of ours. While GIF is clear not even an NMI finds the guest's TR. */
static void svm_stay(struct svm_vcpu *sv)
{
    __asm__ volatile("clgi\n\tvmload %0" ::"a"(sv->vmcb_pa) : "memory");
    svm_run_loop(sv);
    __asm__ volatile("vmsave %0" ::"a"(sv->vmcb_pa) : "memory");
    sv->vmcb->gs.base = sv->guest_gs; /* VMSAVE found ours */
    __asm__ volatile("vmload %0\n\tstgi" ::"a"(this_percpu()->svm_host_vmcb_pa) : "memory");
}

/* HLT ends with an interrupt only, whatever else woke the vcpu. False: it waits on. */
static bool leave_halt(struct svm_vcpu *sv)
{
    if (!sv->halted)
        return true;
    svm_poll(sv);
    if (!svm_ends_halt(sv)) {
        svm_halt(sv);
        return false;
    }
    sv->halted = false;
    return true;
}

void svm_enter(struct vcpu *v)
{
    struct svm_vcpu *sv = svm_vcpu_of(v);

    svm_console_input(v->domain); /* arrives with a kick */
    svm_upcall_line(sv);
    if (!svm_started(sv) || !leave_halt(sv))
        return;
    svm_update_interrupt(sv);
    do {
        svm_stay(sv);
        if (sv->hypercall)
            svm_hypercall(sv);
        arch_irq_window();        /* whatever ended the guest's turn is served now */
        svm_update_interrupt(sv); /* it may have been another CPU that sent an event */
    } while (!READ_ONCE(*sv->work));
}
