/* SPDX-License-Identifier: MIT */
/* Instructions that need no privilege, so both variants and the shared kernel execute them. */
#ifndef SHIM_CPU_H
#define SHIM_CPU_H

#include <stdint.h>

#define RFLAGS_TF   (1UL << 8)
#define RFLAGS_IF   (1UL << 9)
#define RFLAGS_IOPL (3UL << 12)

#define CR0_PE (1UL << 0)
#define CR0_MP (1UL << 1)
#define CR0_TS (1UL << 3)
#define CR0_PG (1UL << 31)

#define CR4_PAE        (1UL << 5)
#define CR4_OSFXSR     (1UL << 9)
#define CR4_OSXMMEXCPT (1UL << 10)

#define MSR_EFER    0xc0000080
#define MSR_STAR    0xc0000081
#define MSR_LSTAR   0xc0000082
#define MSR_SFMASK  0xc0000084
#define MSR_FS_BASE 0xc0000100
#define MSR_GS_BASE 0xc0000101

#define EFER_SCE (1UL << 0)
#define EFER_NXE (1UL << 11)

static inline uint64_t rdtsc(void)
{
    uint32_t lo, hi;

    asm volatile("rdtsc" : "=a"(lo), "=d"(hi)::"memory");
    return (uint64_t)hi << 32 | lo;
}

static inline void cpu_pause(void)
{
    asm volatile("pause" ::: "memory");
}

static inline void barrier(void)
{
    asm volatile("" ::: "memory");
}

/* Save and restore the whole FPU and SSE state; `area` is 512 bytes, aligned to 16. */
static inline void fpu_save(void *area)
{
    asm volatile("fxsave64 (%0)" ::"r"(area) : "memory");
}

static inline void fpu_restore(const void *area)
{
    asm volatile("fxrstor64 (%0)" ::"r"(area) : "memory");
}

#endif
