/* SPDX-License-Identifier: MIT */
/*
 * Privileged instructions. At CPL 3 they fault; for a guest kernel we do what Xen does for them,
 * which is less than the bare machine would: a PV kernel is expected to use hypercalls. Anything
 * not listed here is left a #GP or #UD of the guest's.
 */
#include "cpu.h"
#include "debugreg.h"
#include "guest_word.h"
#include "insn.h"
#include "pv.h"
#include "xstate.h"

#define IDT_ERROR 2u /* error code: the fault is about an interrupt gate */
#define EXT_ERROR 1u

#define MODRM_XSETBV 0xd1
#define MODRM_RDTSCP 0xf9

/* INT n with a gate closed to CPL 3. Some emulators deliver a wrong error code here (16n + 2), so
 * the vector comes from the instruction. */
static bool software_interrupt(struct vcpu *v)
{
    struct cpu_user_regs *r = v->regs;
    struct insn i;
    uint8_t vector;

    if ((r->error_code & (IDT_ERROR | EXT_ERROR)) != IDT_ERROR)
        return false;
    if (!insn_decode(v, &i) || i.opcode != 0xcd || !insn_byte(&i, &vector))
        return false;
    if (!pv_softint_allowed(v, vector)) {
        pv_inject(v, VEC_GP, vector * 8u + IDT_ERROR);
        return true;
    }
    r->rip += i.len;
    pv_inject_soft(v, vector);
    return true;
}

static enum emul mov_cr(struct vcpu *v, const struct insn *i)
{
    unsigned cr = (i->modrm >> 3 & 7) | (i->rex & 4 ? 8 : 0);
    uint64_t *reg = insn_reg(v->regs, (i->modrm & 7) | (i->rex & 1 ? 8 : 0));
    long rc;

    if (i->opcode == 0x0f20)
        return pv_read_cr(v, cr, reg) ? EMUL_DONE : EMUL_GP;
    rc = pv_write_cr(v, cr, *reg);
    return !rc ? EMUL_DONE : rc == -HV_ERESTART ? EMUL_AGAIN : EMUL_GP;
}

static enum emul mov_dr(struct vcpu *v, const struct insn *i)
{
    unsigned dr = (i->modrm >> 3 & 7) | (i->rex & 4 ? 8 : 0);
    uint64_t *reg = insn_reg(v->regs, (i->modrm & 7) | (i->rex & 1 ? 8 : 0)), now;

    if (!pv_debugreg_read(v, dr, &now))
        return EMUL_UD;
    if (i->opcode == 0x0f23)
        return pv_debugreg_write(v, dr, *reg) == 0 ? EMUL_DONE : EMUL_GP;
    *reg = now;
    return EMUL_DONE;
}

static void set_edx_eax(struct cpu_user_regs *r, uint64_t val)
{
    r->rax = (uint32_t)val;
    r->rdx = val >> 32;
}

static enum emul read_msr(struct vcpu *v)
{
    struct cpu_user_regs *r = v->regs;
    uint64_t val = 0;

    /* A kernel that has no handler yet would die of a register it only wants to look at. */
    if (!pv_rdmsr(v, r->ecx, &val) && v->arch.pv.trap[VEC_GP].address)
        return EMUL_GP;
    set_edx_eax(r, val);
    return EMUL_DONE;
}

static enum emul write_msr(struct vcpu *v)
{
    struct cpu_user_regs *r = v->regs;

    return pv_wrmsr(v, r->ecx, (uint64_t)r->edx << 32 | r->eax) ? EMUL_DONE : EMUL_GP;
}

static inline enum emul msr(struct vcpu *v, bool write)
{
    return write ? write_msr(v) : read_msr(v);
}

/* Instructions that only the guest kernel may have emulated. */
static enum emul kernel_only(struct vcpu *v, const struct insn *i)
{
    switch (i->opcode) {
    case 0x0f06: /* clts */
        pv_set_ts(v, false);
        return EMUL_DONE;
    case 0x0f09: /* wbinvd: the domain has no device whose view of memory could differ */
        return EMUL_DONE;
    case 0x0f20:
    case 0x0f22:
        return mov_cr(v, i);
    case 0x0f21:
    case 0x0f23:
        return mov_dr(v, i);
    case 0x0f30:
    case 0x0f32:
        return msr(v, i->opcode == 0x0f30);
    case 0x0f01:
        if (i->modrm != MODRM_RDTSCP)
            return EMUL_NO;
        v->regs->rcx = v->arch.pv.tsc_aux;
        /* fall through */
    case 0x0f31: /* rdtsc with CR4.TSD, which binds user mode only */
        set_edx_eax(v->regs, arch_tsc());
        return EMUL_DONE;
    default:
        return EMUL_NO;
    }
}

static enum emul xsetbv(struct vcpu *v)
{
    const struct cpu_user_regs *r = v->regs;
    bool ts = v->arch.pv.cr0 & CR0_TS, good;

