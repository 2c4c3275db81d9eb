/* SPDX-License-Identifier: MIT */
/* cpuid and wrmsr answered by the test, in place of hypercall/include/pvkit/x86/cpu.h. */
#ifndef PVKIT_X86_CPU_H
#define PVKIT_X86_CPU_H

#include <pvkit/discover.h>

/* NULL, as after fake_reset(): all registers 0. */
extern struct pvk_cpuid (*fake_cpuid)(enum pvk_cpuid_way way, uint32_t leaf, uint32_t subleaf);

/* The last MSR written, and its value. */
extern uint32_t fake_msr;
extern uint64_t fake_msr_value;

struct pvk_cpuid pvk_x86_cpuid(uint32_t leaf, uint32_t subleaf);
struct pvk_cpuid pvk_x86_cpuid_forced(uint32_t leaf, uint32_t subleaf);
void pvk_x86_wrmsr(uint32_t msr, uint64_t value);

#endif
