/* SPDX-License-Identifier: MIT */
/* The instructions that discovery needs; a seam for host tests, like <pvkit/arch.h>. */
#ifndef PVKIT_X86_CPU_H
#define PVKIT_X86_CPU_H

#include <pvkit/discover.h>

PVK_INLINE struct pvk_cpuid pvk_x86_cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct pvk_cpuid r;

    __asm__ volatile("cpuid"
                     : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
                     : "a"(leaf), "c"(subleaf));
    return r;
}

/*
 * cpuid behind the prefix `ud2; .ascii "xen"` (<xen/arch-x86/xen.h>): the invalid opcode traps to
 * the hypervisor, which recognizes the bytes and emulates the cpuid that follows.
 */
PVK_INLINE struct pvk_cpuid pvk_x86_cpuid_forced(uint32_t leaf, uint32_t subleaf)
{
    struct pvk_cpuid r;

    __asm__ volatile(XEN_CPUID
                     : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
                     : "a"(leaf), "c"(subleaf));
    return r;
}

PVK_INLINE void pvk_x86_wrmsr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
                     : "memory");
}

#endif
