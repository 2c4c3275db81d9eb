/* SPDX-License-Identifier: MIT */
/* FPU and SSE registers: the hypervisor uses none, so they change hands only when vcpus do. CR0.TS
 * is the guest kernel's own affair (fpu_taskswitch). */
#include "hv.h"
#include "cpu.h"
#include "handlers.h"
#include "pv.h"
#include "xstate.h"

#define FCW_INIT           0x37f
#define MXCSR_INIT         0x1f80
#define MXCSR_OFFSET       24
#define MXCSR_MASK_OFFSET  28
#define HEADER_OFFSET      512
#define MXCSR_MASK_DEFAULT 0xffbf /* when FXSAVE leaves the mask zero */

void pv_set_ts(struct vcpu *v, bool set)
{
    v->arch.pv.cr0 = set ? CR0_TS : 0;
    if (set)
        write_cr0(read_cr0() | CR0_TS);
    else
        __asm__ volatile("clts" ::: "memory");
}

void pv_fpu_save(struct vcpu *v)
{
    if (v->arch.pv.cr0 & CR0_TS)
        __asm__ volatile("clts" ::: "memory");
    if (unlikely(v->arch.pv.cr4 & CR4_OSXSAVE))
        xstate_save(v);
    else
        __asm__ volatile("fxsave64 (%0)" ::"r"(v->arch.fpu) : "memory");
}

void pv_fpu_load(struct vcpu *v)
{
    /* FXRSTOR leaves the last instruction's address alone on some processors: clear it first. */
    __asm__ volatile("fninit");
    if (unlikely(v->arch.pv.cr4 & CR4_OSXSAVE))
        xstate_load(v);
    else
        xstate_load_plain(v);
    if (v->arch.pv.cr0 & CR0_TS)
        write_cr0(read_cr0() | CR0_TS);
}

void pv_fpu_init(void *image)
{
    memset(image, 0, HEADER_OFFSET + 64);
    *(uint16_t *)image = FCW_INIT;
    *(uint32_t *)((char *)image + MXCSR_OFFSET) = MXCSR_INIT;
    *(uint64_t *)((char *)image + HEADER_OFFSET) = 3; /* x87 and SSE are there, should XRSTOR ask */
}

/* Reserved bits of MXCSR would make FXRSTOR fault. */
void pv_fpu_sanitise(void *image)
{
    static uint32_t mask;
    uint32_t *mxcsr = (uint32_t *)((char *)image + MXCSR_OFFSET);

    if (!mask) {
        static uint8_t probe[512] __attribute__((aligned(16)));
        uint64_t cr0 = read_cr0();

        write_cr0(cr0 & ~CR0_TS);
        __asm__ volatile("fxsave64 (%0)" ::"r"(probe) : "memory");
        write_cr0(cr0);
        mask = *(uint32_t *)(probe + MXCSR_MASK_OFFSET);
        if (!mask)
            mask = MXCSR_MASK_DEFAULT;
    }
    *mxcsr &= mask;
}

long hc_fpu_taskswitch(uint64_t set)
{
    pv_set_ts(current_vcpu(), (uint32_t)set != 0);
    return 0;
}
