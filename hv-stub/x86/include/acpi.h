/* SPDX-License-Identifier: MIT */
/* The few facts taken from the ACPI tables (ACPI specification 6.4, chapter 5). */
#ifndef X86_ACPI_H
#define X86_ACPI_H

#include "hv.h"

struct acpi_facts {
    uint32_t nr_cpus; /* enabled ones, firmware's order; 0: no MADT */
    uint32_t apic_id[HV_MAX_CPUS];
    uint64_t ioapic_pa; /* the one that serves the ISA interrupts; 0: none */
    struct {
        uint32_t gsi;
        uint16_t flags; /* MPS INTI flags: polarity, trigger mode */
    } isa[16];
    uint16_t pm1a_cnt; /* I/O port of the power control register; 0: not told */
};

extern struct acpi_facts acpi;

/* Fill `acpi`. rsdp 0: look for the root pointer where PC firmware keeps it. Boot map only. */
void acpi_scan(uint64_t rsdp);

#endif
