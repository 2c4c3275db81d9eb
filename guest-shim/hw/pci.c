/* SPDX-License-Identifier: MIT */
/* PCI configuration space (PCI Local Bus Specification 2.1, mechanism 1), bus 0 only. */
#include "hw.h"

#define CONFIG_ADDRESS 0xcf8
#define CONFIG_DATA    0xcfc
#define ENABLE         0x80000000U

#define REG_ID      0x00
#define REG_COMMAND 0x04
#define REG_CLASS   0x08
#define REG_HEADER  0x0c
#define REG_BAR0    0x10
#define REG_IRQ     0x3c

#define COMMAND_IO     1
#define COMMAND_MASTER 4
#define BAR_IO         1
#define MULTI_FUNCTION 0x800000

static uint32_t read(unsigned device, unsigned function, unsigned reg)
{
    outl(CONFIG_ADDRESS, ENABLE | device << 11 | function << 8 | reg);
    return inl(CONFIG_DATA);
}

static void write(unsigned device, unsigned function, unsigned reg, uint32_t value)
{
    outl(CONFIG_ADDRESS, ENABLE | device << 11 | function << 8 | reg);
    outl(CONFIG_DATA, value);
}

static bool present(unsigned device, unsigned function)
{
    return (read(device, function, REG_ID) & 0xffff) != 0xffff;
}

static struct pci_function describe(unsigned device, unsigned function)
{
    uint32_t id = read(device, function, REG_ID);

    return (struct pci_function){
        .device = device,
        .function = function,
        .vendor = id,
        .product = id >> 16,
        .class = read(device, function, REG_CLASS) >> 8,
        .irq = read(device, function, REG_IRQ),
    };
}

/* Advance to the next function that exists; false behind the last one. */
static bool next(unsigned *device, unsigned *function)
{
    for (;;) {
        if (*function == 0 &&
            !(present(*device, 0) && read(*device, 0, REG_HEADER) & MULTI_FUNCTION))
            *function = 8;
        else
            (*function)++;
        if (*function >= 8) {
            *function = 0;
            if (++*device >= 32)
                return false;
        }
        if (present(*device, *function))
            return true;
    }
}

static bool find(bool (*matches)(const struct pci_function *f, uint32_t key), uint32_t key,
                 unsigned index, struct pci_function *out)
{
    unsigned device = 0, function = 0;

    if (!present(0, 0))
        return false;
    do {
        *out = describe(device, function);
        if (matches(out, key) && index-- == 0)
            return true;
    } while (next(&device, &function));
    return false;
}

static bool is_class(const struct pci_function *f, uint32_t key)
{
    return f->class >> 8 == key >> 8;
}

static bool is_product(const struct pci_function *f, uint32_t key)
{
    return (f->vendor | (uint32_t)f->product << 16) == key;
}

bool pci_find_class(uint32_t class, unsigned index, struct pci_function *out)
{
    return find(is_class, class, index, out);
}

bool pci_find_product(uint16_t vendor, uint16_t product, unsigned index, struct pci_function *out)
{
    return find(is_product, vendor | (uint32_t)product << 16, index, out);
}

uint16_t pci_io_base(const struct pci_function *f, unsigned bar)
{
    uint32_t value = read(f->device, f->function, REG_BAR0 + 4 * bar);

    return value & BAR_IO ? value & 0xfffc : 0;
}

void pci_enable(const struct pci_function *f, bool master)
{
    uint32_t command = read(f->device, f->function, REG_COMMAND) & 0xffff;

    write(f->device, f->function, REG_COMMAND,
          command | COMMAND_IO | (master ? COMMAND_MASTER : 0));
}
