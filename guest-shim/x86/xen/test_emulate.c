/* SPDX-License-Identifier: MIT */
/* Privileged instructions that a PV kernel may still execute, because they are emulated. */
#include "cpu.h"
#include "tests.h"
#include "xen_shim.h"
#include "../insn.h"

/* Vector that an instruction raised, or TRAP_NONE. */
#define RAISED(insn, ...)                                                     \
    ({                                                                        \
        trap_clear();                                                         \
        asm volatile(TRY(insn)::__VA_ARGS__ : "rax", "rcx", "rdx", "memory"); \
        trap_last.vector;                                                     \
    })

static enum outcome emulate_ts(void)
{
    EXPECT(RAISED("clts") == TRAP_NONE, "clts raised %s", trap_name(trap_last.vector));
    EXPECT(!(insn_read_cr0() & CR0_TS), "clts had no effect");
    EXPECT(RAISED("mov %0, %%cr0", "r"(insn_read_cr0() | CR0_TS)) == TRAP_NONE,
           "mov to CR0 raised %s", trap_name(trap_last.vector));
    EXPECT(insn_read_cr0() & CR0_TS, "mov to CR0 had no effect");
    EXPECT(RAISED("mov %0, %%cr0", "r"(insn_read_cr0() & ~CR0_PG)) == TRAP_GP,
           "paging was switched off");
    return TEST_OK;
}

static enum outcome emulate_cr3(void)
{
    uint64_t cr3, want = xen_pfn_to_cr3(pfn_to_mfn(kernel_aspace.top).n);
    uint64_t other = xen_pfn_to_cr3(pfn_to_mfn(page_alloc()).n);

    asm volatile("mov %%cr3, %0" : "=r"(cr3));
    EXPECT(cr3 == want, "CR3 reads %lx, not %lx", cr3, want);
    EXPECT(RAISED("mov %0, %%cr3", "r"(want)) == TRAP_NONE, "mov to CR3 raised %s",
           trap_name(trap_last.vector));
    EXPECT(RAISED("mov %0, %%cr3", "r"(other)) == TRAP_GP, "an ordinary page became CR3");
    page_put(pfn_make(pvk_mfn_to_pfn(&xen_p2m, pvk_mfn(xen_cr3_to_pfn(other))).n));
    return TEST_OK;
}

static enum outcome emulate_cr2(void)
{
    uint64_t value;

    trap_clear();
    asm volatile(TRY("movb $1, (%0)")::"r"(VMAP_END - 8 * PAGE_SIZE) : "memory");
    asm volatile("mov %%cr2, %0" : "=r"(value));
    EXPECT(value == VMAP_END - 8 * PAGE_SIZE, "CR2 reads %lx", value);
    return TEST_OK;
}

static enum outcome emulate_debug_registers(void)
{
    uint64_t value;

    EXPECT(RAISED("mov %0, %%db1", "r"(0x4000UL)) == TRAP_NONE, "mov to DR1 raised %s",
           trap_name(trap_last.vector));
    asm volatile("mov %%db1, %0" : "=r"(value));
    EXPECT(value == 0x4000, "DR1 reads %lx", value);
    EXPECT(RAISED("mov %0, %%db1", "r"(0xffff830000001000UL)) == TRAP_GP,
           "a breakpoint in the hypervisor was accepted");
    RAISED("mov %0, %%db1", "r"(0UL));
    return TEST_OK;
}

static enum outcome emulate_msrs(void)
{
    uint64_t value;

    EXPECT(try_rdmsr(MSR_EFER, &value), "EFER cannot be read");
    EXPECT(value & EFER_SCE, "EFER is %lx", value);
    EXPECT(try_rdmsr(MSR_GS_BASE, &value), "GS base cannot be read");
    EXPECT(value == (uint64_t)&xen_cpus[0], "GS base is %lx", value);
    EXPECT(!try_rdmsr(0x12345678, &value), "an MSR that does not exist was read");
    EXPECT(!try_wrmsr(0x12345678, 0), "an MSR that does not exist was written");
    EXPECT(!try_wrmsr(MSR_FS_BASE, 0x0000800000000000), "a non-canonical base was accepted");
    return TEST_OK;
}

