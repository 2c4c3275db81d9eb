/* SPDX-License-Identifier: MIT */
/* Inline half of hv_arch.h for the real machine. */
#ifndef X86_ARCH_INLINE_H
#define X86_ARCH_INLINE_H

#include "percpu.h"

/* Address space: L4 slots 256..271 are ours, as the ABI demands (xen-x86_64.h). */
#define HV_M2P_BASE       0xffff800000000000ul /* slot 256: machine-to-physical, guests read it */
#define HV_PERDOMAIN_BASE 0xffff820000000000ul /* slot 260: GDT/LDT areas of the current domain */
#define HV_IMAGE_BASE     0xffff82d080000000ul /* slot 261: the hypervisor's image */
#define HV_MMIO_BASE      0xffff82e000000000ul /* slot 261: local APIC and other uncached pages */
#define HV_DIRECT_BASE    0xffff830000000000ul /* slots 262..271: all RAM */

static inline struct vcpu *current_vcpu(void)
{
    struct vcpu *v;

    __asm__ volatile("mov %%gs:%c1, %0" : "=r"(v) : "i"(offsetof(struct percpu, current)));
    return v;
}

static inline uint32_t this_cpu(void)
{
    uint32_t c;

    __asm__ volatile("mov %%gs:%c1, %0" : "=r"(c) : "i"(offsetof(struct percpu, cpu)));
    return c;
}

static inline void work_raise(uint32_t bits)
{
    __asm__ volatile("lock; orl %0, %%gs:%c1" ::"ri"(bits), "i"(offsetof(struct percpu, work))
                     : "memory", "cc");
}

static inline uint32_t work_pending(void)
{
    uint32_t w;

    __asm__ volatile("mov %%gs:%c1, %0" : "=r"(w) : "i"(offsetof(struct percpu, work)));
    return w;
}

static inline void *mfn_to_virt(mfn_t m)
{
    return (void *)(HV_DIRECT_BASE + (m.v << PAGE_SHIFT));
}

static inline mfn_t virt_to_mfn(const void *p)
{
    return MFN(((uint64_t)p - HV_DIRECT_BASE) >> PAGE_SHIFT);
}

static inline void arch_relax(void)
{
    __builtin_ia32_pause();
}

#endif
