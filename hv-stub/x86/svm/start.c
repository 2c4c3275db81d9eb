/* SPDX-License-Identifier: MIT */
/* The state a processor starts in: by a boot protocol, or by INIT and STARTUP messages. */
#include "svm_internal.h"

#define DR6_RESET 0xffff0ff0
#define DR7_RESET 0x400
#define REAL_CODE 0x09b
#define REAL_DATA 0x093

static void common_state(struct vmcb *c)
{
    c->efer = EFER_SVME;
    c->rflags = 2;
    c->dr6 = DR6_RESET;
    c->dr7 = DR7_RESET;
    c->cr2 = c->cr3 = c->cr4 = 0;
    c->ldtr = (struct vmcb_seg){.attrib = SEG_ATTR_LDT, .limit = 0xffff};
}

/* What hvm/start_info.h and the Multiboot specification ask for: 32-bit protected mode, flat
 * segments, no paging. The loader adds rip and the registers. */
void svm_protected_state(struct svm_vcpu *sv)
{
    struct vmcb_seg data = {.selector = 0x10, .attrib = SEG_ATTR_DATA, .limit = ~0u};
    struct vmcb *c = sv->vmcb;

    common_state(c);
    c->cs = (struct vmcb_seg){.selector = 0x08, .attrib = SEG_ATTR_CODE, .limit = ~0u};
    c->ds = c->es = c->ss = c->fs = c->gs = data;
    c->tr = (struct vmcb_seg){.selector = 0x18, .attrib = SEG_ATTR_TSS, .limit = 0x67};
    c->gdtr.limit = c->idtr.limit = 0;
    c->cr0 = CR0_PE | CR0_ET;
}

/* 64-bit mode on page tables of the loader's. */
void svm_long_state(struct svm_vcpu *sv, uint64_t entry, uint64_t tables)
{
    struct vmcb *c = sv->vmcb;

    svm_protected_state(sv);
    c->cs.selector = 0x10;
    c->cs.attrib = SEG_ATTR_CODE64;
    c->ds.selector = c->es.selector = c->ss.selector = 0x18;
    c->cr0 = CR0_PE | CR0_ET | CR0_PG;
    c->cr3 = tables;
    c->cr4 = CR4_PAE;
    c->efer = EFER_SVME | EFER_LME | EFER_LMA;
    c->rip = entry;
}

/* What every processor starts with, whatever its mode. */
void svm_reset_state(struct svm_vcpu *sv)
{
    struct vmcb *c = sv->vmcb;

    common_state(c);
    c->fs = c->gs = (struct vmcb_seg){.attrib = REAL_DATA, .limit = 0xffff};
    c->gdtr = c->idtr = (struct vmcb_seg){.limit = 0xffff};
    c->cpl = 0;
    c->rax = c->rip = c->rsp = 0;
    c->event_inj = c->int_shadow = 0;
    c->int_ctl &= ~(INT_V_TPR | INT_V_IRQ);
    c->clean = 0;
    sv->window = false;
    sv->taken = 0;
    sv->guest_gs = 0;
    memset(sv->regs, 0, offsetof(struct cpu_user_regs, error_code));
}

static void real_state(struct svm_vcpu *sv, uint8_t page)
{
    struct vmcb_seg data = {.attrib = REAL_DATA, .limit = 0xffff};
    struct vmcb *c = sv->vmcb;

    svm_reset_state(sv);
    c->cs = (struct vmcb_seg){.selector = (uint16_t)(page << 8),
                              .attrib = REAL_CODE,
                              .limit = 0xffff,
                              .base = (uint64_t)page << PAGE_SHIFT};
    c->ds = c->es = c->ss = data;
    c->tr = (struct vmcb_seg){.attrib = SEG_ATTR_TSS, .limit = 0xffff};
    c->cr0 = CR0_ET;
}

static void init(struct svm_vcpu *sv)
{
    svm_apic_restart(sv);
    sv->parked = true;
    sv->vcpu->initialised = false;
    sv->halted = false;
    sv->nmi = NMI_OPEN;
    sv->vmcb->intercept1 &= ~ICPT1_IRET;
}

bool svm_started(struct svm_vcpu *sv)
{
    uint32_t p = READ_ONCE(sv->pending) & (PEND_INIT | PEND_STARTUP);

    if (likely(!p && !sv->parked))
        return true;
    __atomic_fetch_and(&sv->pending, ~p, __ATOMIC_SEQ_CST);
    if (p & PEND_INIT)
        init(sv);
    if ((p & PEND_STARTUP) && sv->parked) {
        real_state(sv, READ_ONCE(sv->start_page));
        sv->parked = false;
        sv->vcpu->initialised = true;
    }
    if (!sv->parked)
        return true;
    vcpu_pause_set(sv->vcpu, VCPU_DOWN);
    if (READ_ONCE(sv->pending) & (PEND_INIT | PEND_STARTUP)) /* before it could see us down */
        vcpu_pause_clear(sv->vcpu, VCPU_DOWN);
    return false;
}
