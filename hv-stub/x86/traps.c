/* SPDX-License-Identifier: MIT */
/* Where exceptions and interrupts go. From a guest they are the guest's business; from the
 * hypervisor they are expected at a few known instructions and our bug anywhere else. */
#include "hv.h"
#include "apic.h"
#include "cpu.h"
#include "debugreg.h"
#include "entry.h"
#include "fixup.h"
#include "pv.h"
#include "smp.h"

static const char *const vector_name[32] = {
    "#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", "9",   "#TS",
    "#NP", "#SS", "#GP", "#PF", "15",  "#MF", "#AC", "#MC", "#XM", "#VE", "#CP",
};

static void __attribute__((noreturn)) die(const struct cpu_user_regs *r, const char *what)
{
    uint32_t v = r->entry_vector;

    regs_dump(r);
    hv_log("cr2 %lx cr3 %lx", read_cr2(), read_cr3());
    hv_panic("%s: %s error %x at %lx", what, v < 32 && vector_name[v] ? vector_name[v] : "?",
             r->error_code, r->rip);
}

/* ---- from the guest */

/* Not to be expected on a processor set up as ours. */
static void unexpected(struct cpu_user_regs *regs)
{
    die(regs, "exception nobody asked for");
}

static void pass_on(struct cpu_user_regs *regs)
{
    pv_inject(current_vcpu(), (uint8_t)regs->entry_vector, regs->error_code);
}

/* The guest asked for this trap by setting TS; as on Xen, the trap clears it. */
static void device_not_available(struct cpu_user_regs *regs)
{
    struct vcpu *v = current_vcpu();

    pv_set_ts(v, false);
    pv_inject(v, VEC_NM, 0);
}

const guest_exception_fn guest_exception_fns[32] = {
    [0] = pass_on,          [1] = pv_debug_trap,     [2] = unexpected,
    [3 ... 5] = pass_on,    [6] = pv_invalid_opcode, [7] = device_not_available,
    [8 ... 9] = unexpected, [10 ... 12] = pass_on,   [13] = pv_general_protection,
    [14] = pv_page_fault,   [15] = unexpected,       [16 ... 17] = pass_on,
    [18] = unexpected,      [19] = pass_on,          [20 ... 31] = unexpected,
};

void pv_int80(struct cpu_user_regs *regs)
{
    struct vcpu *v = current_vcpu();

    v->exit_count[HV_EXIT_INT80]++;
    if (v->arch.pv.trap[0x80].address) { /* whatever its DPL, as on Xen */
        pv_inject(v, 0x80, 0);
    } else {
        regs->rip -= 2;
        pv_inject(v, VEC_GP, 0x80 * 8 + 2);
    }
}

void pv_syscall_other(struct cpu_user_regs *regs)
{
    struct vcpu *v = current_vcpu();

    if (v->arch.pv.kernel_mode) {
        vcpu_note_hypercall(v, regs->rax, regs->rdi);
        regs->rax =
            (uint64_t)hv_refuse(-XEN_ENOSYS, "hypercall number %lu does not exist", regs->rax);
        return;
    }
    v->exit_count[HV_EXIT_SYSCALL]++;
    pv_inject_syscall(v, false);
}

void pv_syscall32(struct cpu_user_regs *regs)
{
    struct vcpu *v = current_vcpu();

    v->exit_count[HV_EXIT_SYSCALL32]++;
    pv_inject_syscall(v, true);
}

/* ---- from the hypervisor */

/* The IRETQ to the guest faulted. The exception frame lies below the guest's, whose upper part
 * IRETQ read; the registers it was interrupted with are the guest's, and in our frame. Put them
 * where they belong, and let it look as if the guest's next instruction had faulted: it is the
 * guest's doing, and nothing of the return has happened. */
static void __attribute__((noreturn)) guest_iret_fault(const struct cpu_user_regs *regs)
{
    uint32_t vector = regs->entry_vector, error = regs->error_code;
    struct vcpu *v = current_vcpu();
    struct cpu_user_regs *guest = v->regs;
    uint64_t cr2 = read_cr2();

    memmove(guest, regs, offsetof(struct cpu_user_regs, error_code));
    guest->error_code = error;
    guest->entry_vector = vector;
    if (vector == VEC_PF && pv_ldt_fault(v, cr2, &cr2))
        resume_frame(guest); /* only an LDT page was missing */
    v->exit_count[vector]++;
    if (vector == VEC_PF)
        pv_inject_pf(v, cr2, error);
    else
        pv_inject(v, (uint8_t)vector, error);
    resume_frame(guest);
}

static bool ldt_page_missing(const struct cpu_user_regs *regs)
{
    struct vcpu *v = current_vcpu();
    uint64_t cr2;

    if (regs->entry_vector != VEC_PF || !v || v->domain->kind != DOMAIN_PV)
        return false;
    cr2 = read_cr2();
    return pv_ldt_fault(v, cr2, &cr2);
}

void hv_exception(struct cpu_user_regs *regs)
{
    uint64_t target;

    if (regs->rip == (uint64_t)guest_iret)
        guest_iret_fault(regs);
    if (ldt_page_missing(regs)) {
        if (regs->rip == (uint64_t)gs_load_insn) /* again from its SWAPGS on */
            regs->rip = (uint64_t)gs_selector_load;
        return;
    }
    target = fixup_find(regs->rip);
    if (!target)
        die(regs, "exception in the hypervisor");
    regs->rip = target;
}

void ist_exception(struct cpu_user_regs *regs)
{
    /* A guest's data breakpoint hit while we copied from its memory, or a trap it left pending over
     * the instruction that brought it here (MOV SS, single step): it has no place where it could be
     * told. */
    if (regs->entry_vector == VEC_DB) {
        regs->rflags &= ~EFLAGS_TF;
        write_dr6(DR6_INIT);
        return;
    }
    die(regs, regs->cs & 3 ? "while a guest ran" : "in the hypervisor");
}

void interrupt_dispatch(uint32_t vector)
{
    if (vector != VEC_SPURIOUS)
        apic_eoi();
    switch (vector) {
    case VEC_TIMER:
        work_raise(WORK_TIMER);
        break;
    case VEC_FLUSH:
        flush_serve();
        break;
    case VEC_HALT:
        smp_halt_self();
    case VEC_UART:
        console_input_poll();
        control_input();
        break;
    case VEC_DEVICE ... VEC_DEVICE_LAST:
        device_interrupt(vector);
        break;
    default: /* VEC_WORK: the exit path sees the bits */
        break;
    }
}