    if (!(v->arch.pv.cr4 & CR4_OSXSAVE)) /* some processors look at the CPL first */
        return EMUL_UD;
    if (!v->arch.pv.kernel_mode)
        return EMUL_GP;
    pv_set_ts(v, false);
    good = xstate_set(v, r->ecx, (uint64_t)r->edx << 32 | r->eax);
    pv_set_ts(v, ts);
    return good ? EMUL_DONE : EMUL_GP;
}

static enum emul emulate(struct vcpu *v, struct insn *i)
{
    enum emul rc;

    if (!insn_decode(v, i))
        return EMUL_NO;
    if (i->lock && i->opcode >> 6 == 0x0f00 >> 6) /* processors say so, some emulators do not */
        return EMUL_UD;
    if (i->opcode == 0x0f01 && i->modrm == MODRM_XSETBV)
        return xsetbv(v);
    if (i->opcode == 0xfa || i->opcode == 0xfb) /* cli, sti: with the privilege, no effect */
        return pv_iopl_allows(v) ? EMUL_DONE : EMUL_GP;
    rc = pv_emulate_io(v, i);
    if (rc == EMUL_NO && v->arch.pv.kernel_mode)
        rc = kernel_only(v, i);
    return rc;
}

/* The instruction is done: go behind it, and trap if the guest single-steps. */
static inline void retire(struct vcpu *v, struct cpu_user_regs *r, unsigned len)
{
    r->rip += len;
    r->rflags &= ~EFLAGS_RF;
    if (unlikely(r->rflags & EFLAGS_TF)) {
        v->arch.pv.dr6 |= DR6_BS;
        pv_inject(v, VEC_DB, 0);
    }
}

/* A kernel that has FSGSBASE reads and writes the base of its user's %gs at each switch of
 * processes: whatever MSR it is, without going through all that it might have been. False: not
 * that. */
#define WRMSR 0x300fu
#define RDMSR 0x320fu
static inline bool msr_quick(struct vcpu *v, struct cpu_user_regs *r)
{
    uint64_t bytes;

    if (!v->arch.pv.kernel_mode || r->error_code || !guest_range_ok(r->rip, sizeof(bytes)) ||
        !guest_get(r->rip, &bytes) || (uint16_t)(bytes & ~(WRMSR ^ RDMSR)) != (WRMSR & RDMSR) ||
        !insn_is64(v, r->cs))
        return false;
    if ((uint16_t)bytes == RDMSR && r->ecx == MSR_KERNEL_GS_BASE) {
        set_edx_eax(r, v->arch.pv.gs_base_user);
        retire(v, r, 2);
    } else if (msr(v, (uint16_t)bytes == WRMSR) == EMUL_DONE) {
        retire(v, r, 2);
    } else {
        pv_inject(v, VEC_GP, 0);
    }
    return true;
}

void pv_general_protection(struct cpu_user_regs *regs)
{
    struct vcpu *v = current_vcpu();
    struct insn i;

    if (msr_quick(v, regs))
        return;
    if (regs->error_code && software_interrupt(v))
        return;
    switch (regs->error_code ? EMUL_NO : emulate(v, &i)) {
    case EMUL_DONE:
        retire(v, regs, i.len);
        return;
    case EMUL_UD:
        pv_inject(v, VEC_UD, 0);
        return;
    case EMUL_AGAIN:
    case EMUL_PF:
        return;
    default:
        break;
    }
    if (!regs->error_code && i.opcode == 0x0f34 && !v->arch.pv.kernel_mode)
        pv_inject_sysenter(v);
    else
        pv_inject(v, VEC_GP, regs->error_code);
}

/* The forced-emulation prefix (XEN_EMULATE_PREFIX) and CPUID: 0f 0b 78 65 6e 0f a2. */
#define FORCED_CPUID     0xa20f6e65780b0full
#define FORCED_CPUID_LEN 7

/* The last byte may be the last of its page, so that eight cannot be read at once. */
static bool __attribute__((noinline)) is_forced_cpuid_slow(uint64_t rip)
{
    uint64_t bytes = 0;

    return !arch_guest_read(&bytes, GVA(rip), FORCED_CPUID_LEN) && bytes == FORCED_CPUID;
}

static inline bool is_forced_cpuid(uint64_t rip)
{
    uint64_t bytes;

    if (likely(guest_range_ok(rip, sizeof(bytes)) && guest_get(rip, &bytes)))
        return bytes << 8 == FORCED_CPUID << 8;
    return is_forced_cpuid_slow(rip);
}

void pv_invalid_opcode(struct cpu_user_regs *regs)
{
    struct vcpu *v = current_vcpu();

    if (likely(is_forced_cpuid(regs->rip))) {
        pv_cpuid(v, regs);
        retire(v, regs, FORCED_CPUID_LEN);
    } else {
        pv_inject(v, VEC_UD, 0);
    }
}
