/* SPDX-License-Identifier: MIT */
/* Interrupt descriptor table: one for all CPUs. Every gate turns interrupts off. */
#include "hv.h"
#include "entry.h"
#include "gdt.h"
#include "pv.h"

#define GATE_INTERRUPT  0x8e00 /* present, 64-bit interrupt gate, for CPL 0 */
#define GATE_DPL3       0x6000
#define FIRST_INTERRUPT 32

struct idt_gate {
    uint16_t offset_low, selector, flags, offset_mid;
    uint32_t offset_high, reserved;
};

static struct idt_gate idt[256] __attribute__((aligned(PAGE_SIZE)));

static void set_gate(unsigned vector, const char *entry, enum ist ist, uint16_t dpl)
{
    uint64_t off = (uint64_t)entry;

    idt[vector] = (struct idt_gate){
        .offset_low = (uint16_t)off,
        .selector = HV_CS,
        .flags = (uint16_t)(GATE_INTERRUPT | dpl | ist),
        .offset_mid = (uint16_t)(off >> 16),
        .offset_high = (uint32_t)(off >> 32),
    };
}

static const char *stub(unsigned vector)
{
    unsigned i = vector - FIRST_INTERRUPT;

    return vector < FIRST_INTERRUPT ? exception_stubs + vector * 16
                                    : interrupt_stubs + i * 4 + i / 32 * 8;
}

void idt_init(void)
{
    for (unsigned v = 0; v < 256; v++)
        set_gate(v, stub(v), IST_NONE, 0);
    set_gate(VEC_DB, debug_entry, IST_DB, 0);
    set_gate(VEC_NMI, nmi_entry, IST_NMI, 0);
    set_gate(VEC_DF, double_fault_entry, IST_DF, 0);
    set_gate(VEC_MC, machine_check_entry, IST_MC, 0);
    /* INT3, INTO and INT 0x80 may be used at CPL 3. Any other INT faults there, and the fault
     * handler finds out which it was: the vector may belong to a fault, or to an interrupt of ours.
     */
    set_gate(VEC_BP, stub(VEC_BP), IST_NONE, GATE_DPL3);
    set_gate(VEC_OF, stub(VEC_OF), IST_NONE, GATE_DPL3);
    set_gate(0x80, int80_entry, IST_NONE, GATE_DPL3);
}

void idt_load(void)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) ptr = {sizeof(idt) - 1, (uint64_t)idt};

    __asm__ volatile("lidt %0" ::"m"(ptr));
}
