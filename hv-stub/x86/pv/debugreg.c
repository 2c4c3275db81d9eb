/* SPDX-License-Identifier: MIT */
/*
 * Debug registers. A guest may watch its own addresses only: a breakpoint at one of ours would trap
 * inside the hypervisor. They are in the processor while an enabled breakpoint exists and the vcpu
 * runs; DR6 is kept here, updated by each debug trap.
 */
#include "hv.h"
#include "cpu.h"
#include "debugreg.h"
#include "handlers.h"
#include "pv.h"

#define CR4_DE (1ul << 3)

void pv_debugregs_load(struct vcpu *v)
{
    const struct pv_vcpu *pv = &v->arch.pv;

    if (likely(!(pv->dr7 & DR7_ENABLES)))
        return;
    write_dr0(pv->dr[0]);
    write_dr1(pv->dr[1]);
    write_dr2(pv->dr[2]);
    write_dr3(pv->dr[3]);
    write_dr6(DR6_INIT);
    write_dr7(pv->dr7);
    this_percpu()->debugregs_live = true;
}

void pv_debugregs_unload(struct vcpu *v)
{
    if (unlikely(this_percpu()->debugregs_live)) {
        write_dr7(DR7_INIT);
        this_percpu()->debugregs_live = false;
    }
}

static void reload(struct vcpu *v)
{
    if (v == current_vcpu()) {
        pv_debugregs_unload(v);
        pv_debugregs_load(v);
    }
}

static long write_address(struct vcpu *v, unsigned i, uint64_t val)
{
    if (!guest_va_ok(val))
        return hv_refuse(-XEN_EPERM, "breakpoint %u at %lx is in hypervisor space", i, val);
    v->arch.pv.dr[i] = val;
    reload(v);
    return 0;
}

static long write_dr7_checked(struct vcpu *v, uint64_t val)
{
    struct pv_vcpu *pv = &v->arch.pv;
    uint64_t io = 0;

    if (val >> 32)
        return hv_refuse(-XEN_EINVAL, "DR7 %lx has reserved bits set", val);
    val = (val & ~DR7_RESERVED_0) | DR7_RESERVED_1 | (val & DR7_GD);
    if (val & DR7_GD)
        return hv_refuse(-XEN_EPERM, "DR7 %lx asks for general detection", val);
    if (val & DR7_ENABLES) {
        for (unsigned i = 0; i < 4; i++) {
            if (DR7_RW(val, i) != DR7_RW_IO)
                continue;
            if (!(pv->cr4 & CR4_DE))
                return hv_refuse(-XEN_EPERM, "DR7 %lx has an I/O breakpoint without CR4.DE", val);
            io |= val & (3ul << 2 * i);
        }
    }
    pv->dr7_io = io;
    pv->dr7 = val & ~io; /* the guest executes no real port access that could hit them */
    reload(v);
    return 0;
}

static long write_dr6_checked(struct vcpu *v, uint64_t val)
{
    if (val >> 32)
        return hv_refuse(-XEN_EINVAL, "DR6 %lx has reserved bits set", val);
    v->arch.pv.dr6 = (val & ~DR6_RESERVED_0) | DR6_RESERVED_1;
    return 0;
}

long pv_debugreg_write(struct vcpu *v, unsigned reg, uint64_t val)
{
    if (reg <= 3)
        return write_address(v, reg, val);
    if (reg <= 7 && (reg >= 6 || !(v->arch.pv.cr4 & CR4_DE)))
        return reg == 4 || reg == 6 ? write_dr6_checked(v, val) : write_dr7_checked(v, val);
    return hv_refuse(-XEN_ENODEV, "debug register %u does not exist", reg);
}

bool pv_debugreg_read(const struct vcpu *v, unsigned reg, uint64_t *val)
{
    const struct pv_vcpu *pv = &v->arch.pv;

    if (reg <= 3)
        *val = pv->dr[reg];
    else if (reg <= 7 && (reg >= 6 || !(pv->cr4 & CR4_DE)))
        *val = reg == 4 || reg == 6 ? pv->dr6 : pv->dr7 | pv->dr7_io;
    else
        return false;
    return true;
}

long hc_set_debugreg(uint64_t reg, uint64_t val)
{
    return pv_debugreg_write(current_vcpu(), (unsigned)reg, val);
}

long hc_get_debugreg(uint64_t reg)
{
    uint64_t val;

    if (!pv_debugreg_read(current_vcpu(), (unsigned)reg, &val))
        return hv_refuse(-XEN_ENODEV, "debug register %u does not exist", (unsigned)reg);
    return (long)val;
}

void pv_debug_trap(struct cpu_user_regs *regs)
{
    struct vcpu *v = current_vcpu();
    uint64_t dr6 = read_dr6();

    write_dr6(DR6_INIT);
    /* Set what is set in the processor's, clear what its inverted bits say. */
    v->arch.pv.dr6 |= dr6 & ~DR6_INIT;
    v->arch.pv.dr6 &= dr6 | ~DR6_INIT;
    pv_inject(v, VEC_DB, 0);
}
