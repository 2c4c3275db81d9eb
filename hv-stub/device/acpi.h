/* SPDX-License-Identifier: MIT */
/* The ACPI tables of the emulated PC: processors and interrupts, the PM timer, power-off, PCI. Or
 * of a machine that has processors and nothing else. */
#ifndef PVKIT_DEVICE_ACPI_H
#define PVKIT_DEVICE_ACPI_H

#include <stdbool.h>
#include <stdint.h>

/* Size of what acpi_build() writes. */
#define ACPI_BYTES 1024
/* Processors there is room for. */
#define ACPI_CPUS 32

/* Write RSDP (first), RSDT, FADT, FACS and DSDT to `buf`, which the guest will find at physical
 * address `base`, 64-byte aligned and below 4 GiB. A guest without other help finds the RSDP if
 * base is between 0xe0000 and 0xfffff. */
void acpi_build(uint8_t buf[ACPI_BYTES], uint32_t base, unsigned int cpus, bool pc);

#endif
