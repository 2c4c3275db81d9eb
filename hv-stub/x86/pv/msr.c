/* SPDX-License-Identifier: MIT */
/* Model-specific registers a PV guest kernel may read or write; everything else is #GP, as on Xen.
 */
#include "cpu.h"
#include "fixup.h"
#include "insn.h"
#include "pv.h"

#define MSR_P5_MC_ADDR           0x0u
#define MSR_P5_MC_TYPE           0x1u
#define MSR_TSC                  0x10u
#define MSR_UCODE_REV            0x8bu
#define MSR_MPERF                0xe7u
#define MSR_APERF                0xe8u
#define MSR_PLATFORM_INFO        0xceu
#define MSR_MISC_FEATURES        0x140u
#define MSR_MCG_CAP              0x179u
#define MSR_MCG_STATUS           0x17au
#define MSR_MCG_CTL              0x17bu
#define MSR_MISC_ENABLE          0x1a0u
#define MSR_MC0_CTL2             0x280u
#define MSR_PERF_CAPS            0x345u
#define MSR_MC0_CTL              0x400u /* then status, address, other; of the next bank */
#define MC_BANKS                 2u
#define MSR_HYPERCALL_BASE       0x40000000u
#define MSR_K7_EVNTSEL0          0xc0010000u
#define MSR_K7_PERFCTR3          0xc0010007u
#define MSR_K8_HWCR              0xc0010015u
#define MSR_AMD_NB_CFG           0xc001001fu
#define MSR_FIDVID_CTL           0xc0010041u
#define MSR_FIDVID_STATUS        0xc0010042u
#define MSR_AMD_PSTATE_LIM       0xc0010061u
#define MSR_AMD_PSTATE7          0xc001006bu
#define MSR_AMD_EVNTSEL0         0xc0010200u
#define MSR_AMD_PERFCTR5         0xc001020bu
#define MSR_AMD_DE_CFG           0xc0011029u
#define DE_CFG_LFENCE_SERIALISES 2

#define APIC_BASE_DEFAULT 0xfee00000ull
#define APIC_BASE_BSP     (1ull << 8)
#define APIC_BASE_ENABLE  (1ull << 11)

#define MISC_PERF_AVAIL     (1ull << 7)
#define MISC_BTS_UNAVAIL    (1ull << 11)
#define MISC_PEBS_UNAVAIL   (1ull << 12)
#define MISC_MONITOR_ENABLE (1ull << 18)
#define MISC_XTPR_DISABLE   (1ull << 23)

/* Not every processor has it. */
static bool misc_enable(uint64_t *val)
{
    uint32_t lo, hi = 0;
    bool there = true;

    __asm__ volatile("1: rdmsr\n\t"
                     "jmp 3f\n"
                     "2: mov $0, %0\n"
                     "3:\n\t" FIXUP("1b", "2b")
                     : "+q"(there), "=a"(lo), "+d"(hi)
                     : "c"(MSR_MISC_ENABLE));
    lo &= ~(uint32_t)(MISC_PERF_AVAIL | MISC_MONITOR_ENABLE);
    lo |= MISC_BTS_UNAVAIL | MISC_PEBS_UNAVAIL | MISC_XTPR_DISABLE;
    *val = lo | (uint64_t)hi << 32;
    return there;
}

/* Registers of AMD processors that exist and hold nothing. */
static bool amd_reads_zero(uint32_t msr)
{
    if (!cpu_is_amd())
        return false;
    if ((msr >= MSR_K7_EVNTSEL0 && msr <= MSR_K7_PERFCTR3) ||
        (msr >= MSR_AMD_PSTATE_LIM && msr <= MSR_AMD_PSTATE7) ||
        (msr >= MSR_AMD_EVNTSEL0 && msr <= MSR_AMD_PERFCTR5))
        return true;
    return msr == MSR_K8_HWCR || msr == MSR_AMD_NB_CFG || msr == MSR_FIDVID_CTL ||
           msr == MSR_FIDVID_STATUS;
}

/* Banks of machine checks, of which none ever tells anything. */
static bool is_mc(uint32_t msr)
{
    return msr - MSR_MC0_CTL2 < 32 || msr - MSR_MC0_CTL < 32 * 4;
}

static bool constant(uint32_t msr, uint64_t *val)
{
    switch (msr) {
    case MSR_P5_MC_ADDR:
    case MSR_P5_MC_TYPE:
    case MSR_PLATFORM_INFO:
    case MSR_MISC_FEATURES:
    case MSR_MCG_STATUS:
    case MSR_MCG_CTL:
    case MSR_PERF_CAPS:
    case MSR_HYPERCALL_BASE:
        *val = 0;
        return true;
    case MSR_MCG_CAP:
        *val = MC_BANKS;
        return true;
    case MSR_AMD_DE_CFG:
        *val = DE_CFG_LFENCE_SERIALISES;
        return cpu_is_amd();
    default:
        *val = 0;
        return is_mc(msr) || amd_reads_zero(msr);
    }
}

bool pv_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *val)
{
    switch (msr) {
    case MSR_EFER:
        *val = rdmsr(MSR_EFER) & ~EFER_SVME;
        return true;
    case MSR_FS_BASE:
        *val = rdmsr(MSR_FS_BASE);
        return true;
    case MSR_GS_BASE:
        *val = pv_gs_base();
        return true;
    case MSR_KERNEL_GS_BASE:
        *val = v->arch.pv.gs_base_user;
        return true;
    case MSR_TSC_AUX:
        *val = v->arch.pv.tsc_aux;
        return cpu_has_rdtscp();
    case MSR_APIC_BASE:
        *val = APIC_BASE_DEFAULT | APIC_BASE_ENABLE | (v->id == 0 ? APIC_BASE_BSP : 0);
        return true;
    case MSR_TSC:
        *val = rdtsc();
        return true;
    case MSR_MISC_ENABLE:
        return misc_enable(val);
    case MSR_UCODE_REV:
    case MSR_PAT:
        *val = rdmsr(msr);
        return true;
    default:
        return constant(msr, val);
    }
}

static bool write_base(struct vcpu *v, uint32_t msr, uint64_t val)
{
    if (!is_canonical(val))
        return false;
    if (msr == MSR_FS_BASE)
        wrmsr(MSR_FS_BASE, val);
    else if (msr == MSR_GS_BASE)
        pv_set_gs_base(val);
    else
        v->arch.pv.gs_base_user = val;
    return true;
}

/* What does not keep a value says so by #GP or swallows it: as Xen has it, register by register. */
bool pv_wrmsr(struct vcpu *v, uint32_t msr, uint64_t val)
{
    uint64_t now;

    switch (msr) {
    case MSR_FS_BASE:
    case MSR_GS_BASE:
    case MSR_KERNEL_GS_BASE:
        return write_base(v, msr, val);
    case MSR_TSC_AUX:
        if (!cpu_has_rdtscp() || val >> 32)
            return false;
        v->arch.pv.tsc_aux = (uint32_t)val;
        wrmsr(MSR_TSC_AUX, val);
        return true;
    case MSR_EFER:
    case MSR_MISC_FEATURES:
        return pv_rdmsr(v, msr, &now) && val == now;
    case MSR_MPERF:
    case MSR_APERF:
    case MSR_MISC_ENABLE:
    case MSR_MCG_CAP:
    case MSR_MCG_STATUS:
    case MSR_MCG_CTL:
        return true;
    case MSR_AMD_DE_CFG:
        return cpu_is_amd();
    default:
        return is_mc(msr) || amd_reads_zero(msr);
    }
}
