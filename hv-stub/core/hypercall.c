/* SPDX-License-Identifier: MIT */
/* The hypercall tables, continuation of long calls, and copies from and to the guest. */
#include "hv.h"
#include "handlers.h"

/*
 * A handler takes as many of the six argument registers as it declares: the calling convention lets
 * it be called with all of them.
 */
#define AS_FN(f) ((hypercall_fn)(void *)(f))

#define DESC(n, nr, args, open) [nr] = {.name = #n, .nargs = args, .fv = open, .fn = AS_FN(hc_##n)},
const struct hypercall_desc hypercall_table[HV_NR_HYPERCALLS] = {HYPERCALL_LIST(DESC)};
#undef DESC

#define FN(n, nr, args, open) [nr] = AS_FN(hc_##n),
#define NONE(nr)              [nr] = AS_FN(hc_enosys),
/* Numbers of the ABI without a handler here. A number in both lists does not compile. */
/* clang-format off */
#define NO_HYPERCALL_LIST(X)                                                                       \
    X(11) X(27) X(31) X(38) X(39) X(41) X(43)       \
    X(44) X(45) X(46) X(47) X(49) X(50) X(51) X(52) X(53) X(54) X(55) X(56) X(57) X(58)      \
    X(59) X(60) X(61) X(62) X(63)
/* clang-format on */
const hypercall_fn hypercall_fns[HV_NR_HYPERCALLS] = {HYPERCALL_LIST(FN) NO_HYPERCALL_LIST(NONE)};

/* … and a number in neither does not either. */
#define COUNT_FN(n, nr, args, open) +1
#define COUNT_NONE(nr)              +1
_Static_assert((0 HYPERCALL_LIST(COUNT_FN) NO_HYPERCALL_LIST(COUNT_NONE)) == HV_NR_HYPERCALLS,
               "every hypercall number has an entry");

long hc_enosys(void)
{
    return hv_refuse(-XEN_ENOSYS, "this hypercall number is not served");
}

int guest_read(void *dst, gva_t src, size_t n)
{
    return arch_guest_read(dst, src, n) ? -XEN_EFAULT : 0;
}

int guest_write(gva_t dst, const void *src, size_t n)
{
    return arch_guest_write(dst, src, n) ? -XEN_EFAULT : 0;
}

/* The hypercall instruction is 2 bytes in the PV page (syscall), 3 in the FV page (vmcall). */
static unsigned call_length(const struct domain *d)
{
    return d->kind == DOMAIN_PV ? 2 : 3;
}

long hypercall_continue(uint32_t nr, unsigned nargs, uint64_t a1, uint64_t a2, uint64_t a3,
                        uint64_t a4)
{
    struct vcpu *v = current_vcpu();
    uint64_t args[4] = {a1, a2, a3, a4};
    struct cpu_user_regs *r = v->regs;
    uint64_t *reg[4] = {&r->rdi, &r->rsi, &r->rdx, &r->r10};

    if (v->mc_entry) {
        for (unsigned i = 0; i < nargs; i++)
            v->mc_entry->args[i] = args[i];
        v->mc_continued = nargs;
        return 0;
    }
    for (unsigned i = 0; i < nargs; i++)
        *reg[i] = args[i];
    r->rip -= call_length(v->domain);
    return nr;
}

bool hypercall_preempt(void)
{
    arch_irq_window();
    return (work_pending() & ~WORK_FULL) || vcpu_event_pending(current_vcpu());
}
