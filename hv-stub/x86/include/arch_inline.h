/* SPDX-License-Identifier: MIT */
/* Inline half of hv_arch.h for the real machine. */
#ifndef X86_ARCH_INLINE_H
#define X86_ARCH_INLINE_H

#include "fixup.h"
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

/* The smallest argument structures, without the machinery for larger ones. */
static inline bool arch_guest_get32(gva_t src, uint32_t *value)
{
    uint32_t word;

    if (unlikely(src.v < HYPERVISOR_VIRT_END && src.v >= 1ull << 47))
        return false;
    __asm__ goto("1: mov (%[p]), %[w]\n\t" FIXUP("1b", "%l[fault]")
                 : [w] "=r"(word)
                 : [p] "r"(src.v)
                 : "memory"
                 : fault);
    *value = word;
    return true;
fault:
    return false;
}

/*
 * Multicall entries of a PV guest, straight between its memory and registers. The whole list is
 * checked against our address space once; unmapped memory shows as a fault that continues at the
 * label.
 */
static inline bool arch_multicall_direct(gva_t list, uint32_t n)
{
    uint64_t last = list.v + n * 64ull - 1;

    return list.v < 1ull << 47 ? last < 1ull << 47 : list.v >= HYPERVISOR_VIRT_END && last > list.v;
}

static inline bool arch_multicall_fetch(gva_t entry, uint64_t *op, uint64_t args[6])
{
    uint64_t nr, a, b, c, d, e, f;

    __asm__ goto("1: mov (%[p]), %[nr]\n\t"
                 "2: mov 16(%[p]), %[a]\n\t"
                 "3: mov 24(%[p]), %[b]\n\t"
                 "4: mov 32(%[p]), %[c]\n\t"
                 "5: mov 40(%[p]), %[d]\n\t"
                 "6: mov 48(%[p]), %[e]\n\t"
                 "7: mov 56(%[p]), %[f]\n\t" FIXUP("1b", "%l[fault]") FIXUP("2b", "%l[fault]")
                     FIXUP("3b", "%l[fault]") FIXUP("4b", "%l[fault]") FIXUP("5b", "%l[fault]")
                         FIXUP("6b", "%l[fault]") FIXUP("7b", "%l[fault]")
                 : [nr] "=&r"(nr), [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c), [d] "=&r"(d),
                   [e] "=&r"(e), [f] "=&r"(f)
                 : [p] "r"(entry.v)
                 : "memory"
                 : fault);
    *op = nr;
    args[0] = a;
    args[1] = b;
    args[2] = c;
    args[3] = d;
    args[4] = e;
    args[5] = f;
    return true;
fault:
    return false;
}

static inline bool arch_multicall_result(gva_t entry, uint64_t result)
{
    __asm__ goto("1: mov %[r], 8(%[p])\n\t" FIXUP("1b", "%l[fault]")
                 :
                 : [p] "r"(entry.v), [r] "r"(result)
                 : "memory"
                 : fault);
    return true;
fault:
    return false;
}

static inline void arch_relax(void)
{
    __builtin_ia32_pause();
}

#endif
