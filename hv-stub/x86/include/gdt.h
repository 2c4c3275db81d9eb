/* SPDX-License-Identifier: MIT */
/*
 * Segment descriptors. The hypervisor's selectors lie in page 14 of every descriptor table in
 * force, the CPU's own and every vcpu's (xen-x86_64.h fixes the guest-visible ones), so that
 * loading another table never changes what a loaded selector means. SYSCALL takes HV_CS and the one
 * behind it, SYSRET the three from FLAT_RING3_CS32 on.
 */
#ifndef X86_GDT_H
#define X86_GDT_H

#include "hv_types.h"

#define HV_CS  0xe008
#define HV_DS  0xe010
#define HV_TSS 0xe040 /* two entries; only in the CPU's own table */
#define HV_LDT 0xe050 /* two entries; only in a vcpu's table */

#define GDT_LIMIT (FIRST_RESERVED_GDT_BYTE + PAGE_SIZE - 1)

/* Interrupt stacks: a debug trap, NMI, double fault or machine check may come at any instruction,
 * also while the stack pointer is still the guest's. The top of each holds the CPU's percpu
 * pointer, because GS may be the guest's then. */
enum ist { IST_NONE, IST_DB, IST_NMI, IST_DF, IST_MC, IST_COUNT };
#define IST_STACK_SIZE 8192

/* entry_vector of a frame that was not made by an exception or interrupt. */
#define VEC_HYPERCALL 0x100

/* Page 14. */
struct desc_page {
    uint64_t entry[512];
};

/* Fill a zeroed page with the flat segments. */
void desc_page_init(struct desc_page *p);
/* Make a table current whose page 14 is behind va (16 pages; only what is mapped can be loaded). */
void gdt_load(uint64_t va);
/* This CPU's own table: before address space 260 changes, and while no PV vcpu runs. */
void gdt_load_own(void);
/* Load the LDT register with the table at va (ents entries), through the current GDT; 0 entries:
 * none. */
void ldt_load(struct desc_page *p, uint64_t va, uint32_t ents);

/* ---- idt.c */
void idt_init(void);
void idt_load(void);

#endif
