/* SPDX-License-Identifier: MIT */
/*
 * Model-specific registers that are not passed through. What we do not know raises #GP, as on a
 * processor that lacks it. Source: AMD APM vol. 2, appendix A.
 */
#include "svm_internal.h"

#define MSR_TSC           0x10u
#define MSR_PATCH_LEVEL   0x8bu
#define MSR_MTRR_CAP      0xfeu
#define MSR_DEBUGCTL      0x1d9u
#define MSR_MTRR_PHYS     0x200u /* base and mask of eight ranges */
#define MSR_MTRR_FIX_64K  0x250u
#define MSR_MTRR_FIX_16K  0x258u /* and 0x259 */
#define MSR_MTRR_FIX_4K   0x268u /* to 0x26f */
#define MSR_PAT           0x277u
#define MSR_MTRR_DEF_TYPE 0x2ffu
#define MSR_SYSCFG        0xc0010010u
#define MSR_HWCR          0xc0010015u
#define MSR_NB_CFG        0xc001001fu
#define MSR_INT_PENDING   0xc0010055u
#define MSR_LS_CFG        0xc0011020u
#define MSR_IC_CFG        0xc0011021u
#define MSR_DC_CFG        0xc0011022u
#define MSR_DE_CFG        0xc0011029u

#define MTRR_CAP_VALUE 0x508u /* eight variable ranges, the fixed ones, write combining */
#define MTRR_NR_VAR    16

#define VM_CR_LOCKED (1u << 3 | VM_CR_SVMDIS)

#define EFER_FFXSR   (1ul << 14)
#define EFER_ALLOWED (EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE | EFER_FFXSR)

/* Where an MTRR's value is kept, NULL if `msr` is none. The values have no effect: all guest memory
 * is write-back, and devices are not accessed through memory. */
static uint64_t *mtrr_slot(struct svm_vcpu *sv, uint32_t msr)
{
    if (msr - MSR_MTRR_PHYS < MTRR_NR_VAR)
        return &sv->mtrr[msr - MSR_MTRR_PHYS];
    if (msr == MSR_MTRR_FIX_64K)
        return &sv->mtrr[MTRR_NR_VAR];
    if (msr - MSR_MTRR_FIX_16K < 2)
        return &sv->mtrr[MTRR_NR_VAR + 1 + msr - MSR_MTRR_FIX_16K];
    if (msr - MSR_MTRR_FIX_4K < 8)
        return &sv->mtrr[MTRR_NR_VAR + 3 + msr - MSR_MTRR_FIX_4K];
    if (msr == MSR_MTRR_DEF_TYPE)
        return &sv->mtrr[MTRR_NR_VAR + 11];
    return NULL;
}

void svm_msr_init(struct svm_vcpu *sv)
{
    *mtrr_slot(sv, MSR_MTRR_DEF_TYPE) = 0xc06; /* all on, write-back */
    for (unsigned int i = 0; i < 11; i++)
        sv->mtrr[MTRR_NR_VAR + i] = 0x0606060606060606ull;
    sv->vmcb->g_pat = 0x0007040600070406ull;
}

/* Kernels look at or set these without minding the outcome: they read 0, writes are lost. */
static bool is_inert(uint32_t msr)
{
    switch (msr) {
    case MSR_PATCH_LEVEL:
    case MSR_DEBUGCTL:
    case MSR_SYSCFG:
    case MSR_HWCR:
    case MSR_NB_CFG:
    case MSR_INT_PENDING:
    case MSR_LS_CFG:
    case MSR_IC_CFG:
    case MSR_DC_CFG:
    case MSR_DE_CFG:
        return true;
    default:
        return false;
    }
}

static bool msr_read(struct svm_vcpu *sv, uint32_t msr, uint64_t *value)
{
    const uint64_t *mtrr = mtrr_slot(sv, msr);

    if (mtrr) {
        *value = *mtrr;
        return true;
    }
    switch (msr) {
    case MSR_EFER:
        *value = sv->vmcb->efer & ~EFER_SVME;
        return true;
    case MSR_TSC:
        *value = arch_tsc() + sv->vmcb->tsc_offset;
        return true;
    case MSR_PAT:
        *value = sv->vmcb->g_pat;
        return true;
    case MSR_MTRR_CAP:
        *value = MTRR_CAP_VALUE;
        return true;
    case MSR_VM_CR:
        *value = VM_CR_LOCKED;
        return true;
    default:
        *value = 0;
        return svm_apic_rdmsr(sv, msr, value) || is_inert(msr);
    }
}

static bool efer_write(struct svm_vcpu *sv, uint64_t value)
{
    struct vmcb *c = sv->vmcb;

    if (value & ~EFER_ALLOWED)
        return false;
    if (((value ^ c->efer) & EFER_LME) && (c->cr0 & CR0_PG))
        return false;
    if ((value ^ c->efer) & EFER_NXE)
        svm_asid_flush(sv);
    c->efer = (value & ~EFER_LMA) | (c->efer & EFER_LMA) | EFER_SVME;
    c->clean &= ~CLEAN_CR;
    return true;
}

/* Each byte is a memory type: 0, 1, 4, 5, 6 or 7. */
static bool pat_write(struct svm_vcpu *sv, uint64_t value)
{
    for (unsigned int i = 0; i < 64; i += 8) {
        uint8_t type = value >> i;

        if (type > 7 || type == 2 || type == 3)
            return false;
    }
    sv->vmcb->g_pat = value;
    sv->vmcb->clean &= ~CLEAN_NP;
    return true;
}

static bool msr_write(struct svm_vcpu *sv, uint32_t msr, uint64_t value)
{
    uint64_t *mtrr = mtrr_slot(sv, msr);

    if (mtrr) {
        *mtrr = value;
        return true;
    }
    switch (msr) {
    case MSR_EFER:
        return efer_write(sv, value);
    case MSR_PAT:
        return pat_write(sv, value);
    case MSR_TSC:
        sv->vcpu->tsc_offset = sv->vmcb->tsc_offset = value - arch_tsc();
        time_update_vcpu(sv->vcpu);
        sv->vmcb->clean &= ~CLEAN_INTERCEPTS; /* the TSC offset is in that group */
        return true;
    case SVM_HYPERCALL_MSR:
        return sv->dom->xen_leaves && svm_hypercall_page(sv, value);
    default:
        return svm_apic_wrmsr(sv, msr, value) || is_inert(msr);
    }
}

static bool exit_rdmsr(struct svm_vcpu *sv)
{
    uint64_t value;

    if (!msr_read(sv, (uint32_t)sv->regs->rcx, &value)) {
        svm_inject(sv, EXC_GP, 0);
        return false;
    }
    sv->vmcb->rax = (uint32_t)value;
    sv->regs->rdx = value >> 32;
    svm_skip2(sv, 0x320f);
    return false;
}

static bool exit_wrmsr(struct svm_vcpu *sv)
{
    uint64_t value = (uint32_t)sv->vmcb->rax | sv->regs->rdx << 32;

    if (!msr_write(sv, (uint32_t)sv->regs->rcx, value))
        svm_inject(sv, EXC_GP, 0);
    else
        svm_skip2(sv, 0x300f);
    return false;
}

bool svm_exit_msr(struct svm_vcpu *sv)
{
    return sv->vmcb->exit_info1 & 1 ? exit_wrmsr(sv) : exit_rdmsr(sv);
}
