/* SPDX-License-Identifier: MIT */
/* Reaching devices on PCI: configuration mechanism 1, registers in memory, interrupts by message.
 */
#include "hv.h"
#include "apic.h"
#include "boot/boot.h"
#include "cpu.h"
#include "mmio.h"

#define CONFIG_ADDRESS 0xcf8
#define CONFIG_DATA    0xcfc
#define CONFIG_ENABLE  (1u << 31)

#define EJECT_SLOT 0xae08
#define EJECT_BUS  0xae10

#define MSI_ADDRESS 0xfee00000u /* Intel SDM vol. 3, 11.11.1 */

/* The L1 table that exists since paging_init(), behind the APICs' pages. */
#define WINDOW_START (HV_MMIO_BASE + 2 * PAGE_SIZE)
#define WINDOW_END   (HV_MMIO_BASE + (2ul << 20))

static void select(uint32_t function, uint32_t reg)
{
    outl(CONFIG_ADDRESS, CONFIG_ENABLE | function << 8 | (reg & 0xfc));
}

static struct {
    uint64_t pa, len, va;
} mapped[256];
static unsigned nr_mapped;

uint32_t arch_pci_read(uint32_t function, uint32_t reg)
{
    select(function, reg);
    return inl(CONFIG_DATA);
}

void arch_pci_write(uint32_t function, uint32_t reg, uint32_t value)
{
    select(function, reg);
    outl(CONFIG_DATA, value);
}

/* The machine of QEMU that has PIIX4: a register with a bit per slot of the selected bus
 * (docs/specs/acpi_pci_hotplug.rst there). */
void arch_pci_eject(uint32_t function)
{
    if (function >> 8)
        return;
    outl(EJECT_BUS, 0);
    outl(EJECT_SLOT, 1u << (function >> 3));
}

/* An earlier mapping of the same; there are few. */
static uint64_t mapped_at(uint64_t pa, uint64_t len)
{
    for (unsigned i = 0; i < nr_mapped; i++)
        if (mapped[i].pa == pa && mapped[i].len == len)
            return mapped[i].va;
    return 0;
}

volatile void *arch_mmio_map(uint64_t pa, uint64_t bytes)
{
    static uint64_t next = WINDOW_START;
    uint64_t in_page = pa % PAGE_SIZE, len = ROUND_UP(in_page + bytes, PAGE_SIZE);
    uint64_t va = mapped_at(pa - in_page, len);

    if (va)
        return (volatile void *)(va + in_page);
    if (!bytes || bytes > WINDOW_END - next || len > WINDOW_END - next ||
        nr_mapped == ARRAY_SIZE(mapped))
        return NULL;
    va = next;
    paging_map(va, pa - in_page, len, MMIO_FLAGS);
    mapped[nr_mapped].pa = pa - in_page;
    mapped[nr_mapped].len = len;
    mapped[nr_mapped++].va = va;
    next += len;
    return (volatile void *)(va + in_page);
}

/* ---- interrupts */

static struct {
    void (*fn)(void *data);
    void *data;
} handlers[VEC_DEVICE_LAST - VEC_DEVICE + 1];
static unsigned nr_handlers;

bool arch_msi_take(void (*fn)(void *data), void *data, uint64_t *address, uint32_t *value)
{
    uint32_t id = apic_id_self();
    unsigned i = 0;

    while (i < nr_handlers && (handlers[i].fn != fn || handlers[i].data != data))
        i++;
    if (i == ARRAY_SIZE(handlers) || id > 0xff)
        return false;
    handlers[i].fn = fn;
    handlers[i].data = data;
    nr_handlers = MAX(nr_handlers, i + 1);
    *address = MSI_ADDRESS | id << 12;
    *value = VEC_DEVICE + i;
    return true;
}

void device_interrupt(uint32_t vector)
{
    uint32_t i = vector - VEC_DEVICE;

    if (i < nr_handlers)
        handlers[i].fn(handlers[i].data);
}
