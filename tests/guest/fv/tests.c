/* SPDX-License-Identifier: MIT */
/* Instructions that leave the guest, memory that is not there, and interrupts. */
#include "fv.h"

#define EXC_DB 1
#define EXC_UD 6
#define EXC_GP 13

static void test_cpuid_prefixes(void)
{
    uint32_t a, b, c, d, marker;

    __asm__ volatile("movl $0, %%eax; .byte 0x66, 0x2e; cpuid; movl $42, %4"
                     : "=a"(a), "=b"(b), "=c"(c), "=d"(d), "=S"(marker));
    check("cpuid_prefixed", marker == 42 && a >= 1, marker);
}

/* The trap flag set over an intercepted instruction: one #DB, right behind it. */
static uint32_t step_eip, steps;

static void note_step(struct trap_frame *f)
{
    if (!steps++)
        step_eip = f->eip;
    if (steps == 2)
        f->eflags &= ~0x100u;
}

/* ecx names EFER for RDMSR; CPUID and IN do not care. */
#define STEP_OVER(name, insn)                                                                 \
    do {                                                                                      \
        uint32_t expected;                                                                    \
                                                                                              \
        steps = 0;                                                                            \
        trap_fix = note_step;                                                                 \
        __asm__ volatile("movl $0xc0000080, %%ecx; pushf; orl $0x100, (%%esp); popf\n\t" insn \
                         "\n1:\tnop\n\tnop\n\tmovl $1b, %%edi"                                \
                         : "=D"(expected)::"eax", "ebx", "ecx", "edx", "memory", "cc");       \
        trap_fix = NULL;                                                                      \
        check(name, step_eip == expected, step_eip - expected);                               \
    } while (0)

static void test_single_step(void)
{
    STEP_OVER("step_cpuid", "cpuid");
    STEP_OVER("step_in", "inb $0x80, %%al");
    STEP_OVER("step_rdmsr", "rdmsr");
}

static void expect_trap(const char *name, uint32_t vector)
{
    check(name, trap_vector == vector, trap_vector);
}

static void test_forbidden(void)
{
    TRY("vmrun", ::"a"(0) : "memory");
    expect_trap("vmrun_ud", EXC_UD);
    TRY("stgi", ::: "memory");
    expect_trap("stgi_ud", EXC_UD);
    TRY("clgi", ::: "memory");
    expect_trap("clgi_ud", EXC_UD);
    TRY("vmsave", ::"a"(0) : "memory");
    expect_trap("vmsave_ud", EXC_UD);
    if (!in_container)
        return;
    TRY("vmmcall", ::"a"(17) : "memory");
    expect_trap("vmmcall_ud", EXC_UD);
    TRY("xsetbv", ::"a"(1), "c"(0), "d"(0));
    expect_trap("xsetbv_ud", EXC_UD);
    TRY("monitor", ::"a"(0), "c"(0), "d"(0));
    expect_trap("monitor_ud", EXC_UD);
    TRY("rdmsr", ::"c"(0x12345678) : "eax", "edx");
    expect_trap("rdmsr_unknown_gp", EXC_GP);
    TRY("wrmsr", ::"c"(0x12345678), "a"(0), "d"(0));
    expect_trap("wrmsr_unknown_gp", EXC_GP);
    TRY("wrmsr", ::"c"(0xc0000080), "a"(0x1000), "d"(0));
    expect_trap("efer_svme_gp", EXC_GP);
    TRY("wrmsr", ::"c"(0x277), "a"(2), "d"(0));
    expect_trap("pat_reserved_gp", EXC_GP);
}

static void test_msrs(void)
{
    uint32_t lo, hi;

    TRY("rdmsr", : "=a"(lo), "=d"(hi) : "c"(0xc0000080));
    check("efer_hides_svme", trap_vector == NO_TRAP && !(lo & 0x1000), lo);
    TRY("wrmsr", ::"c"(0x174), "a"(0x1234), "d"(0));
    TRY("rdmsr", : "=a"(lo), "=d"(hi) : "c"(0x174));
    check("sysenter_cs", lo == 0x1234, lo);
    __asm__ volatile("wbinvd");
    check("wbinvd", true, 0);
}

void tests_cpu(bool single_step)
{
    test_cpuid_prefixes();
    if (single_step)
        test_single_step();
    test_forbidden();
    test_msrs();
}

/* Where there is no memory: ones, and writes go nowhere that hurts. */
void tests_memory(void)
{
    volatile uint32_t *hole = (volatile uint32_t *)0xd0000000u;

    if (!in_container)
        return;
    check("hole_reads_ones", hole[0] == 0xffffffff && hole[100] == 0xffffffff, hole[0]);
    hole[0] = 42;
    hole[1024 * 1024] = 43;
    check("hole_takes_writes", true, 0);
}

static void init_pic(void)
{
    outb(0x20, 0x11);
    outb(0x21, 0x20);
    outb(0x21, 0x04);
    outb(0x21, 0x01);
    outb(0xa0, 0x11);
    outb(0xa1, 0x28);
    outb(0xa1, 0x02);
    outb(0xa1, 0x01);
    outb(0x21, 0xfe);
    outb(0xa1, 0xff);
}

static void pit_periodic(uint16_t count)
{
    outb(0x43, 0x34);
    outb(0x40, (uint8_t)count);
    outb(0x40, count >> 8);
}

/* STI opens interrupts one instruction late: a pending one is taken after the INC. */
static void test_interrupt_shadow(void)
{
    uint32_t before, count = 0;

    __asm__ volatile("sti; nop; cli");
    before = irq_count[0];
    while (!(inb(0x20) & 1)) /* IRR: a tick is pending */
        ;
    __asm__ volatile("sti; incl %0; cli" : "+r"(count)::"memory");
    check("sti_shadow", irq_count[0] == before + 1 || irq_count[0] == before,
          irq_count[0] - before);
    __asm__ volatile("sti; nop; nop; cli" ::: "memory");
    check("sti_delivers", irq_count[0] > before, irq_count[0] - before);
}

void tests_irq(void)
{
    uint32_t start;

    init_pic();
    pit_periodic(11932); /* 100 Hz */
    start = irq_count[0];
    for (int i = 0; i < 5; i++)
        __asm__ volatile("sti; hlt; cli" ::: "memory");
    check("hlt_wakes", irq_count[0] - start >= 5, irq_count[0] - start);
    test_interrupt_shadow();
    /* A long string instruction lets interrupts in. */
    start = irq_count[0];
    {
        uint32_t n = 200000, si = 0x100000;

        __asm__ volatile("sti; rep outsb; cli" : "+c"(n), "+S"(si) : "d"(0x80) : "memory");
        check("rep_outs_interrupted", n == 0 && irq_count[0] > start, irq_count[0] - start);
    }
    pit_periodic(0);
}
