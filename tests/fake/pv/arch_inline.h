/* SPDX-License-Identifier: MIT */
/* Inline half of hv_arch.h for tests of direct paging: one thread plays all CPUs. */
#ifndef FAKE_PV_ARCH_INLINE_H
#define FAKE_PV_ARCH_INLINE_H

#include "hv_types.h"

struct vcpu;

extern struct vcpu *fake_current;
extern uint32_t fake_cpu;
extern uint8_t *fake_ram;

static inline struct vcpu *current_vcpu(void)
{
    return fake_current;
}

static inline uint32_t this_cpu(void)
{
    return fake_cpu;
}

static inline void work_raise(uint32_t bits)
{
}

static inline uint32_t work_pending(void)
{
    return 0;
}

static inline void *mfn_to_virt(mfn_t m)
{
    return fake_ram + (m.v << PAGE_SHIFT);
}

static inline mfn_t virt_to_mfn(const void *p)
{
    return MFN((uint64_t)((const uint8_t *)p - fake_ram) >> PAGE_SHIFT);
}

static inline void arch_relax(void)
{
}

#endif
