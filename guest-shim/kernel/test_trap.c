/* SPDX-License-Identifier: MIT */
/* Every class of exception the kernel itself can cause: vector, error code, address, resumption. */
#include "cpu.h"
#include "pv_ops.h"
#include "selftest.h"

#define NONCANONICAL 0x0000800000000000UL
#define UNMAPPED     (VMAP_END - 8 * PAGE_SIZE)

/* Slots of the GDT used here. */
#define GDT_EMPTY       20
#define GDT_NOT_PRESENT 17
#define DATA_ABSENT     0x00cf73000000ffff /* ring 3 data, not present */

static enum outcome expect_trap(unsigned vector, uint64_t error)
{
    EXPECT(trap_last.vector != TRAP_NONE, "%s was not raised", trap_name(vector));
    EXPECT(trap_last.vector == vector, "%s instead of %s", trap_name(trap_last.vector),
           trap_name(vector));
    EXPECT(trap_last.error == error, "%s with error %lx, not %lx", trap_name(vector),
           trap_last.error, error);
    return TEST_OK;
}

static enum outcome expect_fault(uint64_t address, uint64_t error)
{
    enum outcome outcome = expect_trap(TRAP_PF, error);

    EXPECT(outcome != TEST_OK || trap_last.cr2 == address, "cr2 is %lx, not %lx", trap_last.cr2,
           address);
    return outcome;
}

static enum outcome trap_divide(void)
{
    uint64_t zero = 0;

    trap_clear();
    asm volatile(TRY("divq %0") : : "r"(zero), "a"(1UL), "d"(0UL));
    return expect_trap(TRAP_DE, 0);
}

static enum outcome trap_breakpoint(void)
{
    trap_clear();
    asm volatile(TRY_TRAP("int3")::: "memory");
    return expect_trap(TRAP_BP, 0);
}

static enum outcome trap_overflow(void)
{
    trap_clear();
    asm volatile(TRY_TRAP("int $4")::: "memory");
    return expect_trap(TRAP_OF, 0);
}

static enum outcome trap_undefined(void)
{
    trap_clear();
    asm volatile(TRY("ud2")::: "memory");
    return expect_trap(TRAP_UD, 0);
}

static enum outcome trap_protection(void)
{
    trap_clear();
    asm volatile(TRY("mov (%0), %%rax")::"r"(NONCANONICAL) : "rax", "memory");
    return expect_trap(TRAP_GP, 0);
}

/* QEMU 7.2 raises #GP for this in places; both are accepted, with error code 0. */
static enum outcome trap_stack(void)
{
    trap_clear();
    asm volatile(
        "push %%rbp; mov %0, %%rbp\n" TRY("mov (%%rbp), %%rax") "pop %%rbp" ::"r"(NONCANONICAL)
        : "rax", "memory");
    return expect_trap(trap_last.vector == TRAP_GP ? TRAP_GP : TRAP_SS, 0);
}

static enum outcome load_selector(uint16_t selector, unsigned vector)
{
    trap_clear();
    asm volatile(TRY("mov %0, %%es")::"r"(selector) : "memory");
    return expect_trap(vector, selector & ~3);
}

static enum outcome trap_bad_selector(void)
{
    return load_selector(GDT_EMPTY << 3 | 3, TRAP_GP);
}

static enum outcome trap_not_present(void)
{
    enum outcome outcome;

    EXPECT(pv_ops.cpu.write_gdt(GDT_NOT_PRESENT, DATA_ABSENT) == 0, "descriptor refused");
    outcome = load_selector(GDT_NOT_PRESENT << 3 | 3, TRAP_NP);
    pv_ops.cpu.write_gdt(GDT_NOT_PRESENT, 0);
    return outcome;
}

static enum outcome fault_read(void)
{
    trap_clear();
    asm volatile(TRY("mov (%0), %%rax")::"r"(UNMAPPED + 24) : "rax", "memory");
    return expect_fault(UNMAPPED + 24, 0);
}

static enum outcome fault_write(void)
{
    trap_clear();
    asm volatile(TRY("movb $1, (%0)")::"r"(UNMAPPED + 5) : "memory");
    return expect_fault(UNMAPPED + 5, PF_WRITE);
}

static enum outcome fault_user_area(void)
{
    trap_clear();
    asm volatile(TRY("movb $1, (%0)")::"r"(8UL) : "memory");
    return expect_fault(8, PF_WRITE);
}

static enum outcome fault_protected(void)
{
    pfn_t pfn = page_alloc();
    char *va = vmap_page(pfn, PROT_KERNEL_RO);
    enum outcome outcome;

    EXPECT(va, "cannot map");
    trap_clear();
    asm volatile(TRY("movb $1, (%0)")::"r"(va + 7) : "memory");
    outcome = expect_fault((uint64_t)va + 7, PF_PRESENT | PF_WRITE);
    vunmap_page(va);
    page_put(pfn);
    return outcome;
}

/* A fetch fault: note it, and return as if the called code had done so. */
static bool on_fetch(struct regs *regs)
{
    if (regs->vector != TRAP_PF || !(regs->error & PF_FETCH))
        return false;
    trap_last.vector = regs->vector;
    trap_last.error = regs->error;
    trap_last.cr2 = pv_ops.mmu.fault_address();
    regs->rip = *(uint64_t *)regs->rsp;
    regs->rsp += 8;
    return true;
}

static enum outcome fault_execute(void)
{
    pfn_t pfn = page_alloc();
    unsigned char *va = vmap_page(pfn, PROT_KERNEL_RW);
    enum outcome outcome;

