/* SPDX-License-Identifier: MIT */
/* Descriptors, registers and instructions that a port has to replace. */
#include "cpu.h"
#include "programs.h"
#include "pv_ops.h"
#include "selftest.h"
#include "task.h"
#include "timer.h"

#define GDT_SLOT 16
#define LDT_SLOT 3
#define DATA_4K  0x0040f30000000fffUL /* ring 3 data, base 0, limit 0xfff bytes */
#define DATA_8K  0x0040f30000001fffUL

/* Segment limit of a selector as the processor sees it; -1 if it may not be used. */
static uint64_t segment_limit(uint16_t selector)
{
    uint64_t limit = 0;
    bool valid;

    asm volatile("lsl %2, %0" : "+r"(limit), "=@ccz"(valid) : "r"((uint64_t)selector));
    return valid ? limit : -1UL;
}

static enum outcome gdt_update(void)
{
    uint16_t selector = GDT_SLOT << 3 | 3;

    EXPECT(segment_limit(selector) == -1UL, "slot is in use");
    EXPECT(pv_ops.cpu.write_gdt(GDT_SLOT, DATA_4K) == 0, "descriptor refused");
    EXPECT(segment_limit(selector) == 0xfff, "limit is %lx", segment_limit(selector));
    EXPECT(pv_ops.cpu.write_gdt(GDT_SLOT, DATA_8K) == 0, "second descriptor refused");
    EXPECT(segment_limit(selector) == 0x1fff, "limit is %lx", segment_limit(selector));
    EXPECT(pv_ops.cpu.write_gdt(GDT_SLOT, 0) == 0, "removal refused");
    EXPECT(segment_limit(selector) == -1UL, "descriptor is still there");
    return TEST_OK;
}

static enum outcome ldt_use(void)
{
    pfn_t pfn = page_alloc_zeroed();
    uint64_t *table = pfn_to_virt(pfn);
    uint16_t selector = LDT_SLOT << 3 | 7;

    table[LDT_SLOT] = DATA_4K;
    EXPECT(pv_ops.cpu.load_ldt(table, PAGE_SIZE / 8) == 0, "LDT refused");
    EXPECT(segment_limit(selector) == 0xfff, "limit is %lx", segment_limit(selector));
    EXPECT(pv_ops.cpu.write_ldt(table, LDT_SLOT, DATA_8K) == 0, "descriptor refused");
    EXPECT(segment_limit(selector) == 0x1fff, "limit is %lx after update", segment_limit(selector));
    EXPECT(pv_ops.cpu.load_ldt(NULL, 0) == 0, "LDT not removed");
    EXPECT(segment_limit(selector) == -1UL, "LDT is still in use");
    table[LDT_SLOT] = 0; /* the page is ordinary memory again */
    page_put(pfn);
    return TEST_OK;
}

static enum outcome cpuid_basics(void)
{
    struct cpuid_regs r;

    pv_ops.cpu.cpuid(0, 0, &r);
    EXPECT(r.eax >= 1 && r.ebx, "leaf 0: %x %x", r.eax, r.ebx);
    pv_ops.cpu.cpuid(1, 0, &r);
    EXPECT(r.edx & 1 << 4, "no TSC: %x", r.edx);
    EXPECT((r.edx & 3 << 24) == 3 << 24, "no SSE or no fxsave: %x", r.edx);
    pv_ops.cpu.cpuid(0x80000001, 0, &r);
    EXPECT(r.edx & 1 << 29, "no long mode: %x", r.edx);
    EXPECT(r.edx & 1 << 20, "no NX: %x", r.edx);
    EXPECT(r.edx & 1 << 11, "no syscall: %x", r.edx);
    return TEST_OK;
}

static enum outcome msr_bases(void)
{
    static const uint64_t cell = 0x1122334455667788;
    uint64_t value, seen;

