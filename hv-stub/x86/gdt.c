/* SPDX-License-Identifier: MIT */
/* Descriptor tables and task state segment of each CPU, and what SYSCALL does on it. */
#include "hv.h"
#include "cpu.h"
#include "entry.h"
#include "gdt.h"
#include "xstate.h"
#include "pv.h"

#define MSR_SYSENTER_CS 0x174u
/* WB WT UC- UC, as after reset, then WC WP: what PV guests find and build their entries for. */
#define PAT_GUESTS 0x0000050100070406ull

/* Flags of segment descriptors, in their place in the 64-bit entry. */
#define DESC_CODE64_R0 0x00af9b000000ffffull
#define DESC_DATA_R0   0x00cf93000000ffffull
#define DESC_CODE32_R3 0x00cffb000000ffffull
#define DESC_DATA_R3   0x00cff3000000ffffull
#define DESC_CODE64_R3 0x00affb000000ffffull

#define SYS_TSS 0x9 /* available 64-bit TSS */
#define SYS_LDT 0x2

static unsigned slot(unsigned selector)
{
    return (selector - FIRST_RESERVED_GDT_BYTE) >> 3;
}

/* A system descriptor takes two entries in 64-bit mode. */
static void set_system(struct desc_page *p, unsigned sel, unsigned type, uint64_t base,
                       uint32_t limit)
{
    p->entry[slot(sel)] = (limit & 0xffff) | (base & 0xffffff) << 16 |
                          (uint64_t)(0x80 | type) << 40 | ((uint64_t)limit >> 16 & 0xf) << 48 |
                          (base >> 24 & 0xff) << 56;
    p->entry[slot(sel) + 1] = base >> 32;
}

void desc_page_init(struct desc_page *p)
{
    p->entry[slot(HV_CS)] = DESC_CODE64_R0;
    p->entry[slot(HV_DS)] = DESC_DATA_R0;
    p->entry[slot(FLAT_RING3_CS32)] = DESC_CODE32_R3;
    p->entry[slot(FLAT_RING3_SS32)] = DESC_DATA_R3;
    p->entry[slot(FLAT_RING3_CS64)] = DESC_CODE64_R3;
}

void gdt_load(uint64_t va)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) ptr = {GDT_LIMIT, va};

    __asm__ volatile("lgdt %0" ::"m"(ptr));
}

/* Only page 14 of it exists; no selector below is ever loaded while it is in force. */
void gdt_load_own(void)
{
    gdt_load((uint64_t)this_percpu()->gdt - FIRST_RESERVED_GDT_BYTE);
}

void ldt_load(struct desc_page *p, uint64_t va, uint32_t ents)
{
    uint16_t sel = 0;

    if (ents) {
        set_system(p, HV_LDT, SYS_LDT, va, ents * 8 - 1);
        sel = HV_LDT;
    }
    __asm__ volatile("lldt %0" ::"r"(sel));
}

/* Selectors of the boot loader's table go; null data segments are fine at CPL 0. */
static void reload_selectors(void)
{
    uint64_t cs = HV_CS;

    __asm__ volatile("push %0\n\t"
                     "lea 1f(%%rip), %0\n\t"
                     "push %0\n\t"
                     "lretq\n"
                     "1:"
                     : "+r"(cs)::"memory");
    __asm__ volatile("mov %0, %%ss\n\t"
                     "mov %1, %%ds\n\t"
                     "mov %1, %%es" ::"r"(HV_DS),
                     "r"(0));
}

static uint64_t new_ist_stack(struct percpu *pc)
{
    uint64_t *top = (uint64_t *)((char *)hv_alloc(IST_STACK_SIZE) + IST_STACK_SIZE);

    HV_ASSERT((uint64_t)top != IST_STACK_SIZE);
    top -= 2; /* the processor aligns to 16 */
    top[0] = (uint64_t)pc;
    return (uint64_t)top;
}

static void tss_init(struct percpu *pc)
{
    struct tss64 *t = &pc->tss;

    memset(t, 0, sizeof(*t));
    for (unsigned i = IST_DB; i < IST_COUNT; i++)
        t->ist[i - 1] = new_ist_stack(pc);
    t->iomap_base = sizeof(*t); /* beyond the limit: no port is open at CPL 3 */
    set_system(pc->gdt, HV_TSS, SYS_TSS, (uint64_t)t, sizeof(*t) - 1);
    __asm__ volatile("ltr %0" ::"r"((uint16_t)HV_TSS));
}

static void syscall_init(void)
{
    wrmsr(MSR_STAR, (uint64_t)FLAT_RING3_CS32 << 48 | (uint64_t)HV_CS << 32);
    wrmsr(MSR_LSTAR, (uint64_t)syscall_entry);
    wrmsr(MSR_CSTAR, (uint64_t)syscall32_entry);
    wrmsr(MSR_FMASK, EFLAGS_TF | EFLAGS_IF | EFLAGS_DF | EFLAGS_IOPL | EFLAGS_NT | EFLAGS_RF |
                         EFLAGS_VM | EFLAGS_AC);
    /* SYSENTER faults, which leaves no entry with a single-step trap behind its first instruction;
     * the fault handler knows the instruction. */
    wrmsr(MSR_SYSENTER_CS, 0);
}

void cpu_init_tables(uint32_t cpu)
{
    struct percpu *pc = &percpu_area[cpu];

    if (cpu == 0)
        idt_init();
    pc->gdt = hv_alloc(PAGE_SIZE);
    HV_ASSERT(pc->gdt);
    desc_page_init(pc->gdt);
    gdt_load_own();
    reload_selectors();
    ldt_load(pc->gdt, 0, 0);
    tss_init(pc);
    idt_load();
    syscall_init();
    pc->cr4 = pc->cr4_loaded = read_cr4() | CR4_MCE; /* a machine check has its handler now */
    write_cr4(pc->cr4);
    wrmsr(MSR_PAT, PAT_GUESTS);
    xstate_init_cpu();
}
