/* SPDX-License-Identifier: MIT */
/* Model-specific registers a PV guest kernel may read or write; everything else is #GP, as on Xen.
 */
#include "cpu.h"
#include "insn.h"
#include "pv.h"

#define MSR_TSC            0x10u
#define MSR_PLATFORM_INFO  0xceu
#define MSR_MISC_FEATURES  0x140u
#define MSR_MCG_CAP        0x179u
#define MSR_MCG_STATUS     0x17au
#define MSR_MISC_ENABLE    0x1a0u
#define MSR_PAT            0x277u
#define MSR_HYPERCALL_BASE 0x40000000u

#define APIC_BASE_DEFAULT 0xfee00000ull
#define APIC_BASE_BSP     (1ull << 8)
#define APIC_BASE_ENABLE  (1ull << 11)

#define MISC_PERF_AVAIL     (1ull << 7)
#define MISC_BTS_UNAVAIL    (1ull << 11)
#define MISC_PEBS_UNAVAIL   (1ull << 12)
#define MISC_MONITOR_ENABLE (1ull << 18)
#define MISC_XTPR_DISABLE   (1ull << 23)

static uint64_t misc_enable(void)
{
    return (rdmsr(MSR_MISC_ENABLE) & ~(MISC_PERF_AVAIL | MISC_MONITOR_ENABLE)) | MISC_BTS_UNAVAIL |
           MISC_PEBS_UNAVAIL | MISC_XTPR_DISABLE;
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
    case MSR_APIC_BASE:
        *val = APIC_BASE_DEFAULT | APIC_BASE_ENABLE | (v->id == 0 ? APIC_BASE_BSP : 0);
        return true;
    case MSR_TSC:
        *val = rdtsc();
        return true;
    case MSR_MISC_ENABLE:
        *val = misc_enable();
        return true;
    case MSR_PAT:
        *val = rdmsr(MSR_PAT);
        return true;
    case MSR_PLATFORM_INFO:
    case MSR_MISC_FEATURES:
    case MSR_MCG_CAP:
    case MSR_MCG_STATUS:
    case MSR_HYPERCALL_BASE:
        *val = 0;
        return true;
    default:
        return false;
    }
}

bool pv_wrmsr(struct vcpu *v, uint32_t msr, uint64_t val)
{
    uint64_t now;

    switch (msr) {
    case MSR_FS_BASE:
    case MSR_GS_BASE:
    case MSR_KERNEL_GS_BASE:
        if (!is_canonical(val))
            return false;
        if (msr == MSR_FS_BASE)
            wrmsr(MSR_FS_BASE, val);
        else if (msr == MSR_GS_BASE)
            pv_set_gs_base(val);
        else
            v->arch.pv.gs_base_user = val;
        return true;
    default: /* what may be read may be written with the value it has */
        return pv_rdmsr(v, msr, &now) && val == now;
    }
}