/* Ports: none without a level, then as far as the domain's permissions go (reads give ones). */
static enum outcome emulate_ports(void)
{
    EXPECT(RAISED("in $0x61, %%al", "b"(0)) == TRAP_GP, "port read at level 0");
    EXPECT(hypercall_set_iopl(1) == 0, "level refused");
    EXPECT(RAISED("in $0x61, %%al", "b"(0)) == TRAP_NONE, "in raised %s",
           trap_name(trap_last.vector));
    EXPECT(RAISED("out %%al, $0x80", "b"(0)) == TRAP_NONE, "out raised %s",
           trap_name(trap_last.vector));
    hypercall_set_iopl(0);
    EXPECT(RAISED("out %%al, $0x80", "b"(0)) == TRAP_GP, "port written at level 0");
    return TEST_OK;
}

static enum outcome emulate_refused(void)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) table = {0, 0};

    EXPECT(RAISED("cli", "b"(0)) == TRAP_GP, "cli at level 0");
    EXPECT(RAISED("lgdt %0", "m"(table)) == TRAP_GP, "lgdt");
    EXPECT(RAISED("lidt %0", "m"(table)) == TRAP_GP, "lidt");
    EXPECT(RAISED("ltr %w0", "r"(0)) == TRAP_GP, "ltr");
    EXPECT(RAISED("invlpg (%0)", "r"(VMAP_BASE)) == TRAP_GP, "invlpg");
    EXPECT(RAISED("wbinvd", "b"(0)) == TRAP_NONE, "wbinvd raised %s", trap_name(trap_last.vector));
    return TEST_OK;
}

static enum outcome emulate_cpuid(void)
{
    struct cpuid_regs r;
    char name[13] = "";

    xen_cpuid(0x40000000, 0, &r);
    memcpy(name, &r.ebx, 4);
    memcpy(name + 4, &r.ecx, 4);
    memcpy(name + 8, &r.edx, 4);
    EXPECT(!strcmp(name, "XenVMMXenVMM"), "signature is %s", name);
    xen_cpuid(0x40000001, 0, &r);
    EXPECT(r.eax == hypercall_version(), "version is %x", r.eax);
    xen_cpuid(1, 0, &r);
    EXPECT(r.ecx >> 31, "no hypervisor bit");
    return TEST_OK;
}

#define CR4_OSXSAVE  (1UL << 18)
#define F1_AVX_XSAVE (1u << 28 | 1u << 27 | 1u << 26)

#define XSETBV(reg, value)                                                                \
    ({                                                                                    \
        trap_clear();                                                                     \
        asm volatile(TRY("xsetbv")::"c"(reg), "a"((uint32_t)(value)), "d"(0) : "memory"); \
        trap_last.vector;                                                                 \
    })

/* The upper half of YMM7 out, and in. */
static void ymm_high_read(uint64_t out[2])
{
    asm volatile("vextractf128 $1, %%ymm7, (%0)" ::"r"(out) : "memory");
}

static void ymm_high_write(const uint64_t in[2])
{
    asm volatile("vinsertf128 $1, (%0), %%ymm7, %%ymm7" ::"r"(in) : "memory");
}

static enum outcome xsave_states(void)
{
    static const uint64_t mine[2] __attribute__((aligned(16))) = {0x1122334455667788, 42};
    uint64_t high[2] __attribute__((aligned(16))) = {1, 1};
    struct cpuid_regs r;

