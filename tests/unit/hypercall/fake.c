/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include <pvkit/arch.h>
#include <pvkit/x86/cpu.h>

void (*fake_step)(void);
long (*fake_hypercall)(unsigned long number, const unsigned long *args);
uint64_t (*fake_tsc)(void);
struct pvk_cpuid (*fake_cpuid)(enum pvk_cpuid_way way, uint32_t leaf, uint32_t subleaf);
uint32_t fake_msr;
uint64_t fake_msr_value;

/* The word that the library's hypercall page tests; assembly, so not linked here. */
extern uint32_t pvk_hypercall_insn;
uint32_t pvk_hypercall_insn;

static uint64_t tsc_stands(void)
{
    return 0;
}

void fake_reset(void)
{
    fake_step = NULL;
    fake_hypercall = NULL;
    fake_tsc = tsc_stands;
    fake_cpuid = NULL;
    fake_msr = 0;
    fake_msr_value = 0;
    pvk_hypercall_insn = 0;
}

long fake_raw(unsigned long number, unsigned long a1, unsigned long a2, unsigned long a3,
              unsigned long a4, unsigned long a5)
{
    const unsigned long args[] = {a1, a2, a3, a4, a5};
    long rc;

    fake_around();
    rc = fake_hypercall ? fake_hypercall(number, args) : -XEN_ENOSYS;
    fake_around();
    return rc;
}

void pvk_arch_iret(struct iret_context *frame)
{
    abort(); /* nothing under test leaves its kernel */
}

struct pvk_cpuid pvk_x86_cpuid(uint32_t leaf, uint32_t subleaf)
{
    return fake_cpuid ? fake_cpuid(PVK_CPUID_PLAIN, leaf, subleaf) : (struct pvk_cpuid){0};
}

struct pvk_cpuid pvk_x86_cpuid_forced(uint32_t leaf, uint32_t subleaf)
{
    return fake_cpuid ? fake_cpuid(PVK_CPUID_FORCED, leaf, subleaf) : (struct pvk_cpuid){0};
}

void pvk_x86_wrmsr(uint32_t msr, uint64_t value)
{
    fake_msr = msr;
    fake_msr_value = value;
}
