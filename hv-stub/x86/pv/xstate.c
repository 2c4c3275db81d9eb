/* SPDX-License-Identifier: MIT */
#include "xstate.h"
#include "cpu.h"
#include "entry.h"
#include "hv.h"
#include "insn.h"

#define CPUID1_ECX_XSAVE (1u << 26)
#define XSTATE_X87       1ull
#define XSTATE_SSE       2ull
#define XSTATE_AVX       4ull
#define XSTATE_KNOWN     (XSTATE_X87 | XSTATE_SSE | XSTATE_AVX)

#define AREA_LEGACY 512 /* as FXSAVE has it */
#define AREA_BASE   576 /* … and the header behind it */

uint64_t xstate_mask;

static void xsetbv(uint64_t value)
{
    __asm__ volatile("xsetbv" ::"c"(0), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

static void xcr0_load(uint64_t value)
{
    struct percpu *pc = this_percpu();

    if (pc->xcr0 != value) {
        pc->xcr0 = value;
        xsetbv(value);
    }
}

/* The AVX part lies where every processor has it, directly behind the header. */
static uint64_t find_states(void)
{
    struct cpuid_regs r;

    if (!(cpuid_count(1, 0).c & CPUID1_ECX_XSAVE))
        return 0;
    r = cpuid_count(0xd, 2);
    if (r.a != 256 || r.b != AREA_BASE)
        return 0;
    return cpuid_count(0xd, 0).a & XSTATE_KNOWN;
}

void xstate_init_cpu(void)
{
    struct percpu *pc = this_percpu();

    if (!pc->cpu)
        xstate_mask = find_states();
    pc->xcr0 = XSTATE_X87;
    if (!xstate_mask)
        return;
    cr4_load(CR4_OSXSAVE);
    xsetbv(pc->xcr0);
    cr4_load(0);
}

void xstate_hide(void)
{
    if (likely(this_percpu()->xcr0 == XSTATE_X87))
        return;
    cr4_load(CR4_OSXSAVE);
    xcr0_load(XSTATE_X87);
}

uint32_t xstate_size(uint64_t xcr0)
{
    return AREA_BASE + (xcr0 & XSTATE_AVX ? 256 : 0);
}

/* States from the area; those without a bit in its header are reset. */
static void restore(const void *area, uint64_t states)
{
    __asm__ volatile("xrstor64 (%0)" ::"r"(area), "a"((uint32_t)states), "d"(0) : "memory");
}

void xstate_save(struct vcpu *v)
{
    xcr0_load(v->arch.pv.xcr0_all);
    __asm__ volatile("xsave64 (%0)" ::"r"(v->arch.fpu), "a"(~0u), "d"(~0u) : "memory");
}

void xstate_load(struct vcpu *v)
{
    xcr0_load(v->arch.pv.xcr0_all);
    restore(v->arch.fpu, ~0u);
    xcr0_load(v->arch.pv.xcr0);
}

void xstate_load_plain(struct vcpu *v)
{
    __asm__ volatile("fxrstor64 (%0)" ::"r"(v->arch.fpu) : "memory");
    if (xstate_mask)
        xcr0_load(v->arch.pv.xcr0);
}

/* x87 and SSE are in the registers. What the area's header said before is out of date. */
void xstate_enable(struct vcpu *v)
{
    struct pv_vcpu *pv = &v->arch.pv;
    uint64_t *header = (uint64_t *)((char *)v->arch.fpu + AREA_LEGACY);

    header[0] = XSTATE_X87 | XSTATE_SSE;
    xcr0_load(pv->xcr0_all);
    restore(v->arch.fpu, pv->xcr0_all & ~header[0]); /* nobody else's AVX registers */
    xcr0_load(pv->xcr0);
}

bool xstate_set(struct vcpu *v, uint32_t reg, uint64_t value)
{
    struct pv_vcpu *pv = &v->arch.pv;
    uint64_t fresh = value & ~pv->xcr0_all;

    if (reg || !(value & XSTATE_X87) || value & ~xstate_mask ||
        (value & XSTATE_AVX && !(value & XSTATE_SSE)))
        return false;
    pv->xcr0 = value;
    if (fresh) { /* what another vcpu left there is not for this one */
        uint64_t *header = (uint64_t *)((char *)v->arch.fpu + AREA_LEGACY);

        pv->xcr0_all |= value;
        header[0] &= ~fresh;
        xcr0_load(pv->xcr0_all);
        restore(v->arch.fpu, fresh);
    }
    xcr0_load(value);
    return true;
}
