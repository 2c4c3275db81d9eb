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

#define MSI_ADDRESS 0xfee00000u /* Intel SDM vol. 3, 11.11.1 */

/* The L1 table that exists since paging_init(), behind the APICs' pages. */
#define WINDOW_START (HV_MMIO_BASE + 2 * PAGE_SIZE)
#define WINDOW_END   (HV_MMIO_BASE + (2ul << 20))

static void select(uint32_t function, uint32_t reg)
{
    outl(CONFIG_ADDRESS, CONFIG_ENABLE | function << 8 | (reg & 0xfc));
}

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

volatile void *arch_mmio_map(uint64_t pa, uint64_t bytes)
{
    static uint64_t next = WINDOW_START;
    uint64_t in_page = pa % PAGE_SIZE, len = ROUND_UP(in_page + bytes, PAGE_SIZE), va = next;

    if (!bytes || bytes > WINDOW_END - next || len > WINDOW_END - next)
        return NULL;
    paging_map(va, pa - in_page, len, MMIO_FLAGS);
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

    if (nr_handlers == ARRAY_SIZE(handlers) || id > 0xff)
        return false;
    handlers[nr_handlers].fn = fn;
    handlers[nr_handlers].data = data;
    *address = MSI_ADDRESS | id << 12;
    *value = VEC_DEVICE + nr_handlers++;
    return true;
}

void device_interrupt(uint32_t vector)
{
    uint32_t i = vector - VEC_DEVICE;

    if (i < nr_handlers)
        handlers[i].fn(handlers[i].data);
}
