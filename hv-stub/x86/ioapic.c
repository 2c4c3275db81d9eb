/* SPDX-License-Identifier: MIT */
/* I/O APIC (Intel 82093AA data sheet): all lines masked but those we route. */
#include "acpi.h"
#include "apic.h"
#include "boot/boot.h"
#include "mmio.h"

enum { IOAPIC_VERSION = 1, IOAPIC_REDIRECT = 0x10 };

#define REDIRECT_MASKED    (1u << 16)
#define REDIRECT_LEVEL     (1u << 15)
#define REDIRECT_LOW       (1u << 13)
#define INTI_POLARITY_MASK 3u /* MPS INTI flags of a source override (ACPI 5.2.12.5) */
#define INTI_POLARITY_LOW  3u
#define INTI_TRIGGER_MASK  (3u << 2)
#define INTI_TRIGGER_LEVEL (3u << 2)

static bool mapped;

static uint32_t ioapic_read(uint32_t reg)
{
    *(volatile uint32_t *)HV_MMIO_IOAPIC = reg;
    return *(volatile uint32_t *)(HV_MMIO_IOAPIC + 0x10);
}

static void ioapic_write(uint32_t reg, uint32_t v)
{
    *(volatile uint32_t *)HV_MMIO_IOAPIC = reg;
    *(volatile uint32_t *)(HV_MMIO_IOAPIC + 0x10) = v;
}

static uint32_t ioapic_lines(void)
{
    return ((ioapic_read(IOAPIC_VERSION) >> 16) & 0xff) + 1;
}

static bool ioapic_init(void)
{
    if (!acpi.ioapic_pa || mapped)
        return mapped;
    paging_map(HV_MMIO_IOAPIC, acpi.ioapic_pa & PTE_ADDR, PAGE_SIZE, MMIO_FLAGS);
    mapped = true;
    for (uint32_t i = 0; i < ioapic_lines(); i++)
        ioapic_write(IOAPIC_REDIRECT + 2 * i, REDIRECT_MASKED);
    return true;
}

bool ioapic_route_isa(unsigned irq, enum hv_vector vec)
{
    uint32_t low = vec, gsi = acpi.isa[irq].gsi;
    uint16_t flags = acpi.isa[irq].flags;

    if (!ioapic_init() || gsi >= ioapic_lines())
        return false;
    if ((flags & INTI_POLARITY_MASK) == INTI_POLARITY_LOW)
        low |= REDIRECT_LOW;
    if ((flags & INTI_TRIGGER_MASK) == INTI_TRIGGER_LEVEL)
        low |= REDIRECT_LEVEL;
    ioapic_write(IOAPIC_REDIRECT + 2 * gsi + 1, apic_id_self() << 24);
    ioapic_write(IOAPIC_REDIRECT + 2 * gsi, low);
    return true;
}
