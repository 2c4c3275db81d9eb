/* SPDX-License-Identifier: MIT */
/* The start state of a PV vcpu, from VCPUOP_initialise or the domain builder. All of it is checked
 * before any of it is taken. The vcpu does not run, and nobody else sets it up. */
#include "hv.h"
#include "cpu.h"
#include "debugreg.h"
#include "gdt.h"
#include "insn.h"
#include "mm.h"
#include "pv.h"

#define LDT_MAX_ENTS 8192

static const char *check_addresses(const struct vcpu_guest_context *c)
{
    if (!is_canonical(c->user_regs.rip) || !is_canonical(c->user_regs.rsp) ||
        !is_canonical(c->kernel_sp) || !is_canonical(c->event_callback_eip) ||
        !is_canonical(c->failsafe_callback_eip) || !is_canonical(c->syscall_callback_eip))
        return "rip, a stack or a callback is not a canonical address";
    for (unsigned i = 0; i < ARRAY_SIZE(c->trap_ctxt); i++)
        if (!is_canonical(c->trap_ctxt[i].address))
            return "a trap handler is not at a canonical address";
    if (!is_canonical(c->fs_base) || !is_canonical(c->gs_base_kernel) ||
        !is_canonical(c->gs_base_user))
        return "a segment base is not a canonical address";
    return NULL;
}

static const char *check_tables(const struct vcpu_guest_context *c)
{
    uint64_t last = c->ldt_base + c->ldt_ents * 8 - 1;

    if (c->gdt_ents > FIRST_RESERVED_GDT_ENTRY)
        return "the GDT reaches into the reserved entries";
    if (c->ldt_ents > LDT_MAX_ENTS || (c->ldt_base & (PAGE_SIZE - 1)))
        return "the LDT is too long or not page-aligned";
    if (c->ldt_ents && (!guest_va_ok(c->ldt_base) || !guest_va_ok(last) || last < c->ldt_base))
        return "the LDT lies in hypervisor space";
    return NULL;
}

static const char *check(const struct vcpu_guest_context *c)
{
    const char *why = check_addresses(c);

    if (!why)
        why = check_tables(c);
    if (!why && !(c->flags & VGCF_in_kernel) && !c->ctrlreg[1])
        why = "starts in user mode without page tables for it";
    return why;
}

/* A top-level table from its CR3 value: takes a reference and an FT_L4 type. */
static int get_root(struct domain *d, uint64_t cr3, bool of_user, mfn_t *root)
{
    bool preemptible = current_vcpu() != NULL; /* the builder's tables are few */
    int rc;

    *root = MFN(xen_cr3_to_pfn(cr3));
    rc = pt_take_root(d, *root, of_user, preemptible);
    return !rc || rc == -HV_ERESTART
               ? rc
               : (int)hv_refuse(-XEN_EINVAL, "CR3 %lx is no top-level page table", cr3);
}

static int take_tables(struct vcpu *v, const struct vcpu_guest_context *c)
{
    struct pv_vcpu *pv = &v->arch.pv;
    struct domain *d = v->domain;
    mfn_t kernel, user = MFN(0);
    int rc = get_root(d, c->ctrlreg[3], false, &kernel);

    if (rc)
        return rc;
    rc = c->ctrlreg[1] ? get_root(d, c->ctrlreg[1], true, &user) : 0;
    if (rc) {
        pt_drop_root(kernel);
        return rc;
    }
    if (pv_set_gdt(v, c->gdt_frames, (uint32_t)c->gdt_ents)) {
        pt_drop_root(kernel);
        if (user.v)
            pt_drop_root(user);
        return -XEN_EINVAL;
    }
    pv->root_kernel = kernel;
    pv->root_user = user;
    pv->ldt_base = c->ldt_base;
    pv->ldt_ents = (uint32_t)c->ldt_ents;
    return 0;
}

static void take_registers(struct vcpu *v, const struct vcpu_guest_context *c)
{
    struct pv_vcpu *pv = &v->arch.pv;
    struct cpu_user_regs *r = v->regs;

    memcpy(r, &c->user_regs, sizeof(*r));
    r->entry_vector = VEC_HYPERCALL;
    r->error_code = 0;
    pv->iopl = (r->rflags & EFLAGS_IOPL) >> 12;
    r->rflags = (r->rflags & EFLAGS_RETURN) | EFLAGS_IF | EFLAGS_FIXED;
    r->cs |= 3;
    r->ss |= 3;
    pv->ds = r->ds;
    pv->es = r->es;
    pv->fs = r->fs;
    pv->gs = r->gs;
    pv->fs_base = c->fs_base;
    pv->gs_base_kernel = c->gs_base_kernel;
    pv->gs_base_user = c->gs_base_user;
    pv->xcr0 = 3;
    pv->xcr0_all = 3;
    pv_fpu_init(v->arch.fpu);
    if (c->flags & VGCF_i387_valid) {
        memcpy(v->arch.fpu, &c->fpu_ctxt, sizeof(c->fpu_ctxt));
        pv_fpu_sanitise(v->arch.fpu);
    }
}

static void take_callbacks(struct pv_vcpu *pv, const struct vcpu_guest_context *c)
{
    memcpy(pv->trap, c->trap_ctxt, sizeof(pv->trap));
    for (unsigned i = 0; i < ARRAY_SIZE(pv->trap); i++)
        pv->trap[i].cs |= 3;
    pv->event_eip = c->event_callback_eip;
    pv->failsafe_eip = c->failsafe_callback_eip;
    pv->syscall_eip = c->syscall_callback_eip;
    pv->failsafe_masks_events = c->flags & VGCF_failsafe_disables_events;
    pv->syscall_masks_events = c->flags & VGCF_syscall_disables_events;
    pv->kernel_ss = c->kernel_ss | 3;
    pv->kernel_sp = c->kernel_sp;
}

static void take_debugregs(struct vcpu *v, const struct vcpu_guest_context *c)
{
    struct pv_vcpu *pv = &v->arch.pv;

    memset(pv->dr, 0, sizeof(pv->dr));
    pv->dr6 = DR6_INIT;
    pv->dr7 = DR7_INIT;
    pv->dr7_io = 0;
    for (unsigned i = 0; i < 8; i++) /* what may not be set is left out */
        if (i < 4 || i > 5)
            pv_debugreg_write(v, i, c->debugreg[i]);
}

int arch_vcpu_set_context(struct vcpu *v, const struct vcpu_guest_context *c)
{
    struct pv_vcpu *pv = &v->arch.pv;
    const char *why = check(c);
    int rc;

    if (v->domain->kind != DOMAIN_PV || pv_has_root(pv->root_kernel))
        return -XEN_EINVAL;
    if (why)
        return (int)hv_refuse(-XEN_EINVAL, "%s", why);
    spin_lock(&v->domain->lock);
    rc = take_tables(v, c);
    spin_unlock(&v->domain->lock);
    if (rc)
        return rc;
    pv->kernel_mode = c->flags & VGCF_in_kernel;
    pv->cr0 = c->ctrlreg[0] & CR0_TS;
    pv->cr4 = pv_cr4_guest(c->ctrlreg[4]);
    take_registers(v, c);
    take_callbacks(pv, c);
    take_debugregs(v, c);
    return 0;
}