    EXPECT(pv_ops.cpu.write_msr(MSR_FS_BASE, (uint64_t)&cell), "FS base refused");
    EXPECT(pv_ops.cpu.read_msr(MSR_FS_BASE, &value) && value == (uint64_t)&cell,
           "FS base reads %lx", value);
    asm volatile("mov %%fs:0, %0" : "=r"(seen));
    EXPECT(seen == cell, "FS base has no effect");
    pv_ops.cpu.set_fs_base(0);
    EXPECT(pv_ops.cpu.read_msr(MSR_FS_BASE, &value) && value == 0, "FS base reads %lx", value);
    EXPECT(pv_ops.cpu.read_msr(MSR_EFER, &value) && value & EFER_SCE, "EFER is %lx", value);
    return TEST_OK;
}

static enum outcome control_registers(void)
{
    uint64_t cr0 = pv_ops.cpu.read_cr0(), cr4 = pv_ops.cpu.read_cr4();

    EXPECT((cr0 & (CR0_PE | CR0_PG)) == (CR0_PE | CR0_PG), "CR0 is %lx", cr0);
    EXPECT((cr4 & (CR4_PAE | CR4_OSFXSR)) == (CR4_PAE | CR4_OSFXSR), "CR4 is %lx", cr4);
    EXPECT(pv_ops.cpu.write_cr4(cr4), "CR4 does not take its own value");
    EXPECT(pv_ops.cpu.read_cr4() == cr4, "CR4 changed");
    pv_ops.cpu.set_ts(true);
    EXPECT(pv_ops.cpu.read_cr0() & CR0_TS, "TS is not set");
    pv_ops.cpu.set_ts(false);
    EXPECT(!(pv_ops.cpu.read_cr0() & CR0_TS), "TS is not clear");
    pv_ops.cpu.set_ts(true);
    return TEST_OK;
}

static enum outcome debug_registers(void)
{
    for (unsigned n = 0; n < 4; n++)
        EXPECT(pv_ops.cpu.set_debugreg(n, 0x1000 * (n + 1)), "DR%u refused", n);
    for (unsigned n = 0; n < 4; n++)
        EXPECT(pv_ops.cpu.get_debugreg(n) == 0x1000 * (n + 1), "DR%u reads %lx", n,
               pv_ops.cpu.get_debugreg(n));
    for (unsigned n = 0; n < 4; n++)
        pv_ops.cpu.set_debugreg(n, 0);
    EXPECT((pv_ops.cpu.get_debugreg(7) & 0xff) == 0, "DR7 enables something");
    return TEST_OK;
}

/* Run PROG_PORT; was the access allowed? */
static bool port_allowed(unsigned port)
{
    struct task *task = task_spawn(PROG_PORT, port, 0);
    bool killed;

    CHECK(task);
    while (task->state != TASK_DEAD)
        schedule();
    killed = task->killed && task->fault.vector == TRAP_GP;
    task_reap(task);
    return !killed;
}

static enum outcome user_ports(void)
{
    EXPECT(!port_allowed(0x61), "user mode may read ports");
    EXPECT(pv_ops.cpu.set_iopl(3) == 0, "iopl refused");
    EXPECT(port_allowed(0x61), "port refused at I/O privilege level 3");
    EXPECT(pv_ops.cpu.set_iopl(0) == 0, "iopl refused");
    EXPECT(!port_allowed(0x61), "ports are open after iopl 0");
    EXPECT(pv_ops.cpu.allow_ports(0x60, 2) == 0, "bitmap refused");
    EXPECT(port_allowed(0x61), "port in the bitmap refused");
    EXPECT(!port_allowed(0x62), "port outside the bitmap allowed");
    EXPECT(pv_ops.cpu.allow_ports(0, 0) == 0, "bitmap not removed");
    EXPECT(!port_allowed(0x61), "ports are open without bitmap");
    return TEST_OK;
}

const struct test cpu_tests[] = {
    {"gdt_update", gdt_update},
    {"ldt_use", ldt_use},
    {"cpuid_basics", cpuid_basics},
    {"msr_bases", msr_bases},
    {"control_registers", control_registers},
    {"debug_registers", debug_registers},
    {"user_ports", user_ports},
    {NULL, NULL},
};
