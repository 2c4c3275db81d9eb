/* SPDX-License-Identifier: MIT */
/*
 * VCPUOP_initialise of an FV vcpu, <xen/hvm/hvm_vcpu.h>: what Xen 4.17 refuses is refused; what it
 * lets pass is left to the processor, whose refusal of the state ends the domain.
 */
#include "svm_internal.h"
#include "pv.h"

#include <xen/hvm/hvm_vcpu.h>

/* Of a segment's attributes */
#define AR_TYPE(a)  ((a)&15u)
#define AR_CODE     8u
#define AR_WRITE    2u /* of data: writable; of code: readable */
#define AR_S        (1u << 4)
#define AR_P        (1u << 7)
#define AR_G        (1u << 11)
#define AR_UNUSED   0xf000u
#define TSS_32      9u /* or, busy, 11 */
#define DPL(a)      SEG_ATTR_DPL(a)
#define EFER_KNOWN  (EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE)
#define RFLAGS_GOOD 0x3f7fd7ul

/* VME to PCE, OSFXSR, OSXMMEXCPT, UMIP; FSGSBASE to PKE but 19 */
#define CR4_KNOWN 0x770fffull

enum seg { SEG_CS, SEG_SS, SEG_DS, SEG_ES, SEG_TR, SEGS };

/* What is wrong with it, or NULL. */
static const char *check_segment(enum seg s, uint16_t ar)
{
    bool code = ar & AR_CODE;

    if (ar & AR_UNUSED)
        return "unused bits of a segment are set";
    if (!ar)
        return s == SEG_DS || s == SEG_ES ? NULL : "CS, SS or TR is null";
    if (!(ar & AR_S) != (s == SEG_TR) || !(ar & AR_P))
        return "a segment is absent, or of the wrong kind";
    switch (s) {
    case SEG_CS:
        return code ? NULL : "CS is no code";
    case SEG_SS:
        return !code && (ar & AR_WRITE) ? NULL : "SS is not writable";
    case SEG_TR:
        return (AR_TYPE(ar) & ~2u) == TSS_32 ? NULL : "TR is no 32-bit TSS";
    default:
        return !code || (ar & AR_WRITE) ? NULL : "a data segment is not readable";
    }
}

static const char *check_control(uint64_t cr4, uint64_t efer)
{
    if (cr4 & ~CR4_KNOWN)
        return "CR4 has unknown bits";
    if ((efer & ~EFER_KNOWN) || (efer & (EFER_LMA | EFER_LME)) == EFER_LMA)
        return "EFER has unknown bits, or LMA without LME";
    return NULL;
}

static const char *check32(const struct vcpu_hvm_x86_32 *r)
{
    const uint16_t ar[SEGS] = {r->cs_ar, r->ss_ar, r->ds_ar, r->es_ar, r->tr_ar};
    uint64_t limit = r->cs_ar & AR_G ? (uint64_t)r->cs_limit << PAGE_SHIFT | 0xfff : r->cs_limit;

    if (r->pad1 | r->pad2[0] | r->pad2[1] | r->pad2[2])
        return "padding is not 0";
    for (unsigned s = 0; s < SEGS; s++) {
        const char *why = check_segment(s, ar[s]);

        if (why)
            return why;
    }
    if (r->eip > limit)
        return "EIP is beyond the limit of CS";
    if (DPL(r->ss_ar) != DPL(r->cs_ar) || DPL(r->ds_ar) > DPL(r->cs_ar) ||
        DPL(r->es_ar) > DPL(r->cs_ar))
        return "the privilege levels of the segments do not fit";
    return check_control(r->cr4, r->efer);
}

static const char *check64(const struct vcpu_hvm_x86_64 *r)
{
    if (!(r->cr0 & CR0_PG) || !(r->cr4 & CR4_PAE) || !(r->efer & EFER_LME))
        return "paging, PAE and long mode must be on";
    if (!is_canonical(r->rip))
        return "RIP is not canonical";
    return check_control(r->cr4, r->efer);
}

static struct vmcb_seg segment(uint16_t ar, uint32_t base, uint32_t limit)
{
    return (struct vmcb_seg){.attrib = ar & 0xfff, .base = base, .limit = limit};
}

static void take32(struct svm_vcpu *sv, const struct vcpu_hvm_x86_32 *r)
{
    struct vmcb *c = sv->vmcb;

    c->cs = segment(r->cs_ar, r->cs_base, r->cs_limit);
    c->ss = segment(r->ss_ar, r->ss_base, r->ss_limit);
    c->ds = segment(r->ds_ar, r->ds_base, r->ds_limit);
    c->es = segment(r->es_ar, r->es_base, r->es_limit);
    c->tr = segment(r->tr_ar | 2, r->tr_base, r->tr_limit);
    c->cpl = DPL(r->cs_ar);
    c->cr0 = r->cr0 | CR0_ET;
    c->cr3 = r->cr3;
    c->cr4 = r->cr4;
    c->efer = r->efer | EFER_SVME;
    c->rip = r->eip;
    c->rsp = r->esp;
    c->rax = r->eax;
    c->rflags = (r->eflags & RFLAGS_GOOD) | 2;
    sv->regs->rcx = r->ecx;
    sv->regs->rdx = r->edx;
    sv->regs->rbx = r->ebx;
    sv->regs->rbp = r->ebp;
    sv->regs->rsi = r->esi;
    sv->regs->rdi = r->edi;
}

static void take64(struct svm_vcpu *sv, const struct vcpu_hvm_x86_64 *r)
{
    struct vmcb *c = sv->vmcb;

    svm_long_state(sv, r->rip, r->cr3);
    c->cs.selector = c->ss.selector = c->ds.selector = c->es.selector = c->tr.selector = 0;
    c->cr0 = r->cr0 | CR0_ET;
    c->cr4 = r->cr4;
    c->efer = r->efer | EFER_LMA | EFER_SVME;
    c->rsp = r->rsp;
    c->rax = r->rax;
    c->rflags = (r->rflags & RFLAGS_GOOD) | 2;
    sv->regs->rcx = r->rcx;
    sv->regs->rdx = r->rdx;
    sv->regs->rbx = r->rbx;
    sv->regs->rbp = r->rbp;
    sv->regs->rsi = r->rsi;
    sv->regs->rdi = r->rdi;
}

int arch_vcpu_set_hvm_context(struct vcpu *v, const struct vcpu_hvm_context *ctx)
{
    struct svm_vcpu *sv = svm_vcpu_of(v);
    const char *why = "no such mode";

    if (ctx->mode == VCPU_HVM_MODE_32B)
        why = check32(&ctx->cpu_regs.x86_32);
    else if (ctx->mode == VCPU_HVM_MODE_64B)
        why = check64(&ctx->cpu_regs.x86_64);
    if (why || ctx->pad)
        return (int)hv_refuse(-XEN_EINVAL, "%s", why ? why : "padding is not 0");
    svm_reset_state(sv);
    if (ctx->mode == VCPU_HVM_MODE_32B)
        take32(sv, &ctx->cpu_regs.x86_32);
    else
        take64(sv, &ctx->cpu_regs.x86_64);
    svm_pend(sv, PEND_FLUSH); /* of its former life */
    WRITE_ONCE(sv->parked, false);
    return 0;
}
