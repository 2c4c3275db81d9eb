/* SPDX-License-Identifier: MIT */
/* One CPU: instructions C has no words for, and the two entry points of its life. */
#ifndef X86_CPU_H
#define X86_CPU_H

#include "hv_types.h"

/* Control register and MSR names used in more than one place (Intel SDM vol. 3, 2.5 and vol. 4). */
#define CR0_PE (1ul << 0)
#define CR0_MP (1ul << 1)
#define CR0_TS (1ul << 3)
#define CR0_ET (1ul << 4)
#define CR0_NE (1ul << 5)
#define CR0_WP (1ul << 16)
#define CR0_AM (1ul << 18)
#define CR0_PG (1ul << 31)

#define CR4_PAE        (1ul << 5)
#define CR4_MCE        (1ul << 6)
#define CR4_OSFXSR     (1ul << 9)
#define CR4_OSXMMEXCPT (1ul << 10)
#define CR4_FSGSBASE   (1ul << 16)
#define CR4_OSXSAVE    (1ul << 18)

#define MSR_APIC_BASE      0x1bu
#define MSR_PAT            0x277u
#define MSR_EFER           0xc0000080u
#define MSR_STAR           0xc0000081u
#define MSR_LSTAR          0xc0000082u
#define MSR_CSTAR          0xc0000083u
#define MSR_FMASK          0xc0000084u
#define MSR_FS_BASE        0xc0000100u
#define MSR_GS_BASE        0xc0000101u
#define MSR_KERNEL_GS_BASE 0xc0000102u
#define MSR_TSC_AUX        0xc0000103u

#define EFER_SCE  (1ul << 0)
#define EFER_LME  (1ul << 8)
#define EFER_LMA  (1ul << 10)
#define EFER_NXE  (1ul << 11)
#define EFER_SVME (1ul << 12)

static inline void outb(uint16_t port, uint8_t v)
{
    __asm__ volatile("outb %0, %1" ::"a"(v), "Nd"(port));
}

static inline void outw(uint16_t port, uint16_t v)
{
    __asm__ volatile("outw %0, %1" ::"a"(v), "Nd"(port));
}

static inline void outl(uint16_t port, uint32_t v)
{
    __asm__ volatile("outl %0, %1" ::"a"(v), "Nd"(port));
}

static inline uint32_t inl(uint16_t port)
{
    uint32_t v;

    __asm__ volatile("inl %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}

static inline uint8_t inb(uint16_t port)
{
    uint8_t v;

    __asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}

static inline uint64_t rdmsr(uint32_t msr)
{
    uint32_t lo, hi;

    __asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
    return lo | (uint64_t)hi << 32;
}

static inline void wrmsr(uint32_t msr, uint64_t v)
{
    __asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)v), "d"((uint32_t)(v >> 32)) : "memory");
}

static inline uint64_t rdtsc(void)
{
    uint32_t lo, hi;

    __asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
    return lo | (uint64_t)hi << 32;
}

struct cpuid_regs {
    uint32_t a, b, c, d;
};

static inline struct cpuid_regs cpuid_count(uint32_t leaf, uint32_t sub)
{
    struct cpuid_regs r;

    __asm__ volatile("cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d) : "a"(leaf), "c"(sub));
    return r;
}

/* Is it QEMU's TCG that runs us? "TCGT" of TCGTCGTCGTCG. */
static inline bool cpu_is_tcg(void)
{
    return cpuid_count(0x40000000, 0).b == 0x54474354;
}

#define CPU_REG_ACCESSORS(reg)                                   \
    static inline uint64_t read_##reg(void)                      \
    {                                                            \
        uint64_t v;                                              \
                                                                 \
        __asm__ volatile("mov %%" #reg ", %0" : "=r"(v));        \
        return v;                                                \
    }                                                            \
    static inline void write_##reg(uint64_t v)                   \
    {                                                            \
        __asm__ volatile("mov %0, %%" #reg ::"r"(v) : "memory"); \
    }
CPU_REG_ACCESSORS(cr0)
CPU_REG_ACCESSORS(cr2)
CPU_REG_ACCESSORS(cr3)
CPU_REG_ACCESSORS(cr4)

static inline void invlpg(uint64_t va)
{
    __asm__ volatile("invlpg (%0)" ::"r"(va) : "memory");
}

/* ---- x86/idt.c, x86/gdt.c: load this CPU's GDT, IDT, TSS and system-call MSRs. Called once on
 * every CPU, on its idle stack, with GS based at percpu_area[cpu] before and after. */
void cpu_init_tables(uint32_t cpu);
/* ---- x86/exit.c: the idle loop, from which vcpus are scheduled. Entered once per CPU with
 * interrupts off, on the CPU's idle stack (percpu.idle_stack_top). */
void cpu_idle_start(void) __attribute__((noreturn));

#endif
