/* SPDX-License-Identifier: MIT */
/*
 * Atomics and barriers for x86-64. Memory shared with the hypervisor needs locked instructions
 * even in a kernel with one vcpu: the hypervisor writes from other processors.
 *
 * x86 keeps loads in order with loads and stores with stores, so pvk_arch_rmb() and wmb() only
 * stop the compiler; a store followed by a load of another location needs pvk_arch_mb().
 * (AMD64 Architecture Programmer's Manual, volume 2, "Memory Access Ordering".)
 */
#ifndef PVKIT_X86_ATOMIC_H
#define PVKIT_X86_ATOMIC_H

#include <pvkit/xen.h>

PVK_INLINE void pvk_arch_barrier(void)
{
    __asm__ volatile("" ::: "memory");
}

PVK_INLINE void pvk_arch_rmb(void)
{
    pvk_arch_barrier();
}

PVK_INLINE void pvk_arch_wmb(void)
{
    pvk_arch_barrier();
}

PVK_INLINE void pvk_arch_mb(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

PVK_INLINE void pvk_arch_relax(void)
{
    __asm__ volatile("pause" ::: "memory");
}

/* Store `value`, return what was there. Full barrier. */
PVK_INLINE xen_ulong_t pvk_arch_xchg(xen_ulong_t *word, xen_ulong_t value)
{
    return __atomic_exchange_n(word, value, __ATOMIC_SEQ_CST);
}

/* Bit `bit` (0..63) of one word. The test_and_ forms return the old state. Full barriers. */
PVK_INLINE void pvk_arch_set_bit(xen_ulong_t *word, unsigned int bit)
{
    __atomic_fetch_or(word, 1UL << bit, __ATOMIC_SEQ_CST);
}

PVK_INLINE void pvk_arch_clear_bit(xen_ulong_t *word, unsigned int bit)
{
    __atomic_fetch_and(word, ~(1UL << bit), __ATOMIC_SEQ_CST);
}

PVK_INLINE bool pvk_arch_test_and_set_bit(xen_ulong_t *word, unsigned int bit)
{
    return __atomic_fetch_or(word, 1UL << bit, __ATOMIC_SEQ_CST) >> bit & 1;
}

PVK_INLINE bool pvk_arch_test_and_clear_bit(xen_ulong_t *word, unsigned int bit)
{
    return __atomic_fetch_and(word, ~(1UL << bit), __ATOMIC_SEQ_CST) >> bit & 1;
}

/* Set the bits of `mask`. Full barrier. */
PVK_INLINE void pvk_arch_or(xen_ulong_t *word, xen_ulong_t mask)
{
    __atomic_fetch_or(word, mask, __ATOMIC_SEQ_CST);
}

/* If *word == *expected store `value` and return true, else load *word into *expected. */
PVK_INLINE bool pvk_arch_cmpxchg(uint64_t *word, uint64_t *expected, uint64_t value)
{
    return __atomic_compare_exchange_n(word, expected, value, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST);
}

/*
 * Time stamp counter, not read before earlier loads have completed: without the fence the counter
 * could be sampled before the version word that is meant to guard it.
 */
PVK_INLINE uint64_t pvk_arch_tsc(void)
{
    uint32_t low, high;

    __asm__ volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high)::"memory");
    return (uint64_t)high << 32 | low;
}

#endif
