/* SPDX-License-Identifier: MIT */
/* Interrupt descriptor table: one for all CPUs. Every gate turns interrupts off. */
#include "hv.h"
#include "entry.h"
#include "gdt.h"
#include "pv.h"

#define GATE_INTERRUPT 0x8e00 /* present, 64-bit interrupt gate, for CPL 0 */
#define GATE_DPL3      0x6000
#define STUB_BYTES     16

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

void idt_init(void)
{
    for (unsigned v = 0; v < 256; v++)
        set_gate(v, trap_stubs + v * STUB_BYTES, IST_NONE, 0);
    set_gate(VEC_DB, debug_entry, IST_DB, 0);
    set_gate(VEC_NMI, nmi_entry, IST_NMI, 0);
    set_gate(VEC_DF, double_fault_entry, IST_DF, 0);
    set_gate(VEC_MC, machine_check_entry, IST_MC, 0);
    /* INT3, INTO and INT 0x80 may be used at CPL 3. Any other INT faults there, and the fault
     * handler finds out which it was: the vector may belong to a fault, or to an interrupt of ours.
     */
    set_gate(VEC_BP, trap_stubs + VEC_BP * STUB_BYTES, IST_NONE, GATE_DPL3);
    set_gate(VEC_OF, trap_stubs + VEC_OF * STUB_BYTES, IST_NONE, GATE_DPL3);
    set_gate(0x80, trap_stubs + 0x80 * STUB_BYTES, IST_NONE, GATE_DPL3);
}

void idt_load(void)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) ptr = {sizeof(idt) - 1, (uint64_t)idt};

    __asm__ volatile("lidt %0" ::"m"(ptr));
}