    EXPECT(XSETBV(0, 3) == TRAP_NONE, "XCR0 = 3 raised %s", trap_name(trap_last.vector));
    xen_cpuid(0xd, 0, &r);
    EXPECT((r.eax & 7) == 7 && r.ebx == 576 && r.ecx >= 832, "leaf 13: %x %x %x", r.eax, r.ebx,
           r.ecx);
    EXPECT(XSETBV(0, 7) == TRAP_NONE, "XCR0 = 7 raised %s", trap_name(trap_last.vector));
    xen_cpuid(0xd, 0, &r);
    EXPECT(r.ebx == 832, "an area with AVX has %u bytes", r.ebx);
    ymm_high_read(high);
    EXPECT(!high[0] && !high[1], "AVX registers begin with %lx %lx", high[0], high[1]);
    ymm_high_write(mine);
    for (int i = 0; i < 20; i++) /* others may run meanwhile */
        (void)hypercall_sched_yield();
    ymm_high_read(high);
    EXPECT(high[0] == mine[0] && high[1] == mine[1], "AVX registers were lost");
    EXPECT(XSETBV(0, 6) == TRAP_GP, "x87 was switched off");
    EXPECT(XSETBV(0, 5) == TRAP_GP, "AVX without SSE");
    EXPECT(XSETBV(0, 1U << 30 | 7) == TRAP_GP, "a state that does not exist");
    EXPECT(XSETBV(1, 7) == TRAP_GP, "XCR1 was written");
    return TEST_OK;
}

static enum outcome emulate_xsave(void)
{
    struct cpuid_regs r;
    enum outcome rc;
    uint64_t cr4;

    xen_cpuid(1, 0, &r);
    if ((r.ecx & F1_AVX_XSAVE) != F1_AVX_XSAVE)
        return test_skip("no AVX");
    (void)RAISED("clts");
    asm volatile("mov %%cr4, %0" : "=r"(cr4));
    EXPECT(RAISED("mov %0, %%cr4", "r"(cr4 | CR4_OSXSAVE)) == TRAP_NONE, "mov to CR4 raised %s",
           trap_name(trap_last.vector));
    rc = xsave_states();
    (void)RAISED("mov %0, %%cr4", "r"(cr4));
    return rc;
}

#define CR4_FSGSBASE (1UL << 16)

/* Only once the kernel has set the bit; the bases are kept while others run. */
static enum outcome fsgsbase(uint64_t cr4)
{
    uint64_t base = 0, msr;

    EXPECT(RAISED("wrfsbase %0", "r"(base)) == TRAP_UD, "wrfsbase without CR4.FSGSBASE");
    EXPECT(RAISED("mov %0, %%cr4", "r"(cr4 | CR4_FSGSBASE)) == TRAP_NONE, "mov to CR4 raised %s",
           trap_name(trap_last.vector));
    EXPECT(RAISED("wrfsbase %0", "r"(0x123456789000UL)) == TRAP_NONE, "wrfsbase raised %s",
           trap_name(trap_last.vector));
    for (int i = 0; i < 20; i++)
        (void)hypercall_sched_yield();
    asm volatile("rdfsbase %0" : "=r"(base));
    EXPECT(base == 0x123456789000UL, "FS base is %lx", base);
    EXPECT(try_rdmsr(MSR_FS_BASE, &msr) && msr == base, "the MSR has %lx", msr);
    asm volatile("rdgsbase %0" : "=r"(base));
    EXPECT(try_rdmsr(MSR_GS_BASE, &msr) && msr == base, "GS base is %lx, its MSR %lx", base, msr);
    return TEST_OK;
}

static enum outcome emulate_fsgsbase(void)
{
    struct cpuid_regs r;
    enum outcome rc;
    uint64_t cr4;

    xen_cpuid(7, 0, &r);
    if (!(r.ebx & 1))
        return test_skip("no FSGSBASE");
    asm volatile("mov %%cr4, %0" : "=r"(cr4));
    rc = fsgsbase(cr4);
    (void)RAISED("mov %0, %%cr4", "r"(cr4));
    return rc;
}

const struct test emulate_tests[] = {
    {"emulate_ts", emulate_ts},
    {"emulate_cr3", emulate_cr3},
    {"emulate_cr2", emulate_cr2},
    {"emulate_debug_registers", emulate_debug_registers},
    {"emulate_msrs", emulate_msrs},
    {"emulate_ports", emulate_ports},
    {"emulate_refused", emulate_refused},
    {"emulate_cpuid", emulate_cpuid},
    {"emulate_xsave", emulate_xsave},
    {"emulate_fsgsbase", emulate_fsgsbase},
    {NULL, NULL},
};
