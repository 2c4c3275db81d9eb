/* SPDX-License-Identifier: MIT */
/*
 * Making the guest continue in one of its handlers: what an interrupt gate does on the bare
 * machine, done by hand. The frame, from the new stack pointer up: rcx, r11, [ds, es, fs, gs:
 * failsafe only], [error code], rip, cs, rflags, rsp, ss cs has RPL 0 when the guest kernel was
 * interrupted, and the upcall mask of that moment in bits 32..39; rflags.IF is its inverse. The
 * handler starts with flat segments, on the kernel stack given with stack_switch when it interrupts
 * guest user mode.
 */
#include "hv.h"
#include "guest_word.h"
#include "pv.h"

#define HAS_ERROR_CODE 0x27d00u /* #DF #TS #NP #SS #GP #PF #AC: bit per vector */

#define FRAME_BYTES(selectors, error) ((7 + 4 * (selectors) + (error)) * 8)

struct bounce {
    uint64_t eip;
    uint16_t cs;
    bool mask_events, has_error, has_selectors;
    uint32_t error;
};

static uint64_t guest_rflags(const struct vcpu *v, uint64_t rflags, uint8_t upcall_mask)
{
    uint64_t f = rflags & ~(EFLAGS_IF | EFLAGS_IOPL);

    if (!upcall_mask)
        f |= EFLAGS_IF;
    if (unlikely(v->domain->vm_assist & (1ul << VMASST_TYPE_architectural_iopl)))
        f |= (uint64_t)v->arch.pv.iopl << 12;
    return f;
}

/* Store a word at *sp and go up; false when the guest cannot write there. */
static inline bool put(uint64_t *sp, uint64_t word)
{
    *sp += 8;
    return guest_put(*sp - 8, word);
}

static inline bool put_selectors(uint64_t *sp, const struct pv_vcpu *pv)
{
    return put(sp, pv->ds) && put(sp, pv->es) && put(sp, pv->fs) && put(sp, pv->gs);
}

/* The frame from sp up. */
static bool put_frame(const struct vcpu *v, const struct bounce *b, uint64_t sp, uint16_t cs)
{
    const struct cpu_user_regs *r = v->regs;
    uint8_t mask = READ_ONCE(v->info->evtchn_upcall_mask);

    return put(&sp, r->rcx) && put(&sp, r->r11) &&
           (!b->has_selectors || put_selectors(&sp, &v->arch.pv)) &&
           (!b->has_error || put(&sp, b->error)) && put(&sp, r->rip) &&
           put(&sp, cs | (uint64_t)mask << 32) && put(&sp, guest_rflags(v, r->rflags, mask)) &&
           put(&sp, r->rsp) && put(&sp, r->ss);
}

static void no_stack(struct vcpu *v, uint64_t sp, unsigned bytes)
{
    domain_crash(v->domain, v, "no writable kernel stack at %lx for a frame of %u bytes", sp,
                 bytes);
}

static void bounce(struct vcpu *v, const struct bounce *b)
{
    struct pv_vcpu *pv = &v->arch.pv;
    struct cpu_user_regs *r = v->regs;
    unsigned bytes = FRAME_BYTES(b->has_selectors, b->has_error);
    uint64_t sp = r->rsp;
    uint16_t cs = r->cs & ~3u; /* the guest kernel's, to its eyes */

    if (!pv->kernel_mode) {
        sp = pv->kernel_sp;
        cs |= 3;
        pv_toggle_mode(v);
    }
    sp = (sp & ~15ul) - bytes;
    if (unlikely(!guest_range_ok(sp, bytes) || !put_frame(v, b, sp, cs))) {
        no_stack(v, sp, bytes);
        return;
    }
    if (b->mask_events)
        WRITE_ONCE(v->info->evtchn_upcall_mask, 1);
    r->rip = b->eip;
    r->cs = b->cs;
    r->rflags &= ~EFLAGS_NOT_IN_HANDLER;
    r->rsp = sp;
    r->ss = FLAT_KERNEL_SS;
}

void pv_no_kernel_stack(const struct cpu_user_regs *r)
{
    struct vcpu *v = current_vcpu();
    unsigned bytes = FRAME_BYTES(false, r->entry_vector == VEC_PF);

    no_stack(v, (v->arch.pv.kernel_sp & ~15ul) - bytes, bytes);
}

static void through_trap_table(struct vcpu *v, uint8_t vector, bool has_error, uint32_t error)
{
    const struct trap_info *ti = &v->arch.pv.trap[vector];
    struct bounce b = {
        .eip = ti->address,
        .cs = ti->cs,
        .mask_events = TI_GET_IF(ti),
        .has_error = has_error,
        .error = error,
    };

    if (unlikely(!ti->address)) {
        domain_crash(v->domain, v, "trap %u (error code %x) and no handler for it", vector, error);
        return;
    }
    bounce(v, &b);
}

void pv_inject(struct vcpu *v, uint8_t vector, uint32_t error_code)
{
    through_trap_table(v, vector, vector < 32 && (HAS_ERROR_CODE >> vector & 1), error_code);
}

void pv_inject_soft(struct vcpu *v, uint8_t vector)
{
    through_trap_table(v, vector, false, 0);
}

void pv_inject_pf(struct vcpu *v, uint64_t cr2, uint32_t error_code)
{
    v->arch.pv.cr2 = cr2;
    v->info->arch.cr2 = cr2;
    error_code &= ~PFEC_U; /* the processor's view: CPL 3 in both modes */
    if (!v->arch.pv.kernel_mode)
        error_code |= PFEC_U;
    through_trap_table(v, VEC_PF, true, error_code);
}

void pv_inject_nmi(struct vcpu *v)
{
    v->arch.pv.nmi_pending = false;
    v->nmi_masked = true;
    through_trap_table(v, VEC_NMI, false, 0);
}

static void through_callback(struct vcpu *v, const char *name, uint64_t eip, bool mask,
                             bool selectors)
{
    struct bounce b = {
        .eip = eip,
        .cs = FLAT_KERNEL_CS,
        .mask_events = mask,
        .has_selectors = selectors,
    };

    if (unlikely(!eip)) {
        domain_crash(v->domain, v, "the %s callback is needed and not registered", name);
        return;
    }
    bounce(v, &b);
}

void pv_inject_event(struct vcpu *v)
{
    through_callback(v, "event", v->arch.pv.event_eip, true, false);
}

void pv_inject_failsafe(struct vcpu *v)
{
    through_callback(v, "failsafe", v->arch.pv.failsafe_eip, v->arch.pv.failsafe_masks_events,
                     true);
}

void pv_inject_syscall(struct vcpu *v, bool compat)
{
    const struct pv_vcpu *pv = &v->arch.pv;
    uint64_t eip = compat ? pv->syscall32_eip : pv->syscall_eip;

    if (!eip) { /* as if the instruction did not exist */
        v->regs->rip -= 2;
        pv_inject(v, VEC_UD, 0);
        return;
    }
    through_callback(v, "syscall", eip,
                     compat ? pv->syscall32_masks_events : pv->syscall_masks_events, false);
}

void pv_inject_sysenter(struct vcpu *v)
{
    struct cpu_user_regs *r = v->regs;

    if (!v->arch.pv.sysenter_eip) {
        pv_inject(v, VEC_GP, 0);
        return;
    }
    /* The instruction saves nothing: only the privilege and the flags mean anything. */
    r->rip = 0;
    r->rsp = 0;
    r->cs = 3;
    r->ss = FLAT_USER_SS;
    through_callback(v, "sysenter", v->arch.pv.sysenter_eip, v->arch.pv.sysenter_masks_events,
                     false);
}