    EXPECT(va, "cannot map");
    *va = 0xc3; /* ret */
    trap_clear();
    trap_hook = on_fetch;
    ((void (*)(void))va)();
    trap_hook = NULL;
    outcome = expect_fault((uint64_t)va, PF_PRESENT | PF_FETCH);
    vunmap_page(va);
    page_put(pfn);
    return outcome;
}

static unsigned debug_hits;
static uint64_t debug_status;

/* Take #DB, note DR6, and end single stepping. */
static bool on_debug(struct regs *regs)
{
    if (regs->vector != TRAP_DB)
        return false;
    debug_hits++;
    debug_status = pv_ops.cpu.get_debugreg(6);
    pv_ops.cpu.set_debugreg(6, 0);
    regs->rflags &= ~RFLAGS_TF;
    return true;
}

static enum outcome trap_single_step(void)
{
    debug_hits = 0;
    trap_hook = on_debug;
    asm volatile("pushfq; orq $0x100, (%%rsp); popfq; nop; nop" ::: "cc", "memory");
    trap_hook = NULL;
    EXPECT(debug_hits == 1, "%u debug exceptions", debug_hits);
    EXPECT(debug_status & 1 << 14, "DR6 is %lx, without BS", debug_status);
    return TEST_OK;
}

static enum outcome trap_watchpoint(void)
{
    static volatile uint64_t watched;

    debug_hits = 0;
    trap_hook = on_debug;
    EXPECT(pv_ops.cpu.set_debugreg(0, (uint64_t)&watched), "DR0 refused");
    EXPECT(pv_ops.cpu.set_debugreg(7, 0x90001 | 1 << 10), "DR7 refused"); /* 8 bytes, writes */
    watched = 1;
    pv_ops.cpu.set_debugreg(7, 1 << 10);
    watched = 2;
    trap_hook = NULL;
    EXPECT(pv_ops.cpu.get_debugreg(0) == (uint64_t)&watched, "DR0 does not read back");
    pv_ops.cpu.set_debugreg(0, 0);
    EXPECT(debug_hits == 1, "%u debug exceptions", debug_hits);
    EXPECT(debug_status & 1, "DR6 is %lx, without B0", debug_status);
    return TEST_OK;
}

static unsigned fpu_hits;

static bool on_no_fpu(struct regs *regs)
{
    if (regs->vector != TRAP_NM)
        return false;
    fpu_hits++;
    pv_ops.cpu.set_ts(false);
    return true;
}

static enum outcome trap_no_fpu(void)
{
    uint64_t value = 0;

    fpu_hits = 0;
    trap_hook = on_no_fpu;
    pv_ops.cpu.set_ts(true);
    asm volatile("movq %1, %%xmm3; movq %%xmm3, %0" : "=r"(value) : "r"(42UL));
    asm volatile("movq %%xmm3, %0" : "=r"(value));
    trap_hook = NULL;
    pv_ops.cpu.set_ts(true);
    EXPECT(fpu_hits == 1, "%u times #NM", fpu_hits);
    EXPECT(value == 42, "FPU register lost");
    return TEST_OK;
}

/* x87 division by zero, unmasked: reported at the next waiting instruction. */
static enum outcome trap_x87(void)
{
    static const uint16_t unmask_zero_divide = 0x37b;

    pv_ops.cpu.set_ts(false);
    trap_clear();
    asm volatile("fninit; fldcw %0; fld1; fldz; fdivrp" ::"m"(unmask_zero_divide));
    asm volatile(TRY("fwait")::: "memory");
    asm volatile("fnclex; fninit");
    pv_ops.cpu.set_ts(true);
    return expect_trap(TRAP_MF, 0);
}

/* Register contents survive a trap that is handled. */
static enum outcome trap_preserves(void)
{
    uint64_t bad;

    trap_clear();
    asm volatile("mov $1, %%r8; mov $2, %%r9; mov $3, %%r10; mov $4, %%r11; mov $5, %%rcx\n"
                 "mov $6, %%rsi; mov $7, %%rdi; mov $8, %%rdx\n" TRY(
                     "ud2") "xor $1, %%r8; xor $2, %%r9; xor $3, %%r10; xor $4, %%r11\n"
                            "xor $5, %%rcx; xor $6, %%rsi; xor $7, %%rdi; xor $8, %%rdx\n"
                            "or %%r9, %%r8; or %%r10, %%r8; or %%r11, %%r8; or %%rcx, %%r8\n"
                            "or %%rsi, %%r8; or %%rdi, %%r8; or %%rdx, %%r8; mov %%r8, %0"
                 : "=a"(bad)::"r8", "r9", "r10", "r11", "rcx", "rsi", "rdi", "rdx");
    EXPECT(bad == 0, "a register changed");
    return expect_trap(TRAP_UD, 0);
}

const struct test trap_tests[] = {
    {"trap_divide", trap_divide},
    {"trap_breakpoint", trap_breakpoint},
    {"trap_overflow", trap_overflow},
    {"trap_undefined", trap_undefined},
    {"trap_protection", trap_protection},
    {"trap_stack", trap_stack},
    {"trap_bad_selector", trap_bad_selector},
    {"trap_not_present", trap_not_present},
    {"trap_single_step", trap_single_step},
    {"trap_watchpoint", trap_watchpoint},
    {"trap_no_fpu", trap_no_fpu},
    {"trap_x87", trap_x87},
    {"trap_preserves", trap_preserves},
    {"fault_read", fault_read},
    {"fault_write", fault_write},
    {"fault_user_area", fault_user_area},
    {"fault_protected", fault_protected},
    {"fault_execute", fault_execute},
    {NULL, NULL},
};
