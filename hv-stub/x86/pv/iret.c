/* SPDX-License-Identifier: MIT */
/* HYPERVISOR_iret: the guest kernel returns from one of its handlers, to itself or to guest user
 * mode. */
#include "hv.h"
#include "guest_word.h"
#include "handlers.h"
#include "pv.h"

/* Nine words, each read once. */
static inline bool read_frame(uint64_t sp, struct iret_context *c)
{
    return guest_range_ok(sp, sizeof(*c)) && guest_get(sp, &c->rax) && guest_get(sp + 8, &c->r11) &&
           guest_get(sp + 16, &c->rcx) && guest_get(sp + 24, &c->flags) &&
           guest_get(sp + 32, &c->rip) && guest_get(sp + 40, &c->cs) &&
           guest_get(sp + 48, &c->rflags) && guest_get(sp + 56, &c->rsp) &&
           guest_get(sp + 64, &c->ss);
}

long hc_iret(void)
{
    struct vcpu *v = current_vcpu();
    struct pv_vcpu *pv = &v->arch.pv;
    struct cpu_user_regs *r = v->regs;
    struct iret_context c;

    work_raise(WORK_FULL);
    if (unlikely(!read_frame(r->rsp, &c))) {
        domain_crash(v->domain, v, "iret: no readable frame at %lx", r->rsp);
        return 0;
    }
    if ((c.cs & 3) == 3) {
        if (unlikely(!pv_has_user_root(v))) {
            domain_crash(v->domain, v, "iret to user mode without page tables for it");
            return 0;
        }
        pv_toggle_mode(v);
    }
    if (v->domain->vm_assist & (1ul << VMASST_TYPE_architectural_iopl))
        pv->iopl = (c.rflags & EFLAGS_IOPL) >> 12;
    /* Whatever the frame says it is CPL 3, with interrupts on and no rights to ports. A selector,
     * RIP or RSP which does not fit makes the return fault, and the guest gets that as a
     * fault of its own.
     */
    r->rip = c.rip;
    r->cs = (uint16_t)c.cs | 3;
    r->ss = (uint16_t)c.ss | 3;
    r->rsp = c.rsp;
    r->rflags = (c.rflags & EFLAGS_RETURN) | EFLAGS_IF | EFLAGS_FIXED;
    if (c.flags & VGCF_in_syscall) {
        r->rcx = c.rip; /* the way SYSRET returns */
        r->r11 = r->rflags;
        r->cs = r->cs == FLAT_USER_CS32 ? FLAT_USER_CS32 : FLAT_USER_CS64;
        r->ss = FLAT_USER_SS;
    } else {
        r->rcx = c.rcx;
        r->r11 = c.r11;
    }
    WRITE_ONCE(v->info->evtchn_upcall_mask, !(c.rflags & EFLAGS_IF));
    if (unlikely(v->nmi_masked)) {
        v->nmi_masked = false;
        work_raise(WORK_TELL); /* another one may wait */
    }
    return (long)c.rax;
}
