/* SPDX-License-Identifier: MIT */
/* Inline half of hv_arch.h on a host: CPUs are threads (or one thread that plays them in turn). */
#ifndef FAKE_ARCH_INLINE_H
#define FAKE_ARCH_INLINE_H

#include <sched.h>
#include "hv_types.h"

struct fake_cpu {
    struct vcpu *current;
    uint32_t work;     /* atomic */
    uint64_t deadline; /* arch_timer_set(); ~0: off */
    unsigned kicks;    /* arch_work_send() from others; atomic */
};

extern struct fake_cpu fake_cpus[];
extern __thread uint32_t fake_this_cpu;
extern uint8_t *fake_ram;

static inline struct vcpu *current_vcpu(void)
{
    return fake_cpus[fake_this_cpu].current;
}

static inline uint32_t this_cpu(void)
{
    return fake_this_cpu;
}

static inline void work_raise(uint32_t bits)
{
    __atomic_fetch_or(&fake_cpus[fake_this_cpu].work, bits, __ATOMIC_SEQ_CST);
}

static inline uint32_t work_pending(void)
{
    return __atomic_load_n(&fake_cpus[fake_this_cpu].work, __ATOMIC_SEQ_CST);
}

static inline void *mfn_to_virt(mfn_t m)
{
    return fake_ram + (m.v << PAGE_SHIFT);
}

static inline mfn_t virt_to_mfn(const void *p)
{
    return MFN((uint64_t)((const uint8_t *)p - fake_ram) >> PAGE_SHIFT);
}

/* A ticket lock passes to one waiter: on the host that thread has to get a processor. */
static inline void arch_relax(void)
{
    sched_yield();
}

size_t arch_guest_read(void *dst, gva_t src, size_t n);

static inline bool arch_guest_get32(gva_t src, uint32_t *value)
{
    return !arch_guest_read(value, src, sizeof(*value));
}

bool fake_multicall_fetch(gva_t entry, uint64_t *op, uint64_t args[6]);
bool fake_multicall_result(gva_t entry, uint64_t result);

static inline bool arch_multicall_direct(gva_t list, uint32_t n)
{
    return true;
}

static inline bool arch_multicall_fetch(gva_t entry, uint64_t *op, uint64_t args[6])
{
    return fake_multicall_fetch(entry, op, args);
}

static inline bool arch_multicall_result(gva_t entry, uint64_t result)
{
    return fake_multicall_result(entry, result);
}

#endif
