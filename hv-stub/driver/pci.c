/* SPDX-License-Identifier: MIT */
#include "pci.h"

enum {
    REG_ID = 0x00,
    REG_COMMAND = 0x04, /* and status above it */
    REG_HEADER = 0x0c,
    REG_BAR0 = 0x10,
    REG_LAST_BUS = 0x1a, /* behind a bridge */
    REG_CAPABILITIES = 0x34,
};

#define COMMAND_MEMORY   (1u << 1)
#define COMMAND_MASTER   (1u << 2)
#define COMMAND_NO_INTX  (1u << 10)
#define STATUS_CAPS      (1u << 20)
#define HEADER_MULTI     (1u << 23)
#define HEADER_TYPE_MASK (0x7fu << 16)
#define HEADER_BRIDGE    (1u << 16)
#define BAR_IO           1u
#define BAR_TYPE_MASK    6u
#define BAR_TYPE_64      4u
#define NR_BARS          6
#define HOT_SLOT         (64u << 10) /* addresses for a device that came later */
#define HOT_ALIGN        (1u << 20)
#define HOT_DEFAULT_END  0xf0000000u /* where nothing is assigned; RAM is checked for */
#define MAX_CAPS         48

#define MSIX_ENABLE      (1u << 31) /* in the capability's first word */
#define MSIX_MASK_ALL    (1u << 30)
#define MSIX_SIZE_MASK   0x7ffu
#define MSIX_ENTRY_BYTES 16

uint32_t pci_read8(uint32_t function, uint32_t reg)
{
    return (arch_pci_read(function, reg) >> (reg & 3) * 8) & 0xff;
}

uint32_t pci_read16(uint32_t function, uint32_t reg)
{
    return (arch_pci_read(function, reg) >> (reg & 2) * 8) & 0xffff;
}

/* By number: the firmware has set up bridges, so buses behind them come later and have theirs. */
void pci_scan(void (*fn)(uint32_t function, uint32_t id))
{
    uint32_t end = 1u << 8; /* of bus 0 */

    for (uint32_t f = 0; f < end; f++) {
        uint32_t id = arch_pci_read(f, REG_ID), header = arch_pci_read(f, REG_HEADER);

        if ((id & 0xffff) != 0xffff) {
            if ((header & HEADER_TYPE_MASK) == HEADER_BRIDGE)
                end = MAX(end, (pci_read8(f, REG_LAST_BUS) + 1) << 8);
            fn(f, id);
        }
        if (!(f & 7) && ((id & 0xffff) == 0xffff || !(header & HEADER_MULTI)))
            f |= 7; /* no other function in this slot */
    }
}

uint32_t pci_capability(uint32_t function, uint32_t cap, uint32_t after)
{
    uint32_t at = after ? after + 1 : REG_CAPABILITIES;

    if (!(arch_pci_read(function, REG_COMMAND) & STATUS_CAPS))
        return 0;
    for (unsigned i = 0; i < MAX_CAPS; i++) {
        at = pci_read8(function, at) & 0xfc;
        if (!at || pci_read8(function, at) == cap)
            return at;
        at++;
    }
    return 0;
}

volatile void *pci_map_bar(uint32_t function, uint32_t bar, uint64_t offset, uint64_t bytes)
{
    uint32_t low;
    uint64_t pa;

    if (bar >= NR_BARS)
        return NULL;
    low = arch_pci_read(function, REG_BAR0 + bar * 4);
    pa = low & ~0xfu;
    if ((low & BAR_TYPE_MASK) == BAR_TYPE_64 && bar + 1 < NR_BARS)
        pa |= (uint64_t)arch_pci_read(function, REG_BAR0 + bar * 4 + 4) << 32;
    if ((low & BAR_IO) || !pa)
        return NULL;
    return arch_mmio_map(pa + offset, bytes);
}

/* ---- devices that came after the firmware had assigned addresses */

/* Below all that it assigned, a piece for each slot of bus 0: a device that comes again gets the
 * same address, so there are but so many mappings. */
static uint32_t lowest;

static void look(uint32_t function, uint32_t id)
{
    for (uint32_t bar = 0; bar < NR_BARS; bar++) {
        uint32_t low = arch_pci_read(function, REG_BAR0 + bar * 4);
        bool wide = (low & BAR_TYPE_MASK) == BAR_TYPE_64;

        if (!(low & BAR_IO) && (low & ~0xfu) &&
            !(wide && arch_pci_read(function, REG_BAR0 + bar * 4 + 4)))
            lowest = MIN(lowest, low & ~0xfu);
        bar += wide;
    }
}

static uint32_t window(void)
{
    static uint32_t start;

    if (!start) {
        lowest = HOT_DEFAULT_END;
        pci_scan(look);
        start = (lowest & ~(HOT_ALIGN - 1)) - 32 * HOT_SLOT;
    }
    return mfn_valid(MFN(start >> PAGE_SHIFT)) ? 0 : start;
}

static bool assign_bar(uint32_t function, uint32_t reg, uint32_t *at, uint32_t end)
{
    uint32_t bytes;

    arch_pci_write(function, reg, ~0u);
    bytes = -(arch_pci_read(function, reg) & ~0xfu);
    if (!bytes) /* there is no such BAR */
        return true;
    *at = (uint32_t)ROUND_UP(*at, bytes);
    if (*at > end || bytes > end - *at)
        return false;
    arch_pci_write(function, reg, *at);
    *at += bytes;
    return true;
}

bool pci_place(uint32_t function)
{
    uint32_t at = window() + (function >> 3) * HOT_SLOT, end = at + HOT_SLOT;

    if (!window() || function >> 8)
        return false;
    for (uint32_t bar = 0; bar < NR_BARS; bar++) {
        uint32_t reg = REG_BAR0 + bar * 4, low = arch_pci_read(function, reg);
        bool wide = (low & BAR_TYPE_MASK) == BAR_TYPE_64;

        if (!(low & (BAR_IO | ~0xfu)) && !assign_bar(function, reg, &at, end))
            return false;
        bar += wide && !(low & BAR_IO);
    }
    return true;
}

void pci_enable(uint32_t function)
{
    uint32_t command =
        arch_pci_read(function, REG_COMMAND) & 0xffff; /* status: zeros change nothing */

    arch_pci_write(function, REG_COMMAND,
                   command | COMMAND_MEMORY | COMMAND_MASTER | COMMAND_NO_INTX);
}

bool pci_msix_route(uint32_t function, uint32_t entry, void (*fn)(void *data), void *data)
{
    uint32_t cap = pci_capability(function, PCI_CAP_MSIX, 0), control, table, value;
    volatile uint32_t *e;
    uint64_t address;

    if (!cap)
        return false;
    control = arch_pci_read(function, cap);
    table = arch_pci_read(function, cap + 4);
    if (entry > (control >> 16 & MSIX_SIZE_MASK))
        return false;
    e = pci_map_bar(function, table & 7, (table & ~7u) + entry * MSIX_ENTRY_BYTES,
                    MSIX_ENTRY_BYTES);
    if (!e || !arch_msi_take(fn, data, &address, &value))
        return false;
    e[0] = (uint32_t)address;
    e[1] = (uint32_t)(address >> 32);
    e[2] = value;
    e[3] = 0; /* not masked */
    arch_pci_write(function, cap, (control | MSIX_ENABLE) & ~MSIX_MASK_ALL);
    return true;
}
